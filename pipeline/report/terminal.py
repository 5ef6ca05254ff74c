"""Show the verdicts in the terminal: a line a claim for a reader, JSON for a script."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import read_json
from pipeline.report.formatting import VERDICTS, number

COLOURS = {"reproduced": "green", "contradicted": "red", "negligible": "blue", "undecided": "yellow"}
WIDE = 200  # columns where there is no terminal to fit into


def rows(topic: str | None = None) -> list[dict[str, Any]]:
    """The rows of data/report/claims.json, of one topic or of all. InputError where there are none."""
    file = paths.CLAIMS
    every: list[dict[str, Any]] = read_json(file) if file.exists() else []
    known = list(dict.fromkeys(row["topic"] for row in every))
    found = [row for row in every if topic in (None, row["topic"])]
    if not found:
        given = f"{topic!r}" if topic else "no verdicts"
        raise InputError(
            f"topic: given {given}, allowed {', '.join(known) or 'any once there are some'}: run `dvc repro`"
        )
    return found


def show(found: Sequence[Mapping[str, Any]], as_json: bool = False) -> None:
    """Print the rows: as JSON, or a table a topic with colours where there is a terminal."""
    if as_json:
        print(json.dumps(found, indent=1, ensure_ascii=False))
        return
    from rich.console import Console

    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    for topic in dict.fromkeys(row["topic"] for row in found):
        console.print(_table(topic, [row for row in found if row["topic"] == topic]))
    console.print(summary(found))


def summary(found: Sequence[Mapping[str, Any]]) -> str:
    """How many claims there are of each verdict, in words."""
    counts = Counter(row["verdict"] for row in found)
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    return f"{len(found)} claims: {told or 'none judged'}"


def _table(topic: str, found: Sequence[Mapping[str, Any]]) -> Any:
    from rich.table import Table

    table = Table(title=topic, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, justify in (("verdict", "left"), ("difference", "right"), ("interval", "left"), ("claim", "left")):
        table.add_column(name, justify=justify, style=None, no_wrap=name != "claim")  # type: ignore[arg-type]
    for row in found:
        interval = f"{number(row['ci_low'], sign=True)} to {number(row['ci_high'], sign=True)}"
        verdict = f"[{COLOURS[row['verdict']]}]{row['verdict']}[/]"
        table.add_row(verdict, number(row["difference"], sign=True), interval, row["claim"])
    return table
