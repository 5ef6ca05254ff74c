"""Give all finished runs to a team's store, or take those that the settings ask for: `runs push` and `runs pull`."""

from pipeline import paths
from pipeline.errors import InputError
from pipeline.operations import prune
from pipeline.settings.params import Settings
from pipeline.sharing.team import ADDRESS, Team, address
from pipeline.training.store import project_store

PATIENCE = 10  # times as long as training waits: somebody asks for it


def carry_out(action: str, settings: Settings, present_only: bool) -> str:
    """What `python -m pipeline runs ACTION` does: list, prune, push or pull."""
    if action == "prune":
        return prune.prune(settings, present_only)
    if action == "list":
        return prune.show(settings)
    return push(settings) if action == "push" else pull(settings)


def push(settings: Settings) -> str:
    """Give every finished run of the project's store, and say how many; a place that holds no store becomes one.

    Away: it cannot be reached. InputError: there is none, or none that may be used.
    """
    team = _team(settings)
    if not settings.store.write:
        raise InputError("store.write: given false, allowed true to push: the team's store is only read")
    team.open(make=True)
    keys = [folder.name for folder in project_store().runs()]
    count = team.give(keys, project_store())
    paths.STORE_AWAY.unlink(missing_ok=True)
    return f"{count} of {len(keys)} finished runs given to {team.address}: it had the others"


def pull(settings: Settings) -> str:
    """Take the runs that the topics ask for and the project's store lacks, and say how many; raises as `push` does."""
    team = _team(settings)
    asked = set().union(*prune.keys_by_topic(settings).values())
    missing = [key for key in asked if not project_store().has(key)]
    count = team.take(missing, project_store())
    paths.STORE_AWAY.unlink(missing_ok=True)
    return f"{count} of {len(missing)} runs that are missing here taken from {team.address}: it lacks the others"


def _team(settings: Settings) -> Team:
    named = address(settings)
    if named is None:
        raise InputError(f"store.shared: given none, allowed a folder or s3://bucket/folder, or {ADDRESS} for it")
    return Team(named, PATIENCE)
