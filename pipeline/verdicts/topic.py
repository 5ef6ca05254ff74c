"""What a topic asks: its question, the probes it adds and the claims it puts to the test."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from pipeline import plugins
from pipeline.contracts import Verdict
from pipeline.errors import InputError
from pipeline.records import digest
from pipeline.result_rows import ClaimRow
from pipeline.verdicts import margins
from pipeline.verdicts.margins import Comparison

COST = "cost"  # a metric: what a classifier's errors cost, of topics that say what each does
PER_ROWS = 1000  # test examples that it is reckoned for
SLUG = re.compile(r"[a-z0-9_]+")
MOST_LINES = 2  # of a sweep: a picture has as many colours

FIXED = ("name", "sentence", "metric", "better", "worse", "margin", "higher_is_better", "kind", "expects")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence of the course as a paired comparison: `better` beats `worse`, two variants, by `margin` on `metric`.

    `margin` is the smallest difference of interest, in the metric's own unit; left out, it is that of
    verdicts/margins.py, and another one takes `margin_because`, a reason. Where `higher_is_better` is False the better
    variant is the one with the lower values. A metric of kind "rate" is 0 or 1 for each run (solved, diverged); of kind
    "ratio" it is above 0 (steps), and differences and margin are of natural logs. `published` says who reported what
    (author, year, place; empty: nobody that we know of), `pilot` what runs of our own showed before. `expects` is the
    word that follows if these hold here. InputError where a field makes no sense.
    """

    name: str
    sentence: str
    frase: str = ""  # the sentence in Spanish; of a user's own claim it may be missing
    chapter: str
    metric: str
    better: str
    worse: str
    margin: float | None = None  # a number once the claim is made
    margin_because: str = ""
    higher_is_better: bool = True
    kind: Comparison = "mean"
    published: str = ""
    pilot: str = ""
    expects: Verdict = "reproduced"

    def __post_init__(self) -> None:
        usual = margins.smallest_difference(self.metric, self.kind) if self.kind in get_args(Comparison) else None
        if self.margin is None:
            object.__setattr__(self, "margin", usual)
        told = f"claim name: given {self.name!r}, allowed a-z, 0-9 and _ (at least one)"
        lines = [] if SLUG.fullmatch(self.name) else [told]
        lines += [f"claim {self.name!r}: {fault}" for fault in self._faults(usual)]
        if lines:
            raise InputError("\n".join(lines))

    def _faults(self, usual: float | None) -> Iterator[str]:
        """What makes no sense, a field at a time; `usual` is the margin that verdicts/margins.py has."""
        for word, value, allowed in (("kind", self.kind, Comparison), ("expects", self.expects, Verdict)):
            if value not in get_args(allowed):
                yield f"{word}: given {value!r}, allowed {', '.join(get_args(allowed))}"
        if not self.sentence.strip():
            yield f"sentence: given {self.sentence!r}, allowed what is claimed, in words"
        if self.better == self.worse:
            yield f"better, worse: given {self.better!r} twice, allowed two variants"
        if self.margin is None and self.kind in get_args(Comparison):
            yield f"margin: given none, allowed a number: verdicts/margins.py has none of {self.metric}"
        if self.margin is not None:
            yield from self._margin_faults(self.margin, usual)

    def _margin_faults(self, margin: float, usual: float | None) -> Iterator[str]:
        if not (math.isfinite(margin) and margin > 0):
            yield f"margin: given {margin}, allowed a finite number above 0"
        elif self.kind == "rate" and margin >= 1:
            yield f"margin: given {margin}, allowed below 1 for a rate"
        elif margin != usual and not self.margin_because:
            yield (
                f"margin: given {margin}, allowed that of verdicts/margins.py, {usual}:"
                " leave it out, or say in margin_because why it is another"
            )

    @property
    def cited(self) -> str:
        """Who reported what, and what a pilot of ours showed, in one line."""
        parts = (self.published, f"pilot: {self.pilot}" if self.pilot else "")
        return "; ".join(part for part in parts if part)

    def is_said_in(self, row: ClaimRow) -> bool:
        """Whether a row of claims.json is on this very claim, and not on one of its name that said something else."""
        told = (row.get("claim"), row.get("metric"), row.get("better"), row.get("worse"), row.get("margin"))
        return told == (self.sentence, self.metric, self.better, self.worse, self.margin)

    @property
    def smallest_difference(self) -> float:
        """The margin as settled: a number."""
        assert self.margin is not None
        return self.margin


def said_of(claims: Iterable[Claim], rows: Iterable[ClaimRow]) -> dict[str, ClaimRow]:
    """{claim: its row} of the rows of claims.json, of one topic, that are on these very claims."""
    by_name = {row["name"]: row for row in rows}
    return {claim.name: row for claim in claims if (row := by_name.get(claim.name)) and claim.is_said_in(row)}


def claims_digest(claims: Iterable[Claim]) -> str:
    """64 hexadecimal digits of all that is fixed before a confirming run; the claims' order does not count.

    Sentences, arms, metrics, margins, directions, kinds and expected words count; what was published and what a pilot
    showed may be written down later.
    """
    return digest(sorted([getattr(claim, name) for name in FIXED] for claim in claims))


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
class Costs:
    """What errors cost, in any unit: an example of the class `of` that is `missed`, and a `false_alarm`.

    `of` is a class by its name or its code; None: the rarer of the two.
    """

    missed: float
    false_alarm: float
    of: str | int | None = None


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One chapter of the course: a question answered by claims over variants.

    `probes` names metrics of its own and `series` its curves, both functions of the topic's probes.py; `sweeps` are
    pictures of scores over variants. `costs` of errors are known of some; `own`: it stands in params.yaml alone, as
    topics of a user's own data do.
    """

    title: str
    titulo: str = ""  # both in Spanish
    question: str
    pregunta: str = ""
    claims: tuple[Claim, ...]
    probes: tuple[str, ...] = ()
    series: tuple[str, ...] = ()
    sweeps: tuple[Sweep, ...] = ()
    costs: Costs | None = None
    own: bool = False

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
