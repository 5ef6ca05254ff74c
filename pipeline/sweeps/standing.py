"""Decide whether what a sweep has come to is of the present settings, profile, data, code and libraries."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import freshness, paths
from pipeline.errors import InputError
from pipeline.records import digest, read_json, read_json_or
from pipeline.settings.params import Settings
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.settings.sweep_space import Values
from pipeline.settings.validation import ParamsError
from pipeline.spoken import tell
from pipeline.sweeps.ledger import study_id
from pipeline.sweeps.preflight import refuse_to_prepare
from pipeline.sweeps.runs import TrialRuns, identity_of

SUMMARY = "sweep.json"
OTHER = "of other settings, code or data than those of now"
OTHER_CODE = "scored or compared by other code than that of now"


@dataclass(frozen=True)
class Origin:
    """What a sweep comes to its results by: its study, and a digest of the code that asks, scores and compares."""

    study: str
    code: str

    @classmethod
    def of(cls, settings: Settings, sweep: SweepSettings) -> "Origin":
        """As settings and code are now."""
        study = study_id(settings, sweep, TrialRuns(settings, sweep, refuse_to_prepare).base)
        return cls(study, freshness.sweep_code(sweep.topic))


def key(settings: Settings, sweep: SweepSettings, study: str) -> str:
    """Digest of all that a summary follows from but for code: the study, how far it is to go, and what comes then."""
    search = [settings.profile, sweep.trials, sweep.budget_minutes]
    return digest([study, search, sweep.keep, sweep.fresh_seeds(settings.first_seed), sweep.margin])


def of_now(settings: Settings, sweep: SweepSettings) -> dict[str, Any]:
    """What the sweep has come to, or has so far. InputError: nothing, or it is not of now."""
    file = paths.sweep(sweep.name) / SUMMARY
    if not file.exists():
        raise not_over(sweep.name)
    summary: dict[str, Any] = read_json(file)
    fault = stale(settings, sweep)
    if fault:
        raise InputError(
            f"sweep {sweep.name}: given results {fault}, allowed those of now: `python -m pipeline sweep {sweep.name}`"
            " again first"
        )
    return summary


def stale(settings: Settings, sweep: SweepSettings) -> str | None:
    """Why the results that there are of a sweep are not of now, in words; None: they are, or there are none."""
    summary = read_json_or(paths.sweep(sweep.name) / SUMMARY, None)
    if not isinstance(summary, dict):
        return None
    origin = Origin.of(settings, sweep)
    found = identity_of_found(sweep, chosen_values(summary))
    if summary.get("key") != key(settings, sweep, origin.study) or summary.get("found") != found:
        return OTHER
    return None if summary.get("code") == origin.code else OTHER_CODE


def identity_of_found(sweep: SweepSettings, values: Values | None) -> str | None:
    """What the settings that were chosen come to as params.yaml is now; None: none were, or they come to nothing."""
    try:
        return None if values is None else identity_of(*sweep.tried(values))
    except ParamsError:
        return None


def chosen_values(summary: Mapping[str, Any]) -> Values | None:
    """The settings that were chosen in the end; None: none were, or it is not over."""
    finals = summary.get("finals") or {"finalists": [], "chosen": None}
    return next((each["values"] for each in finals["finalists"] if each["trial"] == finals["chosen"]), None)


def not_over(name: str) -> InputError:
    """What is said of a sweep that has come to nothing yet."""
    return InputError(
        f"sweep {name}: given one that is not over, allowed one that is: `python -m pipeline sweep {name}` first"
    )


def current(settings: Settings) -> list[str]:
    """Names of the sweeps whose results are of now; those that are not are named on stderr."""
    found = []
    for file in sorted(paths.SWEEPS.glob(f"*/{SUMMARY}")):
        name = file.parent.name
        try:
            if name not in settings.sweeps:
                raise InputError(
                    f"sweep {name}: given no block in params.yaml, or one of a topic that is off, allowed one"
                )
            of_now(settings, settings.sweeps[name])
            found.append(name)
        except InputError as error:
            tell(f"{name}: left out: {error}", file=sys.stderr)
    return found
