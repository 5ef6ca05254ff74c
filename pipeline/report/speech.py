"""Have the terminal speak the language that params.yaml or the system asks for."""

from typing import TYPE_CHECKING

from pipeline import paths, spoken

if TYPE_CHECKING:  # NumPy comes with it, and help needs none
    from pipeline.contracts import LanguageChoice


def settle(choice: "LanguageChoice") -> None:
    """From now on lines are said in that language; English needs no catalogue."""
    if spoken.asked(choice) == "es":
        from pipeline.report.language import Voice

        spoken.by(Voice("es").heard)


def settle_for_help() -> None:
    """The same before params.yaml has been read, by its line `language` alone."""
    settle(spoken.choice_of(paths.PARAMS))
