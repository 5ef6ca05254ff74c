"""While `repro` runs, the page is made anew for each topic that is scored, but for the last; never after its end."""

import subprocess
import sys
import threading
import time

import pytest

from pipeline.operations import growing_page, outcomes

TOPICS = ("memory", "exploding", "activations")
SOON_S = 20


@pytest.fixture
def made(monkeypatch):
    """How often the page has been made, in place of making it."""
    calls = []
    monkeypatch.setattr(growing_page, "TICK_S", 0.01)
    monkeypatch.setattr(growing_page, "_make", lambda is_over, nicer: not calls.append("page"))
    return calls


@pytest.fixture
def sleepers(monkeypatch):
    """The processes that were started to make a page, each of which would take a minute."""
    started = []
    start = subprocess.Popen

    def sleeper(command, **options):
        started.append(start([sys.executable, "-c", "import time; time.sleep(60)"], **options))
        return started[-1]

    monkeypatch.setattr(growing_page.subprocess, "Popen", sleeper)
    monkeypatch.setattr(growing_page, "TICK_S", 0.01)
    return started


def end(stage, code=0):
    command, _, topic = stage.partition("@")
    with outcomes.noted(command, topic) as outcome:
        outcome.code = code


def wait_for(condition):
    until = time.monotonic() + SOON_S
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    assert condition()


def test_each_topic_but_the_last_makes_the_page_anew_and_is_told(made, capfd):
    with outcomes.collected() as folder, growing_page.growing(folder, TOPICS):
        for count, topic in enumerate(TOPICS[:2], 1):
            end(f"train@{topic}")
            time.sleep(0.05)
            assert len(made) == count - 1
            end(f"evaluate@{topic}")
            wait_for(lambda count=count: len(made) == count)
        end(f"evaluate@{TOPICS[2]}")
        time.sleep(0.05)
    assert len(made) == 2
    told = [line for line in capfd.readouterr().err.splitlines() if line.startswith("page: open ")]
    assert [line.rpartition(": ")[2] for line in told] == ["1 of 3 topics so far", "2 of 3 topics so far"]
    assert all("data/report/index.html" in line for line in told)


def test_pages_that_take_long_are_made_less_often(monkeypatch):
    made = []
    monkeypatch.setattr(growing_page, "TICK_S", 0.01)
    monkeypatch.setattr(growing_page, "_make", lambda is_over, nicer: not made.append(time.sleep(0.2)))
    with outcomes.collected() as folder, growing_page.growing(folder, TOPICS):
        end(f"evaluate@{TOPICS[0]}")
        wait_for(lambda: made)
        end(f"evaluate@{TOPICS[1]}")
        time.sleep(0.5)
        assert len(made) == 1
        wait_for(lambda: len(made) == 2)


def test_somebody_waits_for_the_first_page_and_the_others_give_way(monkeypatch):
    given = []
    monkeypatch.setattr(growing_page, "TICK_S", 0.01)
    monkeypatch.setattr(growing_page, "SPARING", 0)
    monkeypatch.setattr(growing_page, "_make", lambda is_over, nicer: not given.append(nicer))
    with outcomes.collected() as folder, growing_page.growing(folder, TOPICS):
        for number, topic in enumerate(TOPICS[:2]):
            end(f"evaluate@{topic}")
            wait_for(lambda number=number: len(given) == number + 1)
    assert given == [0, growing_page.POLITE]


def test_a_topic_that_could_not_be_scored_makes_no_page(made):
    with outcomes.collected() as folder, growing_page.growing(folder, TOPICS):
        end("evaluate@memory", code=1)
        end("prepare")
        time.sleep(0.1)
    assert not made


def test_a_page_that_could_not_be_made_is_not_told_of(monkeypatch, capfd):
    monkeypatch.setattr(growing_page, "TICK_S", 0.01)
    asked = []
    monkeypatch.setattr(growing_page, "_make", lambda is_over, nicer: bool(asked.append("page")))
    with outcomes.collected() as folder, growing_page.growing(folder, TOPICS):
        end("evaluate@memory")
        wait_for(lambda: asked)
    assert "page: open" not in capfd.readouterr().err


def test_what_makes_the_page_ends_with_the_block(sleepers):
    with outcomes.collected() as folder, growing_page.growing(folder, TOPICS):
        end("evaluate@memory")
        wait_for(lambda: sleepers)
    assert sleepers[0].poll() is not None


def test_the_page_of_all_topics_waits_for_no_other(sleepers):
    """The stage `report` would stand behind it."""
    with outcomes.collected() as folder, growing_page.growing(folder, TOPICS):
        for topic in TOPICS[:2]:
            end(f"evaluate@{topic}")
        wait_for(lambda: sleepers)
        end(f"evaluate@{TOPICS[2]}")
        wait_for(lambda: sleepers[0].poll() is not None)
    assert len(sleepers) == 1


def test_an_interrupt_goes_through(made):
    with pytest.raises(KeyboardInterrupt), outcomes.collected() as folder, growing_page.growing(folder, TOPICS):
        raise KeyboardInterrupt
    assert not any(thread.name == growing_page.THREAD for thread in threading.enumerate())


def test_the_process_is_no_stage_of_its_own(monkeypatch):
    started = {}

    class Ended:
        pid, returncode = 0, 0

        def poll(self):
            return 0

        wait = poll

    monkeypatch.setattr(growing_page.os, "setpriority", lambda *_: None)
    monkeypatch.setattr(growing_page.subprocess, "Popen", lambda command, **named: started.update(named) or Ended())
    with outcomes.collected():
        assert growing_page._make(lambda: False, nicer=0)
    assert started["env"] and outcomes.VARIABLE not in started["env"] and started["start_new_session"]


@pytest.mark.parametrize(("code", "told"), [(1, True), (2, False)])
def test_a_mistake_of_ours_is_told_and_a_users_is_left_to_the_stages(monkeypatch, capfd, code, told):
    start = subprocess.Popen
    words = f"import sys; print('what went wrong', file=sys.stderr); sys.exit({code})"
    monkeypatch.setattr(
        growing_page.subprocess, "Popen", lambda _, **options: start([sys.executable, "-c", words], **options)
    )
    assert not growing_page._make(lambda: False, nicer=0)
    assert ("what went wrong" in capfd.readouterr().err) is told
