"""Which clone of the project this is, and what in a store that others use as well is ours to write."""

import contextlib
import platform
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline import paths
from pipeline.mlflow_sync import relocation
from pipeline.records import read_json, write_json

CLONE, HOST = "clone", "clone.host"  # tags of a run and of an experiment: by which clone it was made, and on which host
MADE_FOR = "aula.topic"  # tag of an experiment of ours


def clone() -> str:
    """Identity of this clone, kept in .aula: it moves with the project, and a copy beside the original gets its own."""
    return str(_known()["clone"])


def signature() -> dict[str, str]:
    """Tags of whatever this clone makes."""
    return {CLONE: clone(), HOST: platform.node()}


def inherited() -> list[str]:
    """Clones that this one is a copy of: what a copied database has of them is ours."""
    return list(_known().get("inherited", ()))


def _known() -> dict[str, Any]:
    file, place = _file(paths.STATE), str(paths.STATE.parent.resolve())
    known = _read(file)
    if known.get("place") == place:
        return known
    if known and _read(_file(Path(known["place"]) / paths.STATE.name)).get("clone") == known["clone"]:
        known = {"clone": uuid.uuid4().hex[:12], "inherited": [*known.get("inherited", ()), known["clone"]]}
    known = {"clone": uuid.uuid4().hex[:12], **known, "place": place}
    write_json(file, known)
    return known


def _file(state: Path) -> Path:
    return state / "clone.json"


def _read(file: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        known = read_json(file)
        return known if isinstance(known, dict) and {"clone", "place"} <= known.keys() else {}
    return {}


def owns(tags: Mapping[str, str], place: str, in_project: bool) -> bool:
    """Whether a run with these tags, whose artifacts are at the address `place`, is ours.

    `in_project`: the database is the project's own. What a clone wrote that is no more is for whoever needs it; where
    artifacts are in no folder (a server's, a bucket's), clones of a project share their runs.
    """
    made_by, home = tags.get(CLONE), relocation.home(place)
    if home is None or made_by == clone() or home == paths.ARTIFACTS:
        return True
    if in_project and (made_by is None or made_by in inherited()):
        return True
    return made_by is not None and tags.get(HOST) == platform.node() and not home.parent.exists()
