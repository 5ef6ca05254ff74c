"""A topic that fails stops no other; the report is made of what is there, and the end says what failed."""

import dataclasses
import os
import shutil

import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.operations import checkout, dvc_repro, lock, outcomes

TOPICS = ("activations", "exploding", "memory")  # some of those in params.yaml, in another order than there
PLAIN = "dvc repro"


class World:
    """In place of DVC and the stages: what each ends with, and which commands were given."""

    def __init__(self, ends):
        self.ends, self.calls = ends, []

    def __call__(self, command):
        words = command[3:]
        if command[2] == "pipeline":
            self.calls.append(" ".join(words))
            return self._stage("@".join(words))
        self.calls.append(" ".join(["dvc", *words]))
        for stage in self._order(words[1:]):
            if self._stage(stage):
                return 255
        return 0

    def _order(self, targets):
        topics = [target.partition("@")[2] for target in targets if "@" in target]
        every = not targets or {"report", "judge"} & {*targets}
        pairs = [f"{name}@{topic}" for topic in (TOPICS if every else topics) for name in ("train", "evaluate")]
        return ["prepare", "plan", *pairs, *(["judge", "report"] if every else [])]

    def _stage(self, stage):
        command, _, topic = stage.partition("@")
        code, reason = self.ends.get(stage, (0, ""))
        with outcomes.noted(command, topic) as outcome:
            outcome.code = code
            outcome.explain(reason)
        return code or 0


@pytest.fixture
def settings(smoke):
    for name in smoke.topics.keys() - set(TOPICS):
        del smoke.topics[name]
    return smoke


@pytest.fixture
def repro(settings, monkeypatch, capsys):
    """Call `repro` in a world where the stages named end as told: gives its code, the commands, and the last lines."""
    monkeypatch.setattr(checkout, "check", lambda: None)
    monkeypatch.setattr(checkout, "strays", lambda: [])
    monkeypatch.setattr(dvc_repro.dvc_files, "mend", lambda: [])
    monkeypatch.setattr(dvc_repro.dvc_files, "keep", lambda: None)
    monkeypatch.setattr(dvc_repro, "read_json_or", lambda file, default: default)

    def call(*targets, **ends):
        world = World({stage.replace("_at_", "@"): end for stage, end in ends.items()})
        monkeypatch.setattr(dvc_repro, "_wait", world)
        code = dvc_repro.repro(settings, targets)
        return code, world.calls, capsys.readouterr().err.splitlines()

    return call


def test_all_good(repro):
    code, calls, said = repro()
    assert (code, calls) == (0, ["dvc repro", "look"])
    assert said == [dvc_repro.WHERE, "done: open data/report/index.html"]  # where to look, at once and at the end


def test_data_that_changed_where_dvc_does_not_look_are_prepared_first(repro, monkeypatch):
    monkeypatch.setattr(dvc_repro.data_files, "changed_elsewhere", lambda settings: ["pictures"])
    code, calls, _ = repro()
    assert (code, calls) == (0, ["dvc repro --force --single-item prepare", PLAIN, "look"])
    code, calls, _ = repro(prepare=(2, "no pictures"))
    assert (code, calls) == (2, ["dvc repro --force --single-item prepare"])


def test_what_a_look_asks_for_is_prepared_planned_and_trained(repro, monkeypatch):
    """Two more looks at most, however often more seeds are asked for."""
    asked = iter(range(100))
    monkeypatch.setattr(dvc_repro, "_looks", lambda: {"memory.json": str(next(asked)).encode()})
    code, calls, _ = repro()
    more = ["look", "dvc repro --force --single-item prepare plan", PLAIN]
    assert (code, calls) == (0, [PLAIN, *more, *more])


def test_stages_by_name_are_not_looked_at_again(repro):
    assert repro("train@memory")[1] == ["dvc repro train@memory"]


def test_a_failing_run_in_the_first_topic_stops_no_other_and_is_reported(repro):
    (paths.RUNS / "activations").mkdir(parents=True)
    code, calls, said = repro(train_at_activations=(1, "1 of 20 runs failed, the first: relu_2 seed 0: OOM"))
    assert code == 1
    assert calls == [
        PLAIN,
        "dvc repro evaluate@exploding evaluate@memory",
        "evaluate activations",
        "report",
    ]
    assert said[-2:] == [
        "failed: train@activations: 1 of 20 runs failed, the first: relu_2 seed 0: OOM",
        "1 topic failed; finished runs are kept: the same command tries again only what failed",
    ]


def test_several_topics_fail_each_is_named(repro):
    code, calls, said = repro(train_at_activations=(1, "a"), train_at_memory=(None, ""))
    killed = "failed: train@memory: ended without a word: killed, or out of memory"
    assert code == 1 and said[-3:-1] == ["failed: train@activations: a", killed]
    assert calls[1:] == ["dvc repro evaluate@exploding evaluate@memory", "report"]
    assert "2 topics failed" in said[-1]


def test_all_topics_fail(repro):
    code, calls, _ = repro(**{f"train_at_{name}": (1, "x") for name in TOPICS})
    assert code == 1 and calls[-1] == "report" and len(calls) == 4


def test_a_topic_that_cannot_be_scored_stops_no_other(repro):
    code, calls, said = repro(evaluate_at_exploding=(1, "RuntimeError: x"))
    assert code == 1 and "dvc repro evaluate@activations evaluate@memory" in calls and calls[-1] == "report"
    assert "failed: evaluate@exploding: RuntimeError: x" in said


@pytest.mark.parametrize("stage", ["prepare", "plan", "judge", "report"])
def test_what_all_topics_wait_for_stops_all(repro, stage):
    code, calls, said = repro(**{stage: (1, "KeyError: x")})
    assert (code, calls) == (1, [PLAIN])
    assert said[-2:] == [
        f"failed: {stage}: KeyError: x",
        "failed: what is done is kept, the same command goes on from there",
    ]


@pytest.mark.parametrize("stage", ["prepare", "train_at_memory"])
def test_a_users_mistake_is_code_two(repro, stage):
    assert repro(**{stage: (2, "x: given 1, allowed 2")})[0] == 2


def test_a_failure_of_dvc_itself_is_code_one(repro, monkeypatch, settings):
    monkeypatch.setattr(dvc_repro, "_wait", lambda command: 255)
    assert dvc_repro.repro(settings) == 1


def test_a_full_disk_is_named_even_where_dvc_itself_failed_for_it(repro, monkeypatch):
    usage = shutil.disk_usage(paths.ROOT)._replace(free=3_000_000)
    monkeypatch.setattr(dvc_repro.shutil, "disk_usage", lambda place: usage)
    code, _, said = repro(plan=(1, ""))
    assert code == 1 and said[-2:] == [
        "the disk: given 3 MB of free space: make space first",
        "failed: what is done is kept, the same command goes on from there",
    ]
    assert repro()[2] == [dvc_repro.WHERE, "done: open data/report/index.html"]


def test_runs_that_dvc_brought_in_place_of_a_stage_are_taken_into_the_store(repro, monkeypatch):
    """What only lies in data/runs is gone once DVC checks out another version, and would be trained again."""
    seen = []
    monkeypatch.setattr(dvc_repro, "_looks", lambda: seen.append("dvc") or {})
    monkeypatch.setattr(dvc_repro.adoption, "adopt", lambda settings: seen.append("adopt") or [f"adopted {len(seen)}"])
    code, _, said = repro()
    assert (code, seen[0], seen[-1]) == (0, "adopt", "adopt") and "dvc" in seen
    assert said[-2:] == [f"adopted {len(seen)}", "done: open data/report/index.html"]


def test_targets_alone_are_run_and_not_reported(repro):
    code, calls, said = repro("train@memory", "evaluate@exploding", train_at_memory=(1, "x"))
    assert code == 1 and calls == ["dvc repro train@memory evaluate@exploding", "dvc repro evaluate@exploding"]
    code, calls, said = repro("evaluate@memory")
    assert (code, said) == (0, ["done"])


def test_a_report_that_was_asked_for_is_made_of_what_is_there(repro):
    _, calls, _ = repro("report", train_at_memory=(1, "x"))
    assert calls == ["dvc repro report", "dvc repro evaluate@activations evaluate@exploding", "report"]


@pytest.mark.parametrize("target", ["nothing", "train@nothing", "plan@memory", "trian@memory", "data/plan", "-f"])
def test_a_target_that_is_no_stage_is_refused(repro, target):
    with pytest.raises(InputError, match=f"stage: given '{target}', allowed prepare, plan, "):
        repro(target)


def test_a_folder_in_which_dvc_cannot_work_is_refused_before_anything_is_touched(settings, monkeypatch):
    def refuse():
        raise InputError("Git: given none, allowed one")

    monkeypatch.setattr(checkout, "check", refuse)
    monkeypatch.setattr(dvc_repro, "_wait", pytest.fail)
    with pytest.raises(InputError, match="Git: given none"):
        dvc_repro.repro(settings)
    assert not paths.STATE.exists()


def test_a_head_on_no_branch_is_said_first_and_last(repro, monkeypatch):
    monkeypatch.setattr(checkout, "strays", lambda: ["Git: HEAD is on no branch"])
    code, _, said = repro()
    assert code == 0 and said[0] == said[-1] == "Git: HEAD is on no branch"


def test_a_second_one_is_refused(repro):
    with lock.hold("repro"), pytest.raises(lock.Held):
        repro()


# only


@pytest.fixture
def switched_off(settings):
    """`only` has left out a topic, of which DVC has stages all the same."""
    object.__setattr__(settings, "left_out", ("convolution",))
    return settings


EACH = [f"evaluate@{name}" for name in ("activations", "exploding", "memory")]
LAST = "dvc repro --single-item judge report"


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        ((), [f"dvc repro {' '.join(EACH)}", LAST, "look"]),
        (("report",), [f"dvc repro {' '.join(EACH)}", LAST]),
        (("judge",), [f"dvc repro {' '.join(EACH)}", "dvc repro --single-item judge"]),
        (("train",), ["dvc repro train@activations train@exploding train@memory"]),
        (("evaluate@memory",), ["dvc repro evaluate@memory"]),
        (("plan",), ["dvc repro plan"]),
        (("plan", "report"), [f"dvc repro plan {' '.join(EACH)}", LAST]),
    ],
)
def test_stages_of_topics_that_are_left_out_are_not_started(switched_off, repro, targets, expected):
    order = list(switched_off.topics)
    code, calls, _ = repro(*targets)
    plain = [" ".join(sorted(call.split(), key=str)) for call in calls]
    assert code == 0 and order and plain == [" ".join(sorted(call.split(), key=str)) for call in expected]


def test_a_topic_that_fails_is_reported_beside_the_others_that_are_not_left_out(switched_off, repro):
    code, calls, said = repro(train_at_memory=(1, "x"))
    assert code == 1 and calls[-1] == "report" and LAST not in calls and "failed: train@memory: x" in said


def test_a_sweep_by_name_is_the_stage_of_its_own_file(repro):
    code, calls, _ = repro("sweep@strides")
    assert (code, calls) == (0, ["dvc repro sweeps/dvc.yaml:sweep@strides"])


def test_an_unknown_sweep_is_refused_with_the_names_there_are(repro):
    with pytest.raises(InputError, match=r"given 'sweep@stride', allowed .*sweep@<strides\|remedies>"):
        repro("sweep@stride")


def test_a_sweep_is_part_of_repro_where_its_block_says_so_and_all_else_went_well(repro, settings):
    assert repro()[1] == [PLAIN, "look"]
    settings.sweeps["strides"] = dataclasses.replace(settings.sweeps["strides"], repro=True)
    assert repro()[1] == [PLAIN, "look", "dvc repro sweeps/dvc.yaml:sweep@strides"]
    code, calls, _ = repro(train_at_memory=(1, "x"))
    assert code == 1 and not any("sweep" in call for call in calls)


def test_the_page_is_made_again_where_a_sweep_has_come_to_more_since(repro, settings):
    """One of repro's own, or one that somebody carried out in between."""
    page, summary = paths.REPORT / "index.html", paths.sweep("strides") / "sweep.json"
    for at, file in enumerate([summary, page]):
        file.parent.mkdir(parents=True)
        file.write_text("")
        os.utime(file, ns=(at, at))
    assert repro()[1] == [PLAIN, "look"]
    os.utime(summary, ns=(2, 2))
    again = "dvc repro --force --single-item report"
    assert repro()[1] == [PLAIN, "look", again]
    settings.sweeps["strides"] = dataclasses.replace(settings.sweeps["strides"], repro=True)
    assert repro()[1] == [PLAIN, "look", "dvc repro sweeps/dvc.yaml:sweep@strides", again]
    assert again not in repro("evaluate@memory")[1]


@pytest.fixture
def measured(repro, monkeypatch):
    """Seconds of one run of each variant have been published."""
    seconds = {"activations": {"a": 9.0}, "exploding": {"a": 1.0, "b": 2.0}, "memory": {"a": 4.0}}
    monkeypatch.setattr(dvc_repro, "read_json_or", lambda file, default: {"smoke": seconds})


def test_the_quickest_topic_comes_first_unless_it_has_results(measured, repro):
    assert repro()[1] == ["dvc repro evaluate@exploding", PLAIN, "look"]
    assert repro("evaluate@memory")[1] == ["dvc repro evaluate@memory"]
    paths.results("exploding").mkdir(parents=True)
    assert repro()[1] == [PLAIN, "look"]


def test_where_the_quickest_topic_fails_the_others_go_on(measured, repro):
    (paths.RUNS / "exploding").mkdir(parents=True)
    code, calls, said = repro(train_at_exploding=(1, "x"))
    assert code == 1 and "failed: train@exploding: x" in said
    assert calls == [
        "dvc repro evaluate@exploding",
        "dvc repro evaluate@activations evaluate@memory",
        "evaluate exploding",
        "report",
    ]


def test_where_no_data_can_be_prepared_nothing_goes_on(measured, repro):
    assert repro(prepare=(2, "x"))[:2] == (2, ["dvc repro evaluate@exploding"])
