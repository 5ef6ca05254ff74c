"""Which trained model answers: the best by validation, of a topic or of one of its variants, and none that is stale."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from pipeline import freshness, paths
from pipeline.contracts import DataCard, Plan
from pipeline.errors import InputError
from pipeline.freshness import RunPlace
from pipeline.records import read_history_or_none
from pipeline.settings.params import DataSettings, Settings
from pipeline.settings.plan import card, current
from pipeline.training import best_run, objective

MOVED = "classify_moved"  # a task whose histories are of the model before it was moved


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A run of a plan with its history, the data it has learnt from, and how it was chosen: of how many, by what."""

    plan: Plan
    run: dict[str, Any]
    data: DataSettings
    card: DataCard
    rivals: int
    lost: int  # planned runs that are not there, or stale
    parts: int = 1  # validation parts, by which these were compared
    means: Mapping[str, float] = field(default_factory=dict)  # of variants with runs on all of these, over their runs
    constant: dict[str, Any] | None = None  # a run of one answer for all that did no worse in validation

    @property
    def line(self) -> str:
        """In words."""
        column = (objective.name(self.run["history"]) or "").replace("_", "-")
        told = f"{self.run['topic']}: {self.run['variant']}, seed {self.run['seed']} (run {self.run['run_key'][:10]})"
        lost = f"; {self.lost} planned runs are not there, or not current" if self.lost else ""
        before = " before its thresholds were moved" if self.run["settings"]["task"] == MOVED else ""
        reached = f"validation {column} {best_run.reached(self.run):.4g}{before}, lowest of {self.rivals} runs"
        apart = ", each on a validation part of its own" if self.parts > 1 else ""
        return f"{told}: {reached}{apart}{lost}"

    @property
    def advice(self) -> str | None:
        """That another variant is lower in the mean over all parts, which have chance's share in it; None: none is."""
        own = self.means.get(self.run["variant"])
        lowest = min(self.means, key=lambda name: self.means[name], default=None)
        if self.parts < 2 or own is None or lowest is None or self.means[lowest] >= own:
            return None
        told = f"{self.means[lowest]:.4g} against {own:.4g}"
        return f"in the mean over its seeds {lowest} is lower than {self.run['variant']}, {told}: --variant {lowest}"

    @property
    def warning(self) -> str | None:
        """That the model is not shown to have learnt anything; None where it has."""
        if self.constant is None:
            return None
        least = f"{best_run.reached(self.constant):.4g}"
        return f"one answer for all ({self.constant['variant']}) did no worse in validation, {least}: trust no answer"


def choose(settings: Settings, topic: str, variant: str | None = None) -> Chosen:
    """The run whose model has the lowest validation objective, by the rule that MLflow's registered models follow.

    InputError: no such topic or variant, a plan older than params.yaml, code or data, no run that is of the plan, or
    none with a validation objective.
    """
    plan = current(settings, topic)
    if variant is not None and variant not in plan["variants"]:
        raise InputError(f"--variant: given {variant!r}, allowed {', '.join(plan['variants'])}")
    records, others = freshness.runs(plan)
    every = _with_histories(topic, records)
    runs = [run for (name, _), run in every.items() if variant in (None, name)]
    lost = sum(variant in (None, name) for name, _ in others)
    if not runs:
        freshness.require_runs(plan)  # says what is lacking
    run = best_run.best(runs)
    if run is None:
        raise InputError(
            f"topics.{topic}: given no finished run with a validation objective, allowed one or more that have"
        )
    data = settings.data[run["settings"]["data"]]
    rivals = [other for other in runs if other["status"] == "finished" and other["settings"]["data"] == data.name]
    constant = best_run.beaten_by(run, [*every.values()])
    found = card(data, run["draw"])
    draws = {other["draw"] for other in rivals}
    return Chosen(
        plan=plan,
        run=run,
        data=data,
        card=found,
        rivals=len(rivals),
        lost=lost,
        parts=len(draws),
        means=_means(rivals, draws),
        constant=constant,
    )


def _means(runs: Sequence[Mapping[str, Any]], draws: set[int]) -> dict[str, float]:
    """{variant: mean validation objective} of those that have a finite one on all draws of the data, but no constant.

    And of the same draws all: what one is easier than another, is so for all of them.
    """
    of_variants: dict[str, dict[int, float]] = {}
    for run in runs:
        value = best_run.reached(run)
        if value is not None and math.isfinite(value) and run["settings"]["model"] != best_run.CONSTANT:
            of_variants.setdefault(run["variant"], {})[run["draw"]] = value
    return {name: fmean(values.values()) for name, values in of_variants.items() if values.keys() == draws}


def _with_histories(topic: str, records: Mapping[RunPlace, Any]) -> dict[RunPlace, dict[str, Any]]:
    """Records of runs, each with the rows of its history."""
    return {
        place: {**record, "history": read_history_or_none(paths.run(topic, *place) / "history.csv")}
        for place, record in records.items()
    }
