"""Train a finished run again and say whether it came out the same, to the last digit."""

import tempfile
from pathlib import Path
from typing import Any, cast

from pipeline import paths
from pipeline.contracts import DataCard, RunRecord
from pipeline.errors import InputError
from pipeline.records import read_history, read_json, read_sealed
from pipeline.settings import plan
from pipeline.training import runtime
from pipeline.training.run import RunSpec, run
from pipeline.training.store import Store


def reproduce(run_key: str) -> bool:
    """Whether the run whose key starts with `run_key` gives the same history again; prints what differs."""
    folder = _find(run_key)
    record = read_json(folder / "run.json")
    _warn(record)
    names = ("topic", "variant", "seed", "run_key", "profile", "settings", "data_digest")
    spec = RunSpec(**{name: record[name] for name in names}, device=runtime.device())
    runtime.settle()
    with tempfile.TemporaryDirectory() as scratch:
        store = Store(Path(scratch))  # the project's has that run already, and would keep the old one
        again = run(spec, store)
        return _compare(record, again, folder / "history.csv", store.folder(spec.run_key) / "history.csv")


def _find(run_key: str) -> Path:
    """The folder under data/runs of the one run whose key starts so. InputError: none, or several."""
    folders = {read_json(file)["run_key"]: file.parent for file in sorted(paths.RUNS.glob("*/*/*/run.json"))}
    matches = [key for key in folders if run_key and key.startswith(run_key)]
    if len(matches) != 1:
        some = ", ".join(key[:8] for key in (matches or list(folders))[:5]) or "none yet: run `dvc repro`"
        raise InputError(f"run: given {run_key!r} ({len(matches)} runs start so), allowed the start of one key: {some}")
    return folders[matches[0]]


def _warn(record: dict[str, Any]) -> None:
    """Say what is not as it was, before anything is trained."""
    settings = record["settings"]
    card = cast(DataCard, read_sealed(paths.card(settings["data"])))
    digest = plan.data_digest(card, settings["view"])
    if digest != record["data_digest"]:
        raise InputError(f"data {settings['data']}: given other data than the run had, allowed the same: `dvc repro`")
    for name, version in runtime.versions().items():
        if record["versions"].get(name) != version:
            print(f"{name}: {record['versions'].get(name)} then, {version} now")
    then, now = record.get("processor"), runtime.processor()
    if then and then != now:
        print(f"processor: {then} then, {now} now: the last digits may differ, and in long trainings more than those")


def _compare(record: dict[str, Any], again: RunRecord, then: Path, now: Path) -> bool:
    if again["status"] != record["status"]:
        print(f"different: status {record['status']} then, {again['status']} now ({again['reason']})")
        return False
    if then.read_bytes() == now.read_bytes():
        print(f"the same, to the last digit: {again['epochs']} epochs of {record['variant']} seed {record['seed']}")
        return True
    rows = list(zip(read_history(then), read_history(now), strict=False))
    for name in rows[0][0]:
        print(f"{name}: differs by {max(abs(before[name] - after[name]) for before, after in rows):.3g} at most")
    return False
