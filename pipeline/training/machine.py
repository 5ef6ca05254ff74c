"""What a run's numbers follow from beside its key: the C library, the GPU by name, a processor with its own numbers."""

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import numerics
from pipeline.records import digest
from pipeline.training import runtime

MARK_DIGITS = 12


@dataclass(frozen=True)
class Machine:
    """What decides numbers on a machine; None: nobody has said. `device` is "cpu", or the names of its GPUs."""

    library: str | None
    numerics: str | None
    device: str | None
    processor: str | None


def here(mode: numerics.Mode) -> Machine:
    """This machine, for runs of that mode."""
    device = runtime.devices().partition(" x ")[2] if runtime.device() == "gpu" else "cpu"  # however many it has
    return Machine(library(), numerics.label(mode), device, runtime.processor())


def mark(mode: numerics.Mode) -> str:
    """MARK_DIGITS digits for what this machine's numbers follow from beside a run's key: the same where it is."""
    ours = here(mode)
    parts = [ours.library, ours.device, *([] if mode == "portable" else [ours.processor])]
    return digest(parts)[:MARK_DIGITS]


def of_record(record: Mapping[str, Any]) -> Machine:
    """The machine that a run was trained on, as far as its run.json says."""
    device = ", ".join(record.get("gpus") or []) or None if record.get("device") == "gpu" else "cpu"
    return Machine(record.get("library"), record.get("numerics"), device, record.get("processor"))


def library() -> str:
    """The C library of this machine."""
    return " ".join(platform.libc_ver())


def gpus() -> list[str]:
    """Names of the GPUs that this process trains on, as TensorFlow tells them; none where it is not imported."""
    tf = sys.modules.get("tensorflow")
    tell = tf.config.experimental.get_device_details if tf else dict
    cards = tf.config.get_visible_devices("GPU") if tf else []
    return sorted({tell(card).get("device_name", card.name) for card in cards})


def unlike(theirs: Machine, ours: Machine) -> str | None:
    """Why runs of one machine may differ from those of another: what it is, and what is allowed; None: they do not.

    What nobody has said of theirs is in nobody's way.
    """
    if theirs.library not in (None, ours.library):
        return f"given {theirs.library}, allowed {ours.library}: its exp and log may differ in the last digit"
    if theirs.numerics not in (None, ours.numerics):
        return f"given a processor whose numbers are {theirs.numerics}, allowed {ours.numerics}"
    if theirs.device not in (None, ours.device):
        return f"given {theirs.device}, allowed {ours.device}"
    if ours.numerics != "portable" and theirs.processor not in (None, ours.processor):
        return f"given {theirs.processor}, allowed {ours.processor}, as numbers are not held the same on all"
    return None


def unlike_here(record: Mapping[str, Any]) -> str | None:
    """Why the run of that run.json may not stand beside those of this machine; None: it may, or its key is another's.

    The kind of device, and how numbers are added up, are in keys.
    """
    theirs = of_record(record)
    ours = here("portable" if theirs.numerics == "portable" else "native")
    could_be_ours = record.get("device") == runtime.device() and theirs.numerics == ours.numerics
    return unlike(theirs, ours) if could_be_ours else None


def is_told(record: Mapping[str, Any]) -> bool:
    """Whether run.json says all that `unlike` compares."""
    theirs = of_record(record)
    return None not in (theirs.library, theirs.device) and (theirs.numerics == "portable" or bool(theirs.processor))
