"""Verdicts follow from the reported interval, and few families of claims hold a false one."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline.verdicts import intervals, rules
from pipeline.verdicts.intervals import MeanDifference, RateDifference
from pipeline.verdicts.topic import Claim, Topic

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
        ({"better": "pol"}, "'pol'.*pool, stride"),
        ({"worse": "none"}, "'none'.*pool, stride"),
        ({"metric": "recall"}, "'recall'.*'pool': accuracy"),
    ],
)
def test_an_unknown_name_lists_what_exists(change, message):
    with pytest.raises(ValueError, match=message):
        rules.judge("t", [replace(PLAIN, **change)], rows("pool", WORSE) + rows("stride", WORSE))


def test_scores_given_twice_are_refused():
    with pytest.raises(ValueError, match="given twice"):
        rules.judge("t", [PLAIN], rows("pool", WORSE) * 2 + rows("stride", WORSE))


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
    ],
)
def test_seeds_needed_is_the_first_number_that_decides(difference, margin):
    def decides(n):
        return rules.verdict(*difference.resized(n).interval(0.95), margin) != "undecided"

    assert not decides(difference.n)
    assert rules.seeds_needed(difference, margin, 0.95) == next(filter(decides, range(difference.n + 1, 999)))


def test_seeds_needed_has_an_end():
    assert rules.seeds_needed(MeanDifference(0.02, 0.01, 6), 0.02, 0.95) is None
    assert rules.seeds_needed(MeanDifference(0.021, 0.1, 6), 0.02, 0.95) is None
    assert rules.seeds_needed(MeanDifference(0.03, math.nan, 1), 0.02, 0.95) is None


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


# How often a verdict is false, with the verdict rule itself over simulated seeds

FAMILIES = 2000
CLAIMS = 8
MOST = 0.05 + 3 * math.sqrt(0.05 * 0.95 / FAMILIES)


def independent(rng, n, deltas):
    shape = (len(deltas), n)
    return rng.normal(0, 1, shape) + deltas[:, None], rng.normal(0, 1, shape)


def correlated(rng, n, deltas):
    """Every claim against one baseline, and a seed that moves all arms together."""
    seed, worse = rng.normal(0, 2, n), rng.normal(0, 1, n)
    return rng.normal(0, 1, (len(deltas), n)) + seed + deltas[:, None], np.tile(worse + seed, (len(deltas), 1))


def heavy_tails(rng, n, deltas):
    shape = (len(deltas), n)
    return rng.standard_t(2, shape) + deltas[:, None], rng.standard_t(2, shape)


def tied(rng, n, deltas):
    """Accuracies of a few test examples: steps as wide as the spread, about two pairs in five equal."""
    better, worse = independent(rng, n, deltas)
    return better.round(), worse.round()


def solved(rng, n, deltas):
    """Rates, one run in two solved."""
    better, worse = independent(rng, n, deltas)
    return (better > 0).astype(float), (worse > 0).astype(float)


WORLDS = [independent, correlated, heavy_tails, tied, solved]
SOME_TRUE = np.array([4.0, 4.0, 4.0, 0, 0, 0, 0, 0])


def truth(delta, margin):
    if abs(delta) <= margin:
        return "negligible"
    return "reproduced" if delta > 0 else "contradicted"


def false_share(world, deltas, margin, n, families=FAMILIES, seed=0):
    """Share of families with any definite verdict that is not the true one."""
    rng, false = np.random.default_rng(seed), 0
    compare = intervals.rate_difference if world is solved else intervals.mean_difference
    for _ in range(families):
        better, worse = world(rng, n, deltas)
        found = rules.decide([compare(*pair) for pair in zip(better, worse, strict=True)], [margin] * len(deltas))
        wrong = [
            one.verdict not in ("undecided", truth(delta, margin)) for one, delta in zip(found, deltas, strict=True)
        ]
        false += any(wrong)
    return false / families


@pytest.mark.parametrize("world", WORLDS)
def test_no_true_difference_is_rarely_called_one(world):
    assert false_share(world, np.zeros(CLAIMS), margin=0.0, n=6) <= MOST


def test_independent_claims_use_up_the_five_percent():
    """The rule is not merely timid: with nothing true and no margin, about one family in twenty errs."""
    assert false_share(independent, np.zeros(CLAIMS), margin=0.0, n=10, seed=1) >= 0.05 - (MOST - 0.05)


@pytest.mark.parametrize("world", [independent, correlated, tied])
def test_true_differences_beside_it_do_not_raise_the_share(world):
    assert false_share(world, SOME_TRUE, margin=0.05, n=10) <= MOST


def test_differences_just_past_the_margin_do_not_raise_the_share():
    deltas = np.array([0.101, -0.101] * 4)
    assert false_share(independent, deltas, margin=0.1, n=6) <= MOST


def shares(delta, margin, n, trials=FAMILIES):
    """Share of each verdict for one claim with differences of sd 1."""
    draws = np.random.default_rng(5).normal(delta, 1, (trials, n))
    found = [rules.decide([intervals.mean_difference(draw, np.zeros(n))], [margin])[0].verdict for draw in draws]
    return {verdict: found.count(verdict) / trials for verdict in set(found)}


def test_a_large_difference_is_reproduced():
    assert shares(3.2, 0.2, n=6)["reproduced"] > 0.9
    assert shares(-3.2, 0.2, n=6)["contradicted"] > 0.9
    assert shares(0.0, 3.0, n=6)["negligible"] > 0.9


@pytest.mark.parametrize("n", [6, 20])
def test_a_difference_of_exactly_the_margin_stays_open(n):
    found = shares(1.0, 1.0, n)
    assert found.get("reproduced", 0) + found.get("negligible", 0) + found.get("contradicted", 0) <= MOST


# The record


@pytest.mark.parametrize("margin", [0.0, -0.1, math.nan, math.inf])
def test_a_margin_is_finite_and_above_zero(margin):
    with pytest.raises(ValueError, match="'pooling': margin"):
        replace(PLAIN, margin=margin)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"worse": "pool"}, "'pool' twice"),
        ({"name": "Max pooling"}, "a-z, 0-9 and _"),
        ({"name": ""}, "a-z, 0-9 and _"),
        ({"kind": "median"}, "allowed mean, rate"),
        ({"kind": "rate", "margin": 1.0}, "below 1"),
    ],
)
def test_a_claim_that_makes_no_sense_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(PLAIN, **change)


def test_names_are_unique_within_a_topic():
    with pytest.raises(ValueError, match="given twice: pooling"):
        Topic(title="Convolution", question="?", claims=(PLAIN, replace(PLAIN, margin=0.1)))
    topic = Topic(title="Convolution", question="?", claims=(PLAIN, replace(PLAIN, name="other")))
    assert topic.probes == ()
