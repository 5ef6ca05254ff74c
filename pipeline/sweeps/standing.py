"""Decide whether what a sweep has come to is of the present settings, profile, data, code and libraries."""

import sys
from typing import Any

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import digest, read_json
from pipeline.settings.params import Settings
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.spoken import tell
from pipeline.sweeps.ledger import study_id
from pipeline.sweeps.preflight import refuse_to_prepare
from pipeline.sweeps.runs import TrialRuns

SUMMARY = "sweep.json"


def key(settings: Settings, sweep: SweepSettings, study: str) -> str:
    """Digest of all that a summary follows from: the study, how far it is to go, and what follows the search."""
    search = [settings.profile, sweep.trials, sweep.budget_minutes]
    return digest([study, search, sweep.keep, sweep.fresh_seeds(settings.first_seed), sweep.margin])


def of_now(settings: Settings, sweep: SweepSettings) -> dict[str, Any]:
    """What the sweep has come to, or has so far. InputError: nothing, or it was another one."""
    file = paths.sweep(sweep.name) / SUMMARY
    if not file.exists():
        raise not_over(sweep.name)
    summary: dict[str, Any] = read_json(file)
    study = study_id(settings, sweep, TrialRuns(settings, sweep, refuse_to_prepare).identity({}))
    if summary.get("key") != key(settings, sweep, study):
        raise InputError(
            f"sweep {sweep.name}: given results of other settings, code or data than those of now, allowed those of"
            f" now: `python -m pipeline sweep {sweep.name}` again first"
        )
    return summary


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
