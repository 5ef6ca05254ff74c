"""More seeds go where they are most likely to decide something for their seconds, within the budget."""

import numpy as np
import pytest

from pipeline.verdicts.allotment import next_pairs
from pipeline.verdicts.looks import Looks
from pipeline.verdicts.topic import Claim


def claim(name, better, worse, **more):
    fields = {"sentence": "S.", "chapter": "1", "metric": "m", "margin": 1.0, "margin_because": "an example"}
    return Claim(name=name, better=better, worse=worse, **fields | more)


def scores(**means):
    """Rows of six seeds of each variant, of these means and an sd of about 1."""
    noise = [-1.3, -0.6, -0.2, 0.2, 0.6, 1.3]
    rng, rows = np.random.default_rng(0), []
    for variant, mean in means.items():
        for seed, part in enumerate(rng.permutation(noise)):
            row = {"variant": variant, "seed": seed, "metric": "m", "value": mean + part, "run_key": "k"}
            rows.append(row)
    return rows


FOUR = scores(base=0.0, near=2.0, far=30.0, on=1.0, same=2.2)
SECONDS = dict.fromkeys(("base", "near", "far", "on", "same"), 1.0)
CLAIMS = (claim("open", "near", "base"), claim("decided", "far", "base"), claim("too", "same", "base"))


def test_open_claims_go_on_to_their_next_look_and_decided_ones_stop():
    assert next_pairs(CLAIMS, FOUR, SECONDS, budget_s=100) == {"near": 12, "base": 12, "same": 12}


def test_a_shared_arm_is_paid_for_once():
    assert next_pairs(CLAIMS, FOUR, SECONDS, budget_s=18) == {"near": 12, "base": 12, "same": 12}
    assert len(next_pairs(CLAIMS, FOUR, SECONDS, budget_s=17.9)) == 2


def test_nothing_is_given_that_the_budget_does_not_pay_for():
    assert next_pairs(CLAIMS, FOUR, SECONDS, budget_s=11.9) == {}
    assert next_pairs(CLAIMS, FOUR, SECONDS | {"near": 50.0}, budget_s=100) == {"base": 12, "same": 12}


def test_the_cheaper_of_two_alike_goes_first():
    for cheap, dear in (("near", "same"), ("same", "near")):
        given = next_pairs(CLAIMS, FOUR, SECONDS | {cheap: 0.1, dear: 30.0}, budget_s=40)
        assert cheap in given and dear not in given


def test_a_futile_claim_gets_nothing():
    """On the margin, and one of 18: the chance that the last look decides is below .10; alone, it is above."""
    many = [claim(f"c{at}", "on", "base") for at in range(18)]
    assert next_pairs(many, FOUR, SECONDS, budget_s=1e6) == {}
    assert next_pairs(many[:1], FOUR, SECONDS, budget_s=1e6) == {"on": 12, "base": 12}


def test_after_the_last_look_there_is_nothing_to_give():
    one = Looks(means=(6,), rates=(9,), weights=(1.0,))
    assert next_pairs(CLAIMS, FOUR, SECONDS, budget_s=1e6, looks=one) == {}


def test_a_first_look_is_brought_about():
    looks = Looks(means=(8, 16), rates=(9, 18), weights=(0.8, 0.2))
    assert next_pairs(CLAIMS[:1], FOUR, SECONDS, budget_s=1e6, looks=looks) == {"near": 8, "base": 8}


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_claims_does_not_count(order):
    given = next_pairs(CLAIMS[::order], FOUR, SECONDS | {"near": 2.0}, budget_s=13)
    assert given == {"same": 12, "base": 12}
