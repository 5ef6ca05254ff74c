"""What one plays with begins with two lines that tell something."""

from types import SimpleNamespace

import pytest

from pipeline.report import explore


def facts(*arms):
    claims = [SimpleNamespace(worse=worse, better=better) for worse, better in arms]
    return SimpleNamespace(topic=SimpleNamespace(claims=claims))


SAME, OTHER = [0.5, 0.25], [0.5, 0.75]


@pytest.mark.parametrize(
    ("items", "pair"),
    [
        pytest.param([["a", "x", SAME], ["b", "x", OTHER], ["c", "y", OTHER]], [0, 1], id="the first claim's"),
        pytest.param([["a", "x", SAME], ["b", "x", SAME], ["c", "y", OTHER]], [0, 2], id="lines that differ"),
        pytest.param([["a", "x", SAME], ["b", "x", SAME], ["c", "x", SAME]], [0, 1], id="none differs"),
        pytest.param([["a", "x", SAME], ["b", "x", [0.51, 0.26]], ["c", "x", OTHER]], [0, 2], id="too near to see"),
        pytest.param([["a", "x", [0.5]], ["b", "x", SAME], ["c", "x", [0.9]]], [0, 2], id="fewer epochs"),
        pytest.param([["a", "x", SAME, SAME], ["b", "x", OTHER], ["c", "x", SAME]], [0, 1], id="fewer parts"),
        pytest.param([["a", "x", [0.5, None]], ["b", "x", [None, 0.1]], ["c", "x", OTHER]], [0, 1], id="no one place"),
        pytest.param([["a", "x", SAME], ["b", "y", OTHER], ["c", "x", OTHER]], [0, 2], id="the same data first"),
        pytest.param([["d", "x", SAME], ["e", "x", OTHER]], [0, 1], id="no claim has both"),
        pytest.param([["d", "x", SAME]], [0], id="one line"),
    ],
)
def test_the_pair_to_begin_with(items, pair):
    assert explore._pair(facts(("a", "b"), ("a", "c")), items) == pair
