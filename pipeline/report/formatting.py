"""How numbers, intervals and verdicts are written for readers, and how a page is made from its template."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, get_args

from pipeline import paths
from pipeline.contracts import Verdict
from pipeline.report.language import NumberText, Voice, phrase, word
from pipeline.result_rows import ClaimRow

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
UNTESTED = "not tested"
EXACT = word("exact")
DECIMALS, MOST_DECIMALS = 3, 6
WIDE = 100  # an interval that needs no decimals
MINUS, DASH = "\u2212", "\u2013"


def number(value: float | None, digits: int | None = None, *, sign: bool = False) -> NumberText:
    """A number with `digits` decimals; without them three, or three digits of what is very large or very small."""
    if value is None or not math.isfinite(value):
        return NumberText(DASH)
    plain = digits is not None or value == 0 or 0.001 <= abs(value) < 10_000
    text = f"{value:{'+' if sign else ''}.{f'{3 if digits is None else digits}f' if plain else '3g'}}"
    return NumberText(text.replace("-", MINUS))


def plain(value: float) -> NumberText:
    """A number as a user would write it: no more digits than it has, three of one that has no end."""
    digits = 12 if round(value, MOST_DECIMALS) == value else max(DECIMALS, len(str(int(abs(value)))))
    return NumberText(f"{value:,.{digits}g}".replace("-", MINUS))


def count(value: float | None) -> NumberText:
    """How many, thousands apart; empty where nobody counted."""
    return NumberText("" if value is None else f"{value:,}")


def money(value: float | None) -> NumberText:
    """A cost with about three digits, thousands apart."""
    if value is None or not math.isfinite(value):
        return NumberText(DASH)
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return NumberText(f"{value:,.{min(6, digits)}f}".replace("-", MINUS))


def interval(low: float | None, high: float | None, digits: int | None = None, *, sign: bool = False) -> str:
    """Both bounds as `number` writes them; empty where one is undefined."""
    if low is None or high is None:
        return ""
    return phrase("{low} to {high}", low=number(low, digits, sign=sign), high=number(high, digits, sign=sign))


def spread(low: float | None, high: float | None, digits: int | None = None) -> str:
    """The interval of a mean, or that there is nothing to be unsure of, as of what one answer for all scores."""
    return EXACT if low is not None and low == high else interval(low, high, digits)


def decimals(low: float | None, high: float | None) -> int:
    """Decimals that an interval's width calls for: three, or two digits of what is narrow, none of what is wide."""
    width = high - low if low is not None and high is not None else 0.0
    if not 0 < width < math.inf:
        return DECIMALS
    return 0 if width >= WIDE else min(MOST_DECIMALS, max(DECIMALS, 1 - math.floor(math.log10(width))))


class Difference(NamedTuple):
    """A claim's difference in words: its value, the interval (empty where unbounded), and the interval's level."""

    value: str
    interval: str
    level: str


def difference(row: ClaimRow) -> Difference:
    """Difference in favour of the claim, with the interval that its verdict was read from; all with their signs."""
    low, high = row["ci_low"], row["ci_high"]
    digits = decimals(low, high) if interval(low, high) else None
    return Difference(number(row["difference"], digits, sign=True), interval(low, high, digits, sign=True), level(row))


def level(row: ClaimRow) -> str:
    """The confidence level of a claim's interval in percent."""
    return NumberText(f"{100 * row['level']:.3g} %")


def seeds(row: ClaimRow) -> str:
    """How many seeds a claim was judged over, and how many pairs of runs had to be left out."""
    if not row["failed"]:
        return str(row["seeds"])
    return phrase("{seeds} ({failed} left out)", seeds=row["seeds"], failed=row["failed"])


def tally(verdicts: Iterable[str]) -> list[str]:
    """How often each verdict occurs, in words and in their order; what never occurs is left out."""
    counts = Counter(verdicts)
    return [f"{counts[name]} {name}" for name in (*VERDICTS, UNTESTED) if counts[name]]


def cell(text: Any) -> str:
    """Text that Markdown shows as it is, in one table cell."""
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", " ".join(str(text).split()))


def render(template: str, page: Mapping[str, Any], voice: Voice | None = None, **filters: Any) -> str:
    """The page that a template of this folder makes of `page`; names it does not have are errors.

    It speaks as `voice` does (default: English): all that was written by `phrase` or as a number, and what stands in
    the template as `t("...")`, which in a page of HTML is taken as that, its values as text.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.PACKAGE / "report"),
        autoescape=template.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        finalize=(voice := voice or Voice("en")).say,
    )
    own: dict[str, Any] = {"number": number, "plain": plain, "money": money, "count": count, "cell": cell}
    own["spread"] = spread
    environment.filters |= own | {"known": voice.known, "say": voice.say} | filters
    environment.globals |= {"t": voice.marked if template.endswith(".html.j2") else voice.told, "voice": voice}
    return environment.get_template(template).render(page)
