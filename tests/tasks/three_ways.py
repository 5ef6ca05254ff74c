"""Train each task plainly, in half precision and by XLA, in a process of its own: ours is held to AVX2, which has no
numbers of 16 bits."""

import json

import numpy as np

from pipeline import plugins
from pipeline.records import Examples
from pipeline.training import run, runtime

FIT = {"epochs": 10, "batch_size": 16, "epoch_steps": 4}
RATE = {"learning_rate": 0.01}
CASES = {  # task: its model, how that is built, how fast it learns
    "classify": ("mlp", {"width": 8}, RATE),
    "classify_moved": ("mlp", {"width": 8}, RATE),
    "regress": ("mlp", {"width": 8}, RATE),
    "regress_scaled": ("mlp", {"width": 8}, RATE),
    "tag": ("tagger", {"units": 4, "vocabulary": 8, "embedding": 4, "cell": "plain"}, RATE),
    "generate": ("gan", {"width": 8, "depth": 1, "latent": 3}, {}),
}
WAYS = {"plain": {}, "xla": {"xla": True}, "bfloat16": {"precision": "mixed_bfloat16"}}
WAYS["float16"] = {"precision": "mixed_float16"}


def examples(task, count, seed):
    """Inputs and labels that can be learnt."""
    random = np.random.default_rng(seed)
    if task == "tag":
        x = random.integers(1, 8, (count, 5))
        return Examples(x.astype("float32"), np.where(np.arange(5) < 3, x % 4, -1))
    x = random.normal(size=(count, 6)).astype("float32")
    if task.startswith("regress"):
        return Examples(x, x[:, 0] + 3)
    return Examples(x, (x[:, 0] > 0).astype("int64") + (x[:, 1] > 0))


def train(name, precision="float32", xla=False):
    """History of a training, types of its weights and of what is measured, and in which its layers compute."""
    import tensorflow as tf

    model_name, build, rate = CASES[name]
    task, training, validation = plugins.load("tasks", name), examples(name, 64, 1), examples(name, 20, 2)
    settings = {"model": model_name, "precision": precision, "build": build, "augment": {}}
    model = run.build(settings, training.x.shape[1:], task.outputs(training, validation), seed=3)
    history = run.compile_and_fit(task, model, training, validation, FIT | rate | {"xla": xla}, seed=3)
    measured = task.measure(model, tf.constant(validation.x), tf.constant(validation.y))
    return {
        "history": history,
        "weights": sorted({variable.dtype for variable in model.trainable_variables}),
        "measured": sorted({value.dtype.name for value in measured.values()}),
        "computed": sorted({layer.compute_dtype for layer in model._flatten_layers(include_self=False)}),
        "compiled": bool(model.jit_compile),
        "predicted": str(task.predict(task.saved(model), validation.x[:4]).dtype),
    }


if __name__ == "__main__":
    runtime.settle("native")
    print(json.dumps({name: {way: train(name, **given) for way, given in WAYS.items()} for name in CASES}))
