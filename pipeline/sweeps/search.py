"""A search as a state machine: which runs are wanted now, and what the trials come to as they are answered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Literal

from pipeline.settings.sweep_space import Value, Values
from pipeline.sweeps.trials import End, Job, Outcome, Told, best

Ask = Callable[[int, Sequence[Told], Sequence[Values]], dict[str, Value] | None]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What decides a search beside its space: nothing of the machine it runs on."""

    trials: int
    seeds: tuple[int, ...]
    at_once: int
    highest: bool = False
    budget_s: float | None = None


@dataclass
class Open:
    """A trial that is not told yet; `limit` is the incumbent's worst seed, where it knows of one."""

    number: int
    values: dict[str, Value]
    limit: float | None
    refusal: str | None = None
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    given: set[int] = field(default_factory=set)  # seeds that were handed out


class Search:
    """Trial k is asked for once trial k - at_once is told, and knows of the trials up to that one alone.

    Trials are told in their order, whatever the order in which they end. So the trials are the same for any number of
    workers, and after any kill: all that is found again is answered again, in whatever order. `refusal` says why
    settings do not go together, None where they do.
    """

    def __init__(self, rules: Rules, ask: Ask, refusal: Callable[[Values], str | None] = lambda values: None) -> None:
        self.rules, self.told = rules, list[Told]()
        self._ask, self._refusal = ask, refusal
        self._open: dict[int, Open] = {}
        self._asked = 0
        self.ended_by: Literal["budget", "space"] | None = None  # the asking, before its time
        self._advance()

    @property
    def is_over(self) -> bool:
        """Whether all trials are told."""
        return not self._open

    @property
    def asked(self) -> int:
        """How many trials there are so far, told or not."""
        return self._asked

    @property
    def left(self) -> tuple[int, int]:
        """How few and how many runs it may still take, those that workers run ahead left out: a trial needs one."""
        waiting = [trial for trial in self._open.values() if self._end(trial) is None]
        missing = [sum(seed not in trial.outcomes for seed in self.rules.seeds) for trial in waiting]
        unasked = 0 if self.ended_by else self.rules.trials - self._asked
        least = len(missing) + (0 if self.rules.budget_s else unasked)
        return least, sum(missing) + unasked * len(self.rules.seeds)

    def values(self, trial: int) -> Values:
        """The settings of an open trial, or of one that is told."""
        return self._open[trial].values if trial in self._open else self.told[trial].values

    def is_open(self, trial: int) -> bool:
        """Whether a trial waits for an answer still."""
        return trial in self._open

    def jobs(self) -> list[Job]:
        """Runs that are wanted for certain, and were not given out before."""
        return self._give(job for trial in self._open.values() for job in self._certain(trial))

    def guesses(self, most: int) -> list[Job]:
        """Runs that will be wanted unless a race stops their trial: for workers that would idle."""
        wanted = (Job(trial.number, seed) for trial in self._open.values() for seed in self.rules.seeds)
        free = (job for job in wanted if not self._is_given(job) and self._end(self._open[job.trial]) is None)
        return self._give(job for _, job in zip(range(most), free, strict=False))

    def done(self, job: Job, outcome: Outcome) -> list[Told]:
        """Take the answer to a job, and say which trials are told by it; one that is told already needs none."""
        if job.trial in self._open:
            self._open[job.trial].outcomes[job.seed] = outcome
        return self._advance()

    def _give(self, jobs: Iterator[Job]) -> list[Job]:
        found = list(jobs)
        for job in found:
            self._open[job.trial].given.add(job.seed)
        return found

    def _is_given(self, job: Job) -> bool:
        trial = self._open[job.trial]
        return job.seed in trial.given or job.seed in trial.outcomes

    def _certain(self, trial: Open) -> Iterator[Job]:
        """The first seed without an answer; all of them where there is nobody to race against."""
        if self._end(trial) is not None:
            return
        waiting = [seed for seed in self.rules.seeds if seed not in trial.outcomes]
        for seed in waiting if trial.limit is None else waiting[:1]:
            if seed not in trial.given:
                yield Job(trial.number, seed)

    def _advance(self) -> list[Told]:
        """Tell what can be told, and ask for what may be asked, until neither goes on."""
        found: list[Told] = []
        while True:
            first = min(self._open, default=None)
            end = self._end(self._open[first]) if first is not None else None
            if end is not None:
                del self._open[end.number]
                self.told.append(end)
                found.append(end)
            elif not self._ask_next():
                return found

    def _ask_next(self) -> bool:
        """Whether one more trial could be asked for."""
        number, known = self._asked, self.told[: max(0, self._asked - self.rules.at_once + 1)]
        if self.ended_by or number >= self.rules.trials or len(known) < number - self.rules.at_once + 1:
            return False
        if self.rules.budget_s is not None and sum(trial.seconds for trial in known) >= self.rules.budget_s:
            self.ended_by = "budget"
            return False
        values = self._ask(number, known, [self.values(trial) for trial in range(len(known), number)])
        if values is None:
            self.ended_by = "space"
            return False
        self._asked += 1
        self._open[number] = Open(number, values, self._limit(known), self._refusal(values))
        return True

    def _limit(self, known: Sequence[Told]) -> float | None:
        """The worst seed of the best trial that is known."""
        incumbent = next(iter(best(known, highest=self.rules.highest)), None)
        return (min if self.rules.highest else max)(incumbent.scores.values()) if incumbent else None

    def _end(self, trial: Open) -> Told | None:
        """What a trial comes to, if that is settled: by its seeds in their order, not by which came first."""
        if trial.refusal is not None:
            return Told(trial.number, trial.values, "refused", reason=trial.refusal)
        scores: dict[int, float] = {}
        seconds = 0.0
        for seed in self.rules.seeds:
            outcome = trial.outcomes.get(seed)
            if outcome is None:
                return None
            seconds += outcome.seconds
            if outcome.value is None:
                end: End = "diverged" if outcome.status == "diverged" else "failed"
                told = f"seed {seed}: {outcome.reason}"
                return Told(trial.number, trial.values, end, scores, None, told, seconds)
            scores[seed] = outcome.value
            if len(scores) < len(self.rules.seeds) and self._is_behind(fmean(scores.values()), trial.limit):
                return Told(trial.number, trial.values, "stopped", scores, fmean(scores.values()), None, seconds)
        return Told(trial.number, trial.values, "complete", scores, fmean(scores.values()), None, seconds)

    def _is_behind(self, mean: float, limit: float | None) -> bool:
        return limit is not None and (mean < limit if self.rules.highest else mean > limit)
