"""Say what smells about the columns of a table, and which of them are no measurements and are left out."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.raw_data import Column, coded
from pipeline.sources import _copies
from pipeline.sources._kinds import MIDNIGHT, WHOLE

MOST_WORDS = 0.5  # of the rows: a column with more different words than that names rows, or is free text
FEW_ROWS = 20  # below which nothing follows from all values being different
ID_NAME = re.compile(
    r"(?i)(.*[_\s.-])?(id|ids|uuid|guid|index|key|row|nr|no)|.*[a-z](ID|Id)|column_1|unnamed.*|__index.*"
)
SENTINELS = (-9.0, -99.0, -999.0, -9999.0, -99999.0, 99.0, 999.0, 9999.0, 99999.0)
ENDS = ("0001-", "9999-")  # years that no measurement is of
MOST_CATEGORIES = 1000
MARKED = re.compile(r"[^\w\s]\s*[-+]?\d[\d.,]*\s*[^\d\s]{0,4}|[-+]?\d[\d.,]*\s*[^\d\s]{1,4}")
OFFERS = {"missing": "set `missing: ['{}']`", "group": "set `group: {}`"}
MILLISECONDS, SECONDS, COMPACT = (9e11, 4e12), (9e8, 4e9), (19000101.0, 21001231.0)


@dataclass(frozen=True, eq=False)
class Facts:
    """What is to be known of a column: cells that are missing, different values, and where they rise or fall."""

    missing: int
    distinct: int
    is_unique: bool
    is_monotone: bool


def facts(column: Column) -> Facts:
    """Of one column."""
    if column.kind == "number":
        values = column.cells[~np.isnan(column.cells)]
        order, distinct = values, len(np.unique(values))
    else:
        codes, words = coded(column.cells)
        order, distinct = codes[codes >= 0], len(words)
        if column.kind == "date":
            order = np.argsort(np.argsort(np.array(words, object)))[order] if len(words) else order
    steps = np.diff(order)
    is_monotone = len(order) > 2 and bool((steps > 0).all() or (steps < 0).all())
    return Facts(len(column.cells) - len(order), distinct, distinct == len(order) > FEW_ROWS, is_monotone)


@dataclass(frozen=True, eq=False)
class Sifted:
    """Columns by place that are `kept`, why others are left `out`, and what is `known` of all."""

    kept: Mapping[int, Column]
    out: Mapping[int, str]
    known: Mapping[int, Facts]


def sift(found: Mapping[int, Column], said: Collection[str]) -> Sifted:
    """Which of the columns found by place may be measurements; of those that are `said` to be, by name, all are."""
    known = {place: facts(column) for place, column in found.items()}
    free = {place: column for place, column in found.items() if column.name not in said}
    out = {place: reason for place, column in free.items() if (reason := left_out(column, known[place]))}
    kept = {place: column for place, column in found.items() if place not in out}
    return Sifted(kept, out, known)


def faults(file: str, sifted: Sifted, said: Collection[str], y: np.ndarray) -> list[str]:
    """Lines on columns that are kept, that nobody has spoken for, and that cannot be learnt from."""
    free = {place: column for place, column in sifted.kept.items() if column.name not in said}
    return [f"{file}: {told}" for place, column in free.items() if (told := fault(column, sifted.known[place], y))]


def left_out(column: Column, known: Facts) -> str | None:
    """Why a column that nobody has spoken for is no measurement; None: it may be one."""
    present = len(column.cells) - known.missing
    if present <= FEW_ROWS:
        return None
    if column.kind == "number" and known.is_unique and _are_whole(values := column.cells[~np.isnan(column.cells)]):
        if len(np.unique(np.diff(values))) == 1:
            return "it counts the rows: a row number or an id"
        if ID_NAME.fullmatch(column.name):
            return "every row has another whole number, and its name is that of an id"
    if column.kind == "category" and known.distinct > MOST_WORDS * present and not _with_marks(column):
        return f"{known.distinct} different words in {present} rows: an id, names or free text"
    return None


def _are_whole(values: np.ndarray) -> bool:
    return bool((values % 1 == 0).all() and (np.abs(values) < WHOLE).all())


def fault(column: Column, known: Facts, y: np.ndarray) -> str | None:
    """Why a column that nobody has spoken for cannot be learnt from as it is; None: it can."""
    name = column.name
    copy = _copies.of_label(column, known.distinct, y)
    if copy and not _copies.may_be_measured(column, y):
        return (
            f"column {name!r}: given {copy}, allowed measurements, no copy of the label:"
            f" set `drop: [{name}]`, or `columns: {{{name}: {column.kind}}}` if it was measured"
        )
    marks = _with_marks(column) if known.distinct > MOST_WORDS * (len(y) - known.missing) and len(y) > FEW_ROWS else []
    if marks:
        return (
            f"column {name!r}: given numbers with a unit or a sign, such as {marks[0]!r}, allowed plain numbers: take"
            f" it off, or set `columns: {{{name}: category}}` or `drop`"
        )
    if column.kind == "category" and known.distinct > MOST_CATEGORIES:
        return (
            f"column {name!r}: given {known.distinct} different words, allowed {MOST_CATEGORIES}:"
            f" set `drop: [{name}]`, or `columns: {{{name}: category}}` to have them all"
        )
    return None


def of_left_out(
    names: Sequence[str], asked: Sequence[int], found: Mapping[int, Column], reasons: Mapping[int, str]
) -> Iterator[str]:
    """Lines on columns that are left out though nobody has said so."""
    for place in asked:
        name = names[place]
        if place not in found:
            yield f"column {name!r}: left out: no cell has a value"
        elif place in reasons:
            keep = f"to keep it set `columns: {{{name}: {found[place].kind}}}`"
            yield f"column {name!r}: left out (`drop`): {reasons[place]}; {keep}"


def of_column(column: Column, known: Facts, y: np.ndarray, offers: Mapping[str, str] = OFFERS) -> Iterator[str]:
    """Lines on a column that is kept; `offers` say how to tell a group, or a number that stands for a missing one."""
    name, present = f"column {column.name!r}", len(column.cells) - known.missing
    offer = f"to leave it out set `drop: [{column.name}]`"
    copy = _copies.of_label(column, known.distinct, y)
    if copy:
        yield f"{name}: {copy}, as a copy of the label has: {offer}"
    if known.distinct <= 1:
        yield f"{name}: the same in all rows: {offer}"
    elif column.kind == "category":
        yield from _of_words(column, known, name, offer)
    elif column.kind == "date":
        tell = ", in the order of the rows" if known.is_monotone else ""
        yield f"{name}: dates ({known.distinct} different ones{tell}): taken as days since 1970-01-01; {offer}"
        yield from _of_days(column, name)
    else:
        yield from _of_numbers(column, known, name, offer, offers["missing"])
    if _stand_together(column, known, y):
        told = "rows with one value stand together and have one label"
        yield f"{name}: {told}: if they come from one person or thing {offers['group'].format(column.name)}"
    elif not copy:
        known_late = "so is what becomes known with the label or after it"
        yield from (
            f"{name}: {hint}, and {known_late}: if this does, {offer}"
            for hint in _copies.hints(column, known.distinct, y)
        )
    if known.missing > present:
        yield f"{name}: {known.missing} of {len(column.cells)} cells are missing: {offer}"


def _stand_together(column: Column, known: Facts, y: np.ndarray) -> bool:
    """Whether a column names runs of rows, each of one label, as of the steps of a recording."""
    if known.missing or not FEW_ROWS // 2 < known.distinct <= len(y) / 2 or column.kind == "date":
        return False
    codes = np.unique(column.cells, return_inverse=True)[1] if column.kind == "number" else coded(column.cells)[0]
    runs = 1 + int((np.diff(codes) != 0).sum())
    return runs == known.distinct and len(np.unique(np.stack([codes, y], 1), axis=0)) == runs


def _of_words(column: Column, known: Facts, name: str, offer: str) -> Iterator[str]:
    if known.distinct > FEW_ROWS and known.distinct > 0.1 * len(column.cells):
        yield f"{name}: {known.distinct} different words, most of them in a few rows: {offer}"
    _, words = coded(column.cells)
    marks = _with_marks(column)
    if marks:
        yield f"{name}: words such as {marks[0]!r} are taken as categories: to have numbers take the unit off"
    lines = [word for word in words if "\n" in word]
    if lines:
        yield f"{name}: {len(lines)} words with a line break in them: see that the quotes are where they belong"


def _with_marks(column: Column) -> list[str]:
    """Words that are numbers with a unit or a sign beside them, where most of the words of a column are such."""
    words = coded(column.cells)[1] if column.kind == "category" else []
    marks = [word for word in words if MARKED.fullmatch(word)]
    return marks if len(words) > 2 and len(marks) > 0.5 * len(words) else []


def _of_numbers(column: Column, known: Facts, name: str, offer: str, missing: str) -> Iterator[str]:
    """Lines on row numbers, dates written as numbers, and values that stand for a missing one."""
    values = column.cells[~np.isnan(column.cells)]
    if known.is_monotone and known.is_unique:
        yield f"{name}: rises or falls from row to row, as row numbers do: {offer}"
    elif known.is_unique and _are_whole(values):
        yield f"{name}: every row has another whole number, as ids have: {offer}"
    low, high = values.min(), values.max()
    unit = next((unit for unit, (a, b) in UNITS.items() if a <= low and high <= b and _are_whole(values)), None)
    if unit and (unit != "a day as yyyymmdd" or _are_days(values)):
        yield f"{name}: its numbers look like dates ({unit}): taken as numbers"
    for sentinel in SENTINELS:
        count = int((values == sentinel).sum())
        if 2 <= count < len(values) and _is_far(values[values != sentinel], sentinel):
            told = f"{sentinel:g} in {count} rows, far from all else: if it stands for a missing value"
            yield f"{name}: {told}, {missing.format(f'{sentinel:g}')}"


def _of_days(column: Column, name: str) -> Iterator[str]:
    """Lines on a first or last day that may stand for an open end, or for a missing one."""
    codes, words = coded(column.cells)
    days, counts = np.array(words, "datetime64[us]").astype(np.float64), np.bincount(codes[codes >= 0])
    are_ends = np.array([word.startswith(ENDS) for word in words])
    for at in np.flatnonzero(are_ends | (days == days.min()) | (days == days.max())).tolist():
        others = days[~are_ends & (days != days[at])]
        if are_ends[at] or (counts[at] > 1 and len(others) > 1 and _is_far(others, days[at])):
            day = words[at].removesuffix(MIDNIGHT)
            told = f"{day} in {counts[at]} rows, far from all else: if it stands for an open end or a missing day"
            yield f"{name}: {told}, set `missing: ['{day}']`"


UNITS = {"milliseconds since 1970": MILLISECONDS, "seconds since 1970": SECONDS, "a day as yyyymmdd": COMPACT}


def _are_days(values: np.ndarray) -> bool:
    month, day = values // 100 % 100, values % 100
    return bool(((month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)).all())


def _is_far(others: np.ndarray, value: float) -> bool:
    """Whether a value lies outside of all others, by more than half of what they span."""
    low, high = others.min(), others.max()
    return bool(value < low - (high - low) / 2 or value > high + (high - low) / 2)
