"""Three colleagues on one remote and one MLflow server for an hour: nothing trained twice, lost or mixed.

    python benchmarks/colleagues.py --minutes 60 --seed 0 --colleagues 3

Each edits, runs, kills, pulls and pushes at random, one at a time or two at once; after each step all must hold that
ledger.py knows. A line a step, then counts; exit code 1 if anything did not hold.
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import office
from colleague import DEEDS, PIPELINE, Colleague, Deed
from house import ROOT, tell
from ledger import Ledger, Tracked, planned, shown

LOOK_AT_MLFLOW = 5  # steps between two looks


@dataclass
class Hour:
    """The colleagues and what has been seen of them."""

    tracked: Tracked
    dice: random.Random
    colleagues: list[Colleague] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def found(self, place: Path, address: str, number: int) -> Path:
        """The bare repository of a project that its founder has run, and as many clones of it."""
        house = office.found(place)
        founder = Colleague("founder", house, address, office.blocks(ROOT))
        self.note(founder, self.carry_out(founder, Colleague.run, 0))
        project = office.open_to_all(house)
        self.colleagues = [self.clone(project, f"colleague{each}", founder) for each in range(number)]
        return project

    def clone(self, project: Path, name: str, founder: Colleague) -> Colleague:
        """A clone beside the project that has nothing yet."""
        tell(project.parent, "git", "clone", "-q", str(project), name)
        return Colleague(name, project.parent / name, founder.server, founder.blocks)

    def step(self) -> None:
        """One deed, or two at once in two clones; then everything that must hold."""
        at_work = self.dice.sample(self.colleagues, 2 if self.dice.random() < 0.5 else 1)
        deeds, seeds = [self.deed(each) for each in at_work], [self.dice.getrandbits(32) for _ in at_work]
        if len(at_work) > 1 and self.dice.random() < 0.25:  # both want the same runs at the same time
            deeds, seeds = [Colleague.begin_again] * 2, seeds[:1] * 2
        with ThreadPoolExecutor() as pool:
            done = [pool.submit(self.carry_out, *each) for each in zip(at_work, deeds, seeds, strict=True)]
            lines = [each.result() for each in done]
        self.counts["steps"] += 1
        self.counts["of them two at once"] += len(at_work) > 1
        for colleague, line in zip(at_work, lines, strict=True):
            self.note(colleague, line)
        if self.counts["steps"] % LOOK_AT_MLFLOW == 0:
            self.keep(self.tracked.twice(), "MLflow")

    def deed(self, colleague: Colleague) -> Deed:
        """Only the first colleague prunes."""
        first = colleague.name == "colleague0"
        deeds = {deed: weight for deed, weight in DEEDS.items() if first or deed is not Colleague.prune}
        return self.dice.choices(list(deeds), weights=list(deeds.values()))[0]

    def carry_out(self, colleague: Colleague, deed: Deed, seed: int) -> str:
        """What was done, in words."""
        clock = time.monotonic()
        try:
            what = deed(colleague, random.Random(seed))
        except Exception as error:
            colleague.faults.append(f"{deed.__name__}: {type(error).__name__}: {error}")
            what = "broke off"
        return f"{deed.__name__:10} {time.monotonic() - clock:5.0f} s  {what}"

    def note(self, colleague: Colleague, line: str) -> None:
        """Look at a clone, and print a line."""
        before = self.ledger.counts["runs trained"], self.ledger.counts["runs taken in from others"]
        faults = self.ledger.look(colleague)
        trained = self.ledger.counts["runs trained"] - before[0]
        taken = self.ledger.counts["runs taken in from others"] - before[1]
        if self.dice.random() < 0.2:
            faults += shown(colleague)
        told = f"{time.strftime('%H:%M:%S')} {self.counts['steps']:4} {colleague.name}  {line}"
        print(f"{told}  [{trained} trained, {taken} taken in]", flush=True)
        self.keep(faults, f"step {self.counts['steps']} {colleague.name}")

    def keep(self, faults: Sequence[str], where: str) -> None:
        """Print faults as they come, once each."""
        for fault in faults:
            if f"{where}: {fault}" not in self.faults:
                self.faults.append(f"{where}: {fault}")
                print(f"    FAULT {where}: {fault}", flush=True)

    def end(self, project: Path) -> None:
        """Everybody runs, shares and publishes; then all must be in MLflow, and a newcomer trains nothing."""
        for colleague in self.colleagues:
            self.note(colleague, self.carry_out(colleague, Colleague.share, 0))
            colleague.do(*PIPELINE, "publish")
            self.note(colleague, self.carry_out(colleague, Colleague.run, 0))
            if self.ledger.counts["runs trained"] != self.count_and_rerun(colleague):
                self.keep(["a second `repro` trained"], colleague.name)
        for colleague in self.colleagues:  # what others have left open, or written meanwhile
            colleague.do(*PIPELINE, "publish")
            self.keep(self.ledger.look(colleague), f"end {colleague.name}")
        self.keep(self.tracked.faults(self.ledger.histories, self.wanted()), "MLflow")
        self.newcomer(project)

    def count_and_rerun(self, colleague: Colleague) -> int:
        """Trained runs before one more `repro`."""
        before = self.ledger.counts["runs trained"]
        self.note(colleague, self.carry_out(colleague, Colleague.run, 0))
        return before

    def wanted(self) -> set[str]:
        """Keys of the runs that some clone's present plan asks for."""
        return {key for each in self.colleagues for runs in planned(each.place).values() for _, _, key in runs}

    def newcomer(self, project: Path) -> None:
        """A fresh clone that has pulled trains nothing."""
        fresh = self.clone(project, "newcomer", self.colleagues[-1])
        fresh.do("dvc", "pull")
        before = self.ledger.counts["runs trained"]
        self.note(fresh, self.carry_out(fresh, Colleague.run, 0))
        if self.ledger.counts["runs trained"] != before:
            self.keep(["a newcomer who pulled trained"], "newcomer")

    def summary(self, minutes: float) -> str:
        """Counts, a line each."""
        counts = Counter(self.counts)
        for part in (self.ledger.counts, *(each.counts for each in self.colleagues)):
            counts.update(part)
        counts["different runs"] = len(self.ledger.histories)
        counts["runs in MLflow"] = len(self.tracked.runs())
        counts["faults"] = len(self.faults)
        return "\n".join([f"{minutes:6.1f} minutes", *(f"{number:6} {name}" for name, number in counts.items())])


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=60)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--colleagues", type=int, default=3)
    options.add_argument("--keep", action="store_true", help="leave the folder for a look")
    chosen = options.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it is ignored, here and by all below
    place = Path(tempfile.mkdtemp(prefix="colleagues-"))
    print(f"in {place}", flush=True)
    clock = time.monotonic()
    with office.mlflow_server(place) as address:
        hour = Hour(Tracked(address), random.Random(chosen.seed))
        project = hour.found(place, address, chosen.colleagues)
        while time.monotonic() - clock < chosen.minutes * 60:
            hour.step()
        hour.end(project)
        print(hour.summary((time.monotonic() - clock) / 60), flush=True)
    if not chosen.keep and not hour.faults:
        import shutil

        shutil.rmtree(place)
    return 1 if hour.faults else 0


if __name__ == "__main__":
    sys.exit(main())
