"""Columns that tell the label: copies are refused however they are written, with gaps or on another scale."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.sources.table import load

DICE = np.random.default_rng(0)
CHURN = DICE.permutation(["Yes"] * 40 + ["No"] * 80)
PRICE = np.round(DICE.uniform(5, 90, 120), 2)


def own(folder, cells, label=CHURN, **settings):
    """A table with a column of measurements, one called `x` with these cells, and the label."""
    measured = np.random.default_rng(1).normal(size=len(label)).tolist()
    rows = [f"{one},{cell},{each}" for one, cell, each in zip(measured, cells, label, strict=True)]
    (folder / "own.csv").write_text("\n".join(["measured,x,label", *rows, ""]))
    return load(folder, 0, file="own", label="label", **settings)


def by_class(yes, no):
    """A cell for each row; of a list by chance one of its words."""
    return [str(DICE.choice(yes if each == "Yes" else no)) for each in CHURN]


def gaps(cells, rows):
    return ["" if at in rows else cell for at, cell in enumerate(cells)]


COPIES = {
    "codes": (by_class(["1"], ["0"]), "one value for each class"),
    "codes with a gap": (gaps(by_class(["1"], ["0"]), [7]), "one value for each class"),
    "words with gaps": (gaps(by_class(["gone"], ["here"]), range(50)), "one value for each class"),
    "days with a gap": (gaps(by_class(["2024-01-01"], ["2024-01-02"]), [7]), "one value for each class"),
    "reasons of one class": (by_class(["price", "moved", "service"], [""]), "cells that are missing by the class"),
    "one reason": (by_class(["left"], ["NA"]), "cells that are missing by the class"),
    "days of one class": (by_class(["2024-01-01", "2024-02-02"], [""]), "cells that are missing by the class"),
    "numbers of one class": (by_class(["?"], ["1.5", "2.5", "7"]), "cells that are missing by the class"),
}


@pytest.mark.parametrize(("cells", "told"), COPIES.values(), ids=COPIES)
def test_a_copy_of_classes_is_refused_and_kept_when_told(tmp_path, cells, told):
    with pytest.raises(InputError) as refused:
        own(tmp_path, cells)
    message = f"own.csv: column 'x': given {told}, allowed measurements, no copy of the label: set `drop: [x]`, or"
    assert str(refused.value).startswith(message)
    kind = str(refused.value).rpartition("{x: ")[2].partition("}")[0]
    kept = own(tmp_path, cells, columns={"x": kind})
    assert f"column 'x': {told}, as a copy of the label has: to leave it out set `drop: [x]`" in kept.findings


def test_cells_that_are_missing_by_some_of_many_classes_are_a_copy(tmp_path):
    label = np.array(list("abcd"))[np.arange(120) % 4]
    with pytest.raises(InputError, match="column 'x': given cells that are missing by the class"):
        own(tmp_path, [str(at % 11) if each in "ac" else "" for at, each in enumerate(label)], label)
    assert own(tmp_path, [str(at % 11) if at % 5 else "" for at in range(120)], label)


NUMBERS = {
    "the same": PRICE,
    "in cents": 100 * PRICE,
    "with tax": np.round(1.19 * PRICE, 6),
    "what is left of a thousand": 1000 - PRICE,
}


@pytest.mark.parametrize("numbers", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("missing", [[], [3, 5]])
def test_a_copy_of_numbers_is_refused_on_any_scale(tmp_path, numbers, missing):
    cells = gaps([f"{number:.6f}" for number in numbers], missing)
    with pytest.raises(InputError, match="column 'x': given the label itself, if on another scale, allowed measure"):
        own(tmp_path, cells, PRICE, labels="number")
    assert len(own(tmp_path, cells, PRICE, labels="number", columns={"x": "number"}).x) == 2


@pytest.mark.parametrize("numbers", [PRICE**2, PRICE + DICE.normal(size=120), DICE.normal(size=120), np.ones(120)])
def test_numbers_that_are_no_copy_are_read(tmp_path, numbers):
    raw = own(tmp_path, [f"{number:.6f}" for number in numbers], PRICE, labels="number")
    assert len(raw.x) == 2 and not any("the label" in line for line in raw.findings)


HINTS = {
    "segments": (by_class(["A", "B"], ["C", "D"]), "each of its values is of one class alone"),
    "segments in numbers": (by_class(["1", "4"], ["2", "3", "5"]), "each of its values is of one class alone"),
    "segments with gaps": (
        gaps(by_class(["A", "B"], ["C", "D"]), range(30)),
        "each of its values is of one class alone",
    ),
    "reasons with gaps": (gaps(by_class(["price", "moved"], [""]), range(20)), "filled in in rows of one class alone"),
    "gaps of one class": (gaps(by_class(["", "3", "4"], ["3", "4"]), []), "missing in rows of one class alone"),
}


@pytest.mark.parametrize(("cells", "told"), HINTS.values(), ids=HINTS)
def test_what_goes_with_one_class_alone_is_said(tmp_path, cells, told):
    line = f"column 'x': {told}, and so is what becomes known with the label or after it: if this does, to leave it out"
    assert [line in each for each in own(tmp_path, cells).findings].count(True) == 1


def test_numbers_that_are_nearly_on_a_line_are_said(tmp_path):
    raw = own(tmp_path, [f"{1.19 * price:.2f}" for price in PRICE], PRICE, labels="number")
    assert any("all but on a straight line with the label" in line for line in raw.findings)


@pytest.mark.parametrize(
    "cells",
    [
        by_class(["A", "B", "C"], ["C", "D"]),
        gaps(by_class(["A", "B"], ["A", "B"]), range(0, 120, 7)),
        gaps(by_class(["3"], ["3"]), [int(np.flatnonzero(CHURN == "No")[0])]),  # one gap is of one class by chance
        [str(at % 37) for at in range(120)],
    ],
)
def test_what_classes_share_is_not_said(tmp_path, cells):
    assert not any("one class" in line or "copy of the label" in line for line in own(tmp_path, cells).findings)
