"""A model compiled once serves all seeds of its variant: a run's state goes into it instead of being traced anew."""

from collections.abc import Iterator
from contextlib import contextmanager

import keras

from pipeline.training.checkpoint import variables

# The model that this process traced last, by its cache key: never more than one. Seeds of a variant follow each other
# on one worker (pool/scheduler.py), so an older model would not be asked for again, and its graph takes memory. It must
# outlive the run that traced it, hence a variable of the process; each run's numbers are the same with and without it.
_latest: dict[str, keras.Model] = {}


@contextmanager
def reuse_compiled(model: keras.Model, cache_key: str | None) -> Iterator[keras.Model]:
    """What to train in the place of `model`: a model that an earlier run compiled under `cache_key`, in its state.

    Where there is none, or without a key, that is `model` itself. Models of one key may differ in nothing but the
    values of their variables: tracing depends on all else. In the end `model` has learnt what the other did.

    Why not compile once and set new weights: weights are not all that a run starts with. The optimizers' moments and
    counters, seed generators and layers' running means would go on from the run before. Hence all variables are
    copied, in both directions. A training that breaks off leaves nothing to reuse, as its model is in an unknown state.
    """
    compiled = _latest.pop(cache_key, model) if cache_key else model
    _latest.clear()
    if compiled is not model:
        _copy(model, compiled)
    yield compiled
    if compiled is not model:
        _copy(compiled, model)
    if cache_key:
        _latest[cache_key] = compiled


def clear() -> None:
    """Forget the compiled model."""
    _latest.clear()


def _copy(source: keras.Model, target: keras.Model) -> None:
    """All that changes while a model trains: weights, seed generators, the state of every optimizer."""
    for ours, theirs in zip(variables(source), variables(target), strict=True):
        theirs.assign(ours)
