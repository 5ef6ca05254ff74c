"""MLflow holds what data/ holds of every topic: runs, histories, scores, verdicts and pictures."""

import contextlib
import json
import os
import shutil
import sqlite3

import pytest
from demo_topic import (
    CARD,
    COLUMNS,
    CONTRACT,
    EPOCHS,
    NOTHING,
    SEEDS,
    TOPIC,
    VARIANTS,
    evaluate,
    history,
    inputs,
    key,
    mlflow_client,
    report,
    runs,
    series,
    train,
    unwritten,
    write_run,
)

from pipeline import paths, plugins
from pipeline.mlflow_sync import descriptions, gather
from pipeline.mlflow_sync.publish import publish
from pipeline.records import read_json, read_rows, write_bytes, write_json, write_rows
from pipeline.report import drawn
from pipeline.settings.plan import data_digest

LOSSES = {1: 0.9, 2: 0.486, 3: 0.7, 4: 1.595}  # validation by epoch


def test_nothing_on_disk_is_nothing_to_do(house):
    assert publish() == NOTHING and not paths.TRACKING.exists()


def test_a_comparison_and_its_runs(mlflow_store):
    train()
    counts = publish()
    found = runs()
    (parent,) = found.pop(None)
    assert counts == {"experiments": 1, "comparisons": 1, "runs": 4, "points": 4 * (EPOCHS * 6 + 8), "models": 0}
    assert (
        parent.info.run_name == f"laptop, 2 variants x 2 seeds, {parent.data.tags['comparison'][:6]}"
        and parent.info.status == "FINISHED"
    )
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


def test_parameters_are_flat_and_secrets_masked(mlflow_store):
    train()
    publish()
    params = runs()["plain_net", "0"].data.params
    assert params["fit.learning_rate"] == "0.001" and params["build.units"] == "[8, 8]"
    assert (params["seed"], params["parameters"], params["model"]) == ("0", "42", "mlp")
    assert params["fit.service_token"] == params["fit.key"] == "***"


def test_no_secret_and_no_environment_reaches_the_store(mlflow_store, monkeypatch):
    monkeypatch.setenv("SOME_VARIABLE", "hidden-3")
    train(status="failed", epochs=0)
    publish()
    assert runs()["plain_net", "0"].data.tags["reason"] == "it broke: password=***"
    with contextlib.closing(sqlite3.connect(mlflow_store)) as database:
        assert "hidden-" not in "\n".join(database.iterdump())
    assert os.environ["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_histories_by_epoch(mlflow_store):
    train()
    publish()
    run = runs()["wide_net", "1"]
    assert history(run, "training/loss") == [(epoch, epoch) for epoch in range(1, EPOCHS + 1)]
    assert history(run, "validation/cross_entropy") == [(epoch, epoch + 0.3) for epoch in range(1, EPOCHS + 1)]
    sections = {
        f"{part}/{name}" for part in ("training", "validation") for name in ("loss", "cross_entropy", "accuracy")
    }
    saved = {
        f"saved/{name}" for name in ("epoch", "validation_loss", "validation_cross_entropy", "validation_accuracy")
    }
    assert run.data.metrics.keys() == sections | saved | {
        "best_epoch",
        "cost/duration_s",
        "gap/best_epoch",
        "gap/last_epoch",
    }
    assert run.data.metrics["best_epoch"] == 2
    assert run.data.metrics["gap/best_epoch"] == pytest.approx(0.1)
    for name in ("best_epoch", "gap/best_epoch", "gap/last_epoch"):
        assert [step for step, _ in history(run, name)] == [0], "MLflow draws it as a bar"


@pytest.mark.parametrize(("patience", "epoch"), [(None, 4), (2, 2)])
def test_the_saved_model_has_columns_to_select_by(mlflow_store, patience, epoch):
    train()
    folder = paths.run(TOPIC, "plain_net", 0)
    record = read_json(folder / "run.json")
    record["settings"]["fit"]["patience"] = patience
    write_json(folder / "run.json", record)
    rows = [dict.fromkeys(COLUMNS, 1.0) | {"epoch": at, "val_cross_entropy": value} for at, value in LOSSES.items()]
    write_rows(folder / "history.csv", COLUMNS, rows)
    publish()
    metrics = runs()["plain_net", "0"].data.metrics
    assert metrics["saved/epoch"] == epoch and metrics["saved/validation_cross_entropy"] == LOSSES[epoch]
    assert metrics["validation/cross_entropy"] == 1.595
    found = mlflow_client().search_runs(["1"], 'metrics."saved/validation_cross_entropy" < 0.5')
    assert len(found) == (1 if patience else 0)


def test_a_topic_without_claims_has_pictures_as_well(mlflow_store):
    train()
    evaluate()
    report()
    (paths.REPORT / "claims.json").unlink()
    drawn.note()
    publish()
    (parent,) = runs()[None]
    assert len(mlflow_client().list_artifacts(parent.info.run_id, "figures")) == 3


def test_pictures_drawn_from_other_scores_are_left_out(mlflow_store):
    train(generation="second")
    evaluate(generation="second")
    report(generation="second")
    drawn.note()
    train()
    evaluate()
    publish()
    (parent,) = runs()[None]
    files = mlflow_client().list_artifacts(parent.info.run_id, "figures")
    assert [file.path for file in files] == ["figures/confusion.png"]


def test_long_histories_take_several_batches(mlflow_store):
    train()
    write_run("plain_net", 0, epochs=400)
    publish()
    assert len(history(runs()["plain_net", "0"], "validation/accuracy")) == 400


def test_data_is_named_with_its_digest_and_context(mlflow_store):
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
    assert training.source == '{"uri": "data/prepared/toy/0/fit/plain.npz"}'


def test_data_prepared_anew_is_not_what_an_older_run_has_read(mlflow_store):
    train()
    write_json(paths.card("toy", 0), CARD | {"digests": CARD["digests"] | {"validation": "9" * 64}})
    publish()
    assert inputs(runs()["plain_net", "0"]) == {}


def test_scores_and_verdicts_join_the_runs_that_are_there(mlflow_store):
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


def test_the_reports_pictures_and_the_confusions_are_on_the_parent_alone(mlflow_store):
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


def test_names_of_classes_are_on_runs_and_in_a_table_of_their_own(mlflow_store):
    names = ["cuadrado pequeño, klein", "<b>bar</b>"]
    train()
    write_json(paths.card("toy", 0), CARD | {"classes": 2, "class_names": names})
    evaluate()
    publish()
    found = runs()
    found.pop(None)
    assert {json.dumps(names, ensure_ascii=False)} == {run.data.tags["class_names"] for run in found.values()}
    (table,) = paths.ARTIFACTS.rglob("confusion.csv")
    variant = next(iter(found))[0]
    rows = [row for row in read_rows(table) if row["variant"] == variant]
    assert [(row["true"], row["predicted"], row["count"]) for row in rows] == [
        *((names[0], names[0], "3"), (names[0], names[1], "1")),
        *((names[1], names[0], "0"), (names[1], names[1], "4")),
    ]
    with unwritten(mlflow_store):
        assert publish() == NOTHING
    run = gather.gather(read_json(paths.plan(TOPIC))).runs[0]
    run |= {"settings": run["settings"] | {"task": "classify"}, "outputs": 2}
    said = descriptions.of_model(run, [run])
    assert said.endswith(r"Its classes are 0 cuadrado pequeño,…, 1 \<b\>bar\</b\>.")


def test_a_report_of_other_runs_shows_no_pictures(mlflow_store):
    train()
    evaluate()
    report(generation="second")
    publish()
    (parent,) = runs()[None]
    assert [file.path for file in mlflow_client().list_artifacts(parent.info.run_id, "figures")] == [
        "figures/confusion.png"
    ]


def test_pictures_of_a_topic_whose_name_goes_on_stay_with_it(mlflow_store, monkeypatch):
    monkeypatch.setattr(plugins, "names", lambda kind: [TOPIC, f"{TOPIC}_more"])
    monkeypatch.setattr("pipeline.mlflow_sync.gather.question", lambda topic: "")
    train()
    evaluate()
    report()
    write_bytes(paths.PICTURES / f"{TOPIC}_more_curves.svg", b"<svg/>")
    publish()
    assert not list(paths.ARTIFACTS.rglob("more*"))


def test_a_curve_over_any_axis_is_a_metric_by_step(mlflow_store):
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


def test_curves_of_other_runs_are_left_out(mlflow_store):
    train()
    evaluate(generation="second")
    series(scale=1.0)
    publish()
    assert "series/gradient" not in runs()["wide_net", "1"].data.metrics


def test_the_experiment_carries_the_topics_question(mlflow_store):
    name = plugins.names("topics")[0]
    train(name)
    write_json(paths.asked(name), {"question": plugins.load("topics", name).TOPIC.question})
    publish()
    tags = mlflow_client().get_experiment_by_name(name).tags
    assert tags["mlflow.note.content"] == plugins.load("topics", name).TOPIC.question


def test_only_the_topics_asked_for(mlflow_store):
    train()
    train("another")
    assert publish(["another"])["runs"] == 4 and mlflow_client().get_experiment_by_name(TOPIC) is None
    assert publish()["experiments"] == 1 and len(runs()) == 5


def test_what_is_missing_is_counted_and_skipped(mlflow_store, capsys):
    train()
    shutil.rmtree(paths.run(TOPIC, "wide_net", 1))
    assert publish()["runs"] == 3
    assert "1 runs are not there yet" in capsys.readouterr().err


@pytest.mark.parametrize(("status", "shown"), [("finished", "FINISHED"), ("diverged", "FAILED"), ("failed", "FAILED")])
def test_status(mlflow_store, status, shown):
    train()
    write_run("plain_net", 1, status=status)
    publish()
    run = runs()["plain_net", "1"]
    assert run.info.status == shown and run.data.tags["status"] == status
    assert ("reason" in run.data.tags) == (status != "finished")
    assert runs()["plain_net", "0"].info.status == "FINISHED"


def test_numbers_that_are_not_finite_are_left_out(mlflow_store):
    train()
    rows = [dict.fromkeys(COLUMNS, "inf") | {"epoch": 1}, dict.fromkeys(COLUMNS, "nan") | {"epoch": 2, "loss": 0.5}]
    write_rows(paths.run(TOPIC, "plain_net", 0) / "history.csv", COLUMNS, rows)
    publish()
    run = runs()["plain_net", "0"]
    assert history(run, "training/loss") == [(2, 0.5)] and "gap/last_epoch" not in run.data.metrics
    assert publish() == NOTHING
