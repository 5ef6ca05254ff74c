"""What lessons ask: one file a lesson, both languages side by side, read from pipeline/lessons/<lesson>.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pipeline import paths
from pipeline.contracts import Language
from pipeline.errors import InputError

FOLDER = paths.PACKAGE / "lessons"
SPANISH = {  # the key that stands beside each
    "question": "pregunta",
    "text": "texto",
    "because": "porque",
    "hint": "pista",
    "solution": "solucion",
    "after": "despues",
}
CLOSE = 0.05  # of a right number, that an answer may be away from it
Texts = Mapping[Language, str]
Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Option:
    """One of the answers to choose from; `because` says what is wrong with it, and is empty for the right one.

    `text` is empty where the key, a verdict, says it in every language.
    """

    key: str
    text: Texts
    because: Texts


@dataclass(frozen=True, kw_only=True)
class Slip:
    """A number that people get who think as `because` says."""

    answer: str
    because: Texts


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """A question with its answer, an expression, and what is typically answered instead.

    A number may be `within` that share of the right one. `values` are expressions that the solution shows by name.
    """

    name: str
    question: Texts
    answer: str
    within: float
    options: tuple[Option, ...]
    slips: tuple[Slip, ...]
    hint: Texts
    solution: Texts
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a reader is asked before something is tried; `after` is what there is to see in what happened."""

    name: str
    question: Texts
    options: tuple[Option, ...]
    after: Texts


@dataclass(frozen=True, kw_only=True)
class Asked:
    """All that a lesson asks, by name; `formula` is the lesson's, as Typst writes it, for the printed sheet."""

    formula: str
    predictions: Mapping[str, Prediction]
    exercises: Mapping[str, Exercise]


def lessons() -> list[str]:
    """The lessons that ask something, sorted."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))


@cache
def of_lesson(name: str) -> Asked:
    """What a lesson asks. InputError: there is no such lesson."""
    if name not in lessons():
        raise InputError(f"lesson: given {name!r}, allowed {', '.join(lessons())}: name one of these")
    from ruamel.yaml import YAML

    tree: Row = YAML(typ="safe").load((FOLDER / f"{name}.yaml").read_text("utf-8"))
    predictions = [_prediction(row) for row in tree["predictions"]]
    exercises = [_exercise(row) for row in tree["exercises"]]
    return Asked(
        formula=tree.get("formula", ""),
        predictions={each.name: each for each in predictions},
        exercises={each.name: each for each in exercises},
    )


def _prediction(row: Row) -> Prediction:
    return Prediction(
        name=row["name"], question=_texts(row, "question"), options=_options(row), after=_texts(row, "after")
    )


def _exercise(row: Row) -> Exercise:
    slips: Sequence[Row] = row.get("slips", ())
    return Exercise(
        name=row["name"],
        question=_texts(row, "question"),
        answer=str(row["answer"]),
        within=row.get("within", CLOSE),
        options=_options(row),
        slips=tuple(Slip(answer=str(slip["answer"]), because=_texts(slip, "because")) for slip in slips),
        hint=_texts(row, "hint"),
        solution=_texts(row, "solution"),
        values={name: str(value) for name, value in row.get("values", {}).items()},
    )


def _options(row: Row) -> tuple[Option, ...]:
    options: Mapping[str, Row] = row.get("options", {})
    return tuple(
        Option(key=str(key), text=_texts(option, "text"), because=_texts(option, "because"))
        for key, option in options.items()
    )


def _texts(row: Row, key: str) -> Texts:
    """A text in each language; empty where there is none."""
    return {"en": str(row.get(key, "")), "es": str(row.get(SPANISH[key], ""))}
