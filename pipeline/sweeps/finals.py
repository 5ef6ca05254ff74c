"""The end of a sweep: finalists on fresh seeds by validation, then a comparison with trial 0 on test data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from pipeline.cluster import hiring
from pipeline.contracts import Verdict
from pipeline.errors import InputError
from pipeline.pool import workers
from pipeline.records import ItemScores, digest
from pipeline.result_rows import ClaimRow
from pipeline.scoring import scored_runs
from pipeline.scoring.score import RunScores
from pipeline.scoring.scored_runs import RunToScore
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.sweeps.carry_out import Answers
from pipeline.sweeps.ledger import comparison
from pipeline.sweeps.runs import TrialRun, TrialRuns
from pipeline.sweeps.trials import Told, best
from pipeline.training.store import project_store
from pipeline.verdicts import rules
from pipeline.verdicts.looks import Looks
from pipeline.verdicts.topic import Claim, Topic

FOUND = "@found"  # no variant can have that name
FIRST = 0.8  # of the error that all comparisons of a sweep may come to, what the first may use: as a claim's first look
WORDS: Mapping[Verdict, str] = {
    "reproduced": "better than {default}",
    "contradicted": "worse than {default}",
    "negligible": "no better than {default}: the difference is too small to matter",
    "undecided": "not shown to be better than {default}",
}


@dataclass(frozen=True)
class Finalist:
    """A trial on fresh seeds: {seed: validation score}, their mean, or why it has none."""

    trial: Told
    scores: Mapping[int, float]
    score: float | None
    reason: str | None

    def optimism(self, *, highest: bool) -> float | None:
        """By how much it looked better in the search than on fresh seeds; None without both scores."""
        if self.score is None or self.trial.score is None:
            return None
        return (self.score - self.trial.score) * (-1 if highest else 1)


@dataclass(frozen=True)
class Finals:
    """All finalists, the untouched variant first; the one that was chosen, if any, and how it did on test data.

    `comparison` is the number of that look at test data among all that the sweep has had, from 1; `is_alone` says that
    nothing but the untouched variant was tried.
    """

    finalists: tuple[Finalist, ...]
    chosen: Finalist | None = None
    row: ClaimRow | None = None
    comparison: int | None = None
    is_alone: bool = False

    @property
    def untouched(self) -> Finalist:
        """Trial 0."""
        return self.finalists[0]

    def optimism(self, *, highest: bool) -> float | None:
        """By how much the chosen settings looked better in the search than on the fresh seeds that they were chosen by.

        That is too little where there were several to choose from: the best fresh score is partly luck again.
        """
        return None if self.chosen is None else self.chosen.optimism(highest=highest)

    def mean_optimism(self, *, highest: bool) -> float | None:
        """The same on average over all finalists but the untouched variant, which no choice by fresh scores biases."""
        found = [each.optimism(highest=highest) for each in self.finalists[1:]]
        known = [value for value in found if value is not None]
        return fmean(known) if known else None

    def conclusion(self, default: str) -> str:
        """In words."""
        if self.is_alone:
            return f"nothing: whatever is tried comes to {default} itself"
        if self.row is None:
            return f"no better than {default}: no other settings were good with every seed"
        return WORDS[self.row["verdict"]].format(default=default)


def play(told: Sequence[Told], runs: TrialRuns, answers: Answers) -> Finals:
    """Choose a finalist by validation, and compare it once with trial 0 on test data; all `tasks` are answered."""
    fresh = runs.sweep.fresh_seeds(runs.settings.first_seed)
    found = tuple(_finalist(trial, runs, fresh, answers) for trial in finalists(told, runs.sweep))
    chosen = _best(found, runs.sweep)
    if chosen is None:
        return Finals(found, is_alone=len(told) == 1)
    number = _counted(chosen, runs, fresh)
    return Finals(found, chosen, _compare(chosen, runs, fresh, share(number)), number)


def _best(found: Sequence[Finalist], sweep: SweepSettings) -> Finalist | None:
    """Of all finalists but the untouched variant, the best by validation on fresh seeds."""
    sign = -1 if sweep.highest else 1
    good = [each for each in found[1:] if each.score is not None]
    return min(good, key=lambda each: sign * (each.score or 0.0), default=None)


def _counted(chosen: Finalist, runs: TrialRuns, fresh: Sequence[int]) -> int:
    """The number of this comparison, which is kept before test data are read for it."""
    name = digest([runs.identity(chosen.trial.values), runs.identity({}), fresh, runs.sweep.test_metric])
    return comparison(runs.sweep.name, runs.settings.profile, name)


def tasks(told: Sequence[Told], runs: TrialRuns) -> list[TrialRun]:
    """The runs of all finalists on fresh seeds, but of those whose data there are none of."""
    fresh = runs.sweep.fresh_seeds(runs.settings.first_seed)
    untouched, *others = finalists(told, runs.sweep)
    fit = [untouched, *(trial for trial in others if not runs.refusal(trial.values, fresh))]
    return [task for trial in fit for task in runs.tasks(trial.number, trial.values, fresh)]


def to_score(told: Sequence[Told], runs: TrialRuns, answers: Answers) -> list[TrialRun]:
    """The runs that `play` compares, to be scored by workers that have trained them; none where nodes have them."""
    fresh = runs.sweep.fresh_seeds(runs.settings.first_seed)
    chosen = _best([_finalist(trial, runs, fresh, answers) for trial in finalists(told, runs.sweep)], runs.sweep)
    if chosen is None or hiring.address(runs.settings):
        return []
    _counted(chosen, runs, fresh)
    _, asked = _asked(chosen, runs, fresh)
    trained = {task.spec.run_key: task for task, _ in answers.outcomes.values()}
    there = [run for run in asked if runs.store.has(run.names["run_key"]) and not scored_runs.kept(run)]
    return [replace(trained[run.names["run_key"]], to_score=run) for run in there]


def finalists(told: Sequence[Told], sweep: SweepSettings) -> list[Told]:
    """The untouched variant, and the best `keep` of the other trials."""
    return [told[0], *[trial for trial in best(told, highest=sweep.highest) if trial.number != 0][: sweep.keep]]


def _finalist(trial: Told, runs: TrialRuns, fresh: Sequence[int], answers: Answers) -> Finalist:
    if (trial.number, fresh[0]) not in answers.outcomes:  # other draws of the data may have too few of a class, say
        return Finalist(trial, {}, None, runs.refusal(trial.values, fresh))
    outcomes = {seed: answers.outcomes[trial.number, seed][1] for seed in fresh}
    scores = {seed: outcome.value for seed, outcome in outcomes.items() if outcome.value is not None}
    reason = next(
        (f"seed {seed}: {outcome.reason}" for seed, outcome in outcomes.items() if outcome.value is None), None
    )
    return Finalist(trial, scores, fmean(scores.values()) if reason is None else None, reason)


# On test data: each look is counted


def share(number: int) -> float:
    """Of the error that all comparisons of a sweep may come to, what this one may use: all of them add up to 1."""
    return FIRST if number == 1 else (1 - FIRST) * 0.5 ** (number - 1)


def claim_of(sweep: SweepSettings) -> Claim:
    """What the final comparison puts to the test."""
    return Claim(
        name=f"sweep_{sweep.name}",
        sentence=f"Settings that the sweep {sweep.name} has found are better than those of {sweep.variant}.",
        chapter="",
        metric=sweep.test_metric,
        better=FOUND,
        worse=sweep.variant,
        higher_is_better=sweep.highest,
        margin=sweep.margin if sweep.has_own_margin else None,
        margin_because="said in params.yaml" if sweep.has_own_margin else "",
    )


def _compare(chosen: Finalist, runs: TrialRuns, fresh: Sequence[int], weight: float) -> ClaimRow:
    claim, asked = _asked(chosen, runs, fresh)
    scores = _scores(asked, runs)
    rows = [row for run in asked for row in _rows(run, scores.get(run.place), claim.metric)]
    (row,) = rules.judge(
        runs.sweep.topic,
        [claim],
        rows,
        items=_items(asked, scores, claim.metric),
        looks=_looks(len(fresh), weight),
        written_before=[claim.name],
    )
    return row


def _asked(chosen: Finalist, runs: TrialRuns, fresh: Sequence[int]) -> tuple[Claim, list[RunToScore]]:
    """What the final comparison puts to the test, and the runs that it takes."""
    sweep, claim = runs.sweep, claim_of(runs.sweep)
    plan, settings = runs.plan({FOUND: chosen.trial.values, sweep.variant: {}}, fresh)
    topic = settings.topics[sweep.topic]
    asked = Topic(title=topic.topic.title, question=topic.topic.question, claims=(claim,))
    settings = replace(settings, topics={sweep.topic: replace(topic, metrics=(claim.metric,), topic=asked)})
    return claim, scored_runs.runs_to_score(settings, plan)


def _looks(pairs: int, weight: float) -> Looks:
    """One look at so many pairs, for a part of the error; the second, which has the rest, never comes."""
    sizes = (pairs, pairs + 1)
    return Looks(means=sizes, rates=sizes, weights=(weight, 1 - weight))


def _scores(to_score: Sequence[RunToScore], runs: TrialRuns) -> dict[tuple[str, int], RunScores]:
    """Scores of the runs that are in the store: those that failed are not."""
    there = [run for run in to_score if runs.store.has(run.names["run_key"])]
    scores = {run.place: kept for run in there if (kept := scored_runs.kept(run))}
    asked = [run for run in there if run.place not in scores]
    settings = runs.settings
    outcomes = workers.carry_out(
        score_stored,
        asked,
        workers=settings.workers,
        slots=settings.runs_per_gpu,
        affinity=lambda run: run.names["variant"],
    )
    for run, run_scores, reason in outcomes:
        if run_scores is None:
            raise InputError(f"sweep {runs.sweep.name}: a run cannot be scored: {reason}; the same command tries again")
        scores[run.place] = run_scores
    return scores


def score_stored(run: RunToScore) -> RunScores:
    """Scores of a run whose files are in the store, in a worker's process."""
    return scored_runs.score_run(run, project_store().folder(run.names["run_key"]))


def _rows(run: RunToScore, scores: RunScores | None, metric: str) -> list[Mapping[str, Any]]:
    if scores is not None:
        return [row for row in scores.rows if row["metric"] == metric]
    names = {"variant": run.place[0], "seed": run.place[1], "run_key": run.names["run_key"]}
    return [{**names, "metric": metric, "value": "", "status": "failed"}]


def _items(
    to_score: Sequence[RunToScore], scores: Mapping[tuple[str, int], RunScores], metric: str
) -> dict[tuple[str, int, str], ItemScores]:
    """What each test example contributes, of the runs that have it."""
    found: dict[tuple[str, int, str], ItemScores] = {}
    for run in to_score:
        of_run = scores.get(run.place)
        if of_run is not None and of_run.ids is not None and metric in of_run.items:
            found[*run.place, metric] = of_run.ids, of_run.items[metric]
    return found
