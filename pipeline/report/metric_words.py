"""What each metric is called, its unit and its meaning, in the reader's language."""

from functools import cache
from typing import NamedTuple

from pipeline import paths
from pipeline.contracts import Language

VALIDATION: dict[Language, str] = {"en": "validation", "es": "validación"}
FILE = paths.PACKAGE / "report" / "languages" / "metrics.yaml"


class MetricWords(NamedTuple):
    """A metric in words; unit and meaning are empty where nobody has told them."""

    name: str
    unit: str
    meaning: str


def words(metric: str, language: Language) -> MetricWords:
    """As metrics.yaml has it, else the metric's own name; of the validation part, where its name says so."""
    known = _all().get(metric, {}).get(language)
    if known is None and metric.startswith("val_"):
        own = words(metric.removeprefix("val_"), language)
        return MetricWords(f"{own.name} ({VALIDATION[language]})", own.unit, "")
    return known or MetricWords(metric.replace("_", " "), "", "")


def digits(metric: str) -> int | None:
    """Decimals of a mean that are worth showing: none of steps; None: as `formatting.number` has them."""
    return 0 if words(metric, "en").unit == "steps" else None


@cache
def _all() -> dict[str, dict[str, MetricWords]]:
    """{metric: {language: words}}."""
    from ruamel.yaml import YAML

    rows = YAML(typ="safe").load(FILE.read_text("utf-8"))
    return {
        metric: {
            language: MetricWords(*(part.strip() for part in text.split(" | "))) for language, text in told.items()
        }
        for metric, told in rows.items()
    }
