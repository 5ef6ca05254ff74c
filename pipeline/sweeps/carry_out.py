"""Carry out a search: its jobs go to the pool, and what the store or the ledger knows is answered at once."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from pipeline.cluster import hiring
from pipeline.contracts import RunRecord
from pipeline.devices.carry_out import Sharing, carry_out, kind_of
from pipeline.pool.process import Ending
from pipeline.settings.params import Settings
from pipeline.sweeps.ledger import Ledger
from pipeline.sweeps.runs import TrialRun, TrialRuns, train_trial
from pipeline.sweeps.search import Search
from pipeline.sweeps.trials import Job, Outcome, Told
from pipeline.training.record import lost


class Listener(Protocol):
    """Who wants to know how a sweep comes on."""

    def told(self, trials: Sequence[Told], search: Search) -> None:
        """These trials are over."""

    def tick(self) -> None:
        """About twice a second."""


class Answers:
    """What is known of runs: by the store, by the ledger, and by the pool; `give` hands each that is over to a team."""

    def __init__(self, runs: TrialRuns, ledger: Ledger, give: Callable[[str], None] = lambda run_key: None) -> None:
        self._runs, self._ledger, self._give = runs, ledger, give
        self.outcomes: dict[tuple[int, int], tuple[TrialRun, Outcome]] = {}  # by trial and seed
        self.found = 0  # runs that were there already

    def known(self, task: TrialRun) -> Outcome | None:
        """What came of a run before; None: it has to be trained."""
        key = task.spec.run_key
        outcome = self._ledger.failures.get(key) or self._runs.stored(task.spec)
        if outcome:
            self.found += 1
            self._keep(task, outcome)
        return outcome

    def ask_for(self, task: TrialRun) -> None:
        """Keep that the run is the sweep's, before it is made."""
        self._ledger.ask_for([task.spec.run_key], self._runs.data)

    def take(self, task: TrialRun, record: RunRecord | None, ending: Ending | None) -> Outcome:
        """What came of a run now."""
        outcome = self._runs.stored(task.spec) if record is None else None  # its process ended after the run did
        if outcome is None:
            outcome = self._runs.outcome(task.spec, record or _lost(task, ending))
        if outcome.status == "failed":
            self._ledger.fail(task.spec.run_key, outcome)
        self._keep(task, outcome)
        return outcome

    def _keep(self, task: TrialRun, outcome: Outcome) -> None:
        self.outcomes[task.trial, task.seed] = task, outcome
        self._give(task.spec.run_key)


def _lost(task: TrialRun, ending: Ending | None) -> RunRecord:
    assert ending is not None and ending.kind != "replaced", "a run without a record has an end"
    return lost(task.spec, ending.kind, ending.reason, ending.seconds)


def search_trials(feed: "Feed") -> None:
    """Go on until all trials are told; then carry out what comes after them, by the same workers: they are warm."""
    settings: Settings = feed.runs.settings
    minutes = feed.runs.sweep.run_minutes or settings.run_minutes
    pool: Iterable[tuple[TrialRun, RunRecord | None, Ending | None]] = carry_out(
        train_trial,
        [],
        sharing=Sharing.of(settings),
        kind=_kind,
        limit_s=minutes * 60,
        tick=feed.listener.tick,
        affinity=lambda task: task.trial,
        more=feed.more,
        wanted=feed.is_wanted,
        hire=hiring.hire(settings, spec=lambda task: task.spec, scored=False),
    )
    for task, record, ending in pool:
        feed.take(task, record, ending)
        if feed.is_over:
            return


def _kind(task: TrialRun) -> str:
    return kind_of(task.spec)


class Feed:
    """Gives the pool what the search wants, less what is known already, and after it what each of `then` gives."""

    def __init__(
        self,
        search: Search,
        runs: TrialRuns,
        answers: Answers,
        listener: Listener,
        then: Sequence[Callable[[], Sequence[TrialRun]]],
    ) -> None:
        self._search, self.runs, self._answers, self.listener = search, runs, answers, listener
        self._then = list(then)
        self._last: set[tuple[int, int]] = set()  # trial and seed of what comes after the search, and has no answer yet
        self._tasks: dict[Job, TrialRun] = {}
        self._given: dict[str, list[TrialRun]] = {}  # by key: that of the pool, and its twins
        if search.told:  # trials that are refused are told before anything is run
            listener.told(search.told, search)

    @property
    def is_over(self) -> bool:
        """Whether the search is, and all that comes after it is answered."""
        return self._search.is_over and not self._then and not self._last

    def more(self, idle: int) -> list[TrialRun]:
        found: list[TrialRun] = []
        while jobs := self._search.jobs():
            found += self._unknown(map(self._task, jobs))
        while len(found) < idle and (jobs := self._search.guesses(1)):
            found += self._unknown(map(self._task, jobs))
        while self._search.is_over and self._then and not self._last:
            tasks = self._then.pop(0)()
            self._last = {(task.trial, task.seed) for task in tasks}
            found += self._unknown(tasks)
        return found

    def _unknown(self, tasks: Iterable[TrialRun]) -> list[TrialRun]:
        missing: list[TrialRun] = []
        for task in tasks:
            self._answers.ask_for(task)
            outcome = None if task.to_score else self._answers.known(task)
            if outcome is not None:
                self._answer(task, outcome)
                continue
            alike = self._given.setdefault(task.spec.run_key, [])
            missing += [] if alike else [task]
            alike.append(task)
        return missing

    def _task(self, job: Job) -> TrialRun:
        if job not in self._tasks:
            values, seeds = self._search.values(job.trial), self._search.rules.seeds
            for task in self.runs.tasks(job.trial, values, seeds):
                self._tasks[Job(task.trial, task.seed)] = task
        return self._tasks[job]

    def take(self, task: TrialRun, record: RunRecord | None, ending: Ending | None) -> None:
        """Answer a run of the pool's, and with it those of other trials that come to the same."""
        _, *twins = self._given.pop(task.spec.run_key)
        self._answer(task, self._answers.take(task, record, ending))
        for twin in twins:
            outcome = self._answers.known(twin)
            assert outcome is not None, "what has just ended is in the store, or in the ledger"
            self._answer(twin, outcome)

    def _answer(self, task: TrialRun, outcome: Outcome) -> None:
        self._last.discard((task.trial, task.seed))
        told = self._search.done(Job(task.trial, task.seed), outcome)
        if told:
            self.listener.told(told, self._search)

    def is_wanted(self, task: TrialRun) -> bool:
        """Whether a trial still waits for it; the pool drops it if not."""
        key = task.spec.run_key
        if any(self._search.is_open(each.trial) or (each.trial, each.seed) in self._last for each in self._given[key]):
            return True
        del self._given[key]
        return False
