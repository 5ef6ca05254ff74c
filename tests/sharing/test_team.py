"""Training with a team's store: others' runs are taken, ours given, and one that is away costs a line and no more."""

import json
import time
from dataclasses import replace

import pytest
import stored
from stored import KEYS, full

from pipeline import paths
from pipeline.operations import exchange
from pipeline.settings.shared_store import SharedStoreSettings, fault
from pipeline.sharing import patience, team
from pipeline.sharing.patience import Away
from pipeline.sharing.shared_runs import SharedRuns
from pipeline.sharing.team import Team, Training
from pipeline.training.store import Store, project_store

LATER = "; training goes on, and `python -m pipeline runs push` gives its runs later"


@pytest.fixture
def shared(house):
    """A team's folder with the first six runs."""
    folder = house / "shared"
    folder.mkdir()
    first = Team(str(folder))
    first.open(make=True)
    first.give(KEYS[:6], full(house / "colleague", KEYS[:6]))
    return folder


def settings(smoke_settings, address, write=True):
    return replace(smoke_settings, store=SharedStoreSettings(address and str(address), write))


def test_runs_of_others_are_taken_and_ours_given(smoke, shared, capsys):
    full(paths.STORE, KEYS[5:8])
    training = Training(settings(smoke, shared))
    training.take(KEYS[:9])
    assert [project_store().has(key) for key in KEYS[:9]] == [True] * 8 + [False]
    assert capsys.readouterr().err == f"5 finished runs were found in {shared}: nothing of that is trained again\n"
    with training.giving(KEYS[:9]) as give:
        stored.put(project_store(), KEYS[8])
        give(KEYS[8])
    assert Team(str(shared)).seals(KEYS).keys() == {*KEYS[:9]}
    assert capsys.readouterr().err == ""


def test_without_write_nothing_is_given(smoke, shared):
    full(paths.STORE, KEYS[6:8])
    with Training(settings(smoke, shared, write=False)).giving(KEYS) as give:
        give(KEYS[7])
    assert Team(str(shared)).seals(KEYS).keys() == {*KEYS[:6]}


def test_without_a_store_nothing_is_asked(smoke, house, capsys):
    training = Training(settings(smoke, None))
    training.take(KEYS)
    with training.giving(KEYS) as give:
        give(KEYS[0])
    assert capsys.readouterr().err == "" and not paths.STORE_AWAY.exists()


def test_a_damaged_run_is_named_trained_again_and_given_anew(smoke, shared, capsys):
    key = KEYS[0]
    (shared / key[:2] / key / "seal.json").write_bytes(b"")
    training = Training(settings(smoke, shared))
    training.take([key])
    assert capsys.readouterr().err == f"{shared}/{key[:2]}/{key}: seal.json is damaged; it counts as not there\n"
    with training.giving([key]) as give:
        stored.put(project_store(), key)
        give(key)
    assert Team(str(shared)).take([key], Store(shared.parent / "third")) == 1


def test_a_run_that_is_damaged_here_is_not_given(smoke, shared, capsys):
    full(paths.STORE, KEYS[6:8])
    (project_store().folder(KEYS[6]) / "model.keras").write_bytes(b"other")
    with Training(settings(smoke, shared)).giving(KEYS):
        pass
    assert Team(str(shared)).seals(KEYS).keys() == {*KEYS[:6], KEYS[7]}


def test_runs_of_another_machine_are_named_once_and_trained(smoke, shared, house, capsys):
    first = Team(str(shared))
    first.give(KEYS[6:9], full(house / "other", KEYS[6:9], library="glibc 2.17"))
    first.give(KEYS[9:10], full(house / "older", KEYS[9:10], library=None))
    training = Training(settings(smoke, shared))
    training.take(KEYS[6:10])
    assert [project_store().has(key) for key in KEYS[6:10]] == [False] * 3 + [True]
    named, untold, _ = capsys.readouterr().err.splitlines()
    assert named.startswith(
        f"{shared}: 3 of its runs count as not there, as their machine is another: given glibc 2.17"
    )
    assert untold == f"{shared}: 1 of its runs do not say on what they were trained, and are taken"
    with training.giving([]) as give:
        stored.put(project_store(), KEYS[6], model=b"ours")
        give(KEYS[6])
    assert b"2.17" in (shared / KEYS[6][:2] / KEYS[6] / run_json(shared, KEYS[6])).read_bytes()  # both are sound


def run_json(shared, key):
    """The name under which the store has it."""
    seal = json.loads((shared / key[:2] / key / "seal.json").read_bytes())
    return seal["files"]["run.json"]


def test_a_damaged_run_is_given_anew_by_whoever_comes_after_a_kill(smoke, shared):
    """It was named, and trained; before it was given the command was killed, and the next has taken nothing."""
    key = KEYS[0]
    (shared / key[:2] / key / run_json(shared, key)).write_bytes(b"{}")
    stored.put(project_store(), key, model=b"ours")
    with Training(settings(smoke, shared)).giving([key]):
        pass
    assert Team(str(shared)).take([key], Store(shared.parent / "third")) == 1


def test_each_run_is_given_as_it_ends(smoke, shared):
    with Training(settings(smoke, shared)).giving([]) as give:
        stored.put(project_store(), KEYS[8])
        give(KEYS[8])
        until = time.monotonic() + 10
        while not Team(str(shared)).seals([KEYS[8]]):
            assert time.monotonic() < until
            time.sleep(0.05)


# Away


def test_a_share_that_is_unmounted_while_runs_are_given_stays_empty(smoke, shared, capsys):
    team = Team(str(shared))
    team.open()
    shared.rename(f"{shared}_")
    shared.mkdir()  # the mount point
    full(paths.STORE, KEYS[6:8])
    with pytest.raises(Away, match="which is none yet"):
        team.give(KEYS, project_store())
    assert not list(shared.iterdir())


@pytest.mark.parametrize("action", ["take", "give"])
def test_the_project_s_own_full_disk_is_no_fault_of_the_store(smoke, shared, monkeypatch, action):
    def refuse(*_):
        raise OSError(28, "No space left on device")

    if action == "give":
        full(paths.STORE, KEYS[6:8])
    monkeypatch.setattr(Store, "draft" if action == "take" else "seal", refuse)
    team = Team(str(shared))
    with pytest.raises(OSError, match="No space left") as caught:
        getattr(team, action)(KEYS, project_store())
    assert not isinstance(caught.value, Away)


def test_the_project_s_own_fault_while_runs_are_given_does_not_keep_others_from_asking(
    smoke, shared, capsys, monkeypatch
):
    full(paths.STORE, KEYS[6:8])

    def refuse(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Store, "seal", refuse)
    with Training(settings(smoke, shared)).giving(KEYS):
        pass
    assert capsys.readouterr().err == f"[Errno 5] Input/output error{LATER}\n"
    assert not paths.STORE_AWAY.exists()


@pytest.mark.parametrize(
    ("make", "said"),
    {
        "not mounted": (lambda folder: folder.rename(f"{folder}_"), "cannot use {}: there is no folder {}"),
        "mounted empty": (
            lambda folder: (folder / "store.json").unlink(),
            "store: given {}, which is none yet, allowed one: `python -m pipeline runs push` once",
        ),
        "of a later version": (
            lambda folder: (folder / "store.json").write_text("{}"),
            "store: given {}, of another format, allowed that of this version: update it",
        ),
    }.values(),
)
def test_a_store_that_is_away_costs_one_line_once(smoke, shared, capsys, make, said):
    make(shared)
    chosen = settings(smoke, shared)
    for _ in range(3):  # as many stages
        training = Training(chosen)
        training.take(KEYS)
        with training.giving(KEYS) as give:
            stored.put(project_store(), KEYS[9])
            give(KEYS[9])
    assert capsys.readouterr().err == said.replace("{}", str(shared)) + LATER + "\n"


def test_a_store_that_hangs_is_waited_for_once_and_not_long(smoke, shared, capsys, monkeypatch):
    monkeypatch.setattr(team, "open_place", lambda address: stored.Hung())
    monkeypatch.setattr(team, "CONTACT_S", 0.2)
    begun = time.monotonic()
    for _ in range(3):
        training = Training(settings(smoke, shared))
        training.take(KEYS)
        with training.giving(KEYS) as give:
            give(KEYS[0])
    assert time.monotonic() - begun < 2
    assert capsys.readouterr().err == f"cannot use {shared}: no answer within 0 s{LATER}\n"


def test_whoever_waits_longer_for_a_store_that_hangs_is_told_so(capsys, monkeypatch):
    monkeypatch.setattr(patience, "TOLD_S", 0.1)
    assert patience.within(5, "s3://b/a", lambda: time.sleep(0.4) or 7) == 7
    assert capsys.readouterr().err == "s3://b/a: not done after 0 s, waiting 5 s at most\n"
    with pytest.raises(Away, match="no answer within 0 s"):
        patience.within(0.1, "s3://b/a", time.sleep, 0.4)
    assert not capsys.readouterr().err


def test_a_store_that_hangs_while_runs_are_given_holds_up_the_end_alone(smoke, shared, capsys, monkeypatch):
    monkeypatch.setattr(team, "AFTERWARDS_S", 0.2)
    training = Training(settings(smoke, shared))
    training.take(KEYS[:1])
    capsys.readouterr()
    training._team.runs = SharedRuns(stored.Hung())
    begun = time.monotonic()
    with training.giving(KEYS) as give:
        give(KEYS[0])
        assert time.monotonic() - begun < 0.1  # training itself waits for nothing
    assert time.monotonic() - begun < 2
    assert capsys.readouterr().err == f"cannot use {shared}: it takes longer than training should wait{LATER}\n"
    Training(settings(smoke, shared)).take(KEYS[:6])  # the next topic asks all the same: slow is not away
    assert all(project_store().has(key) for key in KEYS[:6]) and not paths.STORE_AWAY.exists()


def test_a_store_that_is_lost_in_the_last_moment_is_told_once(smoke, shared, capsys, monkeypatch):
    """The thread has lost it, and is not gone yet, when the block's end has waited long enough."""
    monkeypatch.setattr(team, "AFTERWARDS_S", 0.2)
    training = Training(settings(smoke, shared))

    def lose(self, keys, store):
        training._lose(Away("gone"))
        time.sleep(1)

    monkeypatch.setattr(Team, "give", lose)
    with training.giving(KEYS):
        time.sleep(0.1)
    assert capsys.readouterr().err == f"gone{LATER}\n"


def test_a_full_disk_of_the_team_is_a_line(smoke, shared, capsys, monkeypatch):
    full(paths.STORE, KEYS[6:8])
    training = Training(settings(smoke, shared))

    def refuse(self, files):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipeline.sharing.places.Folder.write", refuse)
    with training.giving(KEYS) as give:
        give(KEYS[6])
    assert capsys.readouterr().err == f"cannot use {shared}: [Errno 28] No space left on device{LATER}\n"


def test_after_a_while_and_after_a_push_it_is_asked_again(smoke, shared, monkeypatch):
    moved = shared.rename(f"{shared}_")
    chosen = settings(smoke, shared)
    Training(chosen).take(KEYS)
    moved.rename(shared)
    Training(chosen).take(KEYS)
    assert not project_store().has(KEYS[0])  # a moment ago it was away
    assert exchange.carry_out("push", chosen, False) == f"0 of 0 finished runs given to {shared}: it had the others"
    Training(chosen).take(KEYS)
    assert project_store().has(KEYS[0])


# By command


def test_a_first_push_makes_the_store(smoke, house):
    (house / "new").mkdir()
    full(paths.STORE, KEYS[:3])
    chosen = settings(smoke, house / "new")
    assert exchange.push(chosen) == f"3 of 3 finished runs given to {house}/new: it had the others"
    assert exchange.push(chosen) == f"0 of 3 finished runs given to {house}/new: it had the others"


def test_a_pull_takes_what_the_topics_ask_for(smoke, shared, monkeypatch):
    monkeypatch.setattr(exchange.prune, "keys_by_topic", lambda settings: {"a": {*KEYS[4:6]}, "b": {KEYS[5], KEYS[8]}})
    told = exchange.pull(settings(smoke, shared))
    assert told == f"2 of 3 runs that are missing here taken from {shared}: it lacks the others"
    assert {folder.name for folder in project_store().runs()} == {*KEYS[4:6]}


@pytest.mark.parametrize("action", ["push", "pull"])
def test_commands_say_what_is_in_the_way(smoke, shared, action):
    with pytest.raises(ValueError, match=r"store.shared: given none, allowed a folder or s3://bucket/folder"):
        exchange.carry_out(action, settings(smoke, None), False)
    with pytest.raises(Away, match="cannot use /nowhere/at/all: there is no folder"):
        exchange.carry_out(action, settings(smoke, "/nowhere/at/all"), False)


def test_the_environment_counts_more_than_params(smoke, shared, monkeypatch):
    chosen = settings(smoke, "/nowhere")
    monkeypatch.setenv(team.ADDRESS, str(shared))
    assert team.address(chosen) == str(shared)
    monkeypatch.setenv(team.ADDRESS, "")
    assert team.address(chosen) is None
    monkeypatch.setenv(team.ADDRESS, "http://server/place")
    with pytest.raises(Away, match="AULA_STORE: given http://, allowed a folder, or s3://"):
        team.address(chosen)


# Addresses and what libraries say


@pytest.mark.parametrize(
    "address", ["/srv/team", "../team", "~/team", "s3://bucket", "s3://b/a/b", "gs://b/a", "ssh://me@host:22/srv/a"]
)
def test_addresses(address):
    assert fault(address) is None


@pytest.mark.parametrize(
    "address", ["", " ", "http://host/a", "s3://", "ssh://host", "ssh://host:port/a", "ssh://host:0/a"]
)
def test_what_is_no_address(address):
    assert fault(address)


@pytest.mark.parametrize(
    "address",
    [
        "ssh://me:hidden@host/srv",
        "s3://key:hi/d@den@bucket/a",
        "ssh://me:hid@den@host/a",
        "ssh://me:hid/den@host/srv",
        "s3://key:22/hid/den@bucket/a",
        "https://me:hid/den@host/srv",
        "me:hid/den@host:srv",
        "me:hidden@host://srv",
    ],
)
def test_a_password_is_refused_and_not_shown(address):
    assert "hid" not in fault(address) and "password" in fault(address)


@pytest.mark.parametrize("folder", ["/srv/a:b@c", "~/a:b@c", "./a:b@c", "a@b@c", "runs"])
def test_a_folder_may_have_any_name(folder):
    assert fault(folder) is None


class NoCredentialsError(Exception):
    """As botocore's."""


def test_what_libraries_say_is_one_line_with_a_remedy():
    error = PermissionError("Access Denied\nhost id 3")
    assert str(patience.told("s3://b/a", error)) == (
        "store: given s3://b/a, which you may not use that way (Access Denied host id 3), allowed your own"
    )
    error = OSError("outer")
    error.__cause__ = NoCredentialsError("Unable to locate credentials")
    assert str(patience.told("s3://b/a", error)) == (
        "store: given no credentials for s3://b/a, allowed those that its library finds:"
        " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    )
    assert str(patience.told("s3://b/a", ImportError("s3fs"))) == (
        "store: given s3://b/a, allowed once its library is installed: `make store` does that"
    )
    assert str(patience.told("s3://b/a", OSError("x" * 900))) == f"cannot use s3://b/a: {'x' * 199}…"
