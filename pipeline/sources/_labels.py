"""Turn the column of labels into classes in order, or into numbers to predict; say what is odd about them."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

import numpy as np

from pipeline.errors import InputError
from pipeline.sources._habits import Habit, habit
from pipeline.sources._kinds import Reader

if TYPE_CHECKING:
    import pyarrow as pa

NO_LABEL = ("", "?", "na", "n/a", "nan", "null", "none", "<na>", "#n/a", "#na")
MANY = 20  # different numbers: what has more looks like a number to predict
FEW = 30  # rows of a class below which little can be said of it
MOST_SHOWN = 8


@dataclass(frozen=True, eq=False)
class LabelColumn:
    """Labels `y` of the rows at `kept`, the names of classes in the order of their codes, and what is odd."""

    y: np.ndarray
    kept: np.ndarray
    class_names: tuple[str, ...]
    findings: tuple[str, ...]


def read(
    reader: Reader,
    place: int,
    missing: Sequence[str],
    *,
    labels: Literal["class", "number"],
    missing_label: Literal["refuse", "drop"],
) -> LabelColumn:
    """The labels in column number `place`; all codes 0, 1, ... of classes, int64, or numbers, float64.

    Numbers are in order of value, and 1 and 1.0 are one class; words (and numbers with leading zeros) in alphabetical
    order. Faults go to the reader: rows without a label, unless they are to be dropped; fewer than two classes; numbers
    that are none.
    """
    where = f"{reader.cells.name}: column {reader.cells.names[place]!r}"
    kept, findings = _kept(reader, place, _absent(reader, place, missing, labels), missing_label)
    if labels == "number":
        return LabelColumn(_numbers(reader, place, kept, where), kept, (), findings)
    codes, words = _coded(reader.cells.columns[place], kept)
    own = _habit(reader, place)
    classes = _classes(words, own)
    if len(classes) < 2:
        given = f"only {words[0]!r}" if words else "no label"
        reader.say(f"{where}: given {given}, allowed two classes or more: see that it is the label")
    code_of = {word: code for code, spellings in enumerate(classes) for word in spellings}
    y = np.array([code_of[word] for word in words], np.int64)[codes]
    names = tuple(min(spellings, key=lambda word: (len(word), word)) for spellings in classes)
    if _are_numbers_to_predict(names, y, own):
        reader.say(
            f"{where}: given {len(names)} different numbers in {len(y)} rows, allowed classes of three rows or more:"
            " set `labels: number` to predict the number itself, or put it into classes"
        )
    return LabelColumn(y, kept, names, (*findings, *_odd(where, classes, names, np.bincount(y), own)))


def _habit(reader: Reader, place: int) -> Habit:
    """How classes that are numbers are written, if that is clear: they have no say in how other columns are."""
    try:
        return habit(reader.cells, [place], (), "auto", "auto")
    except InputError:
        return reader.habit


def _coded(cells: "pa.Array", kept: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Of each kept row which of the different words it has, and these words."""
    import pyarrow as pa

    found = cells.filter(pa.array(kept)).dictionary_encode()
    return found.indices.to_numpy(zero_copy_only=False).astype(np.int64), found.dictionary.to_pylist()


def _absent(reader: Reader, place: int, missing: Sequence[str], labels: str) -> np.ndarray:
    """Which rows have no label (rows,), bool: of numbers those with any gap; a class may be called -, say."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = reader.cells.columns[place]
    without_number = reader.numbers(cells).missing
    if labels == "number":
        return without_number
    words = pa.array([*NO_LABEL, *(word.strip().lower() for word in missing)], cells.type)
    told_as_number = without_number & ~reader.is_missing(cells)
    absent: np.ndarray = np.asarray(pc.is_in(pc.utf8_lower(cells), value_set=words)) | told_as_number
    return absent


def _kept(reader: Reader, place: int, absent: np.ndarray, missing_label: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Which rows have a label (rows,), bool, and findings if others are left out; that they may not be is a fault."""
    import pyarrow as pa

    cells, column = reader.cells.columns[place], f"column {reader.cells.names[place]!r}"
    rows = np.flatnonzero(absent)
    blank = rows[reader.cells.blank(rows)]
    unlabelled = absent.copy()
    unlabelled[blank] = False
    findings = (f"{len(blank)} rows with nothing in them are left out",) if len(blank) else ()
    if not unlabelled.any():
        return ~absent, findings
    counts = Counter(cells.filter(pa.array(unlabelled)).to_pylist())
    told = ", ".join(f"{word!r} ({count})" for word, count in sorted(counts.items()))
    if missing_label == "drop":
        return ~absent, (*findings, f"{column}: {unlabelled.sum()} rows without a label are left out: {told}")
    first = reader.cells.places([int(np.argmax(unlabelled))])[0]
    reader.say(
        f"{reader.cells.name}: {column}: given {unlabelled.sum()} rows without a label: {told}, from {first} on,"
        " allowed a label in every row: fill them in, or set `missing_label: drop`"
    )
    return ~absent, findings


def _numbers(reader: Reader, place: int, kept: np.ndarray, where: str) -> np.ndarray:
    """Numbers to predict of the rows that are kept, float64; none where some are wrong."""
    cells = reader.cells.columns[place]
    wrong = reader.numbers(cells).wrong & kept
    if wrong.any():
        others = int(kept.sum() - wrong.sum())
        mend = "mend it, or set `missing: [...]` with these words and `missing_label: drop`"
        classes = "leave `labels: number` (`--target number`) out to tell these as classes"
        reader.say(
            f"{where}: given {reader.listed(cells, wrong)}, allowed a number to predict, as in the {others} other rows:"
            f" {mend if wrong.sum() <= others else classes}"
        )
        return np.zeros(int(kept.sum()))
    column = reader.read(place, "number")
    values = np.zeros(int(kept.sum())) if column is None else column.cells[kept]
    if np.abs(values).max(initial=0) > np.finfo(np.float32).max:
        reader.say(f"{where}: given a number beyond 3.4e38, allowed what float32 holds: take another unit")
    return values


# Classes


def _classes(words: Sequence[str], habit: Habit) -> list[list[str]]:
    """Spellings of each class, in the order of classes."""
    spellings = defaultdict(list)
    for word in words:
        value = _value(word, habit)
        if value is None:
            return [[word] for word in sorted(words)]
        spellings[value].append(word)
    return [sorted(spellings[value]) for value in sorted(spellings)]


def _value(word: str, habit: Habit) -> Decimal | None:
    """A label's value; None: it is a word, or a code, with leading zeros or a sign before a nought."""
    if not re.fullmatch(habit.number, word) or re.fullmatch(r"[-+]?0\d+|[-+]0[.,]?0*", word):
        return None
    plain = re.sub(rf"[{re.escape(habit.thousands)}]", "", word) if habit.thousands else word
    return Decimal(plain.replace(habit.decimal, ".")) + 0


def _are_numbers_to_predict(names: Sequence[str], y: np.ndarray, habit: Habit) -> bool:
    """Whether there are classes of one or two rows with names that are numbers, more of them than classes are."""
    are_many = len(names) > MANY // 2 and int(np.bincount(y).min()) < 3
    return are_many and all(_value(name, habit) is not None for name in names)


def _odd(
    where: str, classes: Sequence[Sequence[str]], names: Sequence[str], counts: np.ndarray, habit: Habit
) -> list[str]:
    """Lines on spellings, rare classes and labels that look like numbers to predict."""
    column, lines = where.split(": ", 1)[1], []
    for spellings in classes:
        if len(spellings) > 1:
            lines.append(f"{column}: {', '.join(map(repr, spellings))} are one class: the same number")
    for alike in _near_equal(names):
        lines.append(f"{column}: the classes {', '.join(map(repr, alike))} differ in spelling alone: one class?")
    rare = [f"{names[code]} ({counts[code]})" for code in np.flatnonzero(counts < FEW).tolist()]
    if rare:
        more = f" and {len(rare) - MOST_SHOWN} more" if len(rare) > MOST_SHOWN else ""
        lines.append(f"{column}: classes of fewer than {FEW} rows: {', '.join(rare[:MOST_SHOWN])}{more}")
    if len(names) > MANY and all(_value(name, habit) is not None for name in names):
        lines.append(f"{column}: {len(names)} different numbers: to predict the number itself set `labels: number`")
    return lines


def _near_equal(names: Sequence[str]) -> list[list[str]]:
    """Names that are the same but for capitals, accents, blanks, hyphens and leading zeros."""
    found = defaultdict(list)
    for name in names:
        found[_folded(name)].append(name)
    return [alike for alike in found.values() if len(alike) > 1]


def _folded(name: str) -> str:
    if re.fullmatch(Habit().number, name):
        return str((Decimal(name) + 0).normalize())
    letters = [each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)]
    return re.sub(r"[\s_\-.]+", " ", "".join(letters).casefold()).strip()
