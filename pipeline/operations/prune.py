"""List what the store of finished runs holds, and drop what no topic asks for any more."""

import contextlib
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from pipeline import errors, paths
from pipeline.errors import InputError
from pipeline.operations import asked, lock
from pipeline.records import read_json
from pipeline.settings import params
from pipeline.settings.params import Settings
from pipeline.settings.plan import resolve
from pipeline.training import machine
from pipeline.training.run import run_specs
from pipeline.training.store import project_store


def show(settings: Settings) -> str:
    """One line per topic with its runs done and asked for; then what else lies in the store."""
    asked_for = keys_by_topic(settings)
    lines = [
        f"{topic}: {sum(map(project_store().has, keys))} of {len(keys)} runs done" for topic, keys in asked_for.items()
    ]
    used = set().union(*asked_for.values())
    unused = [folder for folder in project_store().runs() if folder.name not in used]
    lines.append(f"no topic asks for {len(unused)} more, {_megabytes(unused):.1f} MB")
    damaged = project_store().damaged()
    lines += [f"damaged: {len(damaged)}, as good as not there; `prune` removes them"] if damaged else []
    interrupted = _interrupted()
    lines += [f"interrupted: {len(interrupted)}"] if interrupted else []
    return "\n".join(lines)


def prune(settings: Settings, present_only: bool = False) -> str:
    """Remove finished runs, checkpoints and drafts that nothing asks for, and say how much that was.

    The topics ask for runs in this profile, and in each other profile as it was planned last; those only count unless
    `present_only`. InputError while a topic is trained: what it is making would go.
    """
    with _nothing_trained(settings):
        return _prune(settings, present_only)


def _prune(settings: Settings, present_only: bool) -> str:
    used = set().union(*keys_by_topic(settings).values())
    sweeps = _sweeps(settings)
    used |= asked.by_sweeps(sweeps)
    used |= set() if present_only else asked.by_others(settings.profile, settings.left_out)
    store = project_store()
    unused = [folder for folder in store.runs() + _interrupted() + _scored() if folder.name not in used]
    return _remove([*unused, *store.damaged(), *store.drafts(), *_of_no_sweep(sweeps)])


def _sweeps(settings: Settings) -> set[str]:
    """Names of all sweeps, those of topics that `only` leaves out as well."""
    every = params.read(paths.PARAMS, settings.profile, every_topic=True).sweeps if settings.left_out else ()
    return {*settings.sweeps, *every}


def _of_no_sweep(known: Collection[str]) -> list[Path]:
    """What is kept of sweeps that are not `known` (any more), and data that no study of the others has learnt from.

    Not how often they have looked at test data: a block may come back.
    """
    studies = {
        folder: folder.name.endswith(paths.COMPARED) or folder.name.rpartition("-")[0] in known
        for folder in paths.STUDIES.glob("*")
    }
    used = {str(name) for folder, kept in studies.items() if kept for name in _data_of(folder)}
    data = [folder for folder in paths.TRIED.glob("*/*") if folder.name not in used]
    return [*(folder for folder, kept in studies.items() if not kept), *data]


def _data_of(study: Path) -> list[str]:
    try:
        return list(read_json(study / "data.json"))
    except (OSError, InputError, TypeError):
        return []


@contextlib.contextmanager
def _nothing_trained(settings: Settings) -> Iterator[None]:
    """No topic is trained within the block, of this project or of a copy of it that `dvc exp` has made."""
    begun = {file.stem.removeprefix("train_") for file in paths.LOCKS.glob("train_*.lock")}
    with contextlib.ExitStack() as locks:
        for topic in sorted(begun | settings.topics.keys()):
            try:
                locks.enter_context(lock.hold(f"train_{topic}"))
            except lock.Held:
                told = f"given while topic {topic} is trained, allowed once that has ended: what it is making would go"
                raise InputError(f"runs prune: {told}: {lock.holder(f'train_{topic}')}") from None
        yield


def _remove(folders: Sequence[Path]) -> str:
    """Remove folders, and say how many are gone. InputError: some are still there."""
    sizes = {folder: _megabytes([folder]) for folder in folders}
    faults: list[OSError] = []
    for folder in folders:
        try:
            shutil.rmtree(folder)
        except OSError as fault:
            faults.append(OSError(fault.errno, fault.strerror, str(folder)))  # it may name the last part alone
    gone = [folder for folder in folders if not folder.exists()]
    told = f"{len(gone)} folders, {sum(sizes[folder] for folder in gone):.1f} MB"
    if len(gone) < len(folders):
        why = next((line for line in map(errors.of_the_disk, faults) if line), str(faults[0] if faults else "in use"))
        raise InputError(f"{why} (removed {told}, of {len(folders)} that could go)")
    return f"removed {told}"


def keys_by_topic(settings: Settings) -> dict[str, set[str]]:
    """{topic: keys of the runs that it asks for in this profile}; two topics may ask for the same run."""
    plans = {name: resolve(settings, topic) for name, topic in settings.topics.items()}
    return {name: {spec.run_key for spec in run_specs(plan)} for name, plan in plans.items()}


def _interrupted() -> list[Path]:
    """Folders of the checkpoints of runs that have not finished; their names are the runs' keys.

    Nodes of a cluster may keep theirs here as well, in a folder for each kind of machine.
    """
    ours = [folder for folder in paths.CHECKPOINTS.glob("*") if len(folder.name) != machine.MARK_DIGITS]
    of_nodes = paths.CHECKPOINTS.glob("?" * machine.MARK_DIGITS + "/*")
    return sorted(folder for folder in (*ours, *of_nodes) if folder.is_dir())


def _scored() -> list[Path]:
    """Folders of what runs scored; their names are the runs' keys."""
    return sorted(paths.SCORES.glob("??/*"))


def _megabytes(folders: Iterable[Path]) -> float:
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file()) / 1e6
