"""Mend what a kill has torn of DVC's files, from the sound copy that is kept of dvc.lock."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pipeline import paths
from pipeline.errors import InputError
from pipeline.operations import checkout
from pipeline.records import write_bytes

CONFLICT = re.compile(rb"^(<<<<<<<|>>>>>>>) ", re.M)
Lock = dict[str, Any]  # dvc.lock as DVC reads it: {"schema": ..., "stages": {name: {"cmd", "deps", "params", "outs"}}}


def keep() -> None:
    """Copy dvc.lock to .aula, to replace a torn one with; a torn one is never copied."""
    content = _read_lock()
    if content is not None and content != _copy() and not _is_torn(content):
        write_bytes(paths.STATE / "dvc.lock", content)


def mend() -> list[str]:
    """Put back those of DVC's files that a kill has torn; one line per repair. InputError: a merge left in dvc.lock."""
    return [repair for repair in (_mend_lock(), _mend_rwlock()) if repair]


def _mend_lock() -> str | None:
    content = _read_lock()
    if content is not None and CONFLICT.search(content):
        raise InputError(
            "dvc.lock: given the marks of a merge in conflict, allowed one side of it: `git checkout --ours dvc.lock`"
            " (or --theirs), then the same command"
        )
    if content is None or not _is_torn(content):
        return None
    write_bytes(paths.STATE / "dvc.lock.torn", content)
    sound = next((known for known in (_copy(), checkout.committed("dvc.lock")) if known and _load(known)), None)
    if sound is None:
        (paths.ROOT / "dvc.lock").unlink()
        return "dvc.lock was torn, as a kill can leave it, and there is no sound copy: moved to .aula/dvc.lock.torn"
    write_bytes(paths.ROOT / "dvc.lock", sound)
    return "dvc.lock was torn, as a kill can leave it: put back; finished runs are not trained again"


def _mend_rwlock() -> str | None:
    file = paths.ROOT / ".dvc" / "tmp" / "rwlock"
    if not file.exists() or _is_json_object(file.read_bytes()):
        return None
    file.unlink()
    return ".dvc/tmp/rwlock was torn, as a kill can leave it: removed"


def _is_torn(content: bytes) -> bool:
    """Whether dvc.lock has been cut: DVC would refuse it, its last stage is not whole, or known ones are missing.

    What equals the committed file or the copy is whole, whatever dvc.yaml says by now. A stage that the copy has and
    that dvc.yaml still names is never dropped by DVC, only by a cut.
    """
    copy, committed = _copy(), checkout.committed("dvc.lock")
    if any(known.startswith(content) and known != content for known in (copy, committed) if known):
        return True
    lock = _load(content)
    if lock is None:
        return True
    if content in (copy, committed):
        return False
    before = (_load(copy) if copy else None) or {"stages": {}}
    lost = [name for name in before["stages"] if name not in lock["stages"] and _is_named(name)]
    return bool(lost) or not _is_last_whole(lock)


def _load(content: bytes) -> Lock | None:
    """dvc.lock, if DVC would accept it and its last line is whole."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if not content.endswith(b"\n"):
        return None
    try:
        lock = YAML(typ="safe").load(content.decode("utf-8"))
    except (YAMLError, UnicodeDecodeError, ValueError):
        return None
    return lock if _suits_dvc(lock) else None


def _suits_dvc(lock: Any) -> bool:
    from dvc.schema import COMPILED_LOCKFILE_SCHEMA
    from dvc.utils.strictyaml import YAMLValidationError, validate

    try:
        validate(lock, COMPILED_LOCKFILE_SCHEMA)
    except YAMLValidationError:
        return False
    return isinstance(lock.get("stages"), dict)


def _is_last_whole(lock: Lock) -> bool:
    """Whether the last stage has all that dvc.yaml says it makes, each with its checksum and size."""
    name = next(reversed(lock["stages"]), None)
    outs = lock["stages"][name].get("outs", []) if name else []
    listed = all({"md5", "size"} <= out.keys() and _is_checksum(out) for out in outs)
    return listed and (name is None or {out["path"] for out in outs} >= set(_outs(name)))


def _is_checksum(out: dict[str, Any]) -> bool:
    folder = str(out["md5"]).endswith(".dir")
    return bool(re.fullmatch(r"[0-9a-f]{32}(\.dir)?", str(out["md5"]))) and (not folder or "nfiles" in out)


def _outs(name: str) -> Iterator[str]:
    """Paths that a stage makes, by dvc.yaml."""
    stage, _, key = name.partition("@")
    body = _stages().get(stage) or {}
    body = body.get("do", body)
    for section in ("outs", "metrics", "plots"):
        for item in body.get(section, []):
            path = next(iter(item)) if isinstance(item, dict) else item
            yield path.replace("${key}", key)


def _is_named(name: str) -> bool:
    """Whether dvc.yaml has that stage, and params.yaml its topic."""
    from pipeline.settings import files

    stage, _, key = name.partition("@")
    return stage in _stages() and (not key or key in files.parse(paths.PARAMS).get("topics", {}))


def _stages() -> dict[str, Any]:
    from pipeline.settings import files

    file = paths.ROOT / "dvc.yaml"
    stages: dict[str, Any] = files.parse(file).get("stages", {}) if file.exists() else {}
    return stages


def _read_lock() -> bytes | None:
    file = paths.ROOT / "dvc.lock"
    return file.read_bytes() if file.exists() else None


def _copy() -> bytes | None:
    file = paths.STATE / "dvc.lock"
    return file.read_bytes() if file.exists() else None


def _is_json_object(content: bytes) -> bool:
    try:
        return isinstance(json.loads(content), dict)
    except ValueError:
        return False
