"""Turn columns of cells into numbers, categories and dates; whatever could be two things is refused, cell by cell."""

import contextlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from pipeline.raw_data import Column, coded
from pipeline.sources._delimited import Cells, of_no_cells
from pipeline.sources._habits import MOSTLY, Habit, are_addresses, are_codes_or_thousands, gaps

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE = 2.0**53  # above it float64 leaves out whole numbers
MOST_SHOWN = 5  # cells of a fault
ISO = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?(?:Z|[+-]\d{2}:?\d{2})?"
DATES = {  # forms in which dates are written, and how `datetime` reads them; the last may be either
    ISO: (),
    r"\d{4}/\d{1,2}/\d{1,2}": ("%Y/%m/%d",),
    r"\d{1,2}\.\d{1,2}\.\d{4}": ("%d.%m.%Y",),
    r"\d{1,2}/\d{1,2}/\d{4}": ("%d/%m/%Y", "%m/%d/%Y"),
}
MIDNIGHT = "T00:00:00"  # of a day in a column of times
YEARS = ("%Y", "%y", "%G", "%c", "%x")  # as `datetime` spells them in forms of dates
TIMES = ("%H", "%I", "%M", "%S", "%f", "%p", "%z", "%c", "%X")


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column read as numbers: `values` (rows,) with NaN where there is none, and which cells are missing or none."""

    values: np.ndarray
    missing: np.ndarray
    wrong: np.ndarray


class Reader:
    """Reads the columns of one file, each as what it is or is said to be, and gathers what is wrong with them."""

    def __init__(self, cells: Cells, habit: Habit, missing: Iterable[str]) -> None:
        self.cells, self.habit = cells, habit
        self.faults: list[str] = []
        self.days: dict[str, str] = {}  # of columns of dates: the form of these, "date" for ISO 8601
        self.words = gaps(missing)
        self.values = {float(word) for word in self.words if re.fullmatch(Habit().number, word)}

    def say(self, fault: str) -> None:
        """One more line on what is wrong."""
        self.faults.append(fault)

    def read(self, place: int, said: str | None) -> Column | None:
        """Column number `place` as what it is `said` to be, or else as what it is; None: it is wrong, or empty."""
        name, cells = self.cells.names[place], self.cells.columns[place]
        if name in self.cells.unreadable:
            self.say(of_no_cells(self.cells, name))
            return None
        if said == "number":
            return self._number(name, self.numbers(cells), cells)
        if said == "category":
            return self._category(name, cells)
        if said is not None:
            return self._date(name, cells, ISO, () if said == "date" or name in self.cells.days else (said,))
        numbers = self.numbers(cells)
        present = int((~numbers.missing).sum())
        if not present:
            return None
        form = self._date_form(cells, ~numbers.missing)
        if form:
            return self._date(name, cells, form, DATES[form])
        if present == numbers.wrong.sum() or numbers.wrong.sum() > (1 - MOSTLY) * present:
            return self._category(name, cells)
        if not numbers.wrong.any() and (_has_codes(cells) or are_addresses(self._present(cells, numbers))):
            return self._category(name, cells)
        if not numbers.wrong.any() and are_codes_or_thousands(self._present(cells, numbers)):
            self._say_either(name, self._present(cells, numbers)[0].as_py())
            return None
        return self._number(name, numbers, cells)

    def _present(self, cells: "pa.Array", numbers: Numbers) -> "pa.Array":
        import pyarrow as pa

        return cells.filter(pa.array(~numbers.missing))

    def _say_either(self, name: str, word: str) -> None:
        self.say(
            f"{self.cells.name}: column {name!r}: given cells such as {word!r}, which may be lists of codes or numbers"
            f" with marks between thousands, allowed either: set `columns: {{{name}: category}}` or"
            f" `columns: {{{name}: number}}`"
        )

    def is_missing(self, cells: "pa.Array") -> np.ndarray:
        """Which cells say that there is nothing (rows,), bool."""
        import pyarrow as pa
        import pyarrow.compute as pc

        words = pa.array(self.words, cells.type)
        return np.asarray(pc.is_in(pc.utf8_lower(cells), value_set=words))

    def numbers(self, cells: "pa.Array") -> Numbers:
        """The cells as numbers, to the last bit that float64 has."""
        missing = self.is_missing(cells)
        values, is_number = _parsed(cells, missing, self.habit)
        if self.values:
            missing = missing | (is_number & np.isin(values, list(self.values)))
        values = np.where(is_number & ~missing, values, np.nan)
        return Numbers(values, missing, ~is_number & ~missing)

    def _number(self, name: str, numbers: Numbers, cells: "pa.Array") -> Column | None:
        wrong = numbers.wrong | np.isinf(numbers.values)
        where, said = f"{self.cells.name}: column {name!r}", f"`columns: {{{name}: category}}` or `drop`"
        if wrong.any():
            sound = int((~numbers.missing & ~wrong).sum())
            self.say(
                f"{where}: given {self.listed(cells, wrong)}, allowed a number, as in the {sound} other cells:"
                f" mend it, or set `missing: [...]` with these words, or {said}"
            )
        inexact = _inexact(numbers.values, cells, self.habit)
        if inexact.any():
            self.say(
                f"{where}: given {self.listed(cells, inexact)}, allowed what float64 holds to the last digit, such as"
                f" whole numbers up to 2^53: set {said}"
            )
        return None if wrong.any() or inexact.any() else Column(name, "number", numbers.values + 0.0)

    def _category(self, name: str, cells: "pa.Array") -> Column:
        return Column(name, "category", _words(cells, self.is_missing(cells)))

    def _date_form(self, cells: "pa.Array", present: np.ndarray) -> str | None:
        """The form that most of the cells that are there have; None: they are no dates."""
        import pyarrow.compute as pc

        for form in DATES:
            first = cells[int(np.argmax(present))].as_py()
            if not re.fullmatch(form, first) and present.sum() > 1:
                first = cells[int(np.flatnonzero(present)[-1])].as_py()
            if re.fullmatch(form, first):
                alike = np.asarray(pc.match_substring_regex(cells, f"^(?:{form})$")) & present
                if alike.sum() > MOSTLY * present.sum():
                    return form
        return None

    def _date(self, name: str, cells: "pa.Array", form: str, formats: Sequence[str]) -> Column | None:
        """Days as ISO 8601; those with a time of day are in UTC where they say their zone."""
        codes, words = coded(_words(cells, self.is_missing(cells)))
        readings = {each: [_day(word, each) for word in words] for each in formats or [""]}
        sound = {each: days for each, days in readings.items() if None not in days}
        first, found = next(iter((sound or readings).items()))
        if any(days != found for days in sound.values()):
            options = " or ".join(f"`columns: {{{name}: '{each}'}}`" for each in formats)
            shown = repr(words[0]) if words else ""
            self.say(
                f"{self.cells.name}: column {name!r}: given dates such as {shown}, which may be day or month first,"
                f" allowed either: set {options}"
            )
            return None
        if not sound:
            wrong = np.append([day is None for day in found], False).astype(bool)[codes]
            self.say(
                f"{self.cells.name}: column {name!r}: given {self.listed(cells, wrong)}, allowed a day that there is:"
                f" mend it, or set `columns: {{{name}: category}}` or `drop`"
            )
            return None
        self.days[name] = first or "date"
        return Column(name, "date", self._known(found)[codes])

    def _known(self, days: Sequence[str | None]) -> np.ndarray:
        """The days, None where one was told to stand for a gap, and one None more."""
        told = [day is not None and day.removesuffix(MIDNIGHT).lower() in self.words for day in days]
        return np.array([*(None if gap else day for day, gap in zip(days, told, strict=True)), None], object)

    def read_new(self, place: int, kind: str, form: str) -> tuple[Column, int]:
        """Column number `place` of rows without labels, of a kind known from training, and how many cells do not fit.

        `form` is that of its dates, as `days` has it. What does not fit counts as missing.
        """
        name, cells = self.cells.names[place], self.cells.columns[place]
        if kind == "category":
            return self._category(name, cells), 0
        if kind == "date":
            codes, words = coded(_words(cells, self.is_missing(cells)))
            days = [_day(word, "" if form == "date" else form) for word in words]
            wrong = np.array([*(day is None for day in days), False])[codes]
            return Column(name, "date", self._known(days)[codes]), int(wrong.sum())
        numbers = self.numbers(cells)
        wrong = numbers.wrong | np.isinf(numbers.values) | _inexact(numbers.values, cells, self.habit)
        return Column(name, "number", np.where(wrong, np.nan, numbers.values) + 0.0), int(wrong.sum())

    def listed(self, cells: "pa.Array", wrong: np.ndarray) -> str:
        """The first of the cells that are wrong, where they stand, and how many more there are."""
        rows = np.flatnonzero(wrong)
        shown = rows[:MOST_SHOWN].tolist()
        places = zip(shown, self.cells.places(shown), strict=True)
        listed = ", ".join(f"{cells[row].as_py()[:40]!r} ({place})" for row, place in places)
        return listed + (f" and {len(rows) - MOST_SHOWN} more" if len(rows) > MOST_SHOWN else "")


def _words(cells: "pa.Array", missing: np.ndarray) -> np.ndarray:
    """The cells as an array of text, None where one is missing; equal words are one object."""
    found = cells.dictionary_encode()
    words = np.array([*found.dictionary.to_pylist(), None], object)
    codes = found.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    chosen: np.ndarray = words[np.where(missing, len(words) - 1, codes)]
    return chosen


def _has_codes(cells: "pa.Array") -> bool:
    """Whether these are codes: whole numbers, some of which begin with a zero that counts."""
    import pyarrow.compute as pc

    zero = pc.or_(pc.starts_with(cells, "0"), pc.or_(pc.starts_with(cells, "-0"), pc.starts_with(cells, "+0")))
    some = cells.filter(
        pc.and_not(zero, pc.is_in(pc.utf8_slice_codeunits(cells, 0, 2), value_set=_array(["0.", "0,"])))
    )
    if not pc.any(pc.match_substring_regex(some, r"^[-+]?0\d+$")).as_py():
        return False
    return not pc.any(pc.match_substring_regex(cells, r"\d[.,eE]|[.,]\d")).as_py()


def _array(words: Sequence[str]) -> "pa.Array":
    import pyarrow as pa

    return pa.array(words, pa.large_string())


# Numbers


def _parsed(cells: "pa.Array", missing: np.ndarray, habit: Habit) -> tuple[np.ndarray, np.ndarray]:
    """Values of the cells (NaN where a cell is none), and which of them are numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    present = pc.if_else(pa.array(missing), None, cells)
    if habit == Habit():
        with contextlib.suppress(pa.ArrowInvalid):  # quick where all are plain numbers, as Arrow knows them
            values = pc.cast(present, pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
            if np.array_equal(np.isfinite(values), ~missing):
                return values, ~missing
    is_number = np.asarray(pc.match_substring_regex(present, habit.number).fill_null(False))
    present = pc.if_else(pa.array(is_number), present, None)
    for mark in habit.thousands:
        present = pc.replace_substring(present, mark, "")
    if habit.decimal != ".":
        present = pc.replace_substring(present, habit.decimal, ".")
    present = pc.utf8_ltrim(present, "+")
    return pc.cast(present, pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False), is_number


def _inexact(values: np.ndarray, cells: "pa.Array", habit: Habit) -> np.ndarray:
    """Which cells float64 changes: whole numbers beyond its digits, and what it takes for nought (rows,), bool."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wrong = np.zeros(len(values), bool)
    for row in np.flatnonzero(np.abs(values) >= WHOLE):
        whole = re.sub(rf"[{re.escape(habit.thousands)}]", "", cells[int(row)].as_py()) if habit.thousands else None
        whole = cells[int(row)].as_py() if whole is None else whole
        wrong[row] = re.fullmatch(r"[-+]?\d+", whole) is not None and int(whole) != int(values[row])
    rows = np.flatnonzero(values == 0)
    wrong[rows] = np.asarray(pc.match_substring_regex(cells.take(pa.array(rows)), "^[^eE]*[1-9]"))
    return wrong


def has_year(form: str) -> bool:
    """Whether a form of dates tells the year: without one all would be of 1900."""
    return any(sign in form for sign in YEARS)


def _day(word: str, form: str) -> str | None:
    """A date as ISO 8601, with its time of day if it has one, in UTC where it names its zone; None: no such day."""
    has_time = any(sign in form for sign in TIMES) if form else len(word) > len("2000-01-01")
    try:
        if not form and not re.fullmatch(ISO, word):
            return None
        day = datetime.strptime(word, form) if form else datetime.fromisoformat(word)
        if day.tzinfo is not None:
            day = (day - (day.utcoffset() or day - day)).replace(tzinfo=None)
    except (ValueError, OverflowError):  # the second of a day that is beyond year 9999, or before year 1, in UTC
        return None
    return day.isoformat() if has_time else day.date().isoformat()
