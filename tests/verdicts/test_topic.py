"""What a topic may say, and that what the shipped ones draw is there to be drawn."""

import math
import re
from dataclasses import replace

import pytest

from pipeline import plugins
from pipeline.errors import InputError
from pipeline.report import lines
from pipeline.settings import params
from pipeline.verdicts import topic as topics
from pipeline.verdicts.topic import Claim, Line, Sweep, Topic, claims_digest, load

LINE = Line(words="w", metric="accuracy", variants={1: "a", 2: "b"})


CLAIM = Claim(
    name="pooling",
    sentence="Pooling helps.",
    chapter="2",
    published="Author (2000)",
    metric="accuracy",
    better="pool",
    worse="stride",
    margin=0.02,
    margin_because="two in a hundred",
)
PLAIN = replace(CLAIM, margin=None, margin_because="")


def test_a_claim_is_about_a_mean_that_is_better_when_higher_unless_it_says_so():
    assert (CLAIM.kind, CLAIM.higher_is_better) == ("mean", True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Max pooling"}, "claim name: given 'Max pooling', allowed a-z, 0-9 and _ (at least one)"),
        ({"name": ""}, "claim name: given '', allowed a-z, 0-9 and _ (at least one)"),
        ({"kind": "median"}, "claim 'pooling': kind: given 'median', allowed mean, rate, ratio"),
        (
            {"expects": "larger"},
            "claim 'pooling': expects: given 'larger', allowed reproduced, contradicted, negligible, undecided",
        ),
        ({"margin": 0.0}, "claim 'pooling': margin: given 0.0, allowed a finite number above 0"),
        ({"margin": -0.1}, "claim 'pooling': margin: given -0.1, allowed a finite number above 0"),
        ({"margin": math.nan}, "claim 'pooling': margin: given nan, allowed a finite number above 0"),
        ({"margin": math.inf}, "claim 'pooling': margin: given inf, allowed a finite number above 0"),
        ({"kind": "rate", "margin": 1.0}, "claim 'pooling': margin: given 1.0, allowed below 1 for a rate"),
        ({"worse": "pool"}, "claim 'pooling': better, worse: given 'pool' twice, allowed two variants"),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        replace(CLAIM, **change)


def test_the_margin_of_a_mean_has_no_upper_end_and_that_of_a_rate_ends_below_one():
    assert replace(CLAIM, margin=250.0).margin == 250.0
    assert replace(CLAIM, kind="rate", margin=0.99).margin == 0.99


def test_a_margin_that_is_left_out_is_that_of_the_metric():
    assert PLAIN.margin == PLAIN.smallest_difference == 0.01
    assert replace(PLAIN, margin=None, metric="gap").margin == 0.05
    assert replace(PLAIN, margin=None, kind="rate").margin == 0.25
    assert replace(PLAIN, margin=None, kind="ratio", metric="epochs").margin == math.log(1.25)
    assert replace(PLAIN, margin=0.01).margin == 0.01


def test_a_margin_that_is_not_the_metrics_takes_a_reason():
    message = (
        "claim 'pooling': margin: given 0.02, allowed that of verdicts/margins.py, 0.01:"
        " leave it out, or say in margin_because why it is another"
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        replace(PLAIN, margin=0.02)
    message = "claim 'pooling': margin: given none, allowed a number: verdicts/margins.py has none of certainty"
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        replace(PLAIN, metric="certainty", margin=None)


def test_the_digest_is_of_what_is_fixed_before_a_run():
    other = replace(PLAIN, name="other")
    digest = claims_digest([PLAIN, other])
    assert re.fullmatch("[0-9a-f]{64}", digest) and digest == claims_digest([other, PLAIN])
    for told in ({"published": "Nobody"}, {"pilot": "0.9 against 0.8, seeds 0 to 5"}, {"chapter": "9"}):
        assert claims_digest([replace(PLAIN, **told), other]) == digest
    for fixed in (
        {"sentence": "Pooling hurts."},
        {"better": "stride", "worse": "pool"},
        {"metric": "top_5"},
        {"margin": 0.02, "margin_because": "b"},
        {"kind": "ratio", "margin": 0.01, "margin_because": "b"},
        {"higher_is_better": False},
        {"expects": "negligible"},
        {"name": "new"},
    ):
        assert claims_digest([replace(PLAIN, **fixed), other]) != digest, fixed
    assert claims_digest([PLAIN]) != digest


def test_names_of_claims_are_unique_within_a_topic():
    twice = [replace(CLAIM, name=name) for name in ("b", "c", "a", "b", "a")]
    message = "claims of 'Convolution': given a, b twice, allowed once: name each apart"
    with pytest.raises(InputError, match=f"^{message}$"):
        Topic(title="Convolution", question="?", claims=tuple(twice))


def test_the_chapter_of_a_topic_is_the_first_of_its_claims():
    claims = tuple(replace(CLAIM, name=f"c{chapter}", chapter=chapter) for chapter in ("5", "3", "4"))
    assert Topic(title="Convolution", question="?", claims=claims).chapter == "3"
    empty = Topic(title="Convolution", question="?", claims=())
    assert (empty.chapter, empty.probes, empty.series, empty.sweeps) == ("", (), (), ())


def test_a_topic_is_loaded_by_name():
    assert topics.load("overfitting") is plugins.load("topics", "overfitting").TOPIC
    with pytest.raises(InputError, match=r"given 'overfit', allowed .*overfitting"):
        topics.load("overfit")


@pytest.mark.parametrize("count", [0, 3])
def test_a_sweep_has_one_line_or_two(count):
    with pytest.raises(InputError, match=f"^sweep over 'units': lines: given {count}, allowed 1 to 2$"):
        Sweep(x="units", y="accuracy", lines=(LINE,) * count)
    for allowed in (1, 2):
        assert len(Sweep(x="units", y="accuracy", lines=(LINE,) * allowed).lines) == allowed


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
        if sweep.x == "training images"
    }
    for size, name in sizes:
        split = settings.data[settings.topics["overfitting"].variants[name].data].split
        assert size == (5000 - split.validation - split.test if split.train is None else split.train)  # of 5,000 digits
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


OTHERS = ({"claim": "Other words."}, {"metric": "brier"}, {"worse": "c"}, {"margin": 0.5})


@pytest.mark.parametrize("change", [{}, *OTHERS])
def test_a_row_of_the_same_name_that_said_something_else_is_no_verdict_on_the_claim(change):
    claim = load("memory").claims[0]
    row = {"claim": claim.sentence, "metric": claim.metric, "better": claim.better, "worse": claim.worse}
    assert claim.is_said_in(row | {"margin": claim.margin} | change) is (not change)
