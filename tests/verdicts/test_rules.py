"""Verdicts follow from the reported interval, and rows say of which runs."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline.errors import InputError
from pipeline.verdicts import rules
from pipeline.verdicts.intervals import MeanDifference, RateDifference
from pipeline.verdicts.topic import Claim

FIELDS = {
    *("topic", "claim", "source", "metric", "better", "worse", "margin", "seeds", "difference", "ci_low", "ci_high"),
    *("p_value", "probability_better", "verdict", "runs", "probability_low", "probability_high", "level", "failed"),
    *("seeds_needed", "effect_size", "chapter", "name"),
}
PLAIN = Claim(
    name="pooling",
    sentence="Pooling helps.",
    chapter="2",
    source="Author (2000)",
    metric="accuracy",
    better="pool",
    worse="stride",
    margin=0.02,
)


def rows(variant, values, metric="accuracy", status="finished"):
    return [
        {
            "variant": variant,
            "seed": str(seed),
            "metric": metric,
            "value": "" if value is None else repr(value),
            "status": "failed" if value is None else status,
            "run_key": f"{variant}-{seed}",
        }
        for seed, value in enumerate(values)
    ]


def judged(better, worse, claim=PLAIN):
    scores = rows(claim.better, better, claim.metric) + rows(claim.worse, worse, claim.metric)
    (found,) = rules.judge("topic", [claim], scores)
    return found


WORSE = [0.80, 0.81, 0.79, 0.80, 0.82, 0.78]


def shifted(*steps):
    return [value + step for value, step in zip(WORSE, steps, strict=True)]


# The row


def test_row_says_what_was_claimed_and_found():
    better = shifted(0.10, 0.11, 0.09, 0.10, 0.12, 0.08)
    found = judged(better, WORSE)
    assert set(found) == FIELDS
    interval = stats.ttest_rel(better, WORSE).confidence_interval(0.95)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(tuple(interval))
    assert found["difference"] == pytest.approx(0.10)
    assert (found["topic"], found["claim"], found["verdict"]) == ("topic", PLAIN.sentence, "reproduced")
    assert (found["seeds"], found["failed"], found["seeds_needed"]) == (6, 0, None)
    assert (found["p_value"], found["probability_better"]) == (0.03125, 1.0)
    assert found["level"] == pytest.approx(0.95)
    assert found["runs"]["better"] == [f"pool-{seed}" for seed in range(6)]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((0.10, 0.11, 0.09, 0.10, 0.12, 0.08), "reproduced"),
        ((-0.10, -0.11, -0.09, -0.10, -0.12, -0.08), "contradicted"),
        ((0.001, -0.002, 0.003, 0.0, -0.001, 0.002), "negligible"),
        ((0.02, 0.03, 0.01, 0.02, 0.04, 0.00), "undecided"),
        ((0.10, -0.10, 0.09, -0.11, 0.1, -0.09), "undecided"),
    ],
)
def test_four_verdicts(steps, expected):
    assert judged(shifted(*steps), WORSE)["verdict"] == expected


def test_lower_is_better_turns_the_sign():
    lower = replace(PLAIN, higher_is_better=False)
    steps = (-0.10, -0.11, -0.09, -0.10, -0.12, -0.08)
    found = judged(shifted(*steps), WORSE, lower)
    assert found["verdict"] == "reproduced"
    assert found["difference"] == pytest.approx(0.10) and found["ci_low"] > 0.02
    assert found["probability_better"] == 1.0 and found["effect_size"] > 0
    assert judged(WORSE, shifted(*steps), lower)["verdict"] == "contradicted"


def test_swapping_the_variants_mirrors_the_row():
    better = shifted(0.10, 0.01, 0.09, -0.02, 0.12, 0.08)
    one, other = judged(better, WORSE), judged(WORSE, better)
    assert (one["difference"], one["ci_low"]) == pytest.approx((-other["difference"], -other["ci_high"]))
    assert one["p_value"] == other["p_value"]


def test_numbers_and_text_give_the_same_row():
    text = rows("pool", shifted(0.1, 0.1, 0.2, 0.1, 0.1, 0.3)) + rows("stride", WORSE)
    numbers = [row | {"value": float(row["value"]), "seed": int(row["seed"])} for row in text]
    assert rules.judge("t", [PLAIN], text) == rules.judge("t", [PLAIN], numbers[::-1])


# Failures and other ends


def test_a_pair_with_a_failed_run_is_left_out_and_counted():
    better = shifted(0.10, 0.11, 0.09, 0.10, 0.12, 0.08)
    whole = judged(better[:4], WORSE[:4])
    found = judged([*better[:4], None, 0.9, math.nan], [*WORSE[:4], 0.8, None, 0.1])
    assert (found["seeds"], found["failed"]) == (7, 3)
    assert found["difference"] == pytest.approx(whole["difference"])
    assert found["ci_low"] == pytest.approx(whole["ci_low"])
    assert len(found["runs"]["better"]) == len(found["runs"]["worse"]) == 7


def test_an_infinite_score_and_a_diverged_run_are_failures():
    scores = rows("pool", [0.9, math.inf, 0.9]) + rows("stride", [0.8, 0.7], status="diverged")
    (found,) = rules.judge("t", [PLAIN], scores)
    assert (found["seeds"], found["failed"], found["verdict"], found["difference"]) == (3, 3, "undecided", None)


@pytest.mark.parametrize("kept", [0, 1])
def test_below_two_pairs_undecided_without_an_interval(kept):
    values = [0.9] * kept + [None] * (6 - kept)
    found = judged(values, WORSE)
    assert found["verdict"] == "undecided" and found["failed"] == 6 - kept
    assert found["ci_low"] is found["ci_high"] is found["seeds_needed"] is found["effect_size"] is None
    assert (found["difference"] is None) == (kept == 0)
    json.dumps(found, allow_nan=False)


def test_without_spread_five_pairs_leave_it_open_and_six_decide():
    five, six = judged([0.9] * 5, [0.5] * 5), judged([0.9] * 6, [0.5] * 6)
    assert (five["verdict"], five["ci_low"], five["seeds_needed"]) == ("undecided", None, 6)
    assert (six["verdict"], six["effect_size"]) == ("reproduced", None)
    assert six["ci_low"] == six["ci_high"] == pytest.approx(0.4)
    assert judged([0.5] * 6, [0.5] * 6)["verdict"] == "negligible"


def test_no_claims_no_rows():
    assert rules.judge("t", [], []) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"better": "pol"}, "claim 'pooling': variant: given 'pol', allowed one with scores: pool, stride"),
        ({"worse": "none"}, "claim 'pooling': variant: given 'none', allowed one with scores: pool, stride"),
        ({"metric": "recall"}, "claim 'pooling': metric: given 'recall', allowed one of 'pool': accuracy, loss"),
    ],
)
def test_an_unknown_name_lists_what_exists(change, message):
    scores = rows("stride", WORSE) + rows("pool", WORSE, "loss") + rows("pool", WORSE)
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        rules.judge("t", [replace(PLAIN, **change)], scores)


def test_without_any_score_there_is_no_variant_to_name():
    with pytest.raises(InputError, match="claim 'pooling': variant: given 'pool', allowed one with scores: none"):
        rules.judge("t", [PLAIN], [])


def test_scores_given_twice_are_refused():
    message = "scores: given two rows of pool, accuracy, seed 2, allowed one: have `evaluate` write them anew"
    scores = rows("pool", WORSE) + rows("stride", WORSE)
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        rules.judge("t", [PLAIN], [*scores, scores[2]])


@pytest.mark.parametrize(
    ("scored", "lacking"),
    [
        ([], ["pool", "stride"]),
        ([("pool", "accuracy")], ["stride"]),
        ([("stride", "accuracy"), ("pool", "loss")], ["pool"]),
        ([("stride", "accuracy"), ("pool", "accuracy")], []),
    ],
)
def test_a_claim_lacks_the_variants_without_a_score_of_its_metric(scored, lacking):
    scores = [row for variant, metric in scored for row in rows(variant, [0.5], metric)]
    assert rules.lacking(PLAIN, scores) == lacking


# Rates


RATE = replace(PLAIN, metric="solved", kind="rate", margin=0.1)


def test_rate_all_against_none_is_reproduced():
    found = judged([1.0] * 6, [0.0] * 6, RATE)
    assert (found["verdict"], found["difference"], found["p_value"]) == ("reproduced", 1.0, 0.03125)
    assert judged([0.0] * 6, [1.0] * 6, RATE)["verdict"] == "contradicted"
    assert judged([0.0] * 6, [1.0] * 6, replace(RATE, higher_is_better=False))["verdict"] == "reproduced"


def test_rate_of_equal_arms_needs_many_seeds():
    found = judged([1.0] * 6, [1.0] * 6, RATE)
    assert found["verdict"] == "undecided" and 20 < found["seeds_needed"] < 60
    n = found["seeds_needed"]
    assert judged([1.0] * n, [1.0] * n, RATE)["verdict"] == "negligible"
    assert judged([1.0] * (n - 1), [1.0] * (n - 1), RATE)["verdict"] == "undecided"


def test_a_failed_run_counts_in_a_rate_that_has_its_value():
    scores = rows("pool", [1.0] * 6, "solved") + rows("stride", [0.0] * 6, "solved", status="diverged")
    (found,) = rules.judge("t", [RATE], scores)
    assert (found["failed"], found["verdict"]) == (0, "reproduced")


def test_a_rate_is_zero_or_one():
    with pytest.raises(ValueError, match="0 or 1"):
        judged([0.5] * 6, [0.0] * 6, RATE)


# The rule


def family(seed: int, size: int = 6):
    rng = np.random.default_rng(seed)
    made, scores = [], []
    for at in range(size):
        n = int(rng.integers(2, 12))
        rate = rng.random() < 0.3
        scale = rng.choice([0.005, 0.05])
        arms = rng.normal(0, scale, (2, n)) + np.array([rng.normal(0, 2 * scale), 0])[:, None]
        arms = (arms > 0).astype(float) if rate else arms.round(int(rng.integers(1, 4)))
        made.append(replace(PLAIN, name=f"c{at}", better=f"b{at}", worse=f"w{at}", kind="rate" if rate else "mean"))
        scores += rows(f"b{at}", arms[0].tolist()) + rows(f"w{at}", arms[1].tolist())
    return made, scores


def word(row):
    """The rule in the words of the protocol, from what the row reports."""
    low = -math.inf if row["ci_low"] is None else row["ci_low"]
    high = math.inf if row["ci_high"] is None else row["ci_high"]
    if low > row["margin"]:
        return "reproduced"
    if high < -row["margin"]:
        return "contradicted"
    return "negligible" if low >= -row["margin"] and high <= row["margin"] else "undecided"


def test_verdicts_follow_from_the_reported_intervals():
    seen = set()
    for seed in range(40):
        for row in rules.judge("t", *family(seed)):
            assert row["verdict"] == word(row)
            assert (row["seeds_needed"] is None) or row["verdict"] == "undecided"
            seen.add(row["verdict"])
    assert seen == {"reproduced", "contradicted", "negligible", "undecided"}


def test_levels_are_those_of_holm():
    for seed in range(40):
        found = rules.judge("t", *family(seed))
        definite = [row["level"] for row in found if row["verdict"] != "undecided"]
        steps = [0.05 / (len(found) - at) for at in range(len(found))]
        assert sorted(1 - level for level in definite) == pytest.approx(steps[: len(definite)])
        for row in found:
            if row["verdict"] == "undecided":
                assert 1 - row["level"] == pytest.approx(steps[len(definite)])


def test_a_larger_family_widens_the_interval():
    differences = [MeanDifference(0.05, 0.01, 6), *[MeanDifference(0.02, 0.05, 6)] * 9]
    alone, among = rules.decide(differences[:1], [0.02])[0], rules.decide(differences, [0.02] * 10)[0]
    assert alone.level == pytest.approx(0.95) and among.level == pytest.approx(0.995)
    assert alone.low > among.low
    assert rules.decide([MeanDifference(0.034, 0.01, 6)], [0.02])[0].verdict == "reproduced"
    assert rules.decide([MeanDifference(0.034, 0.01, 6), *differences[1:]], [0.02] * 10)[0].verdict == "undecided"


@pytest.mark.parametrize(
    ("difference", "margin"),
    [
        (MeanDifference(0.03, 0.02, 6), 0.02),
        (MeanDifference(0.0, 0.03, 4), 0.02),
        (RateDifference(5, 2, 6), 0.1),
        (RateDifference(3, 3, 6), 0.5),
        (RateDifference(2, 0, 2), 0.1),
    ],
)
def test_seeds_needed_is_the_first_number_that_decides(difference, margin):
    def decides(n):
        return rules.verdict(*difference.resized(n).interval(0.95), margin) != "undecided"

    assert not decides(difference.n)
    assert rules.seeds_needed(difference, margin, 0.95) == next(filter(decides, range(difference.n + 1, 999)))


def test_seeds_needed_has_an_end():
    assert rules.seeds_needed(MeanDifference(0.02, 0.01, 6), 0.02, 0.95) is None
    last, beyond = MeanDifference(0.12, 1.611, 6), MeanDifference(0.12, 1.612, 6)
    assert rules.seeds_needed(last, 0.02, 0.95) == 1000 and last.resized(999).interval(0.95)[0] < 0.02
    assert rules.seeds_needed(beyond, 0.02, 0.95) is None and beyond.resized(1001).interval(0.95)[0] > 0.02


def test_seeds_needed_takes_two_pairs():
    assert rules.seeds_needed(MeanDifference(0.03, math.nan, 1), 0.02, 0.95) is None
    assert rules.seeds_needed(RateDifference(1, 0, 1), 0.1, 0.95) is None
    assert rules.seeds_needed(MeanDifference(0.1, 0.0, 2), 0.02, 0.95) == 6


def test_a_chance_of_exactly_the_level_does_not_decide():
    """Six alike pairs happen by chance once in 32 times: at a level of 31/32 it takes a seventh."""
    six = MeanDifference(0.1, 0.0, 6)
    assert rules.verdict(*six.interval(31 / 32), 0.02) == "undecided"
    assert rules.seeds_needed(six.resized(5), 0.02, 31 / 32) == 7


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.02, 0.5, "undecided"),
        (0.020001, 0.5, "reproduced"),
        (-0.5, -0.02, "undecided"),
        (-0.5, -0.020001, "contradicted"),
        (-0.02, 0.02, "negligible"),
        (-0.02, 0.020001, "undecided"),
        (math.nan, math.nan, "undecided"),
        (-math.inf, math.inf, "undecided"),
    ],
)
def test_verdict_at_its_edges(low, high, expected):
    assert rules.verdict(low, high, 0.02) == expected
