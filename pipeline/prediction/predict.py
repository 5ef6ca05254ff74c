"""Answer a new file by a trained model: it is read, encoded and scaled as the file of training was."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.new_data import NewData
from pipeline.prediction import answers, by_cost, encoded
from pipeline.prediction.chosen import Chosen, choose
from pipeline.records import write_rows
from pipeline.scoring import calibration
from pipeline.scoring.calibration import Calibration
from pipeline.settings.params import DataSettings, Settings
from pipeline.training import runtime

if TYPE_CHECKING:
    import keras

MOST_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Predictions:
    """{column: values} of a file's examples in their order, the model that gave them, and what there is to know."""

    columns: Mapping[str, Sequence[Any]]
    model: str
    findings: Sequence[str]

    def write(self, file: Path) -> None:
        """As CSV: numbers keep every digit."""
        rows = (dict(zip(self.columns, cells, strict=True)) for cells in zip(*self.columns.values(), strict=True))
        write_rows(file, list(self.columns), rows)


def predict(
    settings: Settings,
    topic: str,
    file: str,
    *,
    variant: str | None = None,
    most_unseen: float = encoded.MOST_UNSEEN,
    raw: bool = False,
) -> Predictions:
    """What the best model of `topic` (or of its `variant`) answers on the examples in `file`.

    With `raw`, probabilities before calibration stand beside the others: `evaluate` scores those. InputError: no model
    that is current, a file that does not fit, or more than the share `most_unseen` of cells of a column, or of files or
    recordings, that are not as in training.
    """
    if not 0 <= most_unseen <= 1:
        raise InputError(f"--most-unseen: given {most_unseen:g}, allowed a share from 0 to 1")
    place = _place(file)
    chosen = choose(settings, topic, variant)
    data = _read(chosen.data, chosen.card, place)
    _refuse_many_left_out(data, place, most_unseen)
    found = encoded.encode(data, chosen.card, most_unseen)
    predicted, calibrated, threshold = _answers(settings, chosen, found.x)
    columns = _columns(data, predicted, chosen.card, calibrated, raw=raw)
    said = [*data.findings, *found.said, *(f"left out: {name}" for name in data.left_out)]
    said += [line for line in (chosen.warning, chosen.advice) if line]
    if threshold is not None:
        names = answers.names(chosen.card)
        columns |= {by_cost.COLUMN: threshold.answers(predicted, names)}
        said.append(threshold.said(names))
    return Predictions(
        columns=columns,
        model=f"{chosen.line}{_of_calibration(calibrated)}",
        findings=[f"{place.name}: {line}" for line in said],
    )


def _place(file: str) -> Path:
    place = Path(os.path.normpath(Path(file).expanduser().absolute()))
    if not file.strip() or not place.exists():
        raise InputError(f"file: given {file!r}, which is not there, allowed a file or folder to answer")
    return place


def _read(data: DataSettings, card: Any, place: Path) -> NewData:
    """The examples of a file, by the source that has read those of training."""
    if not plugins.has("sources", data.source, "read_new"):
        able = [name for name in plugins.names("sources") if plugins.has("sources", name, "read_new")]
        raise InputError(
            f"{data.key('source')}: given {data.source}, which makes its examples or knows its files by name, allowed"
            f" {', '.join(able)}, which read any file of their kind"
        )
    found: NewData = plugins.load("sources", data.source).read_new(place, card, **data.load)
    return found


def _refuse_many_left_out(data: NewData, place: Path, most: float) -> None:
    total = len(data) + len(data.left_out)
    if len(data.left_out) > most * total:
        shown = "; ".join(data.left_out[:MOST_NAMED]) + ("; ..." if len(data.left_out) > MOST_NAMED else "")
        raise InputError(
            f"{place.name}: given {len(data.left_out)} of {total} that cannot be read ({shown}), allowed {most:.0%}:"
            " mend or remove them, or allow more by --most-unseen"
        )


def _answers(
    settings: Settings, chosen: Chosen, x: np.ndarray
) -> tuple[np.ndarray, Calibration | None, by_cost.Threshold | None]:
    """What the task predicts with the run's model, the model's calibration, and its threshold if errors have costs."""
    runtime.settle(settings.numerics)
    run = chosen.run
    model = _model(run)
    answer = partial(plugins.load("tasks", run["settings"]["task"]).predict, model)
    predicted: np.ndarray = answer(x)
    classes = chosen.card["classes"]
    if predicted.ndim > 2 or (predicted.ndim == 2 and predicted.shape[1] != classes):
        task = run["settings"]["task"]
        raise InputError(f"task: given {task}, allowed one that answers a class or a number, such as classify, regress")
    calibrated = calibration.of_run(run["run_key"], run["settings"], run["draw"], lambda: model)
    costs = settings.topics[run["topic"]].topic.costs
    return predicted, calibrated, by_cost.threshold(costs, chosen, answer) if costs else None


def _model(run: Mapping[str, Any]) -> "keras.Model":
    """The trained model as saved."""
    import keras

    plugins.load("models", run["settings"]["model"])  # its own layers must be known
    file = paths.run(run["topic"], run["variant"], run["seed"]) / "model.keras"
    return keras.models.load_model(file, compile=False, safe_mode=True)


def _columns(
    data: NewData, predicted: np.ndarray, card: Any, calibrated: Calibration | None, *, raw: bool
) -> dict[str, Sequence[Any]]:
    """What tells examples apart, and the answers; a column of the file that is called as an answer gives way."""
    answered = answers.columns(
        predicted, answers.names(card), calibrated["temperature"] if calibrated else None, raw=raw
    )
    names = {f"{name} (of the file)" if name in answered else name: cells for name, cells in data.names.items()}
    return {**names, **answered}


def _of_calibration(found: Calibration | None) -> str:
    if found is None:
        return ""
    return f"; temperature {found['temperature']:.3f} (fitted on {found['examples']} validation examples)"
