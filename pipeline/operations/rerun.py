"""Train a finished run again and say whether it repeats to the bit, and by what it differs if not."""

import contextlib
import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from pipeline import errors, numerics, paths
from pipeline.contracts import DataCard, History, RunRecord
from pipeline.devices.mirrored import run
from pipeline.errors import InputError
from pipeline.records import read_history, read_json, read_json_or, read_sealed
from pipeline.settings import plan
from pipeline.spoken import tell_each
from pipeline.training import integrity, runtime
from pipeline.training.run import RunSpec
from pipeline.training.store import Store, key, project_store


def reproduce(run_key: str) -> bool:
    """Whether the run whose key starts with `run_key` gives the same history again; prints a headline, then details.

    Nothing is written but to a temporary folder. InputError: there is no such run, its files are damaged, its data are
    others now, or it cannot be trained here.
    """
    folder, record = _find(run_key)
    _refuse(record)
    names = ("topic", "variant", "seed", "draw", "run_key", "profile", "settings", "data_digest")
    mode: numerics.Mode = "portable" if record.get("numerics") == "portable" else "native"
    spec = RunSpec(**{name: record[name] for name in names}, device=runtime.device(), numerics=numerics.label(mode))
    runtime.settle(mode)
    with _scratch() as scratch:
        store = Store(Path(scratch, "runs"))  # the project's has that run already, and would keep the old one
        again = run(spec, store, Path(scratch, "checkpoints"))  # where no half-trained state is gone on from
        if again["status"] == "failed":
            who = f"{spec.variant} seed {spec.seed}"
            told = f"given a training that failed ({again['reason']}), allowed one that comes to its end"
            raise InputError(f"run {spec.run_key[:8]} ({who}): {told}: mend that, then the same command")
        histories = [read_history(place / "history.csv") for place in (folder, store.folder(spec.run_key))]
    lines = list(_compare(record, again, *histories))
    tell_each(lines)
    return lines[0].startswith(SAME)


SAME = "repeats to the bit"


def _scratch() -> "tempfile.TemporaryDirectory[str]":
    try:
        return tempfile.TemporaryDirectory()
    except OSError:
        raise InputError(
            "TMPDIR: given no folder that can be written to, allowed one to train the run in: set it to one of yours"
        ) from None


def _find(run_key: str) -> tuple[Path, dict[str, Any]]:
    """Folder and record of the one run whose key starts so. InputError: none, or several, or it is damaged."""
    found = {**_of_sweeps(), **_of_topics()}
    matches = [key for key in found if run_key and key.startswith(run_key)]
    if len(matches) != 1:
        some = ", ".join(key[:8] for key in (matches or list(found))[:5]) or "none yet: run `dvc repro`"
        raise InputError(f"run: given {run_key!r} ({len(matches)} runs start so), allowed the start of one key: {some}")
    folder, record = found[matches[0]]
    fault = integrity.fault(folder, matches[0])
    if fault:
        place = errors.shown(folder)
        raise InputError(f"{place}: given a damaged run ({fault}), allowed a whole one: remove it, then `dvc repro`")
    return folder, record


Found = dict[str, tuple[Path, dict[str, Any]]]  # by key


def _of_topics() -> Found:
    """Each run under data/runs; a record that cannot be read is named, and passed over."""
    found: Found = {}
    for file in sorted(paths.RUNS.glob("*/*/*/run.json")):
        try:
            record = read_json(file)
            found[record["run_key"]] = file.parent, record
        except (ValueError, KeyError, TypeError):
            print(f"{errors.shown(file)} is damaged, and passed over: `dvc repro` makes it anew", file=sys.stderr)
    return found


def _of_sweeps() -> Found:
    """Each run that a sweep counts and the store has: what it is called stands with the sweep."""
    store, found = project_store(), Found()
    for file in sorted(paths.SWEEPS.glob("*/runs.json")):
        for run_key, names in read_json_or(file, {}).items():
            folder = store.folder(run_key)
            with contextlib.suppress(OSError, ValueError, TypeError):
                found[run_key] = folder, {**read_json(folder / "run.json"), **names}
    return found


def _refuse(record: dict[str, Any]) -> None:
    """InputError: the run failed, or its data are others now."""
    if record["status"] == "failed":
        told = f"given one that failed ({record['reason']}), allowed one that was trained to its end"
        raise InputError(
            f"run {record['run_key'][:8]}: {told}: `python -m pipeline train {record['topic']}` tries again"
        )
    settings = record["settings"]
    file = paths.card(settings["data"], record["draw"])
    if not file.exists():
        raise InputError(f"{errors.shown(file)}: given no prepared data, allowed those the run had: `dvc repro` first")
    card = cast(DataCard, read_sealed(file))
    digest = plan.data_digest(card, settings["view"])
    if digest != record["data_digest"]:
        raise InputError(
            f"data.{settings['data']}: given other data than the run had, allowed the same: put params.yaml and"
            " data/raw back as they were, then `dvc repro`"
        )


def _compare(record: dict[str, Any], again: RunRecord, then: History, now: History) -> Iterator[str]:
    """A headline, then what differs, by size, then what does not."""
    changes = list(_changes(record, again["device"], again["numerics"]))
    here = f" ({'; '.join(changes)})" if changes else ""
    name = f"{record['variant']} seed {record['seed']}"
    if again["status"] != record["status"]:
        yield f"differs: {name} {record['status']} then, {again['status']} now: {again['reason']}{here}"
        return
    if list(then) == list(now) or _bits(then) == _bits(now):
        yield f"{SAME}: {len(now)} epochs of {name}{here}"
        return
    gaps = _gaps(then, now)
    if len(then) != len(now):
        yield f"differs: {name} took {len(then)} epochs then, {len(now)} now{here}"
    else:
        yield f"differs: {name}: {_gap(*gaps[0])}{here}"
    yield from (f"  {_gap(*gap)}" for gap in gaps)


def _bits(rows: History) -> list[dict[str, str]]:
    """Rows by which not-a-number is itself."""
    return [{name: repr(value) for name, value in row.items()} for row in rows]


def _gaps(then: History, now: History) -> list[tuple[str, float, float]]:
    """(column, largest difference in an epoch, the value of then there), the largest for its value first."""
    columns = list(dict.fromkeys(name for row in (*then[:1], *now[:1]) for name in row if name != "epoch"))
    found = []
    for name in columns:
        pairs = [
            (before.get(name, math.nan), after.get(name, math.nan)) for before, after in zip(then, now, strict=False)
        ]
        gap, value = max(((_distance(*pair), pair[0]) for pair in pairs), default=(math.inf, math.nan))
        found.append((name, gap, value))
    return sorted(found, key=lambda item: -(item[1] / abs(item[2]) if item[2] else item[1]))


def _distance(before: float, after: float) -> float:
    """Between two numbers; none between two that are none, an infinite one between a number and none."""
    if repr(before) == repr(after):
        return 0.0
    return abs(before - after) if math.isfinite(before) and math.isfinite(after) else math.inf


def _key_by_code_of_now(record: dict[str, Any]) -> str:
    """The key that the run would have had, trained then by the code as it is now."""
    settings = record["settings"]
    planned = {"settings": settings, "code": plan.code_digests_of(settings)}
    label = record.get("numerics", "")
    return key(planned, record["seed"], record["data_digest"], record["versions"], record["device"], label)


def _gap(name: str, gap: float, value: float) -> str:
    return f"{name} by up to {gap:.2g} of {value:.4g}" if gap else f"{name} is the same"


def _changes(record: dict[str, Any], device: str, label: str) -> Iterator[str]:
    """What the run was trained on then and is not now, in words."""
    for name, version in runtime.versions().items():
        if record["versions"].get(name) != version:
            yield f"{name} {record['versions'].get(name)} then, {version} now"
    if _key_by_code_of_now(record) != record["run_key"]:
        yield f"the code was other: commit {str(record.get('git_commit'))[:8]} then, {runtime.commit()[:8]} now"
    if record["device"] != device:
        yield f"a {record['device']} then, a {device} now"
    before = record.get("numerics", "native, of before this was told apart")
    if before != label:
        yield f"numbers were added up as {before}, and are as {label}"
    then, now = record.get("processor") or "", runtime.processor()
    if then and then != now:
        same = ", which should make no difference" if before == label == "portable" else ""
        yield f"the processor was {then}, and is {now}{same}"
