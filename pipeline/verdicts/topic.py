"""What a topic asks: its question, the probes it adds and the claims it puts to the test."""

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from pipeline import plugins
from pipeline.contracts import Verdict
from pipeline.errors import InputError

SLUG = re.compile(r"[a-z0-9_]+")
MOST_LINES = 2  # of a sweep: a picture has as many colours

Comparison = Literal["mean", "rate"]  # of what over the seeds: the values, or how often a run has a value of 1


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence of the course as a paired comparison: `better` beats `worse`, two variants, by `margin` on `metric`.

    `margin` is the smallest difference of interest, in the metric's own unit, fixed here before any run; where
    `higher_is_better` is False the better variant is the one with the lower values. A metric of kind "rate" is 0 or 1
    for each run (solved, diverged). `published` says who reported what (author, year, place; empty: nobody that we know
    of), `pilot` what runs of our own showed before; `source` is both, where they are not told apart yet. `expects` is
    the word that follows if these hold here. InputError where a field makes no sense.
    """

    name: str
    sentence: str
    chapter: str
    metric: str
    better: str
    worse: str
    margin: float
    higher_is_better: bool = True
    kind: Comparison = "mean"
    source: str = ""
    published: str = ""
    pilot: str = ""
    expects: Verdict = "reproduced"

    def __post_init__(self) -> None:
        if not SLUG.fullmatch(self.name):
            raise InputError(f"claim name: given {self.name!r}, allowed a-z, 0-9 and _ (at least one)")
        if self.kind not in get_args(Comparison):
            raise InputError(
                f"claim {self.name!r}: kind: given {self.kind!r}, allowed {', '.join(get_args(Comparison))}"
            )
        if not (math.isfinite(self.margin) and self.margin > 0):
            raise InputError(f"claim {self.name!r}: margin: given {self.margin}, allowed a finite number above 0")
        if self.kind == "rate" and self.margin >= 1:
            raise InputError(f"claim {self.name!r}: margin: given {self.margin}, allowed below 1 for a rate")
        if self.better == self.worse:
            raise InputError(f"claim {self.name!r}: better, worse: given {self.better!r} twice, allowed two variants")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a sweep: in words what it shows, its metric, and at each number the variant scored there."""

    words: str
    metric: str
    variants: Mapping[int, str] | Mapping[float, str]


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Scores over a number in which variants differ: over the training examples, it is a learning curve.

    `x` and `y` say what the axes show, units included. The report draws one or two lines over the variants there are.
    InputError for more, or none.
    """

    x: str
    y: str
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.lines) <= MOST_LINES:
            raise InputError(f"sweep over {self.x!r}: lines: given {len(self.lines)}, allowed 1 to {MOST_LINES}")


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One chapter of the course: a question answered by claims over variants.

    `probes` names metrics of its own and `series` its curves, both functions of the topic's probes.py; `sweeps` are
    pictures of scores over variants.
    """

    title: str
    question: str
    claims: tuple[Claim, ...]
    probes: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    sweeps: tuple[Sweep, ...] = ()

    def __post_init__(self) -> None:
        counts = Counter(claim.name for claim in self.claims)
        twice = sorted(name for name, count in counts.items() if count > 1)
        if twice:
            raise InputError(f"claims of {self.title!r}: given {', '.join(twice)} twice, allowed once: name each apart")

    @property
    def chapter(self) -> str:
        """The first chapter of its claims, by which pages order topics; empty without claims."""
        return min((claim.chapter for claim in self.claims), default="")


def load(name: str) -> Topic:
    """The topic of pipeline/topics/<name>. InputError: there is none (those that exist are listed)."""
    topic: Topic = plugins.load("topics", name).TOPIC
    return topic
