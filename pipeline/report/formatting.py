"""How numbers and text are written on pages, and how a page is made from its template."""

import math
import re
from collections.abc import Mapping
from typing import Any

from pipeline import paths

VERDICTS = ("reproduced", "contradicted", "negligible", "undecided")
MINUS, DASH = "\u2212", "\u2013"


def number(value: float | None, digits: int | None = None, *, sign: bool = False) -> str:
    """A number with `digits` decimals; without them three, or three digits of what is very large or very small."""
    if value is None or not math.isfinite(value):
        return DASH
    plain = digits is not None or value == 0 or 0.001 <= abs(value) < 10_000
    text = f"{value:{'+' if sign else ''}.{f'{3 if digits is None else digits}f' if plain else '3g'}}"
    return text.replace("-", MINUS)


def cell(text: Any) -> str:
    """Text that Markdown shows as it is, in one table cell."""
    return re.sub(r"([\\`*_\[\]<>|~])", r"\\\1", " ".join(str(text).split()))


def render(template: str, page: Mapping[str, Any], **filters: Any) -> str:
    """The page that a template of this folder makes of `page`; names it does not have are errors."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(paths.PACKAGE / "report"),
        autoescape=template.endswith(".html.j2"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"number": number, "cell": cell} | filters
    return environment.get_template(template).render(page)
