"""Say on the terminal what the code says in English, in the language that its reader wants."""

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:  # NumPy comes with it, and must not come before numerics are settled
    from pipeline.contracts import Language, LanguageChoice

OWN = "AULA_LANGUAGE"  # where params.yaml leaves it to the system, this counts more than what the system says
OF_THE_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")  # the first that is set counts
CHOICE = re.compile(r"""^language:[ ]*["']?(en|es|auto)\b""", re.M)

_translate: Callable[[Any], str] = str


def asked(choice: "LanguageChoice", environment: Mapping[str, str] = os.environ) -> "Language":
    """The language of the terminal: what params.yaml says, else what the environment says."""
    told = next((environment[name] for name in (OWN, *OF_THE_SYSTEM) if environment.get(name)), "")
    return "es" if (told if choice == "auto" else choice).startswith("es") else "en"


def choice_of(params: Path) -> "LanguageChoice":
    """What the line `language` of params.yaml says, all else unread; "auto" without one, or without such a file."""
    try:
        found = CHOICE.search(params.read_text("utf-8"))
    except (OSError, ValueError):
        return "auto"
    choice: LanguageChoice = found[1] if found else "auto"  # type: ignore[assignment]
    return choice


def by(translate: Callable[[Any], str]) -> None:
    """From now on say what `translate` makes of each line; a line that it does not know it gives back."""
    global _translate
    _translate = translate


def is_english() -> bool:
    """Whether lines are said as the code has them."""
    return _translate is str


def told(text: Any) -> str:
    """A line as its reader wants it: records, files, JSON and the messages of errors stay as they are."""
    return _translate(text)


def tell(text: Any, *, file: TextIO | None = None) -> None:
    """Print a line, at once; to stdout unless another file is named."""
    print(told(text), file=file or sys.stdout, flush=True)


def tell_each(lines: Iterable[Any], *, file: TextIO | None = None) -> None:
    """Print lines, one after the other."""
    for line in lines:
        tell(line, file=file)
