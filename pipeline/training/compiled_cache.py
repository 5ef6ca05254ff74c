"""A model traced once serves all seeds of its variant: a run's state goes into it instead of being traced anew."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from pipeline.training.checkpoint import variables

_latest: dict[str, keras.Model] = {}  # what this process traced last, by likeness


@contextmanager
def borrowed(model: keras.Model, likeness: str | None) -> Iterator[keras.Model]:
    """What to train in the place of `model`: a model of the same `likeness` traced by an earlier run, in its state.

    Where there is none, or no likeness is given, that is `model` itself. Two compiled models are alike if they differ
    in nothing but the values of their variables. In the end `model` has learnt what the other did; a training that
    breaks off leaves nothing to borrow.
    """
    lent = _latest.pop(likeness, model) if likeness else model
    _latest.clear()
    if lent is not model:
        _copy(model, lent)
    yield lent
    if lent is not model:
        _copy(lent, model)
    if likeness:
        _latest[likeness] = lent


def _copy(source: keras.Model, target: keras.Model) -> None:
    """All that changes while a model trains: weights, seed generators, the state of every optimizer."""
    for ours, theirs in zip(variables(source), variables(target), strict=True):
        theirs.assign(ours)
