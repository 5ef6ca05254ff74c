"""MLflow holds every run once, whatever was killed, lost, repeated or corrected in between."""

import copy
from concurrent.futures import ThreadPoolExecutor

import demo_topic
import pytest
from demo_topic import (
    CARD,
    EPOCHS,
    NOTHING,
    TOPIC,
    evaluate,
    history,
    inputs,
    mlflow_client,
    planned,
    report,
    runs,
    train,
    unwritten,
    write_run,
)

from pipeline import paths
from pipeline.mlflow_sync import gather
from pipeline.mlflow_sync.publish import publish
from pipeline.records import read_json, write_json
from pipeline.settings.plan import data_digest

ORIGINAL = demo_topic.settings


def test_a_second_publish_writes_nothing(mlflow_store):
    train()
    evaluate()
    report()
    publish()
    with unwritten(mlflow_store):
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


@pytest.mark.parametrize(("method", "at"), [*CUTS, ("log_artifacts", 1), ("log_image", 1)])
def test_a_publish_cut_short_is_completed_exactly_once(mlflow_store, monkeypatch, method, at):
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


def test_two_publishing_at_once_write_everything_once(mlflow_store):
    train()
    with ThreadPoolExecutor(2) as pool:
        both = [call.result() for call in [pool.submit(publish) for _ in range(2)]]
    assert sorted(counts["runs"] for counts in both) == [0, 4] and len(runs()) == 5


def test_a_corrected_score_replaces_the_old_one(mlflow_store):
    train()
    evaluate(accuracy=0.75)
    publish()
    evaluate(accuracy=0.5)
    assert publish() == NOTHING | {"points": 4}
    assert runs()["plain_net", "0"].data.metrics["test/accuracy"] == 0.5
    assert publish() == NOTHING


def test_a_claim_that_is_no_more_leaves_the_parent(mlflow_store):
    train()
    evaluate()
    report(name="wider")
    publish()
    report(name="wide", verdict="undecided")
    publish()
    (parent,) = runs()[None]
    assert {name for name in parent.data.tags if name.startswith("claim.")} == {"claim.wide"}


def test_a_failed_run_that_has_been_trained_since_is_published_anew(mlflow_store):
    train()
    write_run("plain_net", 0, status="failed", epochs=0)
    publish()
    write_run("plain_net", 0)
    assert publish()["runs"] == 1
    assert runs()["plain_net", "0"].info.status == "FINISHED" and len(runs()[None]) == 1


def test_an_older_comparison_stays_as_it_is(mlflow_store):
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


def grow(variants, seeds):
    """The topic as it is with so many variants and seeds, all of them trained."""
    plan = {"topic": TOPIC, "profile": "laptop", "numerics": "portable", "seeds": list(range(seeds))}
    names = [f"net_{at}" for at in range(variants)]
    each = {"draws": dict.fromkeys(map(str, range(seeds)), 0)}
    each["data_digests"] = dict.fromkeys(each["draws"], data_digest(CARD, "plain"))
    variants = {name: planned(name) | each for name in names}
    write_json(paths.plan(TOPIC), plan | {"metrics": ["accuracy"], "variants": variants})
    for name in names:
        for seed in range(seeds):
            write_run(name, seed)


def rows():
    found = mlflow_client().search_runs([mlflow_client().get_experiment_by_name(TOPIC).experiment_id])
    children = [run for run in found if "variant" in run.data.tags]
    return {run.data.tags["comparison"]: run for run in found if "variant" not in run.data.tags}, children


def test_a_topic_that_grows_has_each_run_once(mlflow_store):
    train()
    for variants in range(1, 6):
        grow(variants, 2)
        assert publish()["runs"] == 2
    parents, children = rows()
    assert (len(parents), len(children)) == (5, 10)
    newest = gather.gather(read_json(paths.plan(TOPIC))).comparison
    assert {run.data.tags["comparison"] for run in children} == {newest}
    assert {run.data.tags["mlflow.parentRunId"] for run in children} == {parents[newest].info.run_id}
    first = [run for run in children if run.data.tags["variant"] == "net_0"]
    assert {len(run.data.tags["comparisons"].split(",")) for run in first} == {5}
    assert publish() == NOTHING
    grow(2, 2)
    assert publish() == NOTHING, "an older comparison is there, its runs stay where they are shown"
    grow(5, 2)
    with unwritten(mlflow_store):
        assert publish() == NOTHING


def test_publishing_while_runs_come_in_makes_one_comparison(mlflow_store):
    train()
    grow(3, 2)
    folders = [paths.run(TOPIC, f"net_{at}", seed) for at in range(3) for seed in range(2)]
    for folder in folders:
        folder.rename(folder.with_name(f"later{folder.name}"))
    for folder in folders:
        folder.with_name(f"later{folder.name}").rename(folder)
        assert publish()["runs"] == 1
    parents, children = rows()
    assert (len(parents), len(children)) == (1, 6)


def test_parents_of_other_settings_differ_in_name_and_parameters(mlflow_store, monkeypatch):
    for rate in (0.001, 0.01):
        monkeypatch.setattr(demo_topic, "settings", lambda variant, rate=rate: settings(variant, rate))
        train(generation=str(rate))
        publish()
    parents, _ = rows()
    first, second = parents.values()
    assert first.info.run_name != second.info.run_name
    changed = {name for name in first.data.params if first.data.params[name] != second.data.params[name]}
    assert changed == {"fit.learning_rate"}
    assert {run.data.params["fit.learning_rate"] for run in parents.values()} == {"0.001", "0.01"}
    assert first.data.params["variants"] == "plain_net, wide_net" and first.data.params["seeds"] == "[0, 1]"


def test_what_variants_differ_in_is_told_by_variant(mlflow_store, monkeypatch):
    plain = demo_topic.settings
    monkeypatch.setattr(demo_topic, "settings", lambda variant: plain(variant) | {"model": f"model of {variant}"})
    train()
    publish()
    ((parent,), _) = (list(part) for part in (rows()[0].values(), ()))
    wanted = '{"plain_net": "model of plain_net", "wide_net": "model of wide_net"}'
    assert parent.data.params["model"] == wanted


def settings(variant, rate):
    found = copy.deepcopy(ORIGINAL(variant))
    found["fit"]["learning_rate"] = rate
    return found


def test_an_experiment_deleted_in_the_ui_comes_back(mlflow_store):
    train()
    publish()
    mlflow_client().delete_experiment(mlflow_client().get_experiment_by_name(TOPIC).experiment_id)
    publish()
    assert mlflow_client().get_experiment_by_name(TOPIC).lifecycle_stage == "active" and len(runs()) == 5
