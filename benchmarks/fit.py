"""Our fit against the plain one (numpy arrays, validation_data), same model, same number of steps, one thread each."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from timing import Line, medians, ratio, table, turns

from pipeline.training import runtime

runtime.settle()

import keras  # noqa: E402
import numpy as np  # noqa: E402

from pipeline import plugins  # noqa: E402
from pipeline.records import Examples  # noqa: E402
from pipeline.training.run import compile_and_fit  # noqa: E402

ROUNDS = 5
CASES = {
    "digits CNN": ("convnet", (28, 28, 1), {"channels": 16, "kernels": [5, 3], "padding": "valid"}, 500, 30, 1.3),
    "small MLP": ("mlp", (8,), {"width": 64, "depth": 2}, 1000, 40, 1.6),
}


def split(shape: tuple[int, ...], count: int, seed: int) -> Examples:
    random = np.random.default_rng(seed)
    return Examples(random.random((count, *shape)).astype("float32"), random.integers(0, 10, count))


def ours(build: Callable[[], keras.Model], training: Examples, validation: Examples, epochs: int) -> None:
    runtime.seed(0)
    task, settings = plugins.load("tasks", "classify"), {"epochs": epochs, "batch_size": 32}
    compile_and_fit(task, build(), training, validation, settings, seed=0)


def theirs(build: Callable[[], keras.Model], training: Examples, validation: Examples, epochs: int) -> None:
    runtime.seed(0)
    net = build()
    net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    held_out = (validation.x, validation.y)
    net.fit(training.x, training.y, batch_size=32, epochs=epochs, validation_data=held_out, verbose=0)


def case(name: str) -> list[Line]:
    """One model both ways."""
    model, shape, settings, count, epochs, wanted = CASES[name]

    def build() -> keras.Model:
        return plugins.load("models", model).build(shape, 10, **settings)

    given = (build, split(shape, count, 0), split(shape, count // 2, 1), epochs)
    plain, own = f"{name}, plain Keras", f"{name}, ours"
    taken = turns({plain: lambda: theirs(*given), own: lambda: ours(*given)}, ROUNDS)
    return [*medians(taken), Line(f"{name}, plain to ours", ratio(taken[plain], taken[own]), "x", least=wanted)]


def main() -> int:
    table("fit.py: training one model, start to end", [line for name in CASES for line in case(name)])
    return 0


if __name__ == "__main__":
    sys.exit(main())
