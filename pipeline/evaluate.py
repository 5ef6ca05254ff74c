"""Score every run of a topic on held-out data: the one stage that reads the test split."""

import math
from typing import Any

import numpy as np

from pipeline import paths, plugins, runtime, statistics
from pipeline.params import Settings
from pipeline.plan import current
from pipeline.records import SCORES, Examples, read_examples, read_history, read_json, write_json, write_rows
from pipeline.topic import Topic

CURVES = ("variant", "epoch", "split", "cross_entropy", "accuracy")


def evaluate(settings: Settings, topic: str) -> None:
    """Write scores.csv, metrics.json, summary.json, curves.csv and confusion.json under data/results/<topic>."""
    runtime.settle()
    plan = current(settings, topic)
    record: Topic = plugins.load("topics", topic).TOPIC
    scores, confusions, curves = [], {}, []
    for variant, wanted in plan["variants"].items():
        data = wanted["settings"]["data"]
        test, card = read_examples(paths.test_split(data)), read_json(paths.card(data))
        total = np.zeros((card["classes"], card["classes"]), dtype=int)
        for seed in plan["seeds"]:
            rows, matrix = _score(topic, variant, seed, plan["metrics"], record, test, card)
            scores += rows
            total += matrix
        confusions[variant] = total.tolist()
        curves += _curves(topic, variant, plan["seeds"])
    folder = paths.results(topic)
    metrics = summarise(scores)
    write_rows(folder / "scores.csv", SCORES, scores)
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "summary.json", _narrow(metrics, plan["metrics"][0]))
    write_rows(folder / "curves.csv", CURVES, curves)
    write_json(folder / "confusion.json", confusions)


def _score(
    topic: str, variant: str, seed: int, wanted: list[str], record: Topic, test: Examples, card: dict[str, Any]
) -> tuple[list[dict[str, Any]], Any]:
    """Rows of scores.csv and the confusion matrix of one run; a failed run has rows without a value."""
    from pipeline import tasks

    run = read_json(paths.run(topic, variant, seed) / "run.json")
    names = {"variant": variant, "seed": seed, "status": run["status"], "run_key": run["run_key"]}
    probes = [name for name in record.probes if name in wanted and applies(topic, name, card)]
    plain = [name for name in wanted if name not in record.probes]
    if run["status"] != "finished":
        return [names | {"metric": name, "value": None} for name in plain + probes], 0
    model = _model(topic, variant, seed)
    frequencies = np.array(card["counts"]["train"]) / sum(card["counts"]["train"])
    predicted = tasks.probabilities(model, test.x)
    values = tasks.score(plain, test, predicted, frequencies)
    values |= {name: getattr(_probes(topic), name)(model, test) for name in probes}
    return [names | {"metric": name, "value": value} for name, value in values.items()], tasks.confusion(
        test.y, predicted
    )


def _probes(topic: str) -> Any:
    import importlib

    return importlib.import_module(f"pipeline.topics.{topic}.probes")


def applies(topic: str, probe: str, card: dict[str, Any]) -> bool:
    """Whether a topic's probe can measure data of that kind: its module's KINDS says so."""
    return card["kind"] in _probes(topic).KINDS[probe]


def _model(topic: str, variant: str, seed: int) -> Any:
    import keras

    keras.backend.clear_session()
    return keras.models.load_model(paths.run(topic, variant, seed) / "model.keras", compile=False, safe_mode=True)


def summarise(scores: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """{variant: {metric: {mean, sd, ci_low, ci_high, n, failed}}} of rows of scores.csv."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in scores:
        groups.setdefault((row["variant"], row["metric"]), []).append(row["value"])
    table: dict[str, dict[str, Any]] = {}
    for (variant, metric), values in groups.items():
        sound = [value for value in values if value is not None and math.isfinite(value)]
        table.setdefault(variant, {})[metric] = statistics.summary(sound) | {"failed": len(values) - len(sound)}
    return table


def _narrow(metrics: dict[str, Any], metric: str) -> dict[str, Any]:
    """One number a variant, for `dvc metrics show`."""
    means = {variant: scores[metric]["mean"] for variant, scores in metrics.items() if metric in scores}
    return {metric: {variant: None if mean is None else round(mean, 4) for variant, mean in means.items()}}


def _curves(topic: str, variant: str, seeds: list[int]) -> list[dict[str, Any]]:
    """Mean over finished runs of cross-entropy and accuracy, an epoch and split a row, as far as all of them went."""
    folders = [paths.run(topic, variant, seed) for seed in seeds]
    finished = [folder for folder in folders if read_json(folder / "run.json")["status"] == "finished"]
    histories = [read_history(folder / "history.csv") for folder in finished]
    rows = []
    for at in range(min(map(len, histories), default=0)):
        for split, prefix in (("training", ""), ("validation", "val_")):
            means = {
                name: float(np.mean([history[at][prefix + name] for history in histories]))
                for name in ("cross_entropy", "accuracy")
            }
            rows.append({"variant": variant, "epoch": at + 1, "split": split} | means)
    return rows
