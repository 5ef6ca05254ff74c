"""What MLflow has no room for is cut with a mark: two texts that differ never look the same."""

import posixpath
import re
from collections.abc import Mapping

from pipeline.mlflow_sync.gather import short_digest

WHOLE = "parameters.json"  # artifact of a run with the whole values of what was cut
PARAMETER, TAG, NAME = 6_000, 7_900, 250  # characters; MLflow's own limits, of a tag 8,000
NOT_IN_NAMES = re.compile(r"[^\w.\- :/]", re.ASCII)


def parameters(whole: Mapping[str, str]) -> dict[str, str]:
    """Parameters as MLflow takes them, whatever MLFLOW_TRUNCATE_LONG_VALUES says."""
    return {name(key): _cut(value, PARAMETER, f"whole in {WHOLE}") for key, value in whole.items()}


def cut_short(whole: Mapping[str, str]) -> dict[str, str]:
    """Those parameters of which MLflow shows a part only, whole."""
    return {key: value for key, value in whole.items() if len(value) > PARAMETER or name(key) != key}


def tags(whole: Mapping[str, str]) -> dict[str, str]:
    """Tags as MLflow takes them."""
    return {name(key): _cut(value, TAG) for key, value in whole.items()}


def name(whole: str) -> str:
    """A name of a parameter or tag as MLflow takes it."""
    safe = posixpath.normpath(NOT_IN_NAMES.sub("_", whole)).strip("/.") or "_"
    return whole if safe == whole and len(whole) <= NAME else f"{safe[: NAME - 20]}_{short_digest(whole)}"


def _cut(text: str, most: int, hint: str = "") -> str:
    if len(text) <= most:
        return text
    mark = f" … [cut: {len(text)} signs, digest {short_digest(text)}{', ' if hint else ''}{hint}]"
    return text[: most - len(mark)] + mark
