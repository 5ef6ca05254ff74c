"""What a notebook asks its reader: predictions before a cell, and exercises that say where a thought went wrong."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import isclose, isfinite
from types import EllipsisType
from typing import Any

from pipeline.contracts import Language
from pipeline.errors import InputError
from pipeline.lessons import exercise
from pipeline.lessons.answers import Answers, Unknown
from pipeline.lessons.exercise import Exercise, Option, Texts
from pipeline.lessons.expression import Value
from pipeline.report.formatting import MINUS
from pipeline.report.language import NumberText, Said, Voice, phrase, word

LETTERS = "abcdefgh"
CODE = re.compile(r"`([^`]+)`")
PERCENT = 100
Given = str | float | EllipsisType | None


@dataclass(frozen=True, repr=False)
class Reply:
    """Lines for the reader, the first of them stressed, and rows of cells below; `is_right` of an answer to check."""

    lines: Sequence[str]
    rows: Sequence[Sequence[str]] = ()
    is_right: bool | None = None

    def _repr_html_(self) -> str:
        first, *rest = map(_html, self.lines)
        rows = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in self.rows)
        return f"<p><b>{first}</b></p>" + "".join(f"<p>{line}</p>" for line in rest) + f"<table>{rows}</table>"

    def __repr__(self) -> str:
        return "\n".join([*self.lines, *("  ".join(row) for row in self.rows)])


def _html(text: str) -> str:
    return CODE.sub(r"<code>\1</code>", escape(text))


def _cell(text: str) -> str:
    return f'<td style="text-align: left; vertical-align: top">{_html(text)}</td>'


class Lesson:
    """One lesson in one language: `predict`, then `happened`; `check`, then `solution`. InputError: no such lesson."""

    def __init__(self, name: str, *, language: Language = "en") -> None:
        self.name, self.language, self._voice = name, language, Voice(language)
        self._asked = exercise.of_lesson(name)
        self._answers = Answers(name)
        self._said: dict[str, str] = {}

    # Before something is tried, and after

    def predict(self, name: str, said: Given = ...) -> Reply:
        """Keep what the reader expects; the question where that is `...`. InputError: no such prediction."""
        asked = _named(name, self._asked.predictions, "prediction")
        if _is_empty(said):
            how = phrase("Put what you expect in the place of the dots, run this cell again, and go on.")
            return Reply([self._in(asked.question), self._say(how)], self._choices(asked.options))
        self._said[name] = self._as_said(str(said), asked.options)
        return Reply([self._in(asked.question), self._say(phrase("You say: {said}", said=self._said[name]))])

    def happened(self, name: str, what: str | float) -> Reply:
        """What happened beside what the reader expected. InputError: no such prediction."""
        asked = _named(name, self._asked.predictions, "prediction")
        shown = what if isinstance(what, str) else self._number(what)
        happened = self._as_said(shown, asked.options)
        said = self._said.get(name, "")
        rows = [
            (self._say(word("you said")), said or self._say(word("nothing"))),
            (self._say(word("what happened")), happened),
        ]
        lines = [self._compared(said, happened, what), self._in(asked.after)]
        return Reply([self._in(asked.question), *filter(None, lines)], rows)

    def _compared(self, said: str, happened: str, what: str | float) -> str:
        if not said:
            return ""
        is_number = not isinstance(what, str)
        number = _number(said) if is_number else None
        if is_number and number is None:
            return ""  # words beside a number: the reader compares
        as_said = _is_close(number, float(what), 0.1) if number is not None else said.casefold() == happened.casefold()
        return self._say(phrase("It came as you said.") if as_said else phrase("It came otherwise than you said."))

    # Exercises

    def check(self, name: str, answer: Given = ...) -> Reply:
        """Whether an answer is right, or where the thought went wrong; the question where it is `...`.

        A choice is named by its letter or in its own words, a number may be written as any language writes it.
        InputError: no such exercise.
        """
        asked = _named(name, self._asked.exercises, "exercise")
        if _is_empty(answer):
            how = phrase("Put your answer in the place of the dots, and run this cell again.")
            return Reply([self._in(asked.question), self._say(how)], self._choices(asked.options))
        try:
            return self._chosen(asked, str(answer)) if asked.options else self._counted(asked, str(answer))
        except Unknown:
            return Reply([self._say(phrase("There are no results to check this by: `make repro` brings them."))])

    def solution(self, name: str) -> Reply:
        """The way to the answer. InputError: no such exercise."""
        asked = _named(name, self._asked.exercises, "exercise")
        try:
            return Reply([self._in(asked.question), self._solution(asked)])
        except Unknown:
            return Reply([self._say(phrase("There are no results to check this by: `make repro` brings them."))])

    def _chosen(self, asked: Exercise, answer: str) -> Reply:
        option = self._option(answer, asked.options)
        if option is None:
            letters = ", ".join(LETTERS[: len(asked.options)])
            return Reply([self._say(phrase("Answer with one of {letters}.", letters=letters))], is_right=False)
        if option.key == self._answers.work_out(asked.answer):
            return self._right(asked)
        return self._wrong(option.because)

    def _counted(self, asked: Exercise, answer: str) -> Reply:
        number = _number(answer)
        if number is None:
            return Reply([self._say(phrase("Answer with a number."))], is_right=False)
        right = float(self._answers.work_out(asked.answer))
        if _is_close(number, right, asked.within):
            return self._right(asked)
        for slip in asked.slips:
            if _is_close(number, float(self._answers.work_out(slip.answer)), asked.within):
                return self._wrong(slip.because)
        usual = _usual_slip(number, right, asked.within)
        return self._wrong(asked.hint) if usual is None else self._no(self._say(usual))

    def _right(self, asked: Exercise) -> Reply:
        return Reply([self._say(phrase("Right.")), self._solution(asked)], is_right=True)

    def _wrong(self, because: Texts) -> Reply:
        return self._no(self._in(because))

    def _no(self, because: str) -> Reply:
        return Reply([self._say(phrase("Not yet.")), because], is_right=False)

    def _solution(self, asked: Exercise) -> str:
        values = {"answer": asked.answer} | dict(asked.values)
        shown = {name: self._shown(self._answers.work_out(text)) for name, text in values.items()}
        return self._in(asked.solution).format(**shown)

    # Words

    def _in(self, texts: Texts) -> str:
        return texts[self.language]

    def _say(self, said: Said) -> str:
        return str(self._voice.say(said))

    def _number(self, value: float) -> str:
        return self._voice.number(_digits(value))

    def _shown(self, value: Value) -> str:
        return self._voice.known(value) if isinstance(value, str) else self._number(value)

    def _text(self, option: Option) -> str:
        return self._in(option.text) or self._voice.known(option.key)

    def _choices(self, options: Sequence[Option]) -> list[tuple[str, str]]:
        return [(letter, self._text(option)) for letter, option in zip(LETTERS, options, strict=False)]

    def _option(self, answer: str, options: Sequence[Option]) -> Option | None:
        """The one that is named by its letter, its key or its text."""
        for letter, option in zip(LETTERS, options, strict=False):
            if _bare(answer) in map(_bare, (letter, option.key, self._text(option))):
                return option
        return None

    def _as_said(self, said: str, options: Sequence[Option]) -> str:
        option = self._option(said, options)
        return self._text(option) if option else said


def _named(name: str, known: Mapping[str, Any], kind: str) -> Any:
    if name not in known:
        raise InputError(f"{kind}: given {name!r}, allowed {', '.join(known)}: name one of these")
    return known[name]


def _bare(text: str) -> str:
    return text.strip(" .)").casefold()


def _is_empty(given: Given) -> bool:
    return given is None or given is ... or str(given).strip() in ("", "...")


def _number(text: str) -> float | None:
    """A number as English or Spanish writes it, percent included; None: it is none."""
    text = text.strip().replace(MINUS, "-").replace(" ", "")
    share = text.endswith("%")
    try:
        number = float(text.removesuffix("%").replace(",", "."))
    except ValueError:
        return None
    return number / PERCENT if share else number


def _is_close(number: float, right: float, within: float) -> bool:
    return isfinite(number) and isclose(number, right, rel_tol=within, abs_tol=1e-12)


def _usual_slip(number: float, right: float, within: float) -> Said | None:
    """What goes wrong with any number."""
    if _is_close(-number, right, within):
        return phrase("The size is right, the sign is not.")
    if _is_close(number, PERCENT * right, within):
        return phrase("That is percent: write it as a share, or with the sign %.")
    return None


def _digits(value: float) -> str:
    """A number with three digits, whole ones whole; very small and very large ones by powers of ten."""
    is_plain = value == 0 or 0.001 <= abs(value) < 1e6
    digits = 12 if float(value).is_integer() and is_plain else 3
    rounded = float(f"{value:.{digits}g}")
    return NumberText(f"{rounded:{'.12g' if is_plain else '.3g'}}".replace("-", MINUS))
