"""What the results of a topic say, for the answers of exercises: nothing of it is typed in."""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline import notebook
from pipeline.errors import InputError
from pipeline.lessons import expression
from pipeline.lessons.expression import Value
from pipeline.records import read_json_or


class Unknown(Exception):
    """There are no results that the answer follows from."""


class Answers:
    """Works out expressions over the results that a notebook shows: the reader's own, or the published ones."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._found: notebook.Results | None = None

    def work_out(self, text: str) -> Value:
        """The value of an expression. Unknown: it asks for results that are not there, or that allow no answer."""
        try:
            return expression.evaluate(text, self._functions())
        except (ArithmeticError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise Unknown(str(error)) from None

    def _functions(self) -> Mapping[str, Callable[..., Any]]:
        of_claims = ("verdict", "difference", "margin", "ci_low", "ci_high", "seeds", "level")
        asked = {name: self._of_claim(name) for name in of_claims}
        return asked | {"mean": self._mean, "claims": self._count}

    def _results(self) -> notebook.Results:
        if self._found is None:
            try:
                self._found = notebook.results(self._topic)
            except InputError as error:
                raise Unknown(str(error)) from None
        return self._found

    def _of_claim(self, column: str) -> Callable[[str], Any]:
        def value(claim: str) -> Any:
            found = [row.get(column) for row in self._results().judgements if row["name"] == claim]
            if not found or found[0] is None:
                raise Unknown(f"{self._topic}/{claim}: {column}")
            return found[0]

        return value

    def _mean(self, variant: str, metric: str) -> float:
        metrics = read_json_or(self._results().folder / "metrics.json", {})
        mean = metrics.get(variant, {}).get(metric, {}).get("mean")
        if mean is None:
            raise Unknown(f"{self._topic}/{variant}: {metric}")
        return float(mean)

    def _count(self, verdict: str) -> int:
        """How many claims of the topic have that verdict."""
        rows = self._results().judgements
        if not rows:
            raise Unknown(self._topic)
        return sum(row["verdict"] == verdict for row in rows)
