"""Gradient-boosted decision trees, the base line of tables that is no network, as the layers of a Keras model."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from pipeline.models._at_once import FittedAtOnce
from pipeline.number_types import Count, NotNegative, Positive
from pipeline.records import Examples

LIBRARIES = ("scikit-learn",)


def build(
    shape: tuple[int, ...],
    outputs: int,
    *,
    trees: Count = 100,
    splits: Count = 30,
    rate: Positive = 0.1,
    smallest_leaf: Count = 20,
    penalty: NotNegative = 0.0,
) -> FittedAtOnce:
    """(batch, *shape) -> (batch, outputs): logits of classes, or a number.

    scikit-learn's HistGradientBoosting (after Ke, 2017: LightGBM), with its defaults: so many `trees` one after the
    other (of three classes or more, one for each class every time), each of at most `splits` splits whose leaves hold
    `smallest_leaf` examples or more, their answers times `rate`, and `penalty` on the squares of these. It never stops
    early. Trees are three products of matrices, as in Nakandala (2020): which splits send an example to the right,
    which leaf all its splits lead to, and what that leaf answers. All comparisons are those of scikit-learn, as they
    are in float64.
    """
    inputs = keras.Input(shape)
    count, fixed = trees * (outputs if outputs > 2 else 1), {"dtype": "float64", "trainable": False}
    beyond = keras.layers.Dense(count * splits, name="splits", **fixed)(keras.layers.Flatten(dtype="float64")(inputs))
    right = keras.layers.Reshape((count, splits), dtype="float32")(_above_0(beyond, "float32"))
    led = keras.layers.EinsumDense(
        "bts,tsl->btl", (count, splits + 1), bias_axes="tl", dtype="float32", trainable=False, name="leaves"
    )(right)
    reached = keras.layers.Flatten(dtype="float64")(_above_0(led, "float64"))
    answer = keras.layers.Dense(outputs, name="answers", **fixed)(reached)
    model = BoostedTrees(inputs, keras.layers.Activation("linear", dtype="float32")(answer), name="boosted_trees")
    model.settings = {
        "max_iter": trees,
        "max_leaf_nodes": splits + 1,
        "learning_rate": rate,
        "min_samples_leaf": smallest_leaf,
        "l2_regularization": penalty,
    }
    return model


def _above_0(values: Any, dtype: str) -> Any:
    """1 where a value is above 0, else 0."""
    return keras.ops.cast(keras.ops.greater(values, 0), dtype)


class BoostedTrees(FittedAtOnce):
    """Trees of a fixed number of splits and leaves, of which some may be idle."""

    settings: dict[str, Any]

    def adapt(self, training: Examples, seed: int) -> None:
        """Fit the trees by scikit-learn, and set the layers by them."""
        boosting = fitted(training, seed, self.settings)
        stages = boosting._predictors
        splits, leaves, answers = (self.get_layer(name) for name in ("splits", "leaves", "answers"))
        trees = [tree.nodes for stage in stages for tree in stage]
        features, thresholds, routes, ends, values = _tables(trees, leaves.kernel.shape)
        chosen = np.zeros(splits.kernel.shape)
        chosen[features, np.arange(len(features))] = 1
        splits.set_weights([chosen, -thresholds])
        leaves.set_weights([routes, ends])
        kernel = np.zeros((*values.shape, answers.units))
        for place, answer in enumerate(values):
            kernel[place, :, place % len(stages[0]) + (answers.units == 2)] = answer
        start = _per_output(boosting._baseline_prediction.ravel(), answers.units)
        answers.set_weights([kernel.reshape(-1, answers.units), start])


def fitted(training: Examples, seed: int, settings: dict[str, Any]) -> Any:
    """scikit-learn's estimator, fitted to inputs (examples, ...) and their classes or numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if training.y.dtype.kind == "i" else HistGradientBoostingRegressor
    x, y = training.x.reshape(len(training), -1), training.y
    return kind(**settings, early_stopping=False, random_state=seed).fit(x, y)


def _per_output(answer: np.ndarray, outputs: int) -> np.ndarray:
    """Of two classes, trees answer by the logit of the second alone: the first has 0."""
    return np.array([0.0, *answer]) if outputs == 2 else answer


def _tables(trees: Sequence[np.ndarray], shape: tuple[int, int, int]) -> tuple[np.ndarray, ...]:
    """Of all trees: feature and threshold of each split (trees * splits,), and how splits lead to leaves.

    `shape` is (trees, splits, leaves). A route (splits, leaves) has 1 where the leaf lies to the right of the split, -1
    to the left; with the split's answers of 0 and 1 it adds up to the number of turns to the right where all are as
    the leaf has them, else to less: `ends` (trees, leaves) takes that number less a half away. An idle leaf is never
    reached. `values` (trees, leaves).
    """
    count, splits, leaves = shape
    features, thresholds = np.zeros((count, splits), int), np.zeros((count, splits))
    routes, ends = np.zeros(shape, np.float32), np.full((count, leaves), -1.0, np.float32)
    values = np.zeros((count, leaves))
    for tree, nodes in enumerate(trees):
        inner = np.flatnonzero(nodes["is_leaf"] == 0)
        place = {node: at for at, node in enumerate(inner.tolist())}
        features[tree, : len(inner)] = nodes["feature_idx"][inner]
        thresholds[tree, : len(inner)] = nodes["num_threshold"][inner]
        for leaf, (node, turns) in enumerate(_leaves(nodes)):
            for split, turn in turns:
                routes[tree, place[split], leaf] = turn
            ends[tree, leaf] = 0.5 - sum(turn > 0 for _, turn in turns)
            values[tree, leaf] = nodes["value"][node]
    return features.ravel(), thresholds.ravel(), routes, ends, values


def _leaves(nodes: np.ndarray) -> list[tuple[int, list[tuple[int, int]]]]:
    """Each leaf of a tree, and the splits that lead to it, each with 1 (right) or -1 (left)."""
    found: list[tuple[int, list[tuple[int, int]]]] = []
    open_: list[tuple[int, list[tuple[int, int]]]] = [(0, [])]
    while open_:
        node, turns = open_.pop()
        if nodes["is_leaf"][node]:
            found.append((node, turns))
        else:
            open_ += [(int(nodes[side][node]), [*turns, (node, turn)]) for side, turn in (("right", 1), ("left", -1))]
    return found
