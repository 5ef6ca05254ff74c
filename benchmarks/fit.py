"""Our fit against the plain one (numpy arrays, validation_data), same model, same number of steps, one thread each."""

import sys

from timing import compare

from pipeline import runtime

runtime.settle()

import keras  # noqa: E402
import numpy as np  # noqa: E402

from pipeline import plugins  # noqa: E402
from pipeline.records import Examples  # noqa: E402
from pipeline.runs.fit import fit  # noqa: E402

CASES = {
    "digits CNN": ("convnet", (28, 28, 1), {"channels": 16, "kernels": [5, 3], "padding": "valid"}, 500, 30, 1.3),
    "small MLP": ("mlp", (8,), {"width": 64, "depth": 2}, 1000, 40, 1.6),
}


def split(shape: tuple[int, ...], count: int, seed: int) -> Examples:
    random = np.random.default_rng(seed)
    return Examples(random.random((count, *shape)).astype("float32"), random.integers(0, 10, count))


def main() -> int:
    low = []
    for name, (model, shape, settings, count, epochs, floor) in CASES.items():
        training, validation = split(shape, count, 0), split(shape, count // 2, 1)
        build = plugins.load("models", model).build

        def ours(build=build, shape=shape, settings=settings, data=(training, validation), epochs=epochs) -> None:
            runtime.seed(0)
            fit(build(shape, 10, **settings), *data, 0, epochs=epochs, batch_size=32)

        def theirs(build=build, shape=shape, settings=settings, data=(training, validation), epochs=epochs) -> None:
            runtime.seed(0)
            net = build(shape, 10, **settings)
            net.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
            held_out = (data[1].x, data[1].y)
            net.fit(data[0].x, data[0].y, batch_size=32, epochs=epochs, validation_data=held_out, verbose=0)

        low.append(compare(f"fit, {name}", ours, theirs, rounds=5, floor=floor) < floor)
    return int(any(low))


if __name__ == "__main__":
    sys.exit(main())
