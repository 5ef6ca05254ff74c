"""Mutation testing: make one mistake at a time in the code, and count those that no mirror test notices."""

import argparse
import contextlib
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from mutations import Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
TARGETS = ("settings", "verdicts", "tasks", "metrics", "scoring", "stages/prepare.py", "training/objective.py")
WARM = (
    "numpy",
    "scipy.stats",
    "sklearn.metrics",
    "imblearn",
    "ruamel.yaml",
    "pydantic",
    "tensorflow",
    "keras",
    "pytest",
)
QUIET = {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "CUDA_VISIBLE_DEVICES": "-1",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # those of other packages cost seconds, and no test uses one
}
SLOWER = 5  # times as long as without a mistake, and START_S on top, then it counts as noticed: a loop without end
START_S = 20
TICK_S = 0.02
FAILED, SURVIVED = (1, 2, 3, 4), 0  # pytest's exit codes: tests failed, or could not even be collected


@dataclass(frozen=True)
class Result:
    """What the tests said of one mutant: killed, timeout or survived."""

    mutant: Mutant
    outcome: str


class _Changed(importlib.machinery.SourceFileLoader):
    """Loads a module from other text than its file has."""

    text = ""

    def get_code(self, fullname: str) -> object:
        return compile(self.text, self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module, with a mistake in it; all others are found as ever."""

    def __init__(self, file: str, source: str) -> None:
        self._name = file.removesuffix(".py").replace("/", ".")
        self._loader = _Changed(self._name, str(ROOT / file))
        self._loader.text = source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._loader.path, loader=self._loader)


def mirror_tests(file: str) -> list[str]:
    """Tests of `pipeline/<folder>/<name>.py`: tests/<folder>/test_<name>*.py first, then the rest of tests/<folder>."""
    folder = ROOT / "tests" / Path(file).parent.relative_to("pipeline")
    every = sorted(folder.glob("test_*.py"))
    own = [test for test in every if test.stem.startswith(f"test_{Path(file).stem}")]
    alone = own and Path(file).parent.name in ("stages", "training")  # the others there take minutes
    return [
        str(test.relative_to(ROOT)) for test in (own if alone else own + [test for test in every if test not in own])
    ]


def _child(tests: list[str], mutant: Mutant | None, log: Path) -> int:
    """In a fork that knows TensorFlow but not yet the pipeline: import it with the mistake in it, and run the tests."""
    import pytest

    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    if mutant:
        sys.meta_path.insert(0, _Finder(mutant.file, mutant.source))
    options = ["-x", "-q", "-m", "not slow", "--tb=short", "--assert=plain", f"--basetemp={log}.files"]
    return int(pytest.main([*options, *tests]))


def _fork(tests: list[str], mutant: Mutant | None, log: Path) -> int:
    """Process id of a child that runs `tests` with `mutant` in place."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = _child(tests, mutant, log)
    finally:
        os._exit(code)


def _end(pid: int) -> None:
    """Kill what is left of a child and of the processes that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _untouched(tests: list[str], scratch: Path) -> float:
    """Seconds that `tests` take without a mistake; SystemExit where they fail."""
    started, log = time.monotonic(), scratch / "untouched"
    pid = _fork(tests, None, log)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    _end(pid)
    if code:
        raise SystemExit(f"{log.read_text()}\nwithout any mistake {' '.join(tests)} end with {code}: mend these first")
    return time.monotonic() - started


def outcomes(work: Sequence[tuple[Mutant, list[str]]], workers: int) -> Iterator[Result]:
    """Each mutant's outcome as it is known, from `workers` processes at a time; work pairs mutants with tests."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        every = {tuple(tests) for _, tests in work}
        limits = {tests: SLOWER * _untouched(list(tests), scratch) + START_S for tests in every}
        waiting, running = deque(work), {}
        while waiting or running:
            while waiting and len(running) < workers:
                mutant, tests = waiting.popleft()
                log = scratch / str(len(waiting))
                pid = _fork(tests, mutant, log)
                running[pid] = mutant, log, time.monotonic() + limits[tuple(tests)]
            for pid, (mutant, log, end) in list(running.items()):
                done, status = os.waitpid(pid, os.WNOHANG)
                late = not done and time.monotonic() > end
                if late:
                    _end(pid)
                    done, status = os.waitpid(pid, 0)
                if done:
                    _end(pid)
                    del running[pid]
                    log.unlink(missing_ok=True)
                    shutil.rmtree(f"{log}.files", ignore_errors=True)
                    yield Result(mutant, "timeout" if late else _outcome(status))
            time.sleep(TICK_S)


def _outcome(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code == SURVIVED:
        return "survived"
    if code in FAILED or code < 0:  # a crash is noticed
        return "killed"
    raise SystemExit(f"pytest ended with {code}: no tests were run")


def changes(file: Path) -> list[tuple[Mutant, list[str]]]:
    """The changes listed in a file, each with the test that must fail; SystemExit for one that fits no more."""
    work, stale = [], []
    for change in tomllib.loads(file.read_text("utf-8"))["change"]:
        path, old, new = ROOT / change["file"], change["old"], change["new"]
        source = path.read_text("utf-8") if path.is_file() else ""
        if source.count(old) != 1:
            stale.append(f"{change['file']}: {old!r} is there {source.count(old)} times, allowed once")
            continue
        line = source[: source.index(old)].count("\n") + 1
        mutant = Mutant(change["file"], line, change["what"], old, new, 1, source.replace(old, new))
        work.append((mutant, [change["test"]]))
    if stale:
        raise SystemExit(f"{file.name}: bring it up to date:\n" + "\n".join(stale))
    return work


def _files(wanted: Sequence[str]) -> list[str]:
    """The modules in folders and files of pipeline/, by path from the root."""
    places = [ROOT / "pipeline" / place.removeprefix("pipeline/") for place in wanted]
    missing = [str(place.relative_to(ROOT)) for place in places if not place.exists()]
    if missing:
        raise SystemExit(f"given {', '.join(missing)}, allowed folders and files of pipeline/")
    found = [file for place in places for file in (sorted(place.glob("*.py")) if place.is_dir() else [place])]
    return [str(file.relative_to(ROOT)) for file in found if file.name != "__init__.py"]


def _equivalents() -> dict[str, str]:
    """Mutants that change nothing anyone could notice: name -> reason."""
    listed = tomllib.loads((ROOT / "benchmarks" / "mutants_equivalent.toml").read_text("utf-8"))
    return {name: reason for reason, names in listed.items() for name in names}


def _work(files: Sequence[str], sample: int | None, seed: int) -> list[tuple[Mutant, list[str]]]:
    """Mutants of `files` but the equivalent ones, all or `sample` drawn of them, with the tests that should fail."""
    equivalent = _equivalents()
    every = [mutant for file in files for mutant in mutants(ROOT, file) if mutant.name not in equivalent]
    if sample is not None and sample < len(every):
        chosen = set(random.Random(seed).sample(range(len(every)), sample))
        every = [mutant for at, mutant in enumerate(every) if at in chosen]
    return [(mutant, mirror_tests(mutant.file)) for mutant in every]


def _table(results: Sequence[Result]) -> str:
    """One row per module, and one for all, as Markdown."""
    rows = ["| module | mutants | killed | survived | share |", "| --- | ---: | ---: | ---: | ---: |"]
    files = sorted({result.mutant.file for result in results})
    for name in (*files, None):
        of_file = [result for result in results if name in (None, result.mutant.file)]
        survived = sum(result.outcome == "survived" for result in of_file)
        share = f"{1 - survived / len(of_file):.0%}" if of_file else ""
        label = f"`{name}`" if name else "all"
        rows.append(f"| {label} | {len(of_file)} | {len(of_file) - survived} | {survived} | {share} |")
    return "\n".join(rows)


def _warm_up() -> None:
    """Import what takes seconds once, before any fork; the pipeline itself is imported by each child."""
    os.environ |= QUIET
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    for name in WARM:
        importlib.import_module(name)
    gc.freeze()  # pytest collects garbage when it starts and ends: of what was imported here there is none


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", nargs="*", help=f"folders and files of pipeline/, else {' '.join(TARGETS)}")
    parser.add_argument("--sample", type=int, metavar="N", help="N mutants drawn at random instead of all")
    parser.add_argument("--seed", type=int, default=0, help="of that drawing")
    parser.add_argument("--workers", type=int, default=2, help="tests that run at the same time")
    parser.add_argument(
        "--changes", action="store_true", help="the changes of mutants_known.toml and their tests alone"
    )
    parser.add_argument("--list", action="store_true", help="name the mutants and run nothing")
    return parser


def main() -> int:
    """0 where every listed change is noticed, or mutants were counted; 1 where a listed change is not."""
    asked = _parser().parse_args()
    known = ROOT / "benchmarks" / "mutants_known.toml"
    work = changes(known) if asked.changes else _work(_files(asked.target or TARGETS), asked.sample, asked.seed)
    if asked.list:
        print("\n".join(mutant.name for mutant, _ in work))
        return 0
    _warm_up()
    started, results = time.monotonic(), []
    for result in outcomes(work, asked.workers):
        results.append(result)
        if result.outcome != "killed":
            print(f"{result.outcome}: line {result.mutant.line} of {result.mutant.name}", flush=True)
    print(f"\n{_table(results)}\n\n{time.monotonic() - started:.0f} s")
    return int(asked.changes and any(result.outcome == "survived" for result in results))


if __name__ == "__main__":
    raise SystemExit(main())
