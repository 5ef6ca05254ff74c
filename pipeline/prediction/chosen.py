"""Which trained model answers: the best by validation, of a topic or of one of its variants, and none that is stale."""

from dataclasses import dataclass
from typing import Any

from pipeline import freshness, paths
from pipeline.contracts import DataCard
from pipeline.errors import InputError
from pipeline.records import read_history_or_none
from pipeline.settings.params import DataSettings, Settings
from pipeline.settings.plan import card, current
from pipeline.training import best_run, objective


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A run with its history, the data that it has learnt from, and how it was chosen: of how many, by what."""

    run: dict[str, Any]
    data: DataSettings
    card: DataCard
    rivals: int
    lost: int  # planned runs that are not there, or stale

    @property
    def line(self) -> str:
        """In words."""
        column = (objective.name(self.run["history"]) or "").replace("_", "-")
        told = f"{self.run['topic']}: {self.run['variant']}, seed {self.run['seed']} (run {self.run['run_key'][:10]})"
        lost = f"; {self.lost} planned runs are not there, or not current" if self.lost else ""
        return f"{told}: validation {column} {best_run.reached(self.run):.4g}, lowest of {self.rivals} runs{lost}"


def choose(settings: Settings, topic: str, variant: str | None = None) -> Chosen:
    """The run whose model has the lowest validation objective, by the rule that MLflow's registered models follow.

    InputError: no such topic or variant, a plan older than params.yaml, code or data, no run that is of the plan, or
    none with a validation objective.
    """
    plan = current(settings, topic)
    if variant is not None and variant not in plan["variants"]:
        raise InputError(f"--variant: given {variant!r}, allowed {', '.join(plan['variants'])}")
    records, others = freshness.runs(plan)
    asked = {place: record for place, record in records.items() if variant in (None, place[0])}
    lost = sum(variant in (None, name) for name, _ in others)
    if not asked:
        freshness.require_runs(plan)  # says what is lacking
    runs: list[dict[str, Any]] = [
        {**record, "history": read_history_or_none(paths.run(topic, *place) / "history.csv")}
        for place, record in asked.items()
    ]
    run = best_run.best(runs)
    if run is None:
        raise InputError(
            f"topics.{topic}: given no finished run with a validation objective, allowed one or more that have"
        )
    data = settings.data[run["settings"]["data"]]
    rivals = [other for other in runs if other["status"] == "finished" and other["settings"]["data"] == data.name]
    return Chosen(run=run, data=data, card=card(data, run["draw"]), rivals=len(rivals), lost=lost)
