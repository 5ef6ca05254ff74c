"""Say which values of params.yaml have no effect: those that were changed one by one, the others in one line."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import numerics, paths
from pipeline.settings import files
from pipeline.settings.tree import Block
from pipeline.settings.validation import Complaints, ParamsError
from pipeline.settings.voids import Void

if TYPE_CHECKING:
    from pipeline.settings.params import Settings

MOST_UNCOMPARED = 5  # lines where no Git says what was changed


def of_stage(settings: "Settings", stage: str, topic: str | None = None, data: str | None = None) -> list[str]:
    """What a stage says first: values without effect, claims left out, numbers of this processor alone."""
    part = f"topics.{topic}" if topic else f"data.{data}" if data else "data" if stage == "prepare" else ""
    topics = [block for block in settings.topics.values() if not data and topic in (None, block.name)]
    notes = [f"params.yaml: {note}" for block in topics if (note := block.note())]
    if stage in ("plan", "train") and (own_numbers := numerics.note(settings.numerics)):
        notes.append(own_numbers)
    return announce(settings.voids, part, settings.profile, paths.PARAMS) + notes


def announce(voids: Sequence[Void], part: str, profile: str, params: Path) -> list[str]:
    """What a stage says first of the voids in its `part` of params.yaml ("topics.memory", "data"; "": all of it).

    Values that are not as in Git's HEAD get a line each. Of the others those count that have no effect at all, or not
    because of the profile: that some variants set their own is what variants are for. `check` has those in profiles.
    """
    own = [void for void in voids if void.place.file == params.name and void.concerns(part)]
    before = committed(params)
    if before is None:
        single, rest = own[:MOST_UNCOMPARED], own[MOST_UNCOMPARED:]
    else:
        single = [void for void in own if void.place.key not in before or before[void.place.key] != void.value]
        rest = [void for void in own if void not in single and (void.is_whole or void.by_profile)]
    return [void.line() for void in single] + _sum(len(rest), len(single), profile, params)


def _sum(count: int, before: int, profile: str, params: Path) -> list[str]:
    if not count:
        return []
    values = f"{count}{' more' if before else ''} value{'s have' if count > 1 else ' has'}"
    extent = f"no effect (or not everywhere) in profile {profile}"
    return [f"{params.name}: {values} {extent}: `python -m pipeline check` lists all"]


def committed(params: Path) -> dict[str, Any] | None:
    """Values by key of the file at Git's HEAD; None if there is no Git, no such file in it, or none that parses."""
    command = ["git", "show", f"HEAD:./{params.name}"]
    try:
        shown = subprocess.run(command, cwd=params.parent, capture_output=True, timeout=20, check=True)
        text = shown.stdout.decode("utf-8")
        tree: Block = files.mark(files.parse_text(text, params.name), params.name, Complaints())
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError, ParamsError):
        return None
    return {leaf.place.key: leaf.value for _, leaf in tree.leaves()}
