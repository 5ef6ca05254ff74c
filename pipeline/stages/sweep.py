"""Search better settings for a variant, and compare the best once with the variant as it is."""

from collections.abc import Callable
from typing import Any

from pipeline import paths
from pipeline.devices.carry_out import Sharing
from pipeline.errors import InputError
from pipeline.mlflow_sync import sweeps as mlflow_sweeps
from pipeline.records import write_bytes
from pipeline.report import sweeps as sweep_page
from pipeline.settings.params import Settings, SweepSettings
from pipeline.settings.sweep_space import Values
from pipeline.spoken import asked as asked_language
from pipeline.spoken import tell
from pipeline.stages.prepare import prepare
from pipeline.stages.train import refuse_gpus, refuse_half_precision, refuse_precision, refuse_to_go_without_gpu
from pipeline.sweeps import adopting, outputs, preflight, standing
from pipeline.sweeps.asking import Asker, own_values
from pipeline.sweeps.carry_out import Answers, Feed, search_trials
from pipeline.sweeps.finals import Finals, play, tasks, to_score
from pipeline.sweeps.ledger import Ledger
from pipeline.sweeps.progress import Board, Shown
from pipeline.sweeps.runs import TrialRun, TrialRuns
from pipeline.sweeps.search import Rules, Search
from pipeline.sweeps.standing import Origin


def sweep(settings: Settings, name: str) -> dict[str, Any]:
    """Carry out a sweep, or go on with it, and give its summary, which lies with all else in data/sweeps/<name>."""
    block = settings.sweeps[name]
    runs = TrialRuns(settings, block, prepare)
    untouched, _ = runs.plan({block.variant: {}}, block.search_seeds(settings.first_seed))
    refuse_half_precision(untouched)
    _refuse_half_precisions(settings, block)
    refuse_to_go_without_gpu(settings.profile)
    refuse_gpus(settings, untouched)
    origin = Origin.of(settings, block)
    _tell_stale(settings, block)
    workers = Sharing.of(settings).count(block.trials * block.seeds)
    ledger = Ledger(name, origin.study, workers)
    found = search_of(settings, runs, runs.refusal)
    with Board(block, ledger, workers) as board, runs.team.giving([]) as give, mlflow_sweeps.follow(name):
        answers = Answers(runs, ledger, give)
        shown = Shown(board, lambda: _show(settings, block, origin, found, answers))

        def last() -> list[TrialRun]:
            _show(settings, block, origin, found, answers)
            board.finals()
            return tasks(found.told, runs)

        then = (last, lambda: to_score(found.told, runs, answers))
        search_trials(Feed(found, runs, answers, shown, then))
        finals = play(found.told, runs, answers)
    return _show(settings, block, origin, found, answers, finals)


def _refuse_half_precisions(settings: Settings, block: SweepSettings) -> None:
    """The same of each precision that is tried."""
    tried = [end for each in block.space.tried if each.path == "precision" for end in each.domain.ends()]
    place = f"sweeps.{block.name}.try.precision"
    for precision in tried:
        refuse_precision(precision, settings.numerics, place)


def _tell_stale(settings: Settings, block: SweepSettings) -> None:
    """Say what the next results take the place of, if those that there are do not hold any more."""
    fault = standing.stale(settings, block)
    if fault:
        tell(f"{block.name}: its last results are {fault}: runs that are there are not trained anew")


def _show(
    settings: Settings,
    block: SweepSettings,
    origin: Origin,
    search: Search,
    answers: Answers,
    finals: Finals | None = None,
) -> dict[str, Any]:
    """Write all files of the sweep as it is now, its page too, and give the summary."""
    summary = outputs.write(settings, block, origin, search, answers, finals)
    page = sweep_page.page(block.name, asked_language(settings.language))
    write_bytes(paths.sweep(block.name) / "index.html", page.encode())
    return summary


def search_of(settings: Settings, runs: TrialRuns, refusal: Callable[[Values], str | None]) -> Search:
    """The search of a sweep, from its start: what was answered before is answered again. `refusal`: see Search."""
    block = runs.sweep
    rules = Rules(
        trials=block.trials,
        seeds=tuple(block.search_seeds(settings.first_seed)),
        at_once=block.at_once,
        highest=block.highest,
        budget_s=block.budget_minutes and block.budget_minutes * 60,
    )
    return Search(rules, Asker(block, runs.identity, own_values(block)).ask, refusal)


def asked(settings: Settings, name: str | None) -> list[str]:
    """The sweep of that name, or all. InputError: there is none."""
    if not settings.sweeps or (name is not None and name not in settings.sweeps):
        there = ", ".join(settings.sweeps) or "a block under sweeps: in params.yaml, of a topic that is on"
        raise InputError(f"sweep: given {name!r}, allowed {there}")
    return [name] if name is not None else list(settings.sweeps)


def look_ahead(settings: Settings, name: str) -> list[str]:
    """What a sweep would cost, a line each; nothing is prepared or trained."""
    runs = TrialRuns(settings, settings.sweeps[name], preflight.refuse_to_prepare)
    search = search_of(settings, runs, preflight.refusal(settings, runs))
    found = preflight.lines(settings, runs, preflight.replay(settings, runs, search))
    fault = standing.stale(settings, settings.sweeps[name])
    return [*found, f"  its last results are {fault}: runs that are there are not trained anew"] if fault else found


def adopt_found(settings: Settings, name: str) -> list[str]:
    """Write what a sweep has found into params.yaml."""
    return adopting.adopt(settings, settings.sweeps[name])


def lines(summary: dict[str, Any]) -> list[str]:
    """What a sweep has come to, for a terminal."""
    finals, name = summary["finals"], summary["sweep"]
    ends = ", ".join(f"{count} {end}" for end, count in summary["ends"].items())
    minutes = summary["seconds"] / 60
    told = [f"{name}: {summary['trials']} trials ({ends}), {summary['runs']} runs, {minutes:.1f} minutes of training"]
    if summary["ended_by"] == "budget":
        told.append(f"  `budget_minutes` ended the search: {summary['planned']} trials were planned")
    if summary["ended_by"] == "space" and summary["trials"] < summary["planned"]:
        told.append(f"  nothing is left that was not tried: {summary['planned']} trials were planned")
    for each in finals["finalists"]:
        what = summary["variant"] if each["trial"] == 0 else f"trial {each['trial']}"
        told.append(
            f"  {what}: {summary['metric']} {_shown(each['search'])} in the search, {_shown(each['fresh'])} fresh"
        )
    if finals["optimism"] is not None:
        many = f"{len(finals['finalists']) - 1} finalists by its fresh score"
        told.append(
            f"  optimism: {finals['mean_optimism']:+.4g} on average over the finalists;"
            f" {finals['optimism']:+.4g} of trial {finals['chosen']}, chosen among {many}"
        )
    row = finals["verdict"]
    if row:
        better = f"{row['metric']} better by {_shown(row['difference'])}"
        low, high = _shown(row["ci_low"]), _shown(row["ci_high"])
        told.append(f"  on test data: {better} [{low}, {high}]: {row['verdict']}")
        told.append(f"  comparison {finals['comparison']} of this sweep on test data: {_allowed(finals['error'])}")
    told.append(f"  {finals['conclusion']}")
    if finals["chosen"] is not None:
        chosen, refusal = finals["chosen"], finals["adoption"]["refusal"]
        if refusal:
            told.append(f"  `--adopt` does not write trial {chosen} as a variant: {refusal}")
        else:
            told.append(f"  `python -m pipeline sweep {name} --adopt` writes trial {chosen} as a variant")
    return told


def _allowed(error: float) -> str:
    return f"of the 5 % of false verdicts that all of them may come to it may use {100 * error:.3g} %"


def _shown(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"
