"""Say in the reader's language what the page says: words by gettext, numbers as that language writes them."""

import io
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline import paths

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog
    from markupsafe import Markup

    from pipeline.contracts import Language  # NumPy comes with it, and `--help` is to be quick

LANGUAGES: "tuple[Language, ...]" = ("en", "es")
OWN_NAMES: "dict[Language, str]" = {"en": "English", "es": "Español"}
CATALOGS = paths.PACKAGE / "report" / "languages"  # <language>.po; English is what the code says itself
OF_FILES = "of a file"  # a comment on messages that stages write into files, filled in
OF_TERMINAL = "of the terminal"  # and on lines that commands print
AS_GIVEN = frozenset({"command", "data", "example", "file", "label", "line", "names", "setting", "spellings"})
AS_GIVEN |= {"address", "device", "new", "node", "old", "place", "stage", "topic", "topics", "variant"}
ONE_WORD = frozenset({"count", "seed"})
LEAST_GROUPED: "dict[Language, int]" = {"en": 4, "es": 5}  # digits from which thousands stand apart
THOUSANDS: "dict[Language, str]" = {"en": ",", "es": "\u202f"}  # a narrow blank that breaks no line
DECIMAL: "dict[Language, str]" = {"en": ".", "es": ","}
NUMBER = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")


class Said(str):
    """An English text that still knows the message and the values it is made of; None: it has no {values}."""

    message: str
    values: dict[str, Any] | None
    is_capital: bool = False  # whether it begins a sentence


class NumberText(str):
    """A number, or several with words that need no translation, as English writes it."""


def phrase(message: str, **values: Any) -> Said:
    """`message` with its {values}, in English for now: `Voice` says it in another language."""
    said = Said(message.format(**values))
    said.message, said.values = message, values
    return said


def word(text: str) -> Said:
    """A text as it stands, braces and all, that a catalogue may know."""
    said = Said(text)
    said.message, said.values = text, None
    return said


def listed(parts: Sequence[Any], between: str = ", ") -> Said:
    """Parts one after the other, each said in its turn."""
    named = {f"part_{at}": part for at, part in enumerate(parts)}
    return phrase(between.join(f"{{{name}}}" for name in named), **named)


def both(parts: Sequence[Any]) -> Said:
    """ "a, b and c"."""
    return phrase("{first} and {last}", first=listed(parts[:-1]), last=parts[-1]) if parts[1:] else listed(parts)


def either(parts: Sequence[Any]) -> Said:
    """ "a, b or c"."""
    return phrase("{first} or {last}", first=listed(parts[:-1]), last=parts[-1]) if parts[1:] else listed(parts)


def capital(said: Said) -> Said:
    """The same at the beginning of a sentence."""
    one = Said(said[:1].upper() + said[1:])
    one.message, one.values, one.is_capital = said.message, said.values, True
    return one


class Voice:
    """One language: `phrase` gives what the page's own texts and numbers are in it, others as they are."""

    def __init__(self, language: "Language") -> None:
        self.language = language
        self.translations = _translations(language)

    def say(self, text: Any) -> Any:
        """What was written by `phrase` or as a number, in this language."""
        if isinstance(text, Said):
            told = self._said(text)
            return told[:1].upper() + told[1:] if text.is_capital else told
        return self.number(text) if isinstance(text, NumberText) else text

    def _said(self, text: Said) -> str:
        if text.values is None:
            return self.known(text.message)
        return self._word(text.message).format(**{name: self.say(value) for name, value in text.values.items()})

    def told(self, message: str, **values: Any) -> str:
        """A message of a template as plain text, with its {values}."""
        return str(self.say(phrase(message, **values)))

    def marked(self, message: str, **values: Any) -> "Markup":
        """A message of a template as HTML, with {values} that are shown and not obeyed."""
        from markupsafe import Markup

        return Markup(self._word(message)).format(**{name: self.say(value) for name, value in values.items()})

    def heard(self, text: Any) -> str:
        """A line of the terminal: in this language if the catalogue knows it, else as it is; of several lines each."""
        kinds = (OF_TERMINAL, OF_FILES)
        if isinstance(text, Said | NumberText):
            return self.known(text, kinds)
        bare = str(text).strip()
        if "\n" in bare and self._word(bare) == bare:
            return "\n".join(map(self.heard, str(text).split("\n")))
        return str(text).replace(bare, self.known(bare, kinds), 1) if bare else str(text)

    def known(self, text: str, kinds: tuple[str, ...] = (OF_FILES,)) -> str:
        """A text that a file has in English: in this language if the catalogue knows it, or a message it is made by.

        `kinds` are the comments on the messages that count.
        """
        if self.language == "en" or not text:
            return text
        if isinstance(text, NumberText) or (isinstance(text, Said) and text.values is not None):
            return str(self.say(text))
        if (whole := self._word(text)) != text:
            return whole
        for pattern, message in _patterns(self.language, kinds):
            if found := pattern.fullmatch(text):
                told = found.groupdict().items()
                values = {name: value if name in AS_GIVEN else self.known(value, kinds) for name, value in told}
                return self._word(message).format(**values)
        return self.number(text) if NUMBER.fullmatch(text.strip("+\u2212-%").rstrip()) else text

    def number(self, text: str) -> str:
        """English numbers in `text` as this language writes them."""
        if self.language == "en":
            return text
        return NUMBER.sub(lambda found: _number(self.language, found[1], found[2] or ""), text)

    def shown(self, svg: str) -> str:
        """A picture of ours, its numbers as this language writes them."""
        return re.sub(r"(?<=>)[^<>]+(?=</text>)", lambda found: self.number(found[0]), svg)

    def _word(self, message: str) -> str:
        return str(self.translations.gettext(message)) if message else ""


def _number(language: "Language", whole: str, rest: str) -> str:
    digits = whole.replace(",", "")
    few = len(digits) < LEAST_GROUPED[language]
    grouped = digits if few else whole.replace(",", THOUSANDS[language])
    return grouped + (DECIMAL[language] + rest[1:] if rest else "")


@cache
def _translations(language: "Language") -> Any:
    """gettext's translations of a catalogue, read as it lies in git."""
    from babel.messages.mofile import write_mo
    from babel.support import NullTranslations, Translations

    if language == "en":
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, _catalog(language))
    compiled.seek(0)
    return Translations(compiled)


@cache
def _patterns(language: "Language", kinds: tuple[str, ...] = (OF_FILES,)) -> list[tuple[re.Pattern[str], str]]:
    """(what matches it, message) of the messages with such a comment, those that say most first."""
    messages = [str(entry.id) for entry in _catalog(language) if {*kinds} & {*entry.auto_comments}]
    return [(_pattern(message), message) for message in sorted(messages, key=_own_letters, reverse=True)]


def _own_letters(message: str) -> int:
    return len(re.sub(r"\{\w+\}", "", message))


def _pattern(message: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", message)
    seen: set[str] = set()
    made = []
    for at, part in enumerate(parts):
        if at % 2 == 0:
            made.append(re.escape(part))
        else:
            value = r"\S+?" if part in ONE_WORD else ".+?"
            made.append(f"(?P={part})" if part in seen else f"(?P<{part}>{value})")
            seen.add(part)
    return re.compile("".join(made), re.DOTALL)


@cache
def messages_of(language: "Language") -> dict[str, str]:
    """{message: its translation} of a catalogue."""
    return {str(entry.id): str(entry.string) for entry in _catalog(language) if entry.id}


@cache
def _catalog(language: "Language") -> "Catalog":
    from babel.messages.pofile import read_po

    with (CATALOGS / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)
