"""Score every run of a topic on held-out data: the one stage that reads the test split."""

from collections.abc import Mapping, Sequence

from pipeline import freshness, paths
from pipeline.contracts import Plan, RunRecord
from pipeline.errors import InputError
from pipeline.freshness import RunPlace
from pipeline.pool import workers
from pipeline.records import SCORES, read_history, read_json, write_items, write_json, write_rows, write_sealed
from pipeline.result_rows import CurveRow
from pipeline.scoring import scored_runs
from pipeline.scoring.probabilities import Outcomes, pooled
from pipeline.scoring.score import RunScores
from pipeline.scoring.scored_runs import RunToScore
from pipeline.scoring.summary import headline, mean_curves, mean_trivial, summarise, total_confusion
from pipeline.settings.params import Settings
from pipeline.settings.plan import current, places
from pipeline.training import best_run

CURVES = ("variant", "epoch", "split", "objective", "accuracy")
SERIES = ("variant", "seed", "series", "at", "value")


def evaluate(settings: Settings, topic: str) -> None:
    """Write scores, metrics, summary, curves, series, samples and confusions under data/results/<topic>.

    Last comes origin.json, which tells what they were made from. InputError: a plan, run or example that is not what
    the settings ask for now; nothing is written then.
    """
    plan = current(settings, topic)
    records = freshness.require_runs(plan)
    freshness.require_examples(settings, plan, test=True)
    runs = places(plan)
    to_score = scored_runs.runs_to_score(settings, plan)
    scores = _score_all(to_score, records, settings)
    folder = paths.results(topic)
    paths.origin(topic).unlink(missing_ok=True)  # half of these files and half of the last time's are no results
    rows = [row for run in runs for row in scores[run].rows]
    metrics = summarise(rows, _constant(plan))
    write_rows(folder / "scores.csv", SCORES, rows)
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "summary.json", headline(metrics, plan["metrics"][0]))
    write_rows(folder / "curves.csv", CURVES, _curves(plan))
    write_rows(folder / "series.csv", SERIES, [row for run in runs for row in scores[run].series])
    write_json(folder / "samples.json", {run[0]: scores[run].samples for run in runs if scores[run].samples})
    confusions = {
        variant: total_confusion(scores[run].confusion for run in runs if run[0] == variant)
        for variant in plan["variants"]
    }
    write_json(folder / "confusion.json", confusions)
    write_json(folder / "outcomes.json", _outcomes(plan, scores))
    write_items(folder / "items.npz", [(*run, scores[run].ids, scores[run].items) for run in runs])
    write_json(folder / "trivial.json", mean_trivial((run[0], scores[run].trivial) for run in runs))
    _refuse_other_code(to_score, scored_runs.runs_to_score(settings, plan))
    write_sealed(paths.origin(topic), freshness.origin(settings, plan, records))


def _constant(plan: Plan) -> set[str]:
    """The variants that give one answer for all."""
    return {name for name, each in plan["variants"].items() if each["settings"]["model"] == best_run.CONSTANT}


def _refuse_other_code(before: Sequence[RunToScore], after: Sequence[RunToScore]) -> None:
    """InputError: the code of the scores was edited while they were made, so that they may be of either."""
    if [run.key for run in before] != [run.key for run in after]:
        raise InputError(
            "pipeline: given code that was changed while runs were scored, allowed the same to the end: run `dvc repro`"
        )


def _score_all(
    runs: Sequence[RunToScore], records: Mapping[RunPlace, RunRecord], settings: Settings
) -> dict[RunPlace, RunScores]:
    """What each run scored: as kept from its training or from an earlier time, else as it is scored now."""
    ended = [run for run in runs if records[run.place]["status"] != "failed"]
    scores = {run.place: found for run in ended if (found := scored_runs.kept(run))}
    outcomes = workers.carry_out(
        score_collected,
        [run for run in runs if run.place not in scores],
        workers=settings.workers,
        slots=settings.runs_per_gpu,
        affinity=lambda run: run.names["variant"],
    )
    for run, run_scores, reason in outcomes:
        if run_scores is None:
            variant, seed = run.place
            raise RuntimeError(f"{run.names['topic']}: {variant} seed {seed} cannot be scored: {reason}")
        scores[run.place] = run_scores
    return scores


def score_collected(run: RunToScore) -> RunScores:
    """Scores of a run whose files are under data/runs, in a worker's process."""
    return scored_runs.score_run(run, paths.run(run.names["topic"], *run.place))


def _outcomes(plan: Plan, scores: Mapping[RunPlace, RunScores]) -> dict[str, Outcomes]:
    """{variant: outcomes of its probabilities over all seeds} of those that have any."""
    of_variants = {
        variant: pooled(scores[run].outcomes for run in places(plan) if run[0] == variant)
        for variant in plan["variants"]
    }
    return {variant: outcomes for variant, outcomes in of_variants.items() if outcomes}


def _curves(plan: Plan) -> list[CurveRow]:
    rows: list[CurveRow] = []
    for variant in plan["variants"]:
        folders = [paths.run(plan["topic"], *place) for place in places(plan) if place[0] == variant]
        finished = [folder for folder in folders if read_json(folder / "run.json")["status"] == "finished"]
        rows += mean_curves(variant, [read_history(folder / "history.csv") for folder in finished])
    return rows
