"""Train the same on one device and on two, in a process of its own: a processor is split before TensorFlow begins."""

import contextlib
import json
import sys
from pathlib import Path

import numpy as np

from pipeline import plugins
from pipeline.devices import mirrored
from pipeline.records import Examples
from pipeline.training import run, runtime

FIT = {"epochs": 2, "batch_size": 16, "learning_rate": 0.01, "epoch_steps": None, "xla": False}
CLIPPED = {"optimizer": "sgd", "learning_rate": 0.5, "momentum": 0.9, "global_clipnorm": 0.2, "watch_gradients": True}
GAN = {name: value for name, value in FIT.items() if name != "learning_rate"} | {"head_start": 2}
CASES = {  # task, model, build, fit, precision
    "classify": ("classify", "mlp", {"width": 16}, FIT, "float32"),
    "clipped": ("classify", "mlp", {"width": 16}, FIT | CLIPPED, "float32"),
    "weighted": ("classify", "mlp", {"width": 16}, FIT | {"class_weight": "balanced"}, "float32"),
    "xla": ("classify", "mlp", {"width": 16}, FIT | {"xla": True}, "float32"),
    "moved": ("classify_moved", "mlp", {"width": 16}, FIT, "float32"),
    "regress": ("regress", "mlp", {"width": 16}, FIT, "float32"),
    "scaled": ("regress_scaled", "mlp", {"width": 16}, FIT, "float32"),
    "tag": ("tag", "tagger", {"units": 8, "vocabulary": 8, "embedding": 4}, FIT, "float32"),
    "gan": ("generate", "gan", {"width": 8, "depth": 1, "latent": 3}, GAN, "float32"),
    "bfloat16": ("classify", "mlp", {"width": 16}, FIT, "mixed_bfloat16"),
    "float16": ("classify", "mlp", {"width": 16}, FIT | CLIPPED, "mixed_float16"),
}


def split():
    """Two devices of one processor."""
    import tensorflow as tf

    (processor,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)


def examples(task, count, seed):
    """Seventy and a few: the last batch of an epoch is a smaller one."""
    random = np.random.default_rng(seed)
    if task == "tag":
        x = random.integers(1, 8, (count, 5))
        return Examples(x.astype("float32"), np.where(np.arange(5) < 3, x % 4, -1))
    x = random.normal(size=(count, 6)).astype("float32")
    if task.startswith("regress"):
        return Examples(x, (1000 + 50 * x[:, 0]).astype("float32"))
    return Examples(x, (x[:, 0] > 0).astype("int64") + (x[:, 1] > 0))


def train(name, devices, checkpoints=None, cache_key=None, seed=3, **changed):
    """History and weights of a case; on one device by the code of all runs, with the batches that two would have."""
    task_name, model_name, build, fit, precision = CASES[name]
    training, validation = examples(task_name, 75, 1), examples(task_name, 21, 2)
    task = run.load_task({"task": task_name})
    settings = mirrored.fit_settings(fit | changed, len(training), 2)
    given = {"model": model_name, "precision": precision, "build": build, "augment": {}}
    shape, outputs = training.x.shape[1:], task.outputs(training, validation)
    if devices == 2:
        task = mirrored.Mirrored(task, mirrored.strategy(2))
        model = mirrored.build(given, task.strategy, shape, outputs, seed)
    else:
        model = run.build(given, shape, outputs, seed)
    history = run.compile_and_fit(
        task, model, training, validation, settings, seed=seed, checkpoints=checkpoints, cache_key=cache_key
    )
    weights = [np.asarray(variable).astype(float).ravel().tolist() for variable in task.saved(model).weights]
    return {"history": history, "weights": weights}


def resumed(folder):
    """On two devices: in one go, and after a stop between the two epochs."""
    whole = train("clipped", 2, epochs=3)
    with contextlib.suppress(KeyboardInterrupt):
        train("clipped", 2, folder, epochs=1)
    return whole, train("clipped", 2, folder, epochs=3)


def again():
    """On two devices: a seed by itself, and as the second that one traced model serves."""
    alone = train("clipped", 2, seed=4)
    train("clipped", 2, seed=3, cache_key="key")
    return alone, train("clipped", 2, seed=4, cache_key="key")


if __name__ == "__main__":
    runtime.settle("native")
    split()
    assert plugins.names("tasks")
    found = {name: [train(name, 1), train(name, 2)] for name in CASES}
    found["resumed"], found["again"] = resumed(Path(sys.argv[1])), again()
    print(json.dumps(found))
