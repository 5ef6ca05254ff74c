"""Score every run of a topic on held-out data: the one stage that reads the test split."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from pipeline import paths, plugins, statistics
from pipeline.params import Settings
from pipeline.plan import current
from pipeline.records import SCORES, Examples, read_examples, read_history, read_json, write_json, write_rows
from pipeline.runs import executor

CURVES = ("variant", "epoch", "split", "cross_entropy", "accuracy")


@dataclass(frozen=True)
class Trial:
    """One run to be scored."""

    topic: str
    variant: str
    seed: int
    data: str
    metrics: tuple[str, ...]


def evaluate(settings: Settings, topic: str) -> None:
    """Write scores.csv, metrics.json, summary.json, curves.csv and confusion.json under data/results/<topic>."""
    plan = current(settings, topic)
    trials = [
        Trial(topic, variant, seed, wanted["settings"]["data"], tuple(plan["metrics"]))
        for variant, wanted in plan["variants"].items()
        for seed in plan["seeds"]
    ]
    found = _scored(trials, settings.workers)
    scores = [row for trial in trials for row in found[trial]["rows"]]
    metrics, folder = summarise(scores), paths.results(topic)
    write_rows(folder / "scores.csv", SCORES, scores)
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "summary.json", _narrow(metrics, plan["metrics"][0]))
    curves = [row for variant in plan["variants"] for row in _curves(topic, variant, plan["seeds"])]
    write_rows(folder / "curves.csv", CURVES, curves)
    write_json(folder / "confusion.json", {variant: _confusion(found, variant) for variant in plan["variants"]})


def _scored(trials: list[Trial], workers: int | str) -> dict[Trial, dict[str, Any]]:
    found = {}
    for trial, answer, reason in executor.carry_out(score, trials, workers):
        if answer is None:
            raise RuntimeError(f"{trial.topic}: {trial.variant} seed {trial.seed} cannot be scored: {reason}")
        found[trial] = answer
    return found


def score(trial: Trial) -> dict[str, Any]:
    """Rows of scores.csv, and the confusion matrix, of one run; a failed run has rows without a value."""
    from pipeline import tasks

    test, card = _held_out(trial.data)
    run = read_json(paths.run(trial.topic, trial.variant, trial.seed) / "run.json")
    names = {"variant": trial.variant, "seed": trial.seed, "status": run["status"], "run_key": run["run_key"]}
    own = plugins.load("topics", trial.topic).TOPIC.probes
    probes = [name for name in own if name in trial.metrics and applies(trial.topic, name, card)]
    plain = [name for name in trial.metrics if name not in own]
    if run["status"] != "finished":
        return {"rows": [names | {"metric": name, "value": None} for name in plain + probes], "confusion": None}
    model = _model(trial)
    frequencies = np.array(card["counts"]["train"]) / sum(card["counts"]["train"])
    predicted = tasks.probabilities(model, test.x)
    values = tasks.score(plain, test, predicted, frequencies)
    values |= {name: getattr(_probes(trial.topic), name)(model, test) for name in probes}
    rows = [names | {"metric": name, "value": value} for name, value in values.items()]
    return {"rows": rows, "confusion": tasks.confusion(test.y, predicted)}


@lru_cache(maxsize=4)
def _held_out(data: str) -> tuple[Examples, dict[str, Any]]:
    return read_examples(paths.test_split(data)), read_json(paths.card(data))


def _confusion(found: dict[Trial, dict[str, Any]], variant: str) -> list[list[int]]:
    """Counts over all finished runs of a variant."""
    matrices = [answer["confusion"] for trial, answer in found.items() if trial.variant == variant]
    total = sum(matrix for matrix in matrices if matrix is not None)
    return total.tolist() if isinstance(total, np.ndarray) else []


def _probes(topic: str) -> Any:
    import importlib

    return importlib.import_module(f"pipeline.topics.{topic}.probes")


def applies(topic: str, probe: str, card: dict[str, Any]) -> bool:
    """Whether a topic's probe can measure data of that kind: its module's KINDS says so."""
    return card["kind"] in _probes(topic).KINDS[probe]


def _model(trial: Trial) -> Any:
    import keras

    keras.backend.clear_session()
    file = paths.run(trial.topic, trial.variant, trial.seed) / "model.keras"
    return keras.models.load_model(file, compile=False, safe_mode=True)


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
