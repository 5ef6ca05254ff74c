"""Verdicts follow from the reported interval, and rows say of which runs."""

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from pipeline.errors import InputError
from pipeline.result_rows import ClaimRow
from pipeline.verdicts import rules
from pipeline.verdicts.looks import DEFAULT_LOOKS, Looks, holm
from pipeline.verdicts.topic import Claim

PLAIN = Claim(
    name="pooling",
    sentence="Pooling helps.",
    chapter="2",
    published="Author (2000)",
    metric="accuracy",
    better="pool",
    worse="stride",
    margin=0.02,
    margin_because="an example",
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


def once(n):
    """One look, at n pairs."""
    return Looks(means=(n,), rates=(n,), weights=(1.0,))


def judged(better, worse, claim=PLAIN, looks=None, **more):
    scores = rows(claim.better, better, claim.metric) + rows(claim.worse, worse, claim.metric)
    looks = looks or once(max(2, min(len(better), len(worse))))
    (found,) = rules.judge("topic", [claim], scores, looks=looks, **more)
    return found


WORSE = [0.80, 0.81, 0.79, 0.80, 0.82, 0.78]


def shifted(*steps):
    return [value + step for value, step in zip(WORSE, steps, strict=True)]


# The row


def test_row_says_what_was_claimed_and_found():
    better = shifted(0.10, 0.11, 0.09, 0.10, 0.12, 0.08)
    found = judged(better, WORSE)
    assert set(found) == ClaimRow.__annotations__.keys()
    interval = stats.ttest_rel(better, WORSE).confidence_interval(0.95)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(tuple(interval))
    assert found["difference"] == pytest.approx(0.10)
    assert (found["topic"], found["claim"], found["verdict"]) == ("topic", PLAIN.sentence, "reproduced")
    assert (found["seeds"], found["failed"], found["look"], found["reason"]) == (6, 0, 1, None)
    assert (found["p_no_difference"], found["probability_better"]) == (0.03125, 1.0)
    beyond = stats.ttest_1samp(np.subtract(better, WORSE), PLAIN.margin).pvalue
    assert found["p_value"] == pytest.approx(beyond)
    assert (found["as_expected"], found["firmness"], found["decided_by_last"]) == (True, "firm", None)
    assert (found["published"], found["expects"], found["variance"]) == ("Author (2000)", "reproduced", "seeds")
    assert found["level"] == pytest.approx(0.95)
    assert found["runs"]["better"] == [f"pool-{seed}" for seed in range(6)]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ((0.10, 0.11, 0.09, 0.10, 0.12, 0.08), "reproduced"),
        ((-0.10, -0.09, -0.11, -0.10, -0.08, -0.12), "contradicted"),
        ((0.001, -0.002, 0.003, 0.0, -0.001, 0.002), "negligible"),
        ((0.02, 0.03, 0.01, 0.02, 0.04, 0.00), "undecided"),
        ((0.10, -0.10, 0.09, -0.11, 0.1, -0.09), "undecided"),
    ],
)
def test_four_verdicts(steps, expected):
    assert judged(shifted(*steps), WORSE)["verdict"] == expected


def test_lower_is_better_turns_the_sign():
    lower = replace(PLAIN, higher_is_better=False)
    steps = (-0.10, -0.09, -0.11, -0.10, -0.08, -0.12)
    found = judged(shifted(*steps), WORSE, lower)
    assert found["verdict"] == "reproduced"
    assert found["difference"] == pytest.approx(0.10) and found["ci_low"] > 0.02
    assert found["probability_better"] == 1.0 and found["effect_size"] > 0
    assert judged(WORSE, shifted(*steps), lower)["verdict"] == "contradicted"


def test_swapping_the_variants_mirrors_the_row():
    better = shifted(0.10, 0.01, 0.09, -0.02, 0.12, 0.08)
    one, other = judged(better, WORSE), judged(WORSE, better)
    assert (one["difference"], one["ci_low"]) == pytest.approx((-other["difference"], -other["ci_high"]))
    assert (one["p_value"], one["p_no_difference"]) == (other["p_value"], other["p_no_difference"])


def test_numbers_and_text_give_the_same_row():
    text = rows("pool", shifted(0.1, 0.1, 0.2, 0.1, 0.1, 0.3)) + rows("stride", WORSE)
    numbers = [row | {"value": float(row["value"]), "seed": int(row["seed"])} for row in text]
    assert rules.judge("t", [PLAIN], text) == rules.judge("t", [PLAIN], numbers[::-1])


def test_the_interval_at_95_percent_stands_beside_the_one_that_decided():
    better = shifted(0.10, 0.11, 0.09, 0.10, 0.12, 0.08)
    found = judged([*better, *better], WORSE * 2, looks=Looks(means=(6, 12), rates=(6, 12), weights=(0.8, 0.2)))
    assert found["level"] == pytest.approx(1 - 0.8 * 0.05)
    test = stats.ttest_rel(better, WORSE)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(tuple(test.confidence_interval(found["level"])))
    assert (found["ci95_low"], found["ci95_high"]) == pytest.approx(tuple(test.confidence_interval(0.95)))
    assert (found["look"], found["seeds"], len(found["runs"]["better"])) == (1, 6, 6)


def test_negligible_follows_from_the_interval_that_leaves_out_twice_as_much():
    found = judged(shifted(0.001, -0.002, 0.003, 0.0, -0.001, 0.002), WORSE)
    assert (found["verdict"], found["level"]) == ("negligible", pytest.approx(0.90))
    assert found["as_expected"] is False


def test_what_is_expected_may_be_that_nothing_differs():
    steps = (0.001, -0.002, 0.003, 0.0, -0.001, 0.002)
    assert judged(shifted(*steps), WORSE, replace(PLAIN, expects="negligible"))["as_expected"] is True
    assert judged(shifted(0.02, 0.03, 0.01, 0.02, 0.04, 0.00), WORSE)["as_expected"] is None


# Failures and other ends


def test_a_pair_with_a_failed_run_is_left_out_and_counted():
    better = shifted(0.10, 0.11, 0.09, 0.10, 0.12, 0.08)
    whole = judged(better[:4], WORSE[:4])
    found = judged([*better[:4], None, 0.9, math.nan], [*WORSE[:4], 0.8, None, 0.1])
    assert (found["seeds"], found["failed"]) == (7, 3)
    assert found["difference"] == pytest.approx(whole["difference"])
    assert (found["ci95_low"], found["ci95_high"]) == pytest.approx((whole["ci95_low"], whole["ci95_high"]))
    assert len(found["runs"]["better"]) == len(found["runs"]["worse"]) == 7


def test_a_verdict_stands_only_if_lost_runs_at_their_worst_leave_it():
    """Accuracy ends at 0: one lost run of the better arm then turns eleven pairs; one of each in a seed turns none."""
    better, worse = [0.9, 0.91] * 6, [0.8] * 12
    assert judged(better, worse)["verdict"] == "reproduced"
    found = judged([*better[:11], None], worse)
    assert (found["verdict"], found["reason"]) == ("undecided", "a lost run could turn it")
    filled = stats.ttest_1samp(np.subtract([*better[:11], 0.0], worse), 0.02).pvalue
    assert found["p_value"] == pytest.approx(filled) and found["ci_low"] > 0.02
    found = judged([*better[:10], None, None], worse)
    assert (found["reason"], found["p_value"]) == ("a lost run could turn it", 1.0)
    both = judged([*better[:11], None], [*worse[:11], None])
    assert (both["verdict"], both["failed"]) == ("reproduced", 1)


def test_a_lost_run_of_the_arm_that_is_behind_does_not_stand_in_the_way():
    """At its worst it is an outlier in favour; the other way round it is one against."""
    better, worse = [0.9, 0.91] * 3, [0.8, 0.81, 0.8, 0.8, 0.81, None]
    assert judged(better, worse)["verdict"] == "reproduced"
    assert judged(worse, better)["verdict"] == "contradicted"
    assert judged([0.8, 0.81, 0.8, 0.8, 0.81, 0.8], [0.8, 0.81, 0.8, 0.81, 0.8, None])["verdict"] == "undecided"


def test_without_an_end_of_the_range_the_worst_that_was_seen_stands_in():
    loss = replace(PLAIN, metric="cross_entropy", higher_is_better=False, margin=0.5)
    kept, lost = [0.1, 0.11] * 3, [0.1, 0.11] * 2 + [0.1, None]
    assert judged(lost, [0.9, 0.92, 0.91] * 2, loss)["verdict"] == "undecided"
    assert judged(kept, [0.9, 0.92, 0.91, 0.9, 0.92, None], loss)["verdict"] == "reproduced"


def test_an_infinite_score_is_a_failure_and_so_is_a_seed_that_one_arm_lacks():
    scores = rows("pool", [0.9, math.inf, 0.9]) + rows("stride", [0.8, 0.7])
    (found,) = rules.judge("t", [PLAIN], scores, looks=once(2))
    assert (found["seeds"], found["failed"], found["verdict"], found["ci_low"]) == (2, 1, "undecided", None)


def test_a_run_that_diverged_counts_where_its_metric_has_a_value():
    scores = rows("pool", [8.0] * 6, "modes_covered") + rows("stride", [0.0] * 6, "modes_covered", status="diverged")
    modes = replace(PLAIN, metric="modes_covered", margin=1.0)
    (found,) = rules.judge("t", [modes], scores, looks=once(6))
    assert (found["failed"], found["verdict"], found["difference"]) == (0, "reproduced", 8.0)
    failed = [row | {"status": "failed"} for row in scores if row["variant"] == "stride"]
    (found,) = rules.judge("t", [modes], scores[:6] + failed, looks=once(6))
    assert (found["failed"], found["difference"]) == (6, None)


@pytest.mark.parametrize("kept", [0, 1])
def test_below_two_pairs_undecided_without_an_interval(kept):
    values = [0.9] * kept + [None] * (6 - kept)
    found = judged(values, WORSE)
    assert found["verdict"] == "undecided" and found["failed"] == 6 - kept
    assert found["ci_low"] is found["ci_high"] is found["effect_size"] is found["again"] is None
    assert (found["difference"] is None) == (kept == 0)
    json.dumps(found, allow_nan=False)


def test_equal_differences_are_as_wide_as_a_step_of_the_metric():
    found = judged([0.9] * 6, [0.5] * 6)
    assert (found["verdict"], found["effect_size"]) == ("reproduced", None)
    half = stats.t.ppf(0.975, 5) * 0.001 / math.sqrt(12 * 6)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((0.4 - half, 0.4 + half))
    assert judged([0.5] * 6, [0.5] * 6)["verdict"] == "negligible"


def test_without_a_step_five_equal_pairs_leave_it_open_and_six_decide():
    unknown = replace(PLAIN, metric="certainty")
    five, six = judged([0.9] * 5, [0.5] * 5, unknown), judged([0.9] * 6, [0.5] * 6, unknown)
    assert (five["verdict"], five["ci_low"], five["reason"]) == ("undecided", None, "last look")
    assert (six["verdict"], six["p_value"], six["again"]) == ("reproduced", 0.03125, 1.0)


def test_skewed_differences_of_few_pairs_decide_nothing():
    """One pair of six far from the others; from ten pairs on the flag is only told."""
    steps = [0.2, 0.2, 0.21, 0.2, 0.19, 0.5]
    found = judged(shifted(*steps), WORSE)
    assert (found["skewed"], found["verdict"], found["reason"]) == (
        True,
        "undecided",
        "skewed, and more pairs would hardly decide",
    )
    found = judged(shifted(*steps) * 2, WORSE * 2)
    assert (found["skewed"], found["verdict"]) == (True, "reproduced")


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
    assert (found["verdict"], found["difference"], found["p_no_difference"]) == ("reproduced", 1.0, 0.03125)
    assert judged([0.0] * 6, [1.0] * 6, RATE)["verdict"] == "contradicted"
    assert judged([0.0] * 6, [1.0] * 6, replace(RATE, higher_is_better=False))["verdict"] == "reproduced"


def test_rate_of_equal_arms_needs_many_seeds():
    """All solved: the arms are within .1 of each other at a chance of (1 - .1) ** n, below .05 from 29 on."""
    assert judged([1.0] * 29, [1.0] * 29, RATE)["verdict"] == "negligible"
    assert judged([1.0] * 28, [1.0] * 28, RATE)["verdict"] == "undecided"


def test_a_failed_run_counts_in_a_rate_that_has_its_value():
    scores = rows("pool", [1.0] * 6, "solved") + rows("stride", [0.0] * 6, "solved", status="diverged")
    (found,) = rules.judge("t", [RATE], scores, looks=once(6))
    assert (found["failed"], found["verdict"]) == (0, "reproduced")


def test_a_rate_is_zero_or_one():
    with pytest.raises(ValueError, match="0 or 1"):
        judged([0.5] * 6, [0.0] * 6, RATE)


# Ratios


STEPS = Claim(
    name="faster",
    sentence="S.",
    chapter="1",
    metric="steps_to_solution",
    better="pool",
    worse="stride",
    higher_is_better=False,
    kind="ratio",
)


def test_a_ratio_compares_logs():
    found = judged([100.0, 200.0, 300.0] * 2, [200.0, 410.0, 590.0] * 2, STEPS)
    assert found["margin"] == pytest.approx(math.log(1.25)) and found["verdict"] == "reproduced"
    assert found["difference"] == pytest.approx(np.log([2, 2.05, 59 / 30]).mean())


def test_a_ratio_of_equal_steps_varies_by_one_look():
    found = judged([100.0] * 6, [200.0] * 6, STEPS)
    half = stats.t.ppf(0.975, 5) * math.log1p(10 / math.sqrt(100 * 200)) / math.sqrt(12 * 6)
    assert found["ci_low"] == pytest.approx(math.log(2) - half)


def test_a_ratio_takes_values_above_zero():
    message = (
        "claim 'faster': steps_to_solution of stride, seed 1: given 0.0, allowed above 0 for a ratio: compare it as"
    )
    with pytest.raises(InputError, match=f"^{re.escape(message)} a mean$"):
        judged([1.0, 2.0], [1.0, 0.0], STEPS)


# Test examples, constant answers


def per_item(variant, hits):
    ids = np.arange(len(hits[0]), dtype=np.uint64)
    return {(variant, seed, "accuracy"): (ids, row.astype(float)) for seed, row in enumerate(hits)}


def test_shared_test_examples_widen_the_interval():
    """Ten examples decide the difference, the same in each of eight seeds: certain of these, and of no others."""
    hits = np.tile([1] * 6 + [0] * 4, (8, 1))
    pool, stride = hits.copy(), hits * [0, 0, 0, 1, 1, 1, 0, 0, 0, 0]
    items = per_item("pool", pool) | per_item("stride", stride)
    scores = pool.mean(1).tolist(), stride.mean(1).tolist()
    assert judged(*scores)["verdict"] == "reproduced"
    found = judged(*scores, items=items)
    assert (found["variance"], found["verdict"]) == ("seeds and items", "undecided")
    se = math.sqrt((0.1 / math.sqrt(12)) ** 2 / 8 + np.var((pool - stride)[0], ddof=1) / 10)
    assert found["difference"] == pytest.approx(0.3)
    assert (found["ci95_high"] - found["ci95_low"]) / 2 == pytest.approx(stats.t.ppf(0.975, 9) * se, rel=0.01)
    del items["pool", 3, "accuracy"]
    assert judged(*scores, items=items)["variance"] == "seeds"


def test_a_row_names_the_arms_that_are_no_better_than_a_constant_answer():
    better = shifted(0.10, 0.11, 0.09, 0.10, 0.12, 0.08)
    trivial = {"pool": {"accuracy": 0.85}, "stride": {"accuracy": 0.795, "loss": 9.0}}
    assert judged(better, WORSE, trivial=trivial)["baseline"] == ["stride"]
    assert judged(better, WORSE)["baseline"] == []
    lower = replace(PLAIN, higher_is_better=False)
    assert judged(WORSE, better, lower, trivial={"pool": {"accuracy": 0.805}})["baseline"] == ["pool"]
    assert judged(WORSE, better, lower, trivial={"pool": {"accuracy": 0.83}})["baseline"] == []


def test_it_is_the_metric_that_says_by_how_much_a_constant_answer_must_be_beaten():
    """A claim that asks for thirty points says nothing of whether its arms have learnt."""
    better = shifted(0.10, 0.11, 0.09, 0.10, 0.12, 0.08)
    wide = replace(PLAIN, margin=0.3, margin_because="the sentence says how large")
    assert judged(better, WORSE, wide, trivial={"pool": {"accuracy": 0.85}})["baseline"] == []
    assert judged(better, WORSE, wide, trivial={"pool": {"accuracy": 0.895}})["baseline"] == ["pool"]


def test_a_gap_between_classes_is_no_quality_that_a_constant_answer_could_have_more_of():
    gap = replace(PLAIN, metric="recall_gap", margin=0.3, margin_because="the sentence says how large")
    assert judged([0.9] * 6, [0.1] * 6, gap, trivial={"stride": {"recall_gap": 0.33}})["baseline"] == []


def test_lost_runs_of_a_rate_count_as_lost_at_their_worst():
    """Six of six against none of nine: three runs that failed may have been three failures to solve it."""
    rate = replace(PLAIN, metric="solved", kind="rate", margin=None, margin_because="")
    kept, lost = [1.0] * 9, [1.0] * 6 + [None] * 3
    assert judged(kept, [0.0] * 9, rate)["verdict"] == "reproduced"
    found = judged(lost, [0.0] * 9, rate)
    assert (found["verdict"], found["failed"]) == ("undecided", 3)
    assert judged(kept, [0.0] * 6 + [None] * 3, rate)["verdict"] == "reproduced"
    assert judged([0.0] * 9, [1.0] * 6 + [None] * 3, rate)["verdict"] == "undecided"


# The rule


def family(seed: int, size: int = 6):
    rng = np.random.default_rng(seed)
    made, scores = [], []
    for at in range(size):
        n = int(rng.integers(4, 40))
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
    return "negligible" if -row["margin"] <= low and high <= row["margin"] else "undecided"


def test_verdicts_follow_from_the_reported_intervals():
    seen = set()
    for seed in range(8):
        for row in rules.judge("t", *family(seed)):
            if row["verdict"] != "undecided":
                assert row["verdict"] == word(row)
            elif row["reason"] not in (
                "skewed: ten pairs or a rate",
                "skewed, and more pairs would hardly decide",
                "first look not reached",
            ):
                assert word(row) not in ("reproduced", "contradicted")
            seen.add(row["verdict"])
    assert seen == {"reproduced", "contradicted", "negligible", "undecided"}


def test_levels_are_the_looks_shares_of_those_of_holm():
    for seed in range(8):
        found = rules.judge("t", *family(seed))
        steps = [0.05 / (len(found) - at) for at in range(len(found))]
        for row in found:
            share = DEFAULT_LOOKS.weights[max(0, row["look"] - 1)] * (2 if row["verdict"] == "negligible" else 1)
            assert any((1 - row["level"]) / share == pytest.approx(step) for step in steps)
            assert row["verdict"] == "undecided" or row["p_value"] < (1 - row["level"]) / share + 1e-12


def test_one_look_is_holm_over_intervals():
    """The same words from textbook pieces: t-tests at one and two sides, and Holm's levels."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        gaps = rng.normal(rng.normal(0, 2, 7)[:, None], 1, (7, 12))
        made = [replace(PLAIN, name=f"c{at}", better=f"b{at}", worse=f"w{at}", margin=1.0) for at in range(7)]
        made = [replace(one, metric="m") for one in made]
        scores = [row for at in range(7) for row in rows(f"b{at}", gaps[at].tolist(), "m")]
        scores += [row for at in range(7) for row in rows(f"w{at}", [0.0] * 12, "m")]
        p = []
        for gap in gaps:
            beyond = abs(gap.mean()) > 1
            bound = math.copysign(1, gap.mean())
            side = "two-sided" if beyond else ("less" if gap.mean() > 0 else "greater")
            p.append(stats.ttest_1samp(gap, bound, alternative=side).pvalue)
        words = [
            "undecided" if value >= level else "negligible" if abs(m) < 1 else "reproduced" if m > 0 else "contradicted"
            for value, level, m in zip(p, holm(p), gaps.mean(1), strict=True)
        ]
        assert [row["verdict"] for row in rules.judge("t", made, scores, looks=once(12))] == words


def test_words_stay_while_scores_come_in():
    """Claims get their seeds one arm after another; whatever has a word keeps it, to the last seed."""
    made, scores = family(4, size=9)
    before = {}
    for seeds in (4, 5, 6, 9, 12, 13, 18, 24, 30, 40):
        now = {row["name"]: row for row in rules.judge("t", made, [r for r in scores if int(r["seed"]) < seeds])}
        for name, row in before.items():
            if row["verdict"] != "undecided":
                assert (now[name]["verdict"], now[name]["look"]) == (row["verdict"], row["look"])
                assert now[name]["level"] <= row["level"]  # others that are decided later leave it more
        before = now
    assert sum(row["verdict"] != "undecided" for row in before.values()) > 3


def test_before_the_first_look_the_pairs_there_are_are_shown():
    found = judged(shifted(0.10, 0.11, 0.09, 0.10, 0.12, 0.08)[:5], WORSE[:5], looks=DEFAULT_LOOKS)
    assert (found["verdict"], found["look"], found["seeds"]) == ("undecided", 0, 5)
    assert found["reason"] == "first look not reached" and found["p_value"] == 1.0
    assert found["difference"] == pytest.approx(0.104) and found["ci95_low"] > 0.02
