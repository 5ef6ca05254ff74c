"""Score every run of a topic on held-out data: the one stage that reads the test split."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

from pipeline import freshness, paths
from pipeline.contracts import CurveRow, Plan
from pipeline.pool import workers
from pipeline.records import (
    SCORES,
    Examples,
    read_examples,
    read_history,
    read_json,
    read_sealed,
    write_items,
    write_json,
    write_rows,
    write_sealed,
)
from pipeline.scoring import topic_probes
from pipeline.scoring.finished_run import FinishedRun
from pipeline.scoring.score import Asked, RunScores, score
from pipeline.scoring.summary import headline, mean_curves, mean_trivial, summarise, total_confusion
from pipeline.settings.params import Settings
from pipeline.settings.plan import current, places
from pipeline.verdicts import topic as topic_record

CURVES = ("variant", "epoch", "split", "objective", "accuracy")
SERIES = ("variant", "seed", "series", "at", "value")


@dataclass(frozen=True)
class RunAddress:
    """Where a run is found: data/runs/<topic>/<variant>/<seed>."""

    topic: str
    variant: str
    seed: int


def evaluate(settings: Settings, topic: str) -> None:
    """Write scores, metrics, summary, curves, series, samples and confusions under data/results/<topic>.

    Last comes origin.json, which tells what they were made from. InputError: a plan, run or example that is not what
    the settings ask for now; nothing is written then.
    """
    plan = current(settings, topic)
    records = freshness.require_runs(plan)
    freshness.require_examples(settings, plan, test=True)
    runs = [RunAddress(topic, *place) for place in places(plan)]
    scores = _score_all(runs, plan, settings)
    folder = paths.results(topic)
    paths.origin(topic).unlink(missing_ok=True)  # half of these files and half of the last time's are no results
    rows = [row for run in runs for row in scores[run].rows]
    metrics = summarise(rows)
    write_rows(folder / "scores.csv", SCORES, rows)
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "summary.json", headline(metrics, plan["metrics"][0]))
    write_rows(folder / "curves.csv", CURVES, _curves(plan))
    write_rows(folder / "series.csv", SERIES, [row for run in runs for row in scores[run].series])
    write_json(folder / "samples.json", {run.variant: scores[run].samples for run in runs if scores[run].samples})
    confusions = {
        variant: total_confusion(scores[run].confusion for run in runs if run.variant == variant)
        for variant in plan["variants"]
    }
    write_json(folder / "confusion.json", confusions)
    write_items(folder / "items.npz", [(run.variant, run.seed, scores[run].ids, scores[run].items) for run in runs])
    write_json(folder / "trivial.json", mean_trivial((run.variant, scores[run].trivial) for run in runs))
    write_sealed(paths.origin(topic), freshness.origin(settings, plan, records))


def _score_all(runs: Sequence[RunAddress], plan: Plan, settings: Settings) -> dict[RunAddress, RunScores]:
    claimed = dict.fromkeys(claim.metric for claim in topic_record.load(plan["topic"]).claims)
    asked = Asked(metrics=tuple(plan["metrics"]), claimed=tuple(claimed))
    scores: dict[RunAddress, Any] = {}
    outcomes = workers.carry_out(
        partial(score_run, asked=asked, sampled=plan["seeds"][0]),  # type: ignore[arg-type, unused-ignore]
        runs,
        workers=settings.workers,
        slots=settings.runs_per_gpu,
        affinity=lambda run: run.variant,
    )
    for run, run_scores, reason in outcomes:
        if run_scores is None:
            raise RuntimeError(f"{run.topic}: {run.variant} seed {run.seed} cannot be scored: {reason}")
        scores[run] = run_scores
    return scores


def score_run(address: RunAddress, asked: Asked, sampled: int) -> RunScores:
    """Scores of the run at `address`, in a worker's process, with samples if it is of the seed `sampled`."""
    probes = topic_probes.read(address.topic)
    asked = replace(asked, samples=address.seed == sampled)  # samples are to be read, and those of one run are enough
    return score(read_run(address), variant=address.variant, asked=asked, probes=probes)


def read_run(address: RunAddress) -> FinishedRun:
    """A run as `train` left it, with the data that it was trained on and the held-out examples."""
    folder = paths.run(address.topic, address.variant, address.seed)
    record = read_json(folder / "run.json")
    settings = record["settings"]
    training, test, card = _data(settings["data"], settings["view"], record["draw"])
    return FinishedRun(
        settings=settings,
        seed=address.seed,
        record=record,
        history=read_history(folder / "history.csv"),
        card=card,
        training=training,
        test=test,
        folder=folder,
    )


@lru_cache(maxsize=4)  # runs of a variant come one after another
def _data(data: str, view: str, draw: int) -> tuple[Examples, Examples, dict[str, Any]]:
    training = read_examples(paths.fit_split(data, view, draw))
    return training, read_examples(paths.test_split(data, draw)), read_sealed(paths.card(data, draw))


def _curves(plan: Plan) -> list[CurveRow]:
    rows: list[CurveRow] = []
    for variant in plan["variants"]:
        folders = [paths.run(plan["topic"], *place) for place in places(plan) if place[0] == variant]
        finished = [folder for folder in folders if read_json(folder / "run.json")["status"] == "finished"]
        rows += mean_curves(variant, [read_history(folder / "history.csv") for folder in finished])
    return rows
