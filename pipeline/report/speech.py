"""Have the terminal speak the language that params.yaml or the system asks for."""

from pipeline import spoken
from pipeline.contracts import LanguageChoice


def settle(choice: LanguageChoice) -> None:
    """From now on lines are said in that language; English needs no catalogue."""
    if spoken.asked(choice) == "es":
        from pipeline.report.language import Voice

        spoken.by(Voice("es").heard)
