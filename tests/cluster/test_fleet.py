"""The executor of a cluster, on nodes that are played: nothing is lost or kept twice, and unlike ones are named."""

import dataclasses
import time
from collections import Counter
from itertools import pairwise

import hands
import pytest

from pipeline import paths
from pipeline.cluster import facts, files, fleet
from pipeline.cluster.fleet import Fleet
from pipeline.cluster.node import Job
from pipeline.cluster.wire import HeadLost
from pipeline.errors import InputError
from pipeline.pool import workers
from pipeline.pool.process import Answer, Ending
from pipeline.training import epoch_log, runtime
from pipeline.training.store import project_store


@pytest.fixture(autouse=True)
def data(house, monkeypatch):
    """Every run reads one file of its own; calls that failed are repeated at once."""
    monkeypatch.setattr(fleet, "AGAIN_S", 0.0)
    monkeypatch.setattr(fleet, "TICK_S", 0.05)

    def of_run(spec, scored):
        file = paths.PREPARED / "toy" / str(spec.draw % 2) / "fit" / "plain.npz"
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.write_bytes(str(spec.draw % 2).encode())
        return {f"prepared/toy/{spec.draw % 2}/fit/plain.npz": file}

    monkeypatch.setattr(files, "of_run", of_run)


def carry_out(town, tasks, ticks=(), **job):
    """{seed: (record, ending)} of all tasks; each of `ticks` is done once, in turn."""
    made, steps = [], iter(ticks)

    def hire(function, limit_s):
        made.append(Fleet(town, Job(b"", "portable", **job), spec=lambda task: task, scored=False))
        return made[0]

    def tick():
        step = next(steps, None)
        if step:
            step()

    found = {}
    for task, record, ending in workers.carry_out(len, tasks, affinity=lambda task: task.variant, hire=hire, tick=tick):
        assert task.seed not in found
        found[task.seed] = record, ending
    assert town.closed
    return found


def specs(count, variants=1):
    return [hands.spec(number, f"v{number % variants}") for number in range(count)]


def test_every_run_once_and_in_the_store(tmp_path):
    town = hands.Town({node: lambda: hands.Hand(hands.answering(tmp_path)) for node in "ab"})
    tasks = specs(20)
    found = carry_out(town, tasks)
    assert {seed: record["n"] for seed, (record, _) in found.items()} == {seed: seed for seed in range(20)}
    assert all(project_store().has(task.run_key) for task in tasks)
    assert not project_store().drafts()


def test_data_go_to_a_node_once(tmp_path):
    town = hands.Town({"a": lambda: hands.Hand(hands.answering(tmp_path))})
    carry_out(town, specs(12))
    assert len(town.brought) == len(set(town.brought)) == 2


def give_up():
    raise AssertionError("nothing comes any more")


def test_data_that_vanish_from_a_node_are_brought_again(tmp_path):
    hand = hands.Hand(hands.answering(tmp_path))
    town = hands.Town({"a": lambda: hand})
    found = carry_out(town, specs(12), ticks=[None, None, hand.has.clear, *[None] * 30, give_up])
    assert sorted(found) == list(range(12)) and len(town.brought) > 2


def test_data_that_change_before_they_are_brought_are_the_users_to_mend(tmp_path):
    class Late(hands.Hand):
        def exchange(self, *arguments):
            for file in paths.PREPARED.rglob("*.npz"):
                file.write_bytes(b"other data")
            return super().exchange(*arguments)

    town = hands.Town({"a": lambda: Late(hands.answering(tmp_path))})
    with pytest.raises(InputError, match=r"toy: given prepared data that changed while .* run `dvc repro`"):
        carry_out(town, specs(2))


def test_seeds_of_a_variant_stay_on_a_node(tmp_path):
    town = hands.Town({node: lambda: hands.Hand(hands.answering(tmp_path)) for node in "ab"})
    carry_out(town, specs(20, variants=2))
    by_node = [[int(order.run_key, 16) % 2 for order in hand.got] for hand in town.hands.values()]
    assert all(sum(a != b for a, b in pairwise(each)) <= 1 for each in by_node)


def test_a_lost_answer_is_told_again_and_nothing_begins_twice(tmp_path):
    begun = []

    def work(task, order):
        begun.append(task.seed)
        return hands.answering(tmp_path)(task, order)

    town = hands.Town({"a": lambda: hands.Hand(work)})

    def lose():
        town.lossy |= {*town.hands}

    found = carry_out(town, specs(8), ticks=[lose] * 6)
    assert sorted(found) == list(range(8)) and sorted(begun) == list(range(8))


def test_a_node_that_dies_costs_what_it_was_at(tmp_path, capsys):
    def stuck(task, order):
        return None

    town = hands.Town({"a": lambda: hands.Hand(stuck), "b": lambda: hands.Hand(hands.answering(tmp_path))})

    def fall():
        town.kill("a")
        town.nodes["a"] = lambda: hands.Hand(hands.answering(tmp_path))

    found = carry_out(town, specs(6, variants=2), ticks=[None, None, fall])
    assert sorted(found) == list(range(6)) and all(ending is None for _, ending in found.values())
    assert "a: lost (it died), 1 runs go elsewhere" in capsys.readouterr().err


def test_a_node_that_is_gone_and_one_that_comes_late(tmp_path):
    town = hands.Town({"a": lambda: hands.Hand(lambda task, order: None)})

    def change():
        del town.nodes["a"]
        town.nodes["late"] = lambda: hands.Hand(hands.answering(tmp_path))

    assert sorted(carry_out(town, specs(4), ticks=[None, None, change])) == list(range(4))
    assert town.hired == ["a", "late"]


def test_a_node_that_is_cut_off_is_lost_and_not_left_out_and_used_when_it_is_back(tmp_path, capsys):
    """Ray says first that what worked there is dead, and knows no such node from then on; it comes back as another."""
    town = hands.Town({"a": lambda: hands.Hand(lambda task, order: None)})

    def cut():
        town.kill("a")
        del town.nodes["a"]

    def back():
        town.nodes["a again"] = lambda: hands.Hand(hands.answering(tmp_path))

    assert sorted(carry_out(town, specs(4), ticks=[None, None, cut, None, None, back])) == list(range(4))
    told = capsys.readouterr().err
    assert told.count("a: lost (it died), 1 runs go elsewhere") == 1 and "left out" not in told
    assert town.hired == ["a", "a again"]


def test_a_run_under_which_nodes_die_again_and_again_ends_as_failed():
    town = hands.Town({"n0": lambda: hands.Hand(lambda task, order: None)})

    def change():
        town.nodes = {f"n{int(next(iter(town.nodes))[1:]) + 1}": lambda: hands.Hand(lambda task, order: None)}

    (found,) = carry_out(town, specs(1), ticks=[None, None, change] * 40).values()
    assert found[0] is None and found[1].kind == "killed"


@pytest.mark.parametrize(
    ("unlike", "told"),
    [
        ({"versions": {"numpy": "1.0"}}, "given python none, allowed"),
        ({"versions": facts.versions() | {"scikit-learn": "1.0"}}, "given scikit-learn 1.0, allowed"),
        ({"code": "0"}, "given other code of the project"),
        ({"library": "glibc 2.1"}, "given glibc 2.1, allowed"),
        ({"numerics": "native avx"}, "given a processor whose numbers are native avx, allowed portable"),
        ({"device": "A100"}, "given A100, allowed cpu"),
        ({"free": 10**6}, "given 1 MB of free space, allowed 200 MB"),
        ({"clock": 0.0}, "given a clock that is -"),
    ],
)
def test_an_unlike_node_is_named_before_it_is_used(tmp_path, capsys, unlike, told):
    used = []
    odd = hands.Hand(lambda task, order: used.append(task), **unlike)
    town = hands.Town({"odd": lambda: odd, "a": lambda: hands.Hand(hands.answering(tmp_path))})
    assert sorted(carry_out(town, specs(4))) == list(range(4))
    lines = [line for line in capsys.readouterr().err.splitlines() if "odd" in line]
    assert len(lines) == 1 and lines[0].startswith(f"cluster: odd is left out: {told}") and not used


@pytest.mark.parametrize(("skew_s", "is_used"), [(-60.0, False), (60.0, False), (-5.0, True)])
def test_a_clock_is_judged_by_a_node_that_has_started(tmp_path, monkeypatch, skew_s, is_used):
    """A start of a minute would hide a clock that is nearly a minute slow."""
    began, clock = [], time.time
    monkeypatch.setattr(time, "time", lambda: clock() + 55.0 * len(began))

    class Slow(hands.Hand):
        def facts(self, mode):
            began.extend([True] * (not began))
            return dataclasses.replace(super().facts(mode), clock=time.time() + skew_s)

    hand = Slow(hands.answering(tmp_path))
    town = hands.Town({"odd": lambda: hand, "a": lambda: hands.Hand(hands.answering(tmp_path))})
    assert len(carry_out(town, specs(12, variants=2))) == 12
    assert bool(hand.got) == is_used


def test_a_node_with_fewer_gpus_of_the_same_name_is_used(monkeypatch):
    monkeypatch.setattr(runtime, "_loadable", lambda: ("H100",) * 4)
    ours = facts.of_this_machine("portable")
    monkeypatch.setattr(runtime, "_loadable", lambda: ("H100",) * 2)
    assert facts.unlike(facts.of_this_machine("portable"), ours, asked=0.0, answered=2e9) is None
    monkeypatch.setattr(runtime, "_loadable", lambda: ("T4",) * 4)
    told = facts.unlike(facts.of_this_machine("portable"), ours, asked=0.0, answered=2e9)
    assert told == "given T4, allowed H100"


def test_a_node_whose_disk_is_full_is_left_out_and_its_runs_go_elsewhere(tmp_path, capsys):
    def full(task, order):
        return Answer(record={"status": "failed", "reason": "OSError: No space left on device"}), {}

    town = hands.Town({"a": lambda: hands.Hand(full), "b": lambda: hands.Hand(hands.answering(tmp_path))})
    found = carry_out(town, specs(6, variants=2))
    assert all(record["status"] == "finished" for record, _ in found.values()) and len(found) == 6
    assert "a is left out: OSError: No space left" in capsys.readouterr().err


def failing(node, reason):
    """Work that cannot write to the disk of that node; the path has the names of node and run in it."""
    return lambda task, order: (
        Answer(record={"status": "failed", "reason": f"{reason}: '/scratch/work-{node}-77/{task.seed}.h5'"}),
        {},
    )


def test_two_nodes_of_one_disk_that_cannot_be_written_to_fail_no_run_and_are_left_out(tmp_path, capsys):
    reason = "OSError: [Errno 30] Read-only file system"
    town = hands.Town({node: lambda node=node: hands.Hand(failing(node, reason)) for node in "ab"})
    town.nodes |= {node: lambda: hands.Hand(hands.answering(tmp_path)) for node in "cd"}
    found = carry_out(town, specs(40))
    assert len(found) == 40 and all(record["status"] == "finished" for record, _ in found.values())
    told = capsys.readouterr().err
    assert [told.count(f"cluster: {node} is left out") for node in "abcd"] == [1, 1, 0, 0]


def test_a_run_waits_for_a_node_that_may_fare_better_though_it_has_failed_on_two(tmp_path, capsys):
    """The others are at long runs when it fails."""
    reason, late = "OSError: [Errno 30] Read-only file system", []

    def long(task, order):
        return hands.answering(tmp_path)(task, order) if late else None

    town = hands.Town({node: lambda: hands.Hand(long) for node in "cd"})
    town.nodes |= {node: lambda node=node: hands.Hand(failing(node, reason)) for node in "ab"}
    found = carry_out(town, specs(20, variants=4), ticks=[*[None] * 20, lambda: late.append(True)])
    assert len(found) == 20 and all(record["status"] == "finished" for record, _ in found.values())


def test_a_sick_node_that_begins_before_the_others_fails_no_run(tmp_path):
    begun = []

    class Late(hands.Hand):
        def begin(self, job):
            return job.workers

    class Slow(hands.Town):
        def call(self, hand, name, *arguments):
            if begun or hand.startswith("a/"):
                super().call(hand, name, *arguments)

        def hire(self, hand, node, cpus, gpus):
            super().hire(hand, node, cpus, gpus)
            waiting.append(hand)

    waiting = []
    town = Slow({"a": lambda: hands.Hand(failing("a", "OSError: no")), "b": lambda: Late(hands.answering(tmp_path))})

    def begin():
        begun.append(True)
        for hand in waiting:
            if hand.startswith("b/"):
                town.call(hand, "facts", "portable")

    found = carry_out(town, specs(8), ticks=[*[None] * 10, begin])
    assert len(found) == 8 and all(record["status"] == "finished" for record, _ in found.values())


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_run_with_a_fault_of_its_own_is_failed_and_leaves_all_nodes_in(tmp_path, capsys, quote):
    """It reads a file that the driver alone has, or one in its own folder: no node does, and none is broken."""
    tries = Counter()

    def work(task, order):
        if task.seed % 3:
            return hands.answering(tmp_path)(task, order)
        tries[task.seed] += 1
        reason = f"FileNotFoundError: [Errno 2] No such file or directory: {quote}/work-{task.seed}/a.npz{quote}"
        return Answer(record={"status": "failed", "reason": reason}), {}

    town = hands.Town({node: lambda: hands.Hand(work) for node in "abcd"})
    found = carry_out(town, specs(24))
    assert [seed for seed in range(24) if found[seed][0]["status"] == "failed"] == [*range(0, 24, 3)]
    assert found[6][0]["reason"].startswith("on each node that tried it: FileNotFoundError: [Errno 2]")
    told = capsys.readouterr().err
    assert "is left out" not in told and "FileNotFoundError" in told and max(tries.values()) <= 4
    assert min(tries.values()) == 2


@pytest.mark.parametrize("nodes", ["a", "abcd", "abcdefghijklmn"])
def test_where_every_run_fails_each_is_failed_and_says_why(nodes):
    """Nobody can tell whose fault that is: the reason stays as it was."""

    def work(task, order):
        return Answer(record={"status": "failed", "reason": "PermissionError: no"}), {}

    found = carry_out(hands.Town({node: lambda: hands.Hand(work) for node in nodes}), specs(8))
    assert [found[seed][0]["reason"] for seed in range(8)] == ["PermissionError: no"] * 8


def test_data_that_are_damaged_on_a_node_are_no_fault_of_a_run(tmp_path, capsys):
    damaged = []

    def work(task, order):
        if len(damaged) < 3:
            damaged.append(task.seed)
            place = "data/prepared/toy/0: given other examples than were planned" if len(damaged) == 1 else None
            reason = place or "/scratch/a node/inputs/1f/prepared/toy/0/fit/plain.npz: given a damaged file (CRC)"
            return Answer(record={"status": "failed", "reason": f"InputError: {reason}"}), {}
        return hands.answering(tmp_path)(task, order)

    town = hands.Town({"a": lambda: hands.Hand(work), "b": lambda: hands.Hand(hands.answering(tmp_path))})
    found = carry_out(town, specs(12))
    assert len(damaged) == 3 and all(record["status"] == "finished" for record, _ in found.values())


def test_what_a_full_node_has_finished_is_kept_and_what_it_has_not_goes_elsewhere(tmp_path, capsys):
    begun = []

    def filling(task, order):
        begun.append(task.seed)
        hand.free = 10**6
        return hands.answering(tmp_path)(task, order)

    hand, other = hands.Hand(filling), hands.Hand(hands.answering(tmp_path))
    town = hands.Town({"a": lambda: hand, "b": lambda: other})
    found = carry_out(town, specs(4))
    assert len(begun) == 1 and all(record["status"] == "finished" for record, _ in found.values())
    assert project_store().has(hands.spec(begun[0]).run_key)
    assert len(other.got) == 3  # it is not trained again
    assert "a is left out: given 1 MB of free space" in capsys.readouterr().err


def test_all_runs_that_fail_on_a_full_node_at_once_go_elsewhere(tmp_path):
    """Their words are the same, and no fault of theirs."""

    def work(task, order):
        hand.free = 10**6
        return Answer(record={"status": "failed", "reason": "OSError: [Errno 28] No space left on device"}), {}

    hand = hands.Hand(work)
    town = hands.Town({"a": lambda: hand, "b": lambda: hands.Hand(hands.answering(tmp_path))}, cpus=2)
    found = carry_out(town, specs(6, variants=3))
    assert all(record["status"] == "finished" for record, _ in found.values()) and len(found) == 6


def test_a_finished_run_whose_files_are_lost_on_its_node_is_done_again(tmp_path, capsys):
    lost = []

    def work(task, order):
        answer, parcel = hands.answering(tmp_path)(task, order)
        if len(lost) < 2:
            lost.append(task.seed)
            return answer, {}
        return answer, parcel

    tasks = specs(3)
    found = carry_out(hands.Town({"a": lambda: hands.Hand(work)}), tasks)
    assert sorted(found) == [0, 1, 2] and all(project_store().has(task.run_key) for task in tasks)
    assert (
        capsys.readouterr().err.count(
            "a has lost files of a finished run (no seal.json: it was not written to its end), which goes elsewhere"
        )
        == 2
    )


def test_a_node_is_given_what_it_says_that_it_has_room_for(tmp_path):
    at_once = set()

    class Small(hands.Hand):
        def begin(self, job):
            return 2  # its one GPU, shared by two

    def work(task, order):
        at_once.add(order.place)
        return hands.answering(tmp_path)(task, order)

    town = hands.Town({"a": lambda: Small(work)}, cpus=8)
    assert len(carry_out(town, specs(12), workers=8)) == 12
    assert at_once == {0, 1}


@pytest.mark.parametrize(("kind", "nodes"), [("killed", "a"), ("timeout", "a"), ("memory", "a"), ("memory", "abc")])
def test_a_process_that_dies_twice_on_nodes_is_a_failed_run(capsys, kind, nodes):
    """One node alone is as one machine, and so is a run that needs more memory than there is for it."""
    begun, died = [], Answer(ending=Ending(kind, "it died", 1.0))

    def work(task, order):
        begun.append(task)
        return died, {}

    (found,) = carry_out(hands.Town({node: lambda: hands.Hand(work) for node in nodes}), specs(1)).values()
    assert found[1].kind == kind and found[1].reason == "it died, 2 times" and len(begun) == 2
    assert "goes elsewhere" not in capsys.readouterr().err


def test_a_sick_node_fails_no_run_and_is_left_out(tmp_path, capsys):
    """Its processes die as soon as they start, so that it is free for more before any other node is."""
    died = Answer(ending=Ending("killed", "its process ended with exit code 1", 1.0))
    sick = hands.Hand(lambda task, order: (died, {}))
    town = hands.Town({"a": lambda: sick, "b": lambda: hands.Hand(hands.answering(tmp_path))})
    found = carry_out(town, specs(30))
    assert sorted(found) == list(range(30)) and all(ending is None for _, ending in found.values())
    told = capsys.readouterr().err
    assert "a: its process ended with exit code 1; its run goes elsewhere" in told
    assert told.count("a is left out: processes end there at runs that others carry out") == 1
    keys = [order.run_key for order in sick.got]
    assert len(keys) == len(set(keys)) < 10  # none comes back to it


@pytest.mark.parametrize("can_work", [True, False])
def test_a_node_of_which_two_processes_are_killed_ends_the_long_runs_that_it_is_at(tmp_path, capsys, can_work):
    """Somebody has killed them, and it is sound; or the others die as well, and it is not."""
    died, late = Answer(ending=Ending("killed", "it died", 1.0)), []

    def work(task, order):
        if order.place >= 2 and not late:
            return None  # it takes long
        return hands.answering(tmp_path)(task, order) if late and can_work else (died, {})

    hand = hands.Hand(work)
    town = hands.Town({"a": lambda: hand, "b": lambda: hands.Hand(hands.answering(tmp_path))}, cpus=4)
    found = carry_out(town, specs(24), ticks=[*[None] * 30, lambda: late.append(True)])
    assert len(found) == 24 and all(ending is None for _, ending in found.values())
    assert len([order for order in hand.got if order.place >= 2]) == 2
    told = capsys.readouterr().err
    assert told.count("a is left out: processes end there") == (not can_work)
    assert "runs go elsewhere" not in told


@pytest.mark.parametrize("kind", ["killed", "timeout"])
def test_a_run_that_kills_its_process_everywhere_is_failed_and_no_node_is_left_out(tmp_path, capsys, kind):
    died = Answer(ending=Ending(kind, "no good", 1.0))

    def work(task, order):
        return (died, {}) if task.seed < 4 else hands.answering(tmp_path)(task, order)

    town = hands.Town({node: lambda: hands.Hand(work) for node in "abc"})
    found = carry_out(town, specs(12, variants=3))
    assert [seed for seed, (record, ending) in sorted(found.items()) if ending] == [0, 1, 2, 3]
    assert "left out" not in capsys.readouterr().err


def test_a_hand_that_ends_again_and_again_is_left_out_though_processes_of_it_have_ended_between(tmp_path, capsys):
    died = Answer(ending=Ending("memory", "no memory", 1.0))
    made = []

    def work(task, order):
        if task.seed == 0:
            return hands.answering(tmp_path)(task, order) if len(made) > 3 else None
        return died, {}

    def hand():
        made.append(hands.Hand(work))
        return made[-1]

    town = hands.Town({"a": hand}, cpus=2)

    def fall():
        town.kill("a")

    with pytest.raises(AssertionError, match="nothing comes any more"):
        carry_out(town, specs(40, variants=2), ticks=[*[None, None, None, fall] * 3, *[None] * 10, give_up])
    assert "a is left out: it died" in capsys.readouterr().err and len(made) == 3


def test_a_run_that_ended_before_its_process_did_is_in_the_store_and_not_trained_again(tmp_path, capsys):
    """The stage takes it from there, and `evaluate` scores it."""
    begun = []

    def scored_to_death(task, order):
        begun.append(task.seed)
        return Answer(ending=Ending("killed", "it died", 1.0)), hands.parcel_of(order.run_key, tmp_path)

    tasks = specs(3)
    found = carry_out(hands.Town({node: lambda: hands.Hand(scored_to_death) for node in "ab"}), tasks)
    assert all(project_store().has(task.run_key) for task in tasks) and sorted(begun) == [0, 1, 2]
    assert all(record is None and ending.kind == "killed" for record, ending in found.values())
    assert "goes elsewhere" not in capsys.readouterr().err


@pytest.mark.parametrize("last", ["killed", "memory"])
def test_a_run_that_kills_its_processes_says_how_many_have_died(last):
    kinds = iter(["killed", "killed", last, "none is begun after these"])
    town = hands.Town(
        {node: lambda: hands.Hand(lambda *_: (Answer(ending=Ending(next(kinds), "it died", 1.0)), {})) for node in "ab"}
    )
    (found,) = carry_out(town, specs(1)).values()
    assert found[1].reason == "it died, 3 times" and len([*kinds]) == 1


@pytest.mark.parametrize(
    ("name", "told"),
    [("history.csv", "history.csv is missing"), ("seal.json", "no seal.json"), ("run.json", "run.json is missing")],
)
def test_a_finished_run_of_which_a_file_is_lost_goes_elsewhere(tmp_path, capsys, name, told):
    lost = []

    def work(task, order):
        answer, parcel = hands.answering(tmp_path)(task, order)
        if len(lost) < 1:
            lost.append(task.seed)
            return answer, {place: content for place, content in parcel.items() if not place.endswith(name)}
        return answer, parcel

    tasks = specs(3)
    found = carry_out(hands.Town({"a": lambda: hands.Hand(work)}), tasks)
    assert sorted(found) == [0, 1, 2] and all(project_store().has(task.run_key) for task in tasks)
    assert f"a has lost files of a finished run ({told}" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [None, Ending("killed", "it died", 1.0)])
def test_a_parcel_that_is_damaged_never_gets_into_the_store(tmp_path, ending):
    def damaged(task, order):
        parcel = hands.parcel_of(order.run_key, tmp_path)
        answer = Answer(ending=ending) if ending else Answer(record={"status": "finished"})
        return answer, {name: content + b" " for name, content in parcel.items()}

    (found,) = carry_out(hands.Town({"a": lambda: hands.Hand(damaged)}), specs(1)).values()
    assert found[1].kind == "killed" and not project_store().runs() and not project_store().drafts()


def test_what_a_run_has_written_is_seen_here_while_it_is_under_way(tmp_path):
    seen, hand = [], None

    def work(task, order):
        if not seen:
            seen.append(order.run_key)
            hand.say("epochs", order.number, [{"epoch": 1, "loss": 0.5}])
            return None
        assert epoch_log.read(order.run_key) == [{"epoch": 1, "loss": 0.5}]
        return hands.answering(tmp_path)(task, order)

    hand = hands.Hand(work)
    assert len(carry_out(hands.Town({"a": lambda: hand}), specs(1))) == 1
    assert not (paths.CHECKPOINTS / seen[0]).exists()


def test_a_lost_head_ends_the_command_and_its_message_says_how_to_go_on():
    town = hands.Town({"a": lambda: hands.Hand(lambda task, order: None)})

    def behead():
        town.headless = True

    with pytest.raises(HeadLost):
        carry_out(town, specs(2), ticks=[None, behead])
    assert town.closed


def test_time_in_which_the_command_itself_was_busy_or_stopped_is_no_time_without_a_node(tmp_path, monkeypatch):
    gone, clock = [], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 2 * fleet.ALONE_S * len(gone))
    town = hands.Town({})

    def come():
        town.nodes["a"] = lambda: hands.Hand(hands.answering(tmp_path))

    ticks = [lambda: gone.append("asleep"), None, lambda: gone.append("asleep"), come]
    assert sorted(carry_out(town, specs(2), ticks=ticks)) == [0, 1]


def test_time_without_a_node_counts_from_when_the_last_one_worked(tmp_path, monkeypatch):
    passed, clock = [], time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(passed))
    monkeypatch.setattr(fleet, "ALONE_S", 8.0)
    town = hands.Town({})

    def come():
        town.nodes["a"] = lambda: hands.Hand(lambda task, order: None)

    def back():
        town.nodes["b"] = lambda: hands.Hand(hands.answering(tmp_path))

    alone = [lambda: passed.append(0.9)] * 5
    ticks = [*alone, come, None, None, town.nodes.clear, *alone, back]
    assert sorted(carry_out(town, specs(2), ticks=ticks)) == [0, 1]


def test_nodes_that_another_command_has_are_waited_for_and_that_is_said_once(tmp_path, monkeypatch, capsys):
    """Ray keeps a hand waiting until the cores that it asks for are free."""
    monkeypatch.setattr(fleet, "ALONE_S", 0.2)
    monkeypatch.setattr(fleet, "PATIENT_S", 0.1)
    taken = ["a", "b"]

    class Busy(hands.Town):
        def call(self, hand, name, *arguments):
            if hand.partition("/")[0] not in taken:
                super().call(hand, name, *arguments)

    town = Busy({node: lambda: hands.Hand(hands.answering(tmp_path)) for node in "ab"})

    def end():
        taken.remove("b")
        town.nodes["c"] = town.nodes["b"]

    assert sorted(carry_out(town, specs(2), ticks=[*[None] * 12, end])) == [0, 1]
    line = "cluster: waiting for a, b: another command has their cores, or they are starting"
    assert capsys.readouterr().err.count(line) == 1


def test_no_node_for_long_is_the_users_to_mend(monkeypatch):
    monkeypatch.setattr(fleet, "ALONE_S", 0.0)
    odd = hands.Town({"odd": lambda: hands.Hand(len, code="0")})
    with pytest.raises(InputError, match="odd: given other code"):
        carry_out(odd, specs(1))
