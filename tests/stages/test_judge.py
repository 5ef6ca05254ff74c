"""The judge: looks as planned, and whether a claim stood as it does before its runs."""

from types import SimpleNamespace

import pytest

from pipeline.stages import judge
from pipeline.verdicts import topic

CLAIM = next(claim for claim in topic.load("long_tail").claims)


def state(better=None, worse=None):
    told = {CLAIM.name: topic.claims_digest([CLAIM])}
    arms = {CLAIM.better: told if better is None else better, CLAIM.worse: told if worse is None else worse}
    records = {(arm, seed): {"claims": claims} for arm, claims in arms.items() for seed in (300, 301)}
    return SimpleNamespace(name="long_tail", records=records)


@pytest.mark.parametrize(
    ("arms", "expected"),
    [
        ({}, True),
        ({"better": {}}, True),  # an older variant: the other's runs came after the claim
        ({"better": {}, "worse": {}}, False),
        ({"better": {CLAIM.name: "other words"}, "worse": {CLAIM.name: "other words"}}, False),
    ],
)
def test_a_claim_is_written_before_all_runs_of_one_side(arms, expected):
    assert judge._was_written_before(CLAIM, state(**arms)) is expected


def test_records_of_before_claims_were_kept_tell_nothing():
    bare = SimpleNamespace(name="long_tail", records={(arm, 100): {} for arm in (CLAIM.better, CLAIM.worse)})
    assert judge._was_written_before(CLAIM, bare) is False
    assert judge._was_written_before(CLAIM, SimpleNamespace(name="long_tail", records={})) is False


def test_looks_are_those_of_the_plan_and_share_the_error():
    plan = {"looks": {"means": [6, 12, 24], "rates": [9, 18, 36]}}
    found = judge.looks_of(plan)
    assert (found.means, found.rates, found.weights) == ((6, 12, 24), (9, 18, 36), (0.8, 0.1, 0.1))
    assert judge.looks_of({"looks": {"means": [2], "rates": [2]}}).weights == (1.0,)
