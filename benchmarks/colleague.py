"""One of three colleagues: a clone, the commands given in it, and the random things that one does with them."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from house import change, tell
from office import PROFILES, RATES, VARIANTS
from ruamel.yaml import YAML

from pipeline.training import integrity

PIPELINE = (sys.executable, "-m", "pipeline")
REPRO = (*PIPELINE, "repro")
LONGEST_S, GONE_S = 420.0, 60.0  # of a command; until nothing of a killed one runs any more
STOPPED = {-signal.SIGKILL, -signal.SIGINT, -signal.SIGTERM, 0, 1, 2, 130, 143}
DONE_LINE = re.compile(r"^\w+: \d+/\d+ \S+ seed \d+: (\w+) ", re.M)
SETTLED = ("params.yaml", "dvc.lock")  # files that a merge may leave in conflict


@dataclass
class Told:
    """How a command ended; `stopped` is the signal that it was sent, if any."""

    command: str
    code: int
    text: str
    stopped: int = 0


@dataclass
class Colleague:
    """One clone. `told` has the commands since the last look, `faults` what must not happen, in words.

    `held` says since when it has a run of that key: in its store, or under data/runs when a command began.
    """

    name: str
    place: Path
    server: str
    blocks: dict[str, dict[str, Any]]
    told: list[Told] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    held: dict[str, float] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Git's name, the tracking server, and the interpreter's folder first in PATH."""
        git = {f"GIT_{who}_{what}": self.name for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return os.environ | git | {"PATH": path, "MLFLOW_TRACKING_URI": self.server, "GIT_EDITOR": "true"}

    # Commands

    def do(
        self, *command: str, codes: Sequence[int] = (0,), stop: int = 0, after_s: float = 0, group: bool = False
    ) -> Told:
        """Give a command; with `stop` it is sent that signal after some seconds, alone or with its whole group."""
        if "pipeline" in command or "exp" in command:
            for key in filter(None, map(sound_key, laid_out(self.place))):
                self.held.setdefault(key, time.time())
        with (self.place.parent / f"{self.name}.out").open("w+", encoding="utf-8", errors="replace") as out:
            child = subprocess.Popen(
                command, cwd=self.place, env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            sent = self._wait(child, stop, after_s, group)
            if sent:
                self._wait_for_orphans()
            out.seek(0)
            told = Told(" ".join(Path(word).name for word in command), child.returncode, out.read(), sent)
        self._judge(told, codes)
        return told

    def _wait(self, child: "subprocess.Popen[bytes]", stop: int, after_s: float, group: bool) -> int:
        """Wait for a command, and give the signal that it was sent: none if it had ended before."""
        try:
            child.wait(after_s if stop else LONGEST_S)
            return 0
        except subprocess.TimeoutExpired:
            (os.killpg if group else os.kill)(child.pid, stop or signal.SIGKILL)
        try:
            child.wait(GONE_S)
        except subprocess.TimeoutExpired:
            self.faults.append(f"hangs after signal {stop}")
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        if not stop:
            self.faults.append(f"took longer than {LONGEST_S:.0f} s")
        return stop or signal.SIGKILL

    def _wait_for_orphans(self) -> None:
        """A stage or worker that outlives what started it for long is a fault, and is ended."""
        end = time.monotonic() + GONE_S
        while (left := self.processes()) and time.monotonic() < end:
            time.sleep(0.3)
        for process in left:
            self.faults.append(f"still runs {GONE_S:.0f} s after a kill: {' '.join(process.cmdline())[:120]}")
            process.kill()

    def processes(self) -> list[Any]:
        """Processes at work in the clone."""
        import psutil

        found = []
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()).is_relative_to(self.place) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    def _judge(self, told: Told, codes: Sequence[int]) -> None:
        """Keep what a command said; its code and a traceback are judged at once."""
        self.told.append(told)
        self.counts["commands"] += 1
        self.counts["stopped by SIGKILL"] += told.stopped == signal.SIGKILL
        self.counts["stopped by SIGINT"] += told.stopped == signal.SIGINT
        if told.code not in (STOPPED if told.stopped else codes):
            last = " | ".join(told.text.strip().splitlines()[-6:])
            self.faults.append(f"`{told.command}` ended with {told.code}, not {codes}: {last}")
        if "Traceback (most recent call last)" in told.text:
            self.faults.append(f"`{told.command}` printed a traceback: {told.text[-3000:]}")
        if re.search(r"seed \d+: failed", told.text):
            self.faults.append(f"`{told.command}`: a run failed: {told.text[-1500:]}")

    def printed(self) -> int:
        """Runs that `train` has said to be over, since the last look."""
        return sum(len(DONE_LINE.findall(told.text)) for told in self.told)

    # What one does

    def edit(self, dice: random.Random) -> str:
        """One setting, in params.yaml, to another value than it has."""
        topic, kind = (
            dice.choice(sorted(RATES)),
            dice.choice(["rate", "variant", "rate", "variant", "seeds", "profile"]),
        )
        tree = YAML(typ="safe").load((self.place / "params.yaml").read_text())
        if kind == "variant":
            value: Any = dice.choice(VARIANTS[topic][2:])
            change(self.place, lambda tree: self._turn(tree["topics"][topic]["variants"], topic, value))
        elif kind == "rate":
            value = dice.choice(
                [rate for rate in RATES[topic] if rate != tree["topics"][topic]["fit"]["learning_rate"]]
            )
            change(self.place, lambda tree: tree["topics"][topic]["fit"].update(learning_rate=value))
        else:
            value = next(each for each in {"seeds": (2, 3), "profile": PROFILES}[kind] if each != tree[kind])
            change(self.place, lambda tree: tree.update({kind: value}))
        return f"{topic} {kind} {value}" if kind in ("rate", "variant") else f"{kind} {value}"

    def _turn(self, variants: Any, topic: str, name: str) -> None:
        """Add a variant, or drop it."""
        if name in variants:
            del variants[name]
        else:
            variants[name] = dict(self.blocks[topic][name])

    def try_out(self, dice: random.Random) -> str:
        """Edit and run."""
        edited = self.edit(dice)
        self.do(*REPRO)
        return edited

    def run(self, dice: random.Random) -> str:
        """Run what there is."""
        self.do(*REPRO)
        return ""

    def kill(self, dice: random.Random) -> str:
        """Edit, run, and have the command killed at a random moment: alone, or with all that it has started."""
        edited, after_s, group = self.edit(dice), dice.uniform(0.5, 45), dice.random() < 0.3
        told = self.do(*REPRO, stop=signal.SIGKILL, after_s=after_s, group=group)
        how = f"killed{' with its group' if group else ''} after {after_s:.1f} s" if told.stopped else "ended before"
        return f"{edited}, {how}"

    def interrupt(self, dice: random.Random) -> str:
        """Edit, run, Ctrl-C."""
        edited, after_s = self.edit(dice), dice.uniform(0.5, 45)
        told = self.do(*REPRO, stop=signal.SIGINT, after_s=after_s, group=True)
        return f"{edited}, {f'Ctrl-C after {after_s:.1f} s' if told.stopped else 'ended before'}"

    def experiment(self, dice: random.Random) -> str:
        """A value tried without editing; what is staged or in conflict would be refused, so it is committed first."""
        topic = dice.choice(sorted(RATES))
        setting = f"topics.{topic}.fit.learning_rate={dice.choice(RATES[topic])}"
        self.commit("Before an experiment")
        self.do("dvc", "exp", "run", "-S", setting)
        return setting

    def kill_experiment(self, dice: random.Random) -> str:
        """An experiment killed at a random moment; where `check` says that HEAD is on no branch, back as it says."""
        self.commit("Before an experiment")
        rate, after_s = dice.choice(RATES["imbalance"]), dice.uniform(1, 45)
        experiment = ("dvc", "exp", "run", "-S", f"topics.imbalance.fit.learning_rate={rate}")
        told = self.do(*experiment, stop=signal.SIGKILL, after_s=after_s)
        strayed = "HEAD is on no branch" in self.do(*PIPELINE, "check").text
        if strayed:
            self.do("git", "switch", "-q", "main")
        self.counts["HEAD brought back"] += strayed
        return f"{rate}, {f'killed after {after_s:.1f} s' if told.stopped else 'ended before'}"

    def pull(self, dice: random.Random) -> str:
        """Commit what there is, take in what others have done."""
        self.commit("Try")
        how = self.rebase(dice)
        self.fetch_runs()
        return how

    def begin_again(self, dice: random.Random) -> str:
        """Throw away what was not shared, take what is, try something."""
        self.do("git", "fetch", "-q")
        self.do("git", "reset", "-q", "--hard", "origin/main")
        self.fetch_runs()
        return self.try_out(dice)

    def share(self, dice: random.Random) -> str:
        """Commit, rebase, run, push: what the clone has is everybody's."""
        self.commit("Try")
        how = self.rebase(dice)
        self.fetch_runs()
        self.do(*REPRO)
        self.commit("Run")
        self.do("dvc", "push")
        pushed = self.do("git", "push", "-q", "origin", "HEAD:main", codes=(0, 1))
        self.counts["shared"] += pushed.code == 0
        return f"{how} {'pushed' if pushed.code == 0 else 'another was faster'}".strip()

    def commit(self, message: str) -> None:
        """Everything that Git tracks, if anything of it has changed."""
        self.do("git", "commit", "-qam", message, codes=(0, 1))

    def fetch_runs(self) -> None:
        """`dvc pull`; a kill leaves files that it does not dare to replace, and `repro` does what it advises."""
        told = self.do("dvc", "pull", codes=(0, 1, 255))
        self.counts["dvc pull"] += 1
        if told.code:
            self.counts["dvc pull refused"] += 1
            self.do("dvc", "pull", "--force", codes=(0,))

    def rebase(self, dice: random.Random) -> str:
        """`git pull --rebase`; of files in conflict one side is taken. Gives how that went, "" if there were none."""
        self.do("git", "fetch", "-q")
        told = self.do("git", "rebase", "-q", "origin/main", codes=(0, 1))
        sides: list[str] = []
        while (self.place / ".git" / "rebase-merge").exists() and len(sides) < 20:
            sides.append(self.settle(dice))
            self.do("git", "rebase", "--continue", codes=(0, 1))
        if told.code and not sides:
            self.faults.append(f"git rebase: {told.text}")
        return f"conflict: {', '.join(sides)};" if sides else ""

    def settle(self, dice: random.Random) -> str:
        """Take one side of all files in conflict; now and then ask the pipeline first, which is to refuse."""
        listed = tell(self.place, "git", "diff", "--name-only", "--diff-filter=U").split()
        if listed and dice.random() < 0.3:
            self.do(*REPRO, codes=(2,))
        side = dice.choice(["ours", "theirs"])
        for name in listed:
            tell(self.place, "git", "checkout", f"--{side}", "--", name)
            tell(self.place, "git", "add", name)
        if {*listed} - {*SETTLED}:
            self.faults.append(f"git: a conflict in {listed}")
        self.counts["conflicts"] += bool(listed)
        return side

    def prune(self, dice: random.Random) -> str:
        """Drop what no topic asks for."""
        present = ("--present-only",) if dice.random() < 0.3 else ()
        return self.do(*PIPELINE, "runs", "prune", *present).text.strip().splitlines()[-1]

    def lose_runs(self, dice: random.Random) -> str:
        """Delete data/runs, have DVC bring them back."""
        shutil.rmtree(self.place / "data" / "runs", ignore_errors=True)
        self.do("dvc", "checkout", codes=(0, 1, 255))
        return ""

    def lose_store(self, dice: random.Random) -> str:
        """Delete .aula: what is under data/runs counts as done all the same."""
        shutil.rmtree(self.place / ".aula", ignore_errors=True)
        self.held.clear()
        self.do(*PIPELINE, "runs", "list")
        return ""

    def look(self, dice: random.Random) -> str:
        """Commands that change nothing but MLflow."""
        self.do(*PIPELINE, *dice.choice([["runs", "list"], ["publish"], ["check"], ["claims"]]), codes=(0, 2))
        return self.told[-1].command


def laid_out(place: Path) -> list[Path]:
    """Folders of runs under data/runs."""
    return sorted(file.parent for file in (place / "data" / "runs").glob("*/*/*/run.json"))


def sound_key(folder: Path) -> str | None:
    """Key of a run whose files are as they were sealed."""
    try:
        key = str(json.loads((folder / "run.json").read_text())["run_key"])
    except (ValueError, KeyError):
        return None
    return key if integrity.is_sound(folder, key) else None


Deed = Callable[[Colleague, random.Random], str]
DEEDS: dict[Deed, int] = {
    Colleague.try_out: 6,
    Colleague.edit: 2,
    Colleague.run: 1,
    Colleague.begin_again: 1,
    Colleague.kill: 7,
    Colleague.interrupt: 2,
    Colleague.experiment: 3,
    Colleague.pull: 5,
    Colleague.share: 5,
    Colleague.prune: 1,
    Colleague.kill_experiment: 1,
    Colleague.lose_runs: 1,
    Colleague.lose_store: 1,
    Colleague.look: 1,
}
