"""Probes of the convolution topic: moved images, and what a unit sees."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from pipeline.models import convnet, local, mlp
from pipeline.records import Examples
from pipeline.topics.convolution import TOPIC, probes
from pipeline.training import augmentation, runtime


def examples(shape, n=32):
    return Examples(np.random.default_rng(0).normal(size=(n, *shape)).astype("float32"), np.arange(n) % 3)


def run(model, test):
    return SimpleNamespace(model=model, test=test)


def test_images_are_moved_down_and_right_and_what_comes_in_is_black():
    image = np.zeros((2, 5, 5, 1), "float32")
    image[:, 2, 2] = 1
    moved = probes.shifted(image, np.array([[1, -2], [0, 0]]))
    assert moved[0, 3, 0, 0] == 1 and moved[0].sum() == 1
    np.testing.assert_array_equal(moved[1], image[1])


def test_black_is_the_darkest_value_there_is():
    moved = probes.shifted(np.full((1, 3, 3, 1), -2.0, "float32") + np.eye(3)[None, :, :, None], np.array([[3, 3]]))
    assert (moved == -2).all()


def place_reader():
    """Answers class 1 where the middle pixel is bright, else class 0."""
    model = keras.Sequential([keras.Input((9, 9, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    weights = np.zeros((81, 2))
    weights[40, 1] = 2
    model.set_weights([weights, np.array([1.0, 0.0])])
    return model


def test_accuracy_on_moved_images_is_that_of_images_that_moved():
    x = np.zeros((1000, 9, 9, 1), "float32")
    x[:, 4, 4] = 1
    found = probes.shifted_accuracy(run(place_reader(), Examples(x, np.ones(1000, "int64"))))
    assert 0 < found < 0.1  # 1 of 81 moves leaves the middle pixel where it was
    dark = Examples(np.zeros((200, 9, 9, 1), "float32"), np.zeros(200, "int64"))
    assert probes.shifted_accuracy(run(place_reader(), dark)) == 1


def test_every_run_sees_the_same_moves():
    test = examples((9, 9, 1), 100)
    assert len({probes.shifted_accuracy(run(place_reader(), test)) for _ in range(2)}) == 1


@pytest.mark.parametrize(
    ("layers", "size"),
    [([], 1), ([(5, 1)], 5), ([(5, 2), (3, 2), (3, 2)], 17), ([(5, 1), (2, 2), (3, 1), (2, 2)], 12), ([(1, 4)], 1)],
)
def test_the_formula(layers, size):
    assert probes.receptive_field_formula(layers) == size


@pytest.mark.parametrize(
    ("model", "shape", "settings", "expected"),
    [
        (mlp, (40, 1), {}, 40),
        (mlp, (40, 1), {"depth": 0}, 40),
        (convnet, (40, 1), {"pooling": "stride"}, 17),
        (convnet, (40, 1), {"pooling": "max"}, 24),
        (local, (40, 1), {}, 17),
        (local, (28, 28, 1), {"channels": 8, "kernels": [5, 3], "padding": "valid"}, 81),
        (convnet, (28, 28, 1), {"channels": 8, "kernels": [5, 3], "padding": "valid", "pooling": "max"}, 144),
    ],
)
def test_what_the_models_compared_see(model, shape, settings, expected):
    """The locally connected net sees what the convolutional one with stride sees; the fully connected one, all."""
    runtime.seed(0)
    assert probes.receptive_field(run(model.build(shape, 3, **settings), examples(shape))) == expected


def test_augmentation_on_the_fly_does_not_change_what_a_unit_sees():
    shape = (20, 20, 1)
    runtime.seed(0)
    plain = convnet.build(shape, 3, channels=4, kernels=[5, 3], pooling="max")
    moved = augmentation.wrap(plain, augmentation.augmentation(shift=0.1, rotate=12))
    assert probes.receptive_field(run(moved, examples(shape))) == probes.receptive_field(run(plain, examples(shape)))


def test_positions_of_which_nothing_depends_are_not_counted():
    runtime.seed(0)
    model = mlp.build((10, 1), 3, width=8, depth=1)
    kernel, *rest = model.get_weights()
    kernel[3:] = 0
    model.set_weights([kernel, *rest])
    assert probes.seen(model, examples((10, 1)).x).tolist() == [True] * 3 + [False] * 7


def test_claims_of_sharing_compare_like_with_like():
    named = {claim.name: claim for claim in TOPIC.claims}
    for name in ("sharing", "sharing_at_equal_parameters"):
        assert named[name].better == "stride" and named[name].worse.startswith("local")
    assert named["sharing_on_centred_digits"].expects == "negligible"
    assert set(TOPIC.probes) == set(probes.APPLIES_TO) and set(TOPIC.series) == set(probes.SERIES)


STRIDE, POOLED, WIDE = {"pooling": "stride"}, {"pooling": "max"}, {"pooling": "stride", "kernels": [12, 3, 3]}
IMAGES = {"channels": 16, "kernels": [5, 3], "padding": "valid"}


@pytest.mark.parametrize(
    ("model", "shape", "settings", "expected"),
    [  # places of each layer's output times its window, channels in and out; then the dense head
        (convnet, (40, 1), STRIDE, 20 * 5 * 25 + (10 + 5) * 3 * 25 * 25 + 5 * 25 * 10),
        (convnet, (40, 1), POOLED, 40 * 5 * 25 + (20 + 10) * 3 * 25 * 25 + 5 * 25 * 10),
        (convnet, (40, 1), WIDE, 20 * 12 * 25 + (10 + 5) * 3 * 25 * 25 + 5 * 25 * 10),
        (local, (40, 1), {}, 20 * 5 * 25 + (10 + 5) * 3 * 25 * 25 + 5 * 25 * 10),
        (mlp, (40, 1), {"width": 100, "depth": 2}, 40 * 100 + 100 * 100 + 100 * 10),
        (convnet, (28, 28, 1), IMAGES | POOLED, 24**2 * 25 * 16 + 10**2 * 9 * 16 * 16 + 25 * 16 * 10),
    ],
)
def test_multiplications_by_hand(model, shape, settings, expected):
    runtime.seed(0)
    assert probes.multiplications(run(model.build(shape, 10, **settings), None)) == expected


@pytest.mark.parametrize(
    ("shape", "pooled", "stride", "field", "parameters"),
    [
        ((40, 1), {"channels": 25, "kernels": [5, 3, 3]}, {"channels": 25, "kernels": [12, 3, 3]}, 24, (5210, 5385)),
        ((28, 28, 1), IMAGES, IMAGES | {"kernels": [8, 3]}, 144, (6746, 7370)),
    ],
)
def test_pooling_and_its_control_have_equal_fields_and_the_control_no_fewer_parameters(
    shape, pooled, stride, field, parameters
):
    runtime.seed(0)
    models = convnet.build(shape, 10, pooling="max", **pooled), convnet.build(shape, 10, pooling="stride", **stride)
    assert [probes.receptive_field(run(model, examples(shape))) for model in models] == [field, field]
    assert tuple(model.count_params() for model in models) == parameters


def test_a_head_that_takes_the_mean_is_not_counted_in_the_field():
    runtime.seed(0)
    models = [convnet.build((28, 28, 1), 10, pooling="max", head=head, **IMAGES) for head in ("flatten", "average")]
    assert [probes.receptive_field(run(model, examples((28, 28, 1)))) for model in models] == [144, 144]


def waves(n=4000):
    """Signals x_t = u + v_t with independent unit normal u and v_t but for v_1 = v_0: |r| is 1 or 1/2."""
    random = np.random.default_rng(0)
    x = random.standard_normal((n, 1)) + random.standard_normal((n, 12))
    x[:, 1] = x[:, 0]
    return x[:, :, None].astype("float32")


def test_correlations_at_each_distance():
    found = probes.correlations(waves(), (1, 2, 10))
    assert found[1] == pytest.approx((1 + 10 * 0.5) / 11, abs=0.02)
    assert found[2] == pytest.approx(0.5, abs=0.02) and found[10] == pytest.approx(0.5, abs=0.03)


def test_images_are_correlated_along_both_axes_and_dark_places_do_not_count():
    x = np.random.default_rng(0).standard_normal((2000, 12, 12, 1)).astype("float32")
    x[:, :, 1::2] = x[:, :, ::2]  # pairs of equal columns
    x[:, 0] = 0
    found = probes.correlations(x, (1, 10))
    rows, columns, noise = 10 * 12, 11 * 11, np.sqrt(2 / np.pi / 2000)  # mean |r| of nothing: half-normal
    equal = 11 * 6 / (rows + columns)
    assert found[1] == pytest.approx(equal + (1 - equal) * noise, abs=1e-3)
    pairs = [(x[:, i, j], x[:, i, j + 10]) for i in range(1, 12) for j in range(2)]
    pairs += [(x[:, 1, j], x[:, 11, j]) for j in range(12)]
    assert found[10] == pytest.approx(np.mean([abs(np.corrcoef(a[:, 0], b[:, 0])[0, 1]) for a, b in pairs]), abs=1e-6)
    seen = SimpleNamespace(training=Examples(x, np.zeros(len(x), "int64")))
    assert probes.near_over_far(seen) == pytest.approx(found[1] - found[10])
    assert list(probes.correlation(seen)) == list(range(1, 11))
