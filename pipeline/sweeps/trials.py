"""What a trial is: settings, what they scored with each seed, and how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipeline.settings.sweep_space import Value

# complete: scored with every seed. stopped: no seed more, as its mean was behind the incumbent's worst seed.
# diverged, failed: a run of it was, and that counts as bad. refused: its settings do not go together; nothing was run.
End = Literal["complete", "stopped", "diverged", "failed", "refused"]
BAD: tuple[End, ...] = ("diverged", "failed", "refused")


@dataclass(frozen=True)
class Job:
    """One run of a trial."""

    trial: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What came of a run: its validation score, or why it has none; seconds that it took, whenever that was.

    How much memory there is for a run, the number of workers decides: one that `lacked_memory` may not with fewer.
    """

    status: Literal["finished", "diverged", "failed"]
    value: float | None
    reason: str | None = None
    seconds: float = 0.0
    lacked_memory: bool = False


@dataclass(frozen=True)
class Told:
    """A trial that is over; `score` is the mean of `scores`, {seed: value} in the order of seeds, None of a bad one.

    `seconds` of training are no part of its record: they are not the same twice.
    """

    number: int
    values: Mapping[str, Value]
    end: End
    scores: Mapping[int, float] = field(default_factory=dict)
    score: float | None = None
    reason: str | None = None
    seconds: float = 0.0

    def record(self) -> dict[str, Any]:
        """What is kept of it: the same bytes however it was come by."""
        kept = asdict(self)
        del kept["seconds"]
        return kept | {"scores": {str(seed): value for seed, value in self.scores.items()}}


def best(told: Sequence[Told], *, highest: bool) -> list[Told]:
    """Trials that are complete, the best first; of equal ones the earlier."""
    complete = [trial for trial in told if trial.end == "complete" and trial.score is not None]
    return sorted(complete, key=lambda trial: (trial.score or 0.0) * (-1 if highest else 1))
