"""Find how a file writes its numbers and its gaps; a mark that may be two things is refused, with what tells it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import InputError
from pipeline.sources._delimited import Cells

if TYPE_CHECKING:
    import pyarrow as pa

MISSING = ("", "?", "-", "--", ".", "#n/a", "#na", "<na>", "n/a", "na", "nan", "-nan", "none", "null", "nil")
SPACES = " \u00a0\u202f'’"  # between thousands, beside , and .
THOUSANDS = {"none": "", "space": " ", ",": ",", ".": ".", "'": "'"}  # as settings name them
MOSTLY = 0.5  # a column with more numbers than that is one of numbers: what else stands there is a fault
SLIPS = 0.1  # of a column's words of digits and marks: what has more that are no numbers is written in a way of its own
MARKS = (r"\.", ",", f"[{SPACES}]")
BYTE = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
ADDRESS = rf"^{BYTE}(?:\.{BYTE}){{3}}$"
GROUPED, SMALL = r"^[-+]?[1-9]\d{0,2}\.\d{3}$", r"^[-+]?\d{1,3}$"


@dataclass(frozen=True)
class Habit:
    """How numbers are written: the mark before decimals, and those that may stand between thousands."""

    decimal: str = "."
    thousands: str = ""

    @property
    def number(self) -> str:
        """A pattern of all of a number."""
        point, whole = re.escape(self.decimal), r"\d+"
        if self.thousands:
            whole = rf"(?:\d+|\d{{1,3}}(?:[{re.escape(self.thousands)}]\d{{3}})+)"
        return rf"^[-+]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][-+]?\d+)?$"


def habit(cells: Cells, places: Iterable[int], missing: Iterable[str], decimal: str, thousands: str) -> Habit:
    """How the columns at `places` write their numbers, by what only one habit allows, or as it is said.

    `missing` are words for a gap beside the usual ones. InputError: a mark may be two things.
    """
    columns = [_present(cells.columns[place], gaps(missing)) for place in places]
    signs = _signs(columns, is_plain=cells.separator != ";" and decimal == "auto")
    point = decimal if decimal != "auto" else _decimal(signs, cells, THOUSANDS.get(thousands, ""))
    if thousands != "auto":
        return Habit(point, SPACES if thousands == "space" else THOUSANDS[thousands])
    other = "," if point == "." else "."
    if signs[f"{other} either"] and not signs[f"{other} thousands"] and decimal == "auto":
        raise InputError(
            f"{cells.name}: given decimals behind a {point!r} and cells such as 1{other}250, which may be a slip,"
            f" allowed one habit in a file: mend them, or set `thousands: '{other}'`"
        )
    found = other if signs[f"{other} thousands"] or signs[f"{other} either"] else ""
    return Habit(point, found + (SPACES if signs["spaces"] else ""))


def gaps(missing: Iterable[str]) -> list[str]:
    """All words for a gap, in small letters: the usual ones, and those that are told."""
    return sorted({*MISSING, *(word.strip().lower() for word in missing)})


def are_addresses(words: "pa.Array") -> bool:
    """Whether words are four whole numbers up to 255 each with points between, as of a network."""
    return _all(words, ADDRESS)


def are_codes_or_thousands(words: "pa.Array") -> bool:
    """Whether words may be lists of codes as well as numbers: nothing but threes of digits, three or more in one."""
    return any(_all(words, rf"^\d{{3}}(?:{mark}\d{{3}})*$") and _any(words, rf"{mark}.*{mark}") for mark in MARKS)


def _all(words: "pa.Array", pattern: str) -> bool:
    import pyarrow.compute as pc

    if not len(words) or not re.search(pattern, words[0].as_py()):
        return False  # at once, of most columns
    return bool(pc.all(pc.match_substring_regex(words, pattern)).as_py())


def _any(words: "pa.Array", pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(words, pattern)).as_py())


def _present(column: "pa.Array", gaps: list[str]) -> "pa.Array":
    """The different words of a column that are no gaps."""
    import pyarrow as pa
    import pyarrow.compute as pc

    words = pc.unique(column)
    return words.filter(pc.invert(pc.is_in(pc.utf8_lower(words), value_set=pa.array(gaps, words.type))))


def _signs(columns: "list[pa.Array]", *, is_plain: bool) -> Mapping[str, bool]:
    """Which habits the columns of numbers show; "either" is a mark before three digits.

    Where a file `is_plain`, and nothing but points stands between digits, one a cell, they are decimal points, and
    nothing is looked for; unless all other cells of the column are whole numbers below a thousand ("points").
    """
    patterns = _patterns()
    found = dict.fromkeys([*patterns, "points"], False)
    if is_plain and not any(_has_doubtful_marks(words) or _has_doubtful_points(words) for words in columns):
        return found
    for words in columns:
        if _votes(words):
            for sign, pattern in patterns.items():
                found[sign] = found[sign] or _any(words, pattern)
            found["points"] = found["points"] or _has_doubtful_points(words)
    return found


def _votes(words: "pa.Array") -> bool:
    """Whether most of a column's words are digits and marks, and these, but for slips, numbers by some habit.

    Dates, addresses and lists of codes are none, though some of their words would pass for numbers.
    """
    import pyarrow.compute as pc

    digits = words.filter(pc.match_substring_regex(words, rf"^[-+]?[\d.,{SPACES}]*\d[.,]?(?:[eE][-+]?\d+)?$"))
    if len(digits) < MOSTLY * len(words) or not len(digits) or are_addresses(digits):
        return False
    ways = "|".join(f"(?:{Habit(*marks).number})" for marks in ((".", f",{SPACES}"), (",", f".{SPACES}")))
    slips = len(digits) - int(pc.sum(pc.match_substring_regex(digits, ways)).as_py())
    return slips <= max(1, SLIPS * len(digits)) and slips < len(digits) - slips


def _has_doubtful_points(words: "pa.Array") -> bool:
    """Whether points stand before three digits alone, and what has none is below a thousand: 1.250 beside 980."""
    return _any(words, GROUPED) and _any(words, SMALL) and _all(words, f"{GROUPED}|{SMALL}")


def _has_doubtful_marks(words: "pa.Array") -> bool:
    """Whether a column of numbers has commas, blanks or apostrophes in them, or several points in one."""
    import pyarrow.compute as pc

    marked = words.filter(pc.match_substring_regex(words, rf"[,{SPACES}]|\..*\."))
    return bool(pc.any(pc.match_substring_regex(marked, r"\d[.,]?\d*$")).as_py())


def _patterns() -> dict[str, str]:
    """How numbers are written that show a habit."""
    patterns = {"spaces": rf"^[-+]?\d{{1,3}}(?:[{SPACES}]\d{{3}})+(?:[.,]\d*)?$"}
    for mark, other in ((",", r"\."), (r"\.", ",")):
        name = mark[-1]
        short = rf"\d*{mark}(?:\d{{0,2}}|\d{{4,}})|(?:0\d*|\d{{4,}}){mark}\d{{3}}|{mark}\d+"
        grouped = rf"\d{{1,3}}(?:{other}\d{{3}})+{mark}\d*|\d{{1,3}}(?:[{SPACES}]\d{{3}})+{mark}\d*"
        patterns[f"{name} decimal"] = rf"^[-+]?(?:(?:{short}|{grouped})(?:[eE][-+]?\d+)?|\d+{mark}\d+[eE][-+]?\d+)$"
        patterns[f"{name} thousands"] = rf"^[-+]?\d{{1,3}}(?:(?:{mark}\d{{3}})+{other}\d*|(?:{mark}\d{{3}}){{2,}})$"
        patterns[f"{name} either"] = rf"^[-+]?[1-9]\d{{0,2}}{mark}\d{{3}}$"
    return patterns


def _decimal(signs: Mapping[str, bool], cells: Cells, thousands: str) -> str:
    """The mark before decimals, where the file leaves no doubt."""
    if thousands in (".", ","):
        return "," if thousands == "." else "."
    comma, point = (signs[f"{mark} decimal"] or signs[f"{other} thousands"] for mark, other in (",.", ".,"))
    offer = 'set `decimal: ","` or `decimal: "."`'
    if comma and point:
        raise InputError(
            f"{cells.name}: given numbers with a decimal comma and others with a decimal point,"
            f" allowed one of them in a file: mend it, or {offer}, and see which cells are refused"
        )
    doubt = signs[", either"] or signs["points"] or (signs[". either"] and cells.separator == ";")
    if doubt and not comma and not point:
        raise InputError(
            f"{cells.name}: given numbers such as 1,250 (or 1.250), which may be a thousand or one and a quarter,"
            f" allowed either: {offer}"
        )
    return "," if comma else "."
