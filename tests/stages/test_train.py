"""The train stage: however a run ended it leaves a record, and a plan is not begun where it cannot be meant."""

from dataclasses import replace

import pytest

from pipeline import paths, records
from pipeline.contracts import RunRecord
from pipeline.errors import InputError
from pipeline.pool.process import Ending
from pipeline.settings import plan
from pipeline.settings.shared_store import SharedStoreSettings
from pipeline.sharing.team import Team
from pipeline.stages import train
from pipeline.training import integrity, machine, runtime
from pipeline.training.record import record
from pipeline.training.store import project_store

TOPIC = "imbalance"
FIELDS = RunRecord.__annotations__.keys() - {"outputs"}
ENDINGS = [
    Ending("timeout", "no result within 3 s of work, 2 times", 3.5),
    Ending("memory", "the system killed its process, as memory ran out, 2 times", 1.0),
    Ending("killed", "its process was killed by SIGKILL, 2 times", 1.0),
]


@pytest.fixture
def planned(smoke, monkeypatch):
    """The settings, a plan made of them, and no MLflow."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    runtime._loadable.cache_clear()
    monkeypatch.setattr(train.freshness, "require_examples", lambda *_, **__: None)
    plan.plan(smoke)
    yield smoke
    runtime._loadable.cache_clear()


def lose(monkeypatch, ending):
    def carry_out(function, tasks, **options):
        yield from ((task, None, ending) for task in tasks)

    monkeypatch.setattr(train, "carry_out", carry_out)


@pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.kind)
def test_every_end_of_a_process_is_a_whole_record(planned, monkeypatch, capsys, ending):
    lose(monkeypatch, ending)
    answers = train.train(planned, TOPIC)
    files = sorted((paths.RUNS / TOPIC).rglob("run.json"))
    assert len(answers) == len(files) > 1
    for file in files:
        record = records.read_json(file)
        assert record.keys() == FIELDS
        assert (record["status"], record["ended"], record["reason"]) == ("failed", ending.kind, ending.reason)
        assert records.read_history(file.parent / "history.csv") == []
        assert integrity.is_sound(file.parent, record["run_key"])
    told = capsys.readouterr().out.splitlines()
    assert sum(f"failed ({ending.reason})" in line for line in told) == len(files)


def test_the_first_line_names_the_device(planned, monkeypatch, capsys):
    lose(monkeypatch, ENDINGS[0])
    train.train(planned, TOPIC)
    first = capsys.readouterr().out.splitlines()[0]
    keys = {spec.run_key for spec in train.run_specs(plan.current(planned, TOPIC))}
    assert first.startswith(f"{TOPIC}: {len(keys)} runs") and first.endswith(f" runs, on cpu: {runtime.processor()}")


def test_a_damaged_run_in_the_store_is_trained_again(planned, monkeypatch, capsys):
    asked = []

    def carry_out(function, tasks, **options):
        asked.extend(tasks)
        yield from ((task, None, ENDINGS[0]) for task in tasks)

    monkeypatch.setattr(train, "carry_out", carry_out)
    (spec, other, *_) = train.run_specs(plan.current(planned, TOPIC))
    for run in (spec, other):
        draft = project_store().draft()
        records.write_bytes(draft / "history.csv", b"epoch,loss,val_loss\n")
        project_store().put(run.run_key, draft, {"status": "finished", "reason": None})
    (project_store().folder(spec.run_key) / "run.json").write_bytes(b"")
    train.train(planned, TOPIC)
    assert spec in asked or spec.run_key in {task.run_key for task in asked}
    assert other.run_key not in {task.run_key for task in asked}
    assert capsys.readouterr().err.count(spec.run_key) == 1


@pytest.mark.parametrize("content", [b"", b'{"topic', b"\xff"])
def test_a_damaged_checkpoint_stops_nothing(planned, monkeypatch, content):
    lose(monkeypatch, ENDINGS[0])
    records.write_bytes(paths.CHECKPOINTS / "ab01" / "run.json", content)
    assert train.train(planned, TOPIC)


def test_the_gpu_profile_is_not_begun_on_a_processor(planned, monkeypatch, tmp_path):
    monkeypatch.delenv(train.WITHOUT_GPU, raising=False)
    with pytest.raises(InputError, match=r"^profile: given gpu where TensorFlow finds no GPU, allowed another profile"):
        train.refuse_to_go_without_gpu("gpu")
    monkeypatch.setattr(runtime, "DEVICES", tmp_path)
    (tmp_path / "dxg").touch()
    with pytest.raises(InputError, match="WSL2: install NVIDIA's driver in Windows"):
        train.refuse_to_go_without_gpu("gpu")
    train.refuse_to_go_without_gpu("full")
    monkeypatch.setenv(train.WITHOUT_GPU, "1")
    train.refuse_to_go_without_gpu("gpu")


def test_half_precision_on_a_processor_is_refused_unless_its_numbers_may_be_its_own(planned, monkeypatch):
    topic = planned.topics[TOPIC]
    halves = {name: replace(variant, precision="mixed_bfloat16") for name, variant in topic.variants.items()}
    settings = replace(planned, topics=planned.topics | {TOPIC: replace(topic, variants=halves)})
    plan.plan(settings)
    with pytest.raises(InputError, match="precision: given 'mixed_bfloat16' on a processor, allowed float32, or a GPU"):
        train.train(settings, TOPIC)
    own = replace(settings, same_on_every_processor=False)
    plan.plan(own)
    lose(monkeypatch, ENDINGS[0])
    assert train.train(own, TOPIC)


def store(spec):
    """Leave a run in the store as its training does, and give its record."""
    record = train.lost(spec, "killed", "", 1.0) | {"status": "finished", "ended": "completed"}
    draft = project_store().draft()
    records.write_bytes(draft / "history.csv", b"epoch,loss,val_loss\n")
    project_store().put(spec.run_key, draft, {name: record[name] for name in record.keys() - spec.names().keys()})
    return record


def scored_by(monkeypatch, score_run):
    monkeypatch.setattr(train.scored_runs, "score_run", score_run)
    monkeypatch.setattr(train, "run", store)


def test_a_run_is_scored_where_it_was_trained(planned, monkeypatch):
    scored = []
    scored_by(monkeypatch, lambda run, folder: scored.append((run.place, folder)))
    current = plan.current(planned, TOPIC)
    (spec, *_) = train.run_specs(current)
    assert train.run_and_score(spec, current, train._to_score(planned, current))["status"] == "finished"
    assert scored == [((spec.variant, spec.seed), project_store().folder(spec.run_key))]


def test_a_run_whose_scores_fail_has_finished(planned, monkeypatch):
    scored_by(monkeypatch, lambda run, folder: 1 / 0)
    current = plan.current(planned, TOPIC)
    (spec, *_) = train.run_specs(current)
    assert train.run_and_score(spec, current, train._to_score(planned, current))["status"] == "finished"


def test_a_run_that_failed_is_not_scored(planned, monkeypatch):
    scored_by(monkeypatch, lambda run, folder: pytest.fail("scored"))
    monkeypatch.setattr(train, "run", lambda spec: {"status": "failed"})
    current = plan.current(planned, TOPIC)
    (spec, *_) = train.run_specs(current)
    assert train.run_and_score(spec, current, train._to_score(planned, current)) == {"status": "failed"}


def test_a_process_that_dies_while_it_scores_has_not_lost_its_run(planned, monkeypatch):
    def carry_out(function, tasks, **options):
        for task in tasks:
            store(task)
            yield task, None, ENDINGS[0]

    monkeypatch.setattr(train, "carry_out", carry_out)
    assert {record["status"] for record in train.train(planned, TOPIC)} == {"finished"}


def test_code_that_was_edited_meanwhile_is_refused_before_a_run(planned, monkeypatch):
    monkeypatch.setattr(train, "run", lambda spec: pytest.fail("trained"))
    current = plan.current(planned, TOPIC)
    (spec, *_) = train.run_specs(current)
    monkeypatch.setattr(train, "code_digests_of", lambda settings: {"model.mlp": "edited"})
    with pytest.raises(InputError, match="given code that was changed while its runs were trained"):
        train.run_and_score(spec, current, {})


def finish(monkeypatch):
    """Have every run that is asked for come to its end at once; gives how many that were each time."""
    asked = []

    def carry_out(function, tasks, **options):
        asked.append(len(tasks))
        for spec in tasks:
            outcome = {"status": "finished", "ended": "completed", "reason": None, "parameters": 1, "epochs": 1}
            made = record(spec, outcome | {"best_epoch": 1}, started=0.0, duration_s=1.0, peak_mb=1)
            draft = project_store().draft()
            records.write_bytes(draft / "history.csv", b"epoch,loss,val_loss\n1,0.5,0.5\n")
            project_store().put(spec.run_key, draft, made)
            yield spec, made, None

    monkeypatch.setattr(train, "carry_out", carry_out)
    return asked


def test_what_the_team_has_is_not_trained_again(planned, monkeypatch, tmp_path, capsys):
    """One project trains and gives; another, with a store of its own, trains nothing."""
    shared, asked = tmp_path / "shared", finish(monkeypatch)
    shared.mkdir()
    Team(str(shared)).open(make=True)
    chosen = replace(planned, store=SharedStoreSettings(str(shared)))
    train.train(chosen, TOPIC)
    paths.STORE.rename(paths.STORE.with_name("of_the_first"))
    answers = train.train(chosen, TOPIC)
    assert asked[0] > 0 and asked[1] == 0 and all(answer["status"] == "finished" for answer in answers)
    assert f"{asked[0]} finished runs were found in {shared}" in capsys.readouterr().err


def test_finished_runs_of_another_machine_are_named_in_one_line_and_taken(planned, monkeypatch, capsys):
    asked, ours = finish(monkeypatch), machine.library()
    train.train(planned, TOPIC)
    assert "another machine" not in capsys.readouterr().err
    monkeypatch.setattr(machine, "library", lambda: "glibc 9.9")
    count = len(train.train(planned, TOPIC))
    assert asked[0] > 0 and asked[1] == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "another machine" in line]
    assert len(told) == 1
    assert told[0].startswith(f"{TOPIC}: {count} of its runs are of another machine, and are taken: given {ours}, ")
