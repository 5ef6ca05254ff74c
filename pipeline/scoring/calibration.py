"""The temperature of a finished run, fitted on its validation part alone and kept beside what the run has scored."""

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from pipeline import paths, plugins, prepared
from pipeline.errors import InputError
from pipeline.records import read_sealed, write_sealed
from pipeline.scoring import temperature
from pipeline.settings.plan import code_digest

if TYPE_CHECKING:
    import keras

    from pipeline.contracts import DataCard


class Calibration(TypedDict):
    """A temperature, the validation examples behind it, and their cross-entropy without and with it, in nats."""

    temperature: float
    examples: int
    before: float
    after: float


def is_for(card: "DataCard", task: str) -> bool:
    """Whether models of such data are calibrated: those that tell classes, of data that can be read from a new file."""
    if not plugins.has("sources", card["source"], "read_new"):
        return False
    return card["labels"] == "class" and plugins.constant("tasks", task, "OBJECTIVE", "none") == "cross_entropy"


def kept(run_key: str) -> Calibration | None:
    """What was fitted for the run before; None if nothing was, or the file is damaged."""
    try:
        return cast(Calibration, read_sealed(_file(run_key)))
    except (FileNotFoundError, NotADirectoryError, InputError):
        return None


def of_run(
    run_key: str, settings: Mapping[str, Any], draw: int, model: "Callable[[], keras.Model]"
) -> Calibration | None:
    """The calibration of the run, fitted unless it is kept; None where its answers are no probabilities of classes.

    InputError: the validation examples are not those that the card of the data tells.
    """
    card = cast("DataCard", read_sealed(paths.card(settings["data"], draw)))
    if not is_for(card, settings["task"]):
        return None
    return kept(run_key) or _fitted(run_key, settings, draw, card, model())


def _fitted(
    run_key: str, settings: Mapping[str, Any], draw: int, card: "DataCard", model: "keras.Model"
) -> Calibration:
    validation = prepared.validation(settings["data"], draw, card["digests"]["validation"])
    predicted = plugins.load("tasks", settings["task"]).predict(model, validation.x)
    found = temperature.fit(validation.y, predicted)
    calibration: Calibration = {
        "temperature": found,
        "examples": len(validation),
        "before": temperature.cross_entropy(validation.y, predicted),
        "after": temperature.cross_entropy(validation.y, temperature.apply(predicted, found)),
    }
    with contextlib.suppress(OSError):  # in a folder that may only be read it is fitted anew each time
        write_sealed(_file(run_key), calibration)
    return calibration


def _file(run_key: str) -> Path:
    code = code_digest((paths.PACKAGE / "scoring" / "temperature.py").read_text("utf-8"))
    return paths.SCORES / run_key[:2] / run_key / f"temperature_{code[:16]}.json"
