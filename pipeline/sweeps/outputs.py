"""What a sweep leaves under data/sweeps/<sweep>: a summary, its trials and its runs as tables, a journal for Optuna."""

import math
import tempfile
import warnings
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.records import write_bytes, write_json, write_rows
from pipeline.settings.params import Settings
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.settings.sweep_space import Choice, Tried, Values, spelled
from pipeline.sweeps import adopting
from pipeline.sweeps.asking import own_values, study_of
from pipeline.sweeps.carry_out import Answers
from pipeline.sweeps.finals import Finalist, Finals, share
from pipeline.sweeps.ledger import HISTORY, history
from pipeline.sweeps.runs import TrialRun
from pipeline.sweeps.search import Search
from pipeline.sweeps.standing import SUMMARY, Origin, identity_of_found, key
from pipeline.sweeps.trials import Outcome, Told, best
from pipeline.verdicts.looks import FAMILY_ERROR

Runs = Mapping[tuple[int, int], tuple[TrialRun, Outcome]]  # by trial and seed
SEEDS = ("phase", "trial", "seed", "value", "status", "seconds", "run_key", "reason")
TRIALS, RUNS, JOURNAL = "trials.csv", "runs.csv", "journal.log"
FACTS = "runs.json"  # {run_key: what the run was to be}
ENOUGH = 50  # trials, for PED-ANOVA: it looks at the best tenth


def write(
    settings: Settings,
    sweep: SweepSettings,
    origin: Origin,
    search: Search,
    answers: Answers,
    finals: Finals | None = None,
) -> dict[str, Any]:
    """Write all files, and give the summary; without `finals` the sweep is not over yet."""
    folder, told = paths.sweep(sweep.name), search.told
    runs = counted(settings, sweep, told, answers, finals)
    found = identity_of_found(sweep, finals.chosen.trial.values if finals and finals.chosen else None)
    names = {"study": origin.study, "key": key(settings, sweep, origin.study), "code": origin.code, "found": found}
    summary = {**summarise(settings, sweep, search, runs.values(), finals), **names}
    summary["importance"] = importance(sweep, told) if finals is not None else None
    write_trials(folder / TRIALS, settings, sweep, told)
    write_bytes(folder / HISTORY, history(told))
    write_rows(folder / RUNS, SEEDS, run_rows(settings, sweep, runs))
    write_json(folder / FACTS, {task.spec.run_key: task.spec.names() for task, _ in runs.values()})
    if finals is not None:
        write_bytes(folder / JOURNAL, journal(sweep, told))
    write_json(folder / SUMMARY, summary)
    return summary


def write_trials(file: Path, settings: Settings, sweep: SweepSettings, told: Sequence[Told]) -> None:
    """One row a trial: how it ended, its score, its settings, and what it scored with each seed."""
    seeds = sweep.search_seeds(settings.first_seed)
    paths_tried = [each.path for each in sweep.space.tried]
    columns = ("trial", "end", "score", *paths_tried, *(f"seed_{seed}" for seed in seeds), "reason")
    own = own_values(sweep)
    rows = [
        {"trial": trial.number, "end": trial.end, "score": trial.score, "reason": trial.reason}
        | _spelled(own if trial.number == 0 else trial.values)
        | {f"seed_{seed}": value for seed, value in trial.scores.items()}
        for trial in told
    ]
    write_rows(file, columns, rows)


def _spelled(values: Values) -> dict[str, str]:
    """Cells of the settings that were tried: `null` is a value, and an empty cell none."""
    return {path: spelled(value) for path, value in values.items()}


def counted(
    settings: Settings, sweep: SweepSettings, told: Sequence[Told], answers: Answers, finals: Finals | None
) -> Runs:
    """The runs that trials were told by, and those of the finals: what idle workers ran ahead in vain is not of them.

    So they are the same for any number of workers, and however often the sweep is carried out.
    """
    seeds, fresh = sweep.search_seeds(settings.first_seed), sweep.fresh_seeds(settings.first_seed)
    ran = {trial.number: len(trial.scores) + (trial.end in ("diverged", "failed")) for trial in told}
    places = [(number, seed) for number, count in ran.items() for seed in seeds[:count]]
    places += [(each.trial.number, seed) for each in (finals.finalists if finals else ()) for seed in fresh]
    places = [place for place in places if place[1] in seeds or place in answers.outcomes]  # a finalist may lack data
    return {place: answers.outcomes[place] for place in sorted(places)}


def run_rows(settings: Settings, sweep: SweepSettings, runs: Runs) -> list[dict[str, Any]]:
    """One row a run, with what it cost."""
    search = sweep.search_seeds(settings.first_seed)
    return [
        {
            "phase": "search" if seed in search else "fresh",
            "trial": trial,
            "seed": seed,
            "value": outcome.value,
            "status": outcome.status,
            "seconds": outcome.seconds,
            "run_key": task.spec.run_key,
            "reason": outcome.reason,
        }
        for (trial, seed), (task, outcome) in runs.items()
    ]


def summarise(
    settings: Settings,
    sweep: SweepSettings,
    search: Search,
    runs: Collection[tuple[TrialRun, Outcome]],
    finals: Finals | None,
) -> dict[str, Any]:
    """What is shown of a sweep, on the page and elsewhere."""
    told = search.told
    ranked = best(told, highest=sweep.highest)
    ends = [trial.end for trial in told]
    size = sweep.space.size()
    seconds = {task.spec.run_key: outcome.seconds for task, outcome in runs}  # some trials share runs
    return {
        "sweep": sweep.name,
        "topic": sweep.topic,
        "variant": sweep.variant,
        "profile": settings.profile,
        "metric": sweep.metric,
        "highest": sweep.highest,
        "search": sweep.search,
        "combinations": None if math.isinf(size) else size,
        "planned": sweep.trials,
        "trials": len(told),
        "ends": {end: ends.count(end) for end in dict.fromkeys(ends)},
        "ended_by": search.ended_by,
        "runs": len(seconds),
        "seconds": round(sum(seconds.values()), 1),
        "seeds": sweep.search_seeds(settings.first_seed),
        "fresh_seeds": sweep.fresh_seeds(settings.first_seed),
        "space": [space_row(each) for each in sweep.space.tried],
        "own": own_values(sweep),
        "best": ranked[0].record() if ranked else None,
        "untouched": told[0].record() if told else None,
        "finals": finals and _finals(settings, sweep, finals),
    }


def importance(sweep: SweepSettings, told: Sequence[Told]) -> dict[str, float] | None:
    """{path: share} of how far each setting decides who is among the best tenth; None of too few trials."""
    if len(told) < ENOUGH:
        return None
    import optuna

    study = study_of(sweep.space, told, own=own_values(sweep), highest=sweep.highest)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        try:
            found = optuna.importance.get_param_importances(study, evaluator=evaluator)
        except ValueError:  # no setting is tried in every trial
            return None
    return {path: round(float(share), 6) for path, share in found.items()}


def space_row(tried: Tried) -> dict[str, Any]:
    """A setting that is tried, as plain values."""
    domain = tried.domain
    when = {path: list(values) for path, values in tried.when.items()}
    if isinstance(domain, Choice):
        return {"path": tried.path, "any": list(domain.options), "when": when}
    return {"path": tried.path, "low": domain.low, "high": domain.high, "log": domain.log, "when": when}


def _finals(settings: Settings, sweep: SweepSettings, finals: Finals) -> dict[str, Any]:
    chosen = finals.chosen
    return {
        "finalists": [_finalist(each) for each in finals.finalists],
        "chosen": chosen and chosen.trial.number,
        "optimism": finals.optimism(highest=sweep.highest),
        "mean_optimism": finals.mean_optimism(highest=sweep.highest),
        "comparison": finals.comparison,
        "error": finals.comparison and round(FAMILY_ERROR * share(finals.comparison), 12),
        "conclusion": finals.conclusion(sweep.variant),
        "verdict": finals.row,
        "adoption": chosen and adopting.told(settings, sweep, chosen.trial.values),
    }


def _finalist(each: Finalist) -> dict[str, Any]:
    scores = {str(seed): value for seed, value in each.scores.items()}
    return {
        "trial": each.trial.number,
        "values": dict(each.trial.values),
        "search": each.trial.score,
        "fresh": each.score,
        "scores": scores,
        "reason": each.reason,
    }


def journal(sweep: SweepSettings, told: Sequence[Told]) -> bytes:
    """The trials as a journal that optuna-dashboard and `optuna.storages.JournalStorage` read."""
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / JOURNAL
        storage = JournalStorage(JournalFileBackend(str(file)))
        study_of(sweep.space, told, own=own_values(sweep), highest=sweep.highest, storage=storage, name=sweep.name)
        return file.read_bytes()
