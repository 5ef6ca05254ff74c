"""Show the verdicts in the terminal: one line per claim for a reader, JSON for a script."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pipeline import plugins
from pipeline.errors import InputError
from pipeline.report import sentence
from pipeline.report.formatting import difference, number, tally
from pipeline.result_rows import ClaimRow
from pipeline.spoken import is_english, tell, told
from pipeline.verdicts.topic import Topic, load

if TYPE_CHECKING:
    from rich.table import Table

COLOURS = {"reproduced": "green", "contradicted": "red", "negligible": "blue", "undecided": "yellow"}
MOST_ROWS = 40  # of classes
PIPED_WIDTH = 200  # columns where there is no terminal to fit into


def chosen(judged: Sequence[ClaimRow], topic: str | None = None) -> list[ClaimRow]:
    """The rows of one topic or of all. InputError where there are none."""
    rows = [row for row in judged if topic in (None, row["topic"])]
    if not rows:
        topics = ", ".join(dict.fromkeys(row["topic"] for row in judged)) or "any once there are some"
        raise InputError(
            f"topic: given {repr(topic) if topic else 'no verdicts'}, allowed {topics}: run `dvc repro` (the published"
            " verdicts are in docs/results.md)"
        )
    return rows


def show(rows: Sequence[ClaimRow], as_json: bool = False, topics: Mapping[str, Topic] | None = None) -> None:
    """Print the rows: as JSON, or as one table per topic, in colours where there is a terminal.

    Below the table of a user's own data, one of `topics`, stands what came out for them in a sentence.
    """
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
    for topic in dict.fromkeys(row["topic"] for row in rows):
        of_topic = [row for row in rows if row["topic"] == topic]
        console.print(_table(topic, of_topic))
        if topics and (said := sentence.of_topic(topics[topic], of_topic)):
            console.print(Text(told(said)))
    tell(summary(rows))


def summary(rows: Sequence[ClaimRow]) -> str:
    """How many claims there are of each verdict, in words."""
    return f"{len(rows)} claims: {', '.join(tally(row['verdict'] for row in rows)) or 'none judged'}"


COLUMNS = ("column", "kind", "missing", "distinct", "example", "becomes")  # of a card, and of what is shown of it


def show_understood(
    summary: str, columns: Sequence[Mapping[str, Any]], counts: Mapping[str, int], findings: Sequence[str]
) -> None:
    """Print what was understood of someone's data: a line a column, the classes with their counts, the findings."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
    console.print(Text(told(summary), style="bold"))
    if columns:
        rows = [[_cell(name, column.get(name)) for name in COLUMNS] for column in columns]
        console.print(_plain_table(_heads(*COLUMNS), rows, numbers=_heads("missing", "distinct")))
    if counts:
        rows = [[name, f"{count:,}", f"{count / sum(counts.values()):.1%}"] for name, count in counts.items()]
        heads = _heads("class", "examples", "share")
        console.print(_plain_table(heads, _cut(rows), numbers=heads[1:]))
    for finding in findings:
        console.print(Text(f"- {told(finding)}", style="yellow"))


def _heads(*names: str) -> list[str]:
    return [told(name) for name in names]


def _cell(name: str, value: Any) -> str:
    """What a card says of a column; names and examples are the user's."""
    return "" if value is None else told(str(value)) if name in ("kind", "becomes") else str(value)


FIRST_ROWS = 20  # of predictions


def show_predictions(columns: Mapping[str, Sequence[Any]]) -> None:
    """Print the first rows of a table of answers, and say how many more there are."""
    from rich.console import Console

    total = len(next(iter(columns.values())))
    shown = min(total, FIRST_ROWS)
    rows = [[_answer(cells[row]) for cells in columns.values()] for row in range(shown)]
    numbers = [name for name, cells in columns.items() if isinstance(cells[0], float)]
    console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)
    console.print(_plain_table(list(columns), rows, numbers=numbers))
    if total > shown:
        tell(f"and {total - shown} more rows: --out writes all of them, with all digits")


def _answer(cell: Any) -> str:
    return number(cell) if isinstance(cell, float) else str(cell)


def _cut(rows: list[list[str]]) -> list[list[str]]:
    """The first and last of very many."""
    return (
        rows if len(rows) <= MOST_ROWS else [*rows[: MOST_ROWS - 1], [f"and {len(rows) - MOST_ROWS + 1} more", "", ""]]
    )


def _plain_table(names: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[str]) -> "Table":
    """A table of text as it is: what looks like Rich's markup is the user's."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        table.add_column(name, justify="right" if name in numbers else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def _table(topic: str, rows: Sequence[ClaimRow]) -> "Table":
    from rich.table import Table

    table = Table(title=topic, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("verdict", "difference", "interval", "claim"):
        table.add_column(told(name), justify="right" if name == "difference" else "left", no_wrap=name != "claim")
    for row in rows:
        text = difference(row)
        verdict = f"[{COLOURS[row['verdict']]}]{told(row['verdict'])}[/]"
        table.add_row(verdict, told(text.value), told(text.interval or "none"), _claimed(row))
    return table


def _claimed(row: ClaimRow) -> str:
    """The claim's sentence; where its topic says it in another language and that is spoken, in that one."""
    said = row["claim"]
    if is_english() or row["topic"] not in plugins.names("topics"):
        return told(said)
    frases = {claim.sentence: claim.frase for claim in load(row["topic"]).claims}
    return frases.get(said) or told(said)
