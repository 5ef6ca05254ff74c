"""MLflow holds what data/ holds: every run once, whatever was killed, lost, repeated or out of reach in between."""

import contextlib
import functools
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import paths, plugins
from pipeline.mlflow_sync import client
from pipeline.mlflow_sync.publish import publish
from pipeline.records import SCORES, digest, write_bytes, write_json, write_rows
from pipeline.settings.plan import data_digest

COLUMNS = ("epoch", "loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy")
CONTRACT = {"topic", "variant", "seed", "run_key", "git_commit", "data_digest"}
TOPIC, VARIANTS, SEEDS, EPOCHS = "demo", ("plain_net", "wide_net"), (0, 1), 4
NOTHING = {"experiments": 0, "comparisons": 0, "runs": 0, "points": 0, "models": 0}
CREATE = (
    "import sys; from pathlib import Path; here = Path(sys.argv[1])\n"
    "from pipeline import paths; from pipeline.mlflow_sync import client\n"
    "paths.TRACKING, paths.LOCKS, paths.ARTIFACTS = here / 'mlflow.db', here / 'locks', here / 'mlartifacts'\n"
    "client.create(); print('mlflow' in sys.modules)"
)
CARD = {
    "data": "toy",
    "shape": [5],
    "classes": 2,
    "counts": {"train": [6, 4], "validation": [3, 3], "test": [2, 2]},
    "views": {"plain": {"counts": [6, 6], "examples": 12, "digest": "1" * 64}},
    "digests": {"train": "2" * 64, "validation": "3" * 64, "test": "4" * 64},
}


def key(variant, seed, generation="first"):
    return digest([variant, seed, generation])[:32]


def settings(variant):
    fit = {"epochs": EPOCHS, "learning_rate": 0.001, "service_token": "hidden-1", "key": 7}
    return {"data": "toy", "view": "plain", "model": "mlp", "build": {"units": [8, 8]}, "augment": {}, "fit": fit}


def write_run(variant, seed, topic=TOPIC, generation="first", status="finished", epochs=EPOCHS):
    record = {
        "run_key": key(variant, seed, generation),
        **{"topic": topic, "variant": variant, "seed": seed, "profile": "laptop", "settings": settings(variant)},
        **{"status": status, "reason": None if status == "finished" else "it broke: password=hidden-2"},
        **{"parameters": 42, "epochs": epochs, "best_epoch": 2 if epochs >= 2 else None, "device": "cpu"},
        **{"precision": "float32", "threads": 1, "versions": {"python": "3.11.7", "keras": "3.15.1"}},
        **{"started": 1_700_000_000.0, "duration_s": 8.0, "data_digest": data_digest(CARD, "plain"), "host": "h"},
        "git_commit": "abc123+",
    }
    write_json(paths.run(topic, variant, seed) / "run.json", record)
    rows = [
        dict(zip(COLUMNS, [epoch, *[epoch + column / 10 for column in range(6)]], strict=True))
        for epoch in range(1, epochs + 1)
    ]
    write_rows(paths.run(topic, variant, seed) / "history.csv", COLUMNS, rows)


def train(topic=TOPIC, **changes):
    """What `prepare`, `plan` and `train` leave behind."""
    write_json(paths.card("toy"), CARD)
    plan = {"topic": topic, "profile": "laptop", "seeds": list(SEEDS), "metrics": ["accuracy", "ece"]}
    write_json(paths.plan(topic), plan | {"variants": {name: {"settings": settings(name)} for name in VARIANTS}})
    for variant in VARIANTS:
        for seed in SEEDS:
            write_run(variant, seed, topic, **changes)


def evaluate(topic=TOPIC, generation="first", accuracy=0.75):
    folder, cells = paths.results(topic), []
    for variant in VARIANTS:
        for seed in SEEDS:
            place = {"variant": variant, "seed": seed, "status": "finished", "run_key": key(variant, seed, generation)}
            cells += [
                place | {"metric": "accuracy", "value": accuracy + seed},
                place | {"metric": "ece", "value": None},
            ]
    write_rows(folder / "scores.csv", SCORES, cells)
    mean = {"mean": accuracy, "sd": 0.1, "ci_low": 0.5, "ci_high": None, "n": 2, "failed": 0}
    write_json(folder / "metrics.json", {variant: {"accuracy": mean} for variant in VARIANTS})
    write_json(folder / "confusion.json", {variant: [[3, 1], [0, 4]] for variant in VARIANTS})
    curves = [
        {"variant": variant, "epoch": epoch, "split": split, "objective": 1 / epoch, "accuracy": 0.5}
        for variant in VARIANTS
        for epoch in range(1, EPOCHS + 1)
        for split in ("training", "validation")
    ]
    write_rows(folder / "curves.csv", tuple(curves[0]), curves)


def series(scale):
    """A curve of every run, with a point that is no number and one that is at no whole step."""
    points = [(1.0, 2.0), (5.0, 10.0), (9.0, 18.0), (10.0, float("inf")), (10.5, 1.0)]
    rows = [
        {"variant": variant, "seed": seed, "series": "gradient", "at": at, "value": value * scale}
        for variant in VARIANTS
        for seed in SEEDS
        for at, value in points
    ]
    write_rows(paths.results(TOPIC) / "series.csv", tuple(rows[0]), rows)


def report(topic=TOPIC, generation="first", verdict="reproduced", name="wider"):
    runs = {
        arm: [key(variant, seed, generation) for seed in SEEDS]
        for arm, variant in zip(("worse", "better"), VARIANTS, strict=True)
    }
    row = {"topic": topic, "claim": "Wider is better.", "name": name, "metric": "accuracy", "verdict": verdict}
    row |= {"better": VARIANTS[1], "worse": VARIANTS[0], "difference": 0.25, "ci_low": 0.125, "ci_high": None}
    write_json(
        paths.REPORT / "claims.json", [row | {"margin": 0.05, "runs": runs}, row | {"topic": "other", "runs": runs}]
    )
    for picture in ("curves", "scores"):
        write_bytes(paths.PICTURES / f"{topic}_{picture}.svg", f"<svg><!-- {verdict} --></svg>".encode())


@functools.cache
def empty_store():
    """Bytes of a store without an experiment, made once: it takes seconds."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", CREATE, folder], cwd=paths.ROOT, check=True, env=clean())
        return (Path(folder) / "mlflow.db").read_bytes()


@pytest.fixture
def store(house):
    paths.TRACKING.write_bytes(empty_store())
    return paths.TRACKING


def clean():
    return {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}


def mlflow_client():
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=client.uri())


def runs(topic=TOPIC):
    """All runs of a topic by (variant, seed), the parents under None."""
    found = mlflow_client().search_runs([mlflow_client().get_experiment_by_name(topic).experiment_id])
    children = {(run.data.tags["variant"], run.data.tags["seed"]): run for run in found if "variant" in run.data.tags}
    assert len(children) == sum("variant" in run.data.tags for run in found), "a run is there twice"
    return children | {None: [run for run in found if "variant" not in run.data.tags]}


def history(run, name):
    return [(point.step, point.value) for point in mlflow_client().get_metric_history(run.info.run_id, name)]


@contextlib.contextmanager
def unwritten(file):
    """Asserts that nothing is committed to the database meanwhile: SQLite counts it."""
    with contextlib.closing(sqlite3.connect(file)) as watcher:
        before = watcher.execute("PRAGMA data_version").fetchone()
        rows = list(watcher.iterdump())
        yield
        assert watcher.execute("PRAGMA data_version").fetchone() == before
        assert list(watcher.iterdump()) == rows


# The store


def test_create_makes_a_whole_database_once_and_is_light_afterwards(tmp_path):
    (tmp_path / "mlflow.db.draft").write_bytes(b"what a kill left behind")
    (tmp_path / "mlflow.db-wal").write_bytes(b"of a database that was lost")
    for imported in ("True", "False"):
        told = subprocess.run(
            [sys.executable, "-c", CREATE, str(tmp_path)], cwd=paths.ROOT, capture_output=True, text=True, env=clean()
        )
        assert (told.stdout.strip(), told.stderr) == (imported, "")
    assert {file.name for file in tmp_path.iterdir()} == {"mlflow.db", "locks"}
    with contextlib.closing(sqlite3.connect(tmp_path / "mlflow.db")) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM experiments").fetchone() == (1,)


def test_eight_processes_may_create_at_once(tmp_path):
    command = [sys.executable, "-c", CREATE, str(tmp_path)]
    children = [
        subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.PIPE, text=True, env=clean()) for _ in range(8)
    ]
    told = [child.communicate()[0].strip() for child in children]
    assert [child.returncode for child in children] == [0] * 8
    assert sorted(told) == ["False"] * 7 + ["True"], "one makes it, the others wait"


def test_a_create_cut_short_leaves_no_database(house, monkeypatch):
    from mlflow.store.tracking import sqlalchemy_store

    def cut(self, uri, root):
        sqlite3.connect(uri.removeprefix("sqlite:///")).execute("CREATE TABLE half (a)")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sqlalchemy_store.SqlAlchemyStore, "__init__", cut)
        with pytest.raises(KeyboardInterrupt):
            client.create()
    assert not paths.TRACKING.exists()
    client.create()
    assert mlflow_client().get_experiment("0").name == "Default"


def test_a_user_chooses_another_database(house, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{house / 'elsewhere' / 'mine.db'}")
    train()
    assert publish()["runs"] == 4
    assert (house / "elsewhere" / "mine.db").exists() and not paths.TRACKING.exists()


def test_folders_may_have_any_name(house, monkeypatch):
    odd = house / "a b#c é"
    odd.mkdir()
    monkeypatch.setattr(paths, "TRACKING", odd / "mlflow.db")
    monkeypatch.setattr(paths, "ARTIFACTS", odd / "mlartifacts")
    paths.TRACKING.write_bytes(empty_store())
    train()
    evaluate()
    publish()
    assert len(list(odd.rglob("*.png"))) == 1
    assert publish() == NOTHING


# What a publish writes


def test_nothing_on_disk_is_nothing_to_do(house):
    assert publish() == NOTHING and not paths.TRACKING.exists()


def test_a_comparison_and_its_runs(store):
    train()
    counts = publish()
    found = runs()
    (parent,) = found.pop(None)
    assert counts == {"experiments": 1, "comparisons": 1, "runs": 4, "points": 4 * (EPOCHS * 6 + 4), "models": 0}
    assert parent.info.run_name == "laptop, 2 variants x 2 seeds" and parent.info.status == "FINISHED"
    assert found.keys() == {(variant, str(seed)) for variant in VARIANTS for seed in SEEDS}
    for (variant, seed), run in found.items():
        tags = run.data.tags
        assert tags.keys() >= CONTRACT and tags["run_key"] == key(variant, int(seed))
        assert (tags["topic"], tags["git_commit"], tags["data_digest"]) == (
            TOPIC,
            "abc123+",
            data_digest(CARD, "plain"),
        )
        assert tags["mlflow.parentRunId"] == parent.info.run_id and tags["comparison"] == parent.data.tags["comparison"]
        assert (tags["profile"], tags["status"], tags["device"], tags["version.keras"]) == (
            "laptop",
            "finished",
            "cpu",
            "3.15.1",
        )
        assert run.info.run_name == f"{variant} seed {seed}"
        assert (run.info.start_time, run.info.end_time) == (1_700_000_000_000, 1_700_000_008_000)


def test_parameters_are_flat_and_secrets_masked(store):
    train()
    publish()
    params = runs()["plain_net", "0"].data.params
    assert params["fit.learning_rate"] == "0.001" and params["build.units"] == "[8, 8]"
    assert (params["seed"], params["parameters"], params["model"]) == ("0", "42", "mlp")
    assert params["fit.service_token"] == params["fit.key"] == "***"


def test_no_secret_and_no_environment_reaches_the_store(store, monkeypatch):
    monkeypatch.setenv("SOME_VARIABLE", "hidden-3")
    train(status="failed", epochs=0)
    publish()
    assert runs()["plain_net", "0"].data.tags["reason"] == "it broke: password=***"
    with contextlib.closing(sqlite3.connect(store)) as database:
        assert "hidden-" not in "\n".join(database.iterdump())
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_histories_by_epoch(store):
    train()
    publish()
    run = runs()["wide_net", "1"]
    assert history(run, "training/loss") == [(epoch, epoch) for epoch in range(1, EPOCHS + 1)]
    assert history(run, "validation/cross_entropy") == [(epoch, epoch + 0.3) for epoch in range(1, EPOCHS + 1)]
    sections = {
        f"{part}/{name}" for part in ("training", "validation") for name in ("loss", "cross_entropy", "accuracy")
    }
    assert run.data.metrics.keys() == sections | {"best_epoch", "cost/duration_s", "gap/best_epoch", "gap/last_epoch"}
    assert run.data.metrics["best_epoch"] == 2
    assert run.data.metrics["gap/best_epoch"] == pytest.approx(0.1)
    for name in ("best_epoch", "gap/best_epoch", "gap/last_epoch"):
        assert [step for step, _ in history(run, name)] == [0], "MLflow draws it as a bar"


def test_long_histories_take_several_batches(store):
    train()
    write_run("plain_net", 0, epochs=400)
    publish()
    assert len(history(runs()["plain_net", "0"], "validation/accuracy")) == 400


def test_data_is_named_with_its_digest_and_context(store):
    train()
    publish()
    assert inputs(runs()["plain_net", "0"]) == {
        "training": ("toy/plain", "1" * 36),
        "validation": ("toy/validation", "3" * 36),
    }
    evaluate()
    publish()
    run = runs()["plain_net", "0"]
    assert inputs(run)["test"] == ("toy/test", "4" * 36) and len(run.inputs.dataset_inputs) == 3
    (training,) = [one.dataset for one in run.inputs.dataset_inputs if one.tags[0].value == "training"]
    assert '"features_shape": [12, 5]' in training.profile and "[-1, 5]" in training.schema
    assert training.source == '{"uri": "data/prepared/toy/fit/plain.npz"}'


def inputs(run):
    return {one.tags[0].value: (one.dataset.name, one.dataset.digest) for one in run.inputs.dataset_inputs}


def test_data_prepared_anew_is_not_what_an_older_run_has_read(store):
    train()
    write_json(paths.card("toy"), CARD | {"digests": CARD["digests"] | {"validation": "9" * 64}})
    publish()
    assert inputs(runs()["plain_net", "0"]) == {}


def test_scores_and_verdicts_join_the_runs_that_are_there(store):
    train()
    publish()
    first = {place: run.info.run_id for place, run in runs().items() if place}
    evaluate()
    assert publish() == NOTHING | {"points": 4}
    report()
    assert publish() == NOTHING
    found = runs()
    (parent,) = found.pop(None)
    assert {place: run.info.run_id for place, run in found.items()} == first
    assert found["plain_net", "1"].data.metrics["test/accuracy"] == 1.75
    assert "test/ece" not in found["plain_net", "1"].data.metrics, "without a value there is no point"
    assert {name: verdict for name, verdict in parent.data.tags.items() if name.startswith("claim.")} == {
        "claim.wider": "reproduced"
    }
    note = parent.data.tags["mlflow.note.content"]
    assert (
        "| Wider is better. | **reproduced** | accuracy, wide_net against plain_net: +0.25 [+0.125, –] | 0.05 |" in note
    )
    assert "| plain_net | 0.75 [0.5, –] | 2 | 0 |" in note


def test_the_reports_pictures_and_the_confusions_are_on_the_parent_alone(store):
    train()
    publish()
    assert not [file for file in paths.ARTIFACTS.rglob("*") if file.is_file()]
    evaluate()
    report()
    publish()
    (parent,) = runs()[None]
    files = mlflow_client().list_artifacts(parent.info.run_id, "figures")
    assert [file.path for file in files] == [
        f"figures/{name}" for name in ("confusion.png", "curves.svg", "scores.svg")
    ]
    (kept,) = paths.ARTIFACTS.rglob("curves.svg")
    assert kept.read_bytes() == (paths.PICTURES / f"{TOPIC}_curves.svg").read_bytes()


def test_a_report_of_other_runs_shows_no_pictures(store):
    train()
    evaluate()
    report(generation="second")
    publish()
    (parent,) = runs()[None]
    assert [file.path for file in mlflow_client().list_artifacts(parent.info.run_id, "figures")] == [
        "figures/confusion.png"
    ]


def test_pictures_of_a_topic_whose_name_goes_on_stay_with_it(store, monkeypatch):
    monkeypatch.setattr(plugins, "names", lambda kind: [TOPIC, f"{TOPIC}_more"])
    monkeypatch.setattr("pipeline.mlflow_sync.publish.question", lambda topic: "")
    train()
    evaluate()
    report()
    write_bytes(paths.PICTURES / f"{TOPIC}_more_curves.svg", b"<svg/>")
    publish()
    assert not list(paths.ARTIFACTS.rglob("more*"))


def test_a_curve_over_any_axis_is_a_metric_by_step(store):
    train()
    publish()
    evaluate()
    series(scale=1.0)
    assert publish() == NOTHING | {"points": 4 + 4 * 3}
    assert history(runs()["wide_net", "1"], "series/gradient") == [(1, 2.0), (5, 10.0), (9, 18.0)]
    assert publish() == NOTHING
    series(scale=2.0)
    publish()
    assert runs()["wide_net", "1"].data.metrics["series/gradient"] == 36.0
    assert publish() == NOTHING


def test_curves_of_other_runs_are_left_out(store):
    train()
    evaluate(generation="second")
    series(scale=1.0)
    publish()
    assert "series/gradient" not in runs()["wide_net", "1"].data.metrics


def test_the_experiment_carries_the_topics_question(store):
    name = plugins.names("topics")[0]
    train(name)
    publish()
    tags = mlflow_client().get_experiment_by_name(name).tags
    assert tags["mlflow.note.content"] == plugins.load("topics", name).TOPIC.question


def test_only_the_topics_asked_for(store):
    train()
    train("another")
    assert publish(["another"])["runs"] == 4 and mlflow_client().get_experiment_by_name(TOPIC) is None
    assert publish()["experiments"] == 1 and len(runs()) == 5


def test_what_is_missing_is_counted_and_skipped(store, capsys):
    train()
    shutil.rmtree(paths.run(TOPIC, "wide_net", 1))
    assert publish()["runs"] == 3
    assert "1 runs are not there yet" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "shown"), [("finished", "FINISHED"), ("diverged", "FAILED"), ("failed", "FAILED")])
def test_status(store, status, shown):
    train()
    write_run("plain_net", 1, status=status)
    publish()
    run = runs()["plain_net", "1"]
    assert run.info.status == shown and run.data.tags["status"] == status
    assert ("reason" in run.data.tags) == (status != "finished")
    assert runs()["plain_net", "0"].info.status == "FINISHED"


def test_numbers_that_are_not_finite_are_left_out(store):
    train()
    rows = [dict.fromkeys(COLUMNS, "inf") | {"epoch": 1}, dict.fromkeys(COLUMNS, "nan") | {"epoch": 2, "loss": 0.5}]
    write_rows(paths.run(TOPIC, "plain_net", 0) / "history.csv", COLUMNS, rows)
    publish()
    run = runs()["plain_net", "0"]
    assert history(run, "training/loss") == [(2, 0.5)] and "gap/last_epoch" not in run.data.metrics
    assert publish() == NOTHING


# Again, and after trouble


def test_a_second_publish_writes_nothing(store):
    train()
    evaluate()
    report()
    publish()
    with unwritten(store):
        assert publish() == NOTHING


def test_a_lost_store_is_rebuilt(house):
    train()
    evaluate()
    report()
    before = publish()
    content = {place: (run.data.params, run.data.metrics, inputs(run)) for place, run in runs().items() if place}
    for file in house.glob("mlflow.db*"):
        file.unlink()
    assert publish() == before
    assert {
        place: (run.data.params, run.data.metrics, inputs(run)) for place, run in runs().items() if place
    } == content


CUTS = [(method, at) for method in ("create_run", "log_batch", "log_inputs", "set_terminated") for at in (1, 3)]


@pytest.mark.parametrize(("method", "at"), [*CUTS, ("log_artifacts", 1)])
def test_a_publish_cut_short_is_completed_exactly_once(store, monkeypatch, method, at):
    from mlflow import MlflowClient

    train()
    evaluate()
    report()
    calls, whole = [], getattr(MlflowClient, method)

    def cut(*arguments, **named):
        calls.append(method)
        if len(calls) == at:
            raise KeyboardInterrupt
        return whole(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, method, cut)
        with pytest.raises(KeyboardInterrupt):
            publish()
    publish()
    found = runs()
    (parent,) = found.pop(None)
    assert len(found) == 4 and {run.info.status for run in (*found.values(), parent)} == {"FINISHED"}
    for run in found.values():
        assert history(run, "validation/loss") == [(epoch, epoch + 0.1) for epoch in range(1, EPOCHS + 1)]
        assert run.data.metrics["test/accuracy"] and len(run.inputs.dataset_inputs) == 3
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert len(mlflow_client().list_artifacts(parent.info.run_id, "figures")) == 3
    assert publish() == NOTHING


def test_two_publishing_at_once_write_everything_once(store):
    train()
    with ThreadPoolExecutor(2) as pool:
        both = [call.result() for call in [pool.submit(publish) for _ in range(2)]]
    assert sorted(counts["runs"] for counts in both) == [0, 4] and len(runs()) == 5


def test_a_corrected_score_replaces_the_old_one(store):
    train()
    evaluate(accuracy=0.75)
    publish()
    evaluate(accuracy=0.5)
    assert publish() == NOTHING | {"points": 4}
    assert runs()["plain_net", "0"].data.metrics["test/accuracy"] == 0.5
    assert publish() == NOTHING


def test_a_claim_that_is_no_more_leaves_the_parent(store):
    train()
    evaluate()
    report(name="wider")
    publish()
    report(name="wide", verdict="undecided")
    publish()
    (parent,) = runs()[None]
    assert {name for name in parent.data.tags if name.startswith("claim.")} == {"claim.wide"}


def test_a_failed_run_that_has_been_trained_since_is_published_anew(store):
    train()
    write_run("plain_net", 0, status="failed", epochs=0)
    publish()
    write_run("plain_net", 0)
    assert publish()["runs"] == 1
    assert runs()["plain_net", "0"].info.status == "FINISHED" and len(runs()[None]) == 1


def test_an_older_comparison_stays_as_it_is(store):
    train()
    evaluate()
    report()
    publish()
    train(generation="second")
    assert publish()["comparisons"] == 1
    found = mlflow_client().search_runs([mlflow_client().get_experiment_by_name(TOPIC).experiment_id])
    parents = {run.data.tags["comparison"]: run for run in found if "variant" not in run.data.tags}
    of = {
        name: [run for run in found if run.data.tags["comparison"] == name and "variant" in run.data.tags]
        for name in parents
    }
    assert len(parents) == 2 and [len(children) for children in of.values()] == [4, 4]
    scored = {name for name, children in of.items() if all("test/accuracy" in run.data.metrics for run in children)}
    judged = {name for name, parent in parents.items() if "claim.wider" in parent.data.tags}
    assert scored == judged and len(scored) == 1, "scores and verdicts of the first are not those of the second"
    assert "test/accuracy" not in {name for name in of if name not in scored}


def test_an_experiment_deleted_in_the_ui_comes_back(store):
    train()
    publish()
    mlflow_client().delete_experiment(mlflow_client().get_experiment_by_name(TOPIC).experiment_id)
    publish()
    assert mlflow_client().get_experiment_by_name(TOPIC).lifecycle_stage == "active" and len(runs()) == 5


# Out of reach


def test_a_server_out_of_reach_is_one_line_within_seconds(house, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://me:hidden@{address}")
    train()
    started = time.monotonic()
    with pytest.raises(client.Unreachable) as caught:
        publish()
    told = str(caught.value)
    assert time.monotonic() - started < 10
    assert told.startswith(f"cannot use http://***@{address}: ") and "\n" not in told and len(told) < 200
    assert "refused" in told.lower() and "hidden" not in told and isinstance(caught.value, ConnectionError)


def test_a_broken_database_is_out_of_reach(house, capfd):
    paths.TRACKING.write_bytes(b"this is no database" * 100)
    train()
    with pytest.raises(client.Unreachable, match="not a database"):
        publish()
    assert capfd.readouterr().err == ""
    assert paths.TRACKING.read_bytes().startswith(b"this is no database"), "what a user has is not thrown away"


def test_a_database_that_cannot_be_opened_is_out_of_reach_within_seconds(house):
    paths.TRACKING.mkdir()
    (paths.TRACKING / "file").touch()
    train()
    started = time.monotonic()
    with pytest.raises(client.Unreachable, match="unable to open database file"):
        publish()
    assert time.monotonic() - started < 10
