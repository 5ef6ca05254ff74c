"""A cache of tf.functions for recurrent models: in eager mode every time step costs a trip through Python."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

MOST_GRAPHS = 8

_graphs: dict[tuple[Callable[..., Any], str], tuple["keras.Model", Any]] = {}  # the oldest first


def run(function: Callable[..., Any], model: "keras.Model", *inputs: Any) -> Any:
    """What `function(model, *inputs)` gives; a recurrent model is traced once for all models of the same architecture.

    `function` makes tensors of arrays or tensors, and changes nothing. What is traced is a copy that takes on the state
    of each model asked, so that no model learns of another. Models that are not recurrent answer sooner than traced.
    """
    import keras
    import tensorflow as tf

    recurrent = keras.layers.RNN | keras.layers.Bidirectional
    if not any(isinstance(layer, recurrent) for layer in getattr(model, "layers", ())):
        return function(model, *inputs)
    key = function, _architecture(model)
    if key not in _graphs:
        while len(_graphs) >= MOST_GRAPHS:
            del _graphs[next(iter(_graphs))]
        copy = keras.models.clone_model(model)
        _graphs[key] = copy, tf.function(partial(function, copy), autograph=False)
    copy, graph = _graphs[key]
    for source, target in zip(model.variables, copy.variables, strict=True):
        target.assign(source)
    return graph(*map(tf.constant, inputs))


@lru_cache(maxsize=1)  # the same model is asked again and again
def _architecture(model: "keras.Model") -> str:
    architecture: str = model.to_json()
    return architecture
