"""A run as metrics and probes see it: the model before and after training, its data, its history."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import prepared
from pipeline.contracts import RunUnderProbe
from pipeline.records import Examples

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, eq=False)  # hashed by identity: probes of the same run share results by functools.lru_cache
class FinishedRun:
    """What metrics and probes may look at (contracts.RunUnderProbe); the model is loaded and asked when first used."""

    settings: Any
    seed: int
    record: dict[str, Any]
    history: list[dict[str, float]]
    card: dict[str, Any]
    training: Examples
    test: Examples
    folder: Path

    @cached_property
    def model(self) -> "keras.Model":
        """The trained model as saved."""
        import keras

        from pipeline import plugins

        plugins.load("models", self.settings["model"])  # its own layers must be known
        keras.backend.clear_session()
        return keras.models.load_model(self.folder / "model.keras", compile=False, safe_mode=True)

    def start(self) -> "keras.Model":
        """The same run's model as it was before training."""
        from pipeline.training.run import build

        return build(self.settings, self.training.x.shape[1:], self.record["outputs"], self.seed)

    @cached_property
    def predicted(self) -> np.ndarray:
        """What the model answers on the held-out examples: see `predict` of its task."""
        from pipeline import plugins

        predicted: np.ndarray = plugins.load("tasks", self.settings["task"]).predict(self.model, self.test.x)
        return predicted

    @cached_property
    def validation(self) -> Examples:
        """The validation part, by which thresholds may be chosen. InputError: it is not what its card tells."""
        expected = self.card["digests"]["validation"]
        return prepared.validation(self.settings["data"], self.record["draw"], expected)

    @cached_property
    def predicted_of_validation(self) -> np.ndarray:
        """What the model answers on the validation part."""
        from pipeline import plugins

        predicted: np.ndarray = plugins.load("tasks", self.settings["task"]).predict(self.model, self.validation.x)
        return predicted

    @property
    def priors(self) -> np.ndarray | None:
        """Share of each class (classes,) in the training part before any view; None where there are no classes."""
        counts = np.array(self.card["counts"]["train"])
        return counts / counts.sum() if self.card["classes"] else None


def new_examples(run: RunUnderProbe, seed: int, **settings: Any) -> Examples:
    """Drawn by the generator of the run's data, with other settings of its `load`."""
    from pipeline import paths, plugins

    drawn: Examples = plugins.load("sources", run.card["source"]).load(paths.RAW, seed, **settings)
    return drawn


def steps_until(run: RunUnderProbe, reached: Callable[[Mapping[str, float]], bool]) -> float:
    """Optimizer steps until a row of the history is `reached`, looked at once an epoch.

    A run that never gets there counts as one epoch more than it had.
    """
    epochs = (epoch for epoch, row in enumerate(run.history, 1) if reached(row))
    return float(steps_per_epoch(run) * min(epochs, default=len(run.history) + 1))


def steps_per_epoch(run: RunUnderProbe) -> int:
    """Optimizer steps that the run counted as one epoch."""
    from pipeline.training import optimizers

    fit = run.settings["fit"]
    return optimizers.steps(len(run.training), fit["batch_size"], fit.get("epoch_steps"), fit.get("xla", False))
