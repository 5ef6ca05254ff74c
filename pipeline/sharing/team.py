"""What training asks of a team's store: runs taken before it, each given after it; one that is away stops nothing."""

import contextlib
import os
import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from pipeline import paths
from pipeline.records import read_json, write_json
from pipeline.settings.params import Settings
from pipeline.settings.shared_store import fault
from pipeline.sharing.patience import Away, within
from pipeline.sharing.places import open_place
from pipeline.sharing.shared_runs import AT_ONCE, SEALS_AT_ONCE, Seals, SharedRuns, Taken, in_parts
from pipeline.spoken import tell
from pipeline.training.store import Store, project_store

ADDRESS = "AULA_STORE"  # environment variable: in the place of `store: {shared: ...}`; empty: none
CONTACT_S = 20  # for an answer, while training waits
TRANSFER_S = 60  # for the files of a few runs
AFTERWARDS_S = 60  # for what is still to be given when training is done
AWAY_S = 600  # for so long no stage asks a store that was away


def address(settings: Settings) -> str | None:
    """Where the team's store is; None: there is none. Away: the environment names no place."""
    named = os.environ.get(ADDRESS)
    if named is None or named == settings.store.shared:
        return settings.store.shared
    if named and (wrong := fault(named)):
        raise Away(f"{ADDRESS}: {wrong}")
    return named or None


class Team:
    """The store at `address`. Every method raises Away, and OSError where the project's own disk is full."""

    def __init__(self, address: str, patience: float = 1.0) -> None:
        self.address, self._patience = address, patience
        self.runs: SharedRuns | None = None

    def open(self, make: bool = False) -> SharedRuns:
        """Its runs; with `make` a place that holds no store becomes one."""
        if self.runs is None:
            self.runs = within(CONTACT_S * self._patience, self.address, self._open, make)
        return self.runs

    def _open(self, make: bool) -> SharedRuns:
        runs = SharedRuns(open_place(self.address))
        if make and runs.is_empty():
            runs.make()
        self._require(runs)
        return runs

    def _require(self, runs: SharedRuns) -> None:
        if runs.is_one():
            return
        if not runs.is_empty():
            raise Away(f"store: given {self.address}, of another format, allowed that of this version: update it")
        raise Away(f"store: given {self.address}, which is none yet, allowed one: `python -m pipeline runs push` once")

    def seals(self, keys: Collection[str]) -> Seals:
        """Those of these runs that are there."""
        runs, found = self.open(), {}
        for part in in_parts(sorted(keys), SEALS_AT_ONCE):
            found.update(within(CONTACT_S * self._patience, self.address, runs.seals, part))
        return found

    def take(self, keys: Collection[str], store: Store) -> int:
        """Copy those of these runs into `store` that are there, whole, and of a machine like this one; say how many.

        The others are named.
        """
        runs, seals, taken = self.open(), self.seals(keys), Taken()
        try:
            for part in in_parts(seals, AT_ONCE):
                of_part = {key: seals[key] for key in part}
                within(TRANSFER_S * self._patience, self.address, runs.take, of_part, store, taken)
        finally:
            self._tell(taken)
        return taken.count

    def _tell(self, taken: Taken) -> None:
        for key, wrong in taken.damaged.items():
            _say(f"{self.address}/{key[:2]}/{key}: {wrong}; it counts as not there")
        for reason, count in Counter(taken.unlike.values()).items():
            _say(f"{self.address}: {count} of its runs count as not there, as their machine is another: {reason}")
        if taken.untold:
            _say(f"{self.address}: {taken.untold} of its runs do not say on what they were trained, and are taken")

    def give(self, keys: Collection[str], store: Store) -> int:
        """Copy those of these runs there that `store` has and the place lacks or has damaged, and say how many."""
        runs, count = self.open(), 0
        whole = self._whole(runs, keys, store)
        for part in in_parts((key for key in sorted(keys) if key not in whole and store.has(key)), AT_ONCE):
            within(TRANSFER_S * self._patience, self.address, self._give, runs, part, store)
            count += len(part)
        return count

    def _whole(self, runs: SharedRuns, keys: Collection[str], store: Store) -> set[str]:
        """Those that are there: what has our seal, and what is as its own seal says, whoever was killed meanwhile."""
        seals = self.seals(keys)
        others = {key: seal for key, seal in seals.items() if store.has(key) and seal != store.seal(key)}
        damaged: set[str] = set()
        for part in in_parts(others, AT_ONCE):
            of_part = {key: others[key] for key in part}
            damaged |= within(TRANSFER_S * self._patience, self.address, runs.damaged, of_part, store)
        return seals.keys() - damaged

    def _give(self, runs: SharedRuns, keys: Sequence[str], store: Store) -> None:
        self._require(runs)  # else it lies in an empty folder, on this machine alone: what was mounted there is not
        runs.give(keys, store)


class Training:
    """The team's store as one stage meets it: once it is away, or there is none, nothing more is asked of it."""

    def __init__(self, settings: Settings) -> None:
        self._writes = settings.store.write
        self._team: Team | None = None
        try:
            named = address(settings)
            if named and not _was_away(named):
                self._team = Team(named)
        except Away as error:
            self._lose(error)

    def take(self, keys: Collection[str]) -> None:
        """Copy what others have trained into the project's store; says how many, if any."""
        missing = [key for key in keys if not project_store().has(key)] if self._team else []
        team = self._team
        if team is None or not missing:
            return
        try:
            count = team.take(missing, project_store())
        except Away as error:
            return self._away(team, error)
        if count:
            what = "1 finished run was" if count == 1 else f"{count} finished runs were"
            _say(f"{what} found in {team.address}: nothing of that is trained again")

    @contextlib.contextmanager
    def giving(self, keys: Collection[str]) -> Iterator[Callable[[str], None]]:
        """Gives a function that hands on a run that is done; `keys` are handed on first, as far as they are.

        A thread of its own does it: training waits only at the end of the block, and AFTERWARDS_S at most.
        """
        team = self._team
        if team is None or not self._writes:
            yield lambda key: None
            return
        done: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        thread = threading.Thread(target=self._give, args=[team, list(keys), done], daemon=True)
        thread.start()
        try:
            yield done.put
        finally:
            done.put(None)
            thread.join(AFTERWARDS_S)
            if thread.is_alive() and self._team:
                self._lose(Away(f"cannot use {team.address}: it takes longer than training should wait"))

    def _give(self, team: Team, keys: Collection[str], done: "queue.SimpleQueue[str | None]") -> None:
        more: Collection[str] = keys
        ended = False
        while self._team is not None:
            try:
                team.give(more, project_store())
            except OSError as error:
                if self._team is None:
                    return None  # nobody waits any more
                return self._away(team, error) if isinstance(error, Away) else self._lose(error)
            if ended:
                return None
            waiting = [done.get()]
            while not done.empty():
                waiting.append(done.get())
            ended = None in waiting
            more = [key for key in waiting if key is not None]
        return None

    def _away(self, team: Team, error: Away) -> None:
        """No other stage asks for a while."""
        with contextlib.suppress(OSError):
            write_json(paths.STORE_AWAY, {"address": team.address, "since": time.time()})
        self._lose(error)

    def _lose(self, error: OSError) -> None:
        self._team = None
        _say(f"{error}; training goes on, and `python -m pipeline runs push` gives its runs later")


def _was_away(named: str) -> bool:
    """Whether another stage has met it so a moment ago: nobody waits, and nobody says so, twice."""
    try:
        seen = read_json(paths.STORE_AWAY)
        return bool(seen["address"] == named and 0 <= time.time() - seen["since"] < AWAY_S)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _say(line: str) -> None:
    tell(line, file=sys.stderr)
