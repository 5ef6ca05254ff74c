"""What a topic may say, and that what the shipped ones draw is there to be drawn."""

import pytest

from pipeline import plugins
from pipeline.report import lines
from pipeline.settings import params
from pipeline.verdicts.topic import Line, Sweep

LINE = Line(words="w", metric="accuracy", variants={1: "a", 2: "b"})


@pytest.mark.parametrize("count", [0, 3])
def test_a_sweep_has_one_line_or_two(count):
    with pytest.raises(ValueError, match=f"given {count}, allowed 1 to 2"):
        Sweep(x="units", y="accuracy", lines=(LINE,) * count)


@pytest.mark.parametrize("name", plugins.names("topics"))
def test_sweeps_name_variants_and_metrics_that_are_there(name):
    block = params.read(profile="laptop").topics[name]
    for sweep in plugins.load("topics", name).TOPIC.sweeps:
        for line in sweep.lines:
            assert line.metric in block.metrics and len(line.variants) > 2
            assert set(line.variants.values()) <= block.variants.keys()


def test_the_number_of_a_learning_curve_is_that_of_the_training_images():
    settings = params.read(profile="laptop")
    (sizes,) = {
        tuple(line.variants.items())
        for sweep in plugins.load("topics", "overfitting").TOPIC.sweeps
        for line in sweep.lines
    }
    assert all(
        settings.data[settings.topics["overfitting"].variants[name].data].split.train == size for size, name in sizes
    )
    assert lines.needs_log_axis([size for size, _ in sizes])  # so its axis is one of powers of ten


def test_the_number_of_the_sweep_over_imbalance_is_that_of_the_data():
    settings = params.read(profile="laptop")
    for line in plugins.load("topics", "imbalance").TOPIC.sweeps[0].lines:
        for ratio, name in line.variants.items():
            tail = settings.data[settings.topics["imbalance"].variants[name].data].split.train
            assert ratio == pytest.approx(tail.head / tail.tail, rel=0.03)


def test_the_number_of_the_sweep_over_depth_is_that_of_the_network():
    variants = params.read(profile="laptop").topics["activations"].variants
    for sweep in plugins.load("topics", "activations").TOPIC.sweeps:
        for line in sweep.lines:
            assert all(variants[name].build["depth"] == depth for depth, name in line.variants.items())
