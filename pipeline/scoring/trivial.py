"""What a model that always answers the same would score: one that does not beat it has learnt nothing."""

import importlib
from typing import Any

import numpy as np

from pipeline import paths, plugin_files, plugins
from pipeline.contracts import RunUnderProbe


def trivial(metric: str, run: RunUnderProbe) -> float | None:
    """The metric's value on the test examples for the best constant answer that training shows; None: no such answer.

    That is the classes' shares in training before any view, the tokens' shares, or the mean of the numbers.
    """
    task = plugins.scored_as(run.settings["task"])
    constant = CONSTANTS.get(task)
    if constant is None or metric not in plugin_files.functions(paths.METRICS / f"{task}.py"):
        return None
    score = getattr(importlib.import_module(f"pipeline.metrics.{task}"), metric)
    return float(score(run.test.y, constant(run), run.priors))


def _shares(run: RunUnderProbe) -> np.ndarray:
    """Shares of the classes in training, for each test example: (n, classes)."""
    return np.tile(np.asarray(run.priors), (len(run.test), 1))


def _token_shares(run: RunUnderProbe) -> np.ndarray:
    """Shares of the tokens asked for in training, for each test step: (n, steps, tokens)."""
    asked = run.training.y[run.training.y >= 0]
    counts = np.bincount(asked.astype(int), minlength=int(max(asked.max(), run.test.y.max())) + 1)
    return np.broadcast_to(counts / counts.sum(), (*run.test.y.shape, len(counts)))


def _mean(run: RunUnderProbe) -> np.ndarray:
    return np.full(len(run.test), run.training.y.mean())


CONSTANTS: dict[str, Any] = {"classify": _shares, "tag": _token_shares, "regress": _mean}
