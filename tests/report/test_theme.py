"""Text and marks of the page stand out in both themes."""

import re

import pytest

from pipeline import paths
from pipeline.report.formatting import VERDICTS


def themes():
    """Colours of the page by theme."""
    style = (paths.PACKAGE / "report" / "report.css").read_text("utf-8")
    parts = style.split("prefers-color-scheme: dark")
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for part in parts)
    return {"light": light, "dark": dark}


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_marks_stand_out(theme):
    """WCAG 2.2, level AA: 4.5 to 1 for text, 3 to 1 for marks and controls."""
    of = themes()[theme]
    for text in ("ink", "soft", "link", "plot-ink", "plot-training", "plot-validation"):
        assert contrast(of[text], of["paper"]) >= 4.5, text
    assert contrast(of["ink"], of["heat"]) >= 4.5 and contrast(of["soft"], of["raised"]) >= 4.5
    for verdict in VERDICTS:
        assert contrast(of[verdict], of[f"tint-{verdict}"]) >= 4.5, verdict
        assert contrast(of[verdict], of["band"]) >= 3, verdict
    for mark in ("strong", *VERDICTS):
        assert contrast(of[mark], of["paper"]) >= 3, mark
