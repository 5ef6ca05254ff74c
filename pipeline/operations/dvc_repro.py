"""Run `dvc repro` alone, mended before and gone on with after: a topic that fails stops no other, and is named last."""

import contextlib
import ctypes
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.errors import InputError
from pipeline.operations import adoption, checkout, data_files, dvc_files, growing_page, lock, outcomes, signals
from pipeline.operations.outcomes import Outcome
from pipeline.records import read_json_or
from pipeline.settings.params import Settings
from pipeline.spoken import tell

if TYPE_CHECKING:
    import psutil

TICK_S = 0.2
MOST_LOOKS = 3  # at a claim
LEAST_SPACE_MB = 100  # with less, a stage that failed failed for that
DONE, FAILED, WRONG_INPUT = 0, 1, 2
OF_ALL = ("prepare", "plan", "judge", "report")  # stages that are about all topics
OF_A_TOPIC = ("train", "evaluate")
LAST = ("judge", "report")  # those that wait for every topic
ALONE = "--single-item"
WHERE = (
    "page: data/report/index.html grows with each finished topic; `python -m pipeline report --watch`, in another"
    " terminal, shows it in a browser as it grows"
)
SWEEP = "sweep"  # stages of sweeps/dvc.yaml, one a sweep: no part of a plain `dvc repro`


def repro(settings: Settings, targets: Sequence[str] = ()) -> int:
    """0 if all stages ended well, 2 if one met a user's mistake, else 1; lock.Held while another one runs.

    Where a topic fails, the others go on, and the report is made of what is there. InputError: DVC cannot work in this
    folder, or there is no such stage.
    """
    topics = list(settings.topics)
    _check(targets, topics, list(settings.sweeps))
    checkout.check()
    with lock.hold("repro"), outcomes.collected() as folder:
        adopted = adoption.adopt(settings)
        _say([*checkout.strays(), *dvc_files.mend(), *adopted])
        if not targets:
            _say([WHERE])
        asked = _asked(targets, settings)
        stale = data_files.changed_elsewhere(settings)
        code = _dvc(["--force", "--single-item", "prepare"]) if stale else DONE
        with contextlib.nullcontext() if targets else growing_page.growing(folder, topics):
            code = code or _carry_out(asked, topics, folder, _first_light(settings, targets))
        for _ in range(MOST_LOOKS - 1):
            if code or targets or outcomes.failed(folder) or not _asks_for_more():
                break
            code = _dvc(["--force", "--single-item", "prepare", "plan"]) or _carry_out(asked, topics, folder)
        wanted = [f"{SWEEP}@{name}" for name, each in settings.sweeps.items() if each.repro]
        if wanted and not targets and not code:
            code = _dvc(wanted)
        if not targets and not code and _page_lags():
            code = _dvc(["--force", "--single-item", "report"])
        # DVC may have brought runs in place of a stage: those of its run cache.
        _say(line for line in adoption.adopt(settings) if line not in adopted)
        failed = outcomes.failed(folder)
        said = [*(outcome.line() for outcome in failed), *_full_disk(code), _last_line(code, failed, targets)]
        _say([*said, *checkout.strays()])
    return _exit_code(code, failed)


def _page_lags() -> bool:
    """Whether a sweep has come to more since the page was made: DVC knows of no sweep that `report` depends on.

    A dependency on them would have plain `dvc repro` carry them out.
    """
    page, summaries = paths.REPORT / "index.html", paths.SWEEPS.glob("*/sweep.json")
    return page.exists() and any(file.stat().st_mtime_ns > page.stat().st_mtime_ns for file in summaries)


def _asks_for_more() -> bool:
    """Whether claims that are undecided get more seeds now."""
    before = _looks()
    _wait([sys.executable, "-m", "pipeline", "look"])
    return _looks() != before


def _looks() -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in paths.LOOKS.glob("*.json")}


def _check(targets: Sequence[str], topics: Sequence[str], sweeps: Sequence[str]) -> None:
    """Refuse a target that is no stage: DVC would end with a code of its own (InputError)."""
    for target in targets:
        stage, _, topic = target.partition("@")
        if target in OF_ALL or (stage in OF_A_TOPIC and (topic in topics or target == stage)):
            continue
        if stage == SWEEP and topic in sweeps:
            continue
        each = [f"{name}@<{'|'.join(topics)}>" for name in OF_A_TOPIC]
        each += [f"{SWEEP}@<{'|'.join(sweeps)}>"] if sweeps else []
        raise InputError(f"stage: given {target!r}, allowed {', '.join([*OF_ALL, *OF_A_TOPIC, *each])}")


def _asked(targets: Sequence[str], settings: Settings) -> list[str]:
    """The targets; those of every topic by name where `only` leaves out some, of which DVC has stages as well.

    Then come the stages that wait for every topic, behind ALONE.
    """
    if not settings.left_out:
        return list(targets)
    named: list[str] = []
    last: list[str] = []
    for target in targets or LAST:
        each = "evaluate" if target in LAST else target
        named += [f"{each}@{topic}" for topic in settings.topics] if each in OF_A_TOPIC else [target]
        last += LAST[: LAST.index(target) + 1] if target in LAST else []
    return [*dict.fromkeys(named), *([ALONE, *dict.fromkeys(last)] if last else [])]


def _first_light(settings: Settings, targets: Sequence[str]) -> list[str]:
    """The topic that takes the least time, brought about before all else: somebody waits for a first verdict.

    As far as published seconds tell; nothing where targets are given, or that topic has results.
    """
    published = read_json_or(paths.PUBLISHED / "seconds.json", {}).get(settings.profile, {})
    known = {name: topic for name, topic in settings.topics.items() if name in published}
    if targets or len(settings.topics) < 2 or not known:
        return []
    quickest = min(known, key=lambda name: sum(published[name].values()) * known[name].seeds)
    return [] if paths.results(quickest).exists() else [f"evaluate@{quickest}"]


def _carry_out(targets: list[str], topics: Sequence[str], folder: Path, before: Sequence[str] = ()) -> int:
    """DVC's exit code; where a topic fails, DVC is started again for the rest, and what is there is reported.

    DVC orders targets by itself, so what is to come `before` them is a command of its own.
    """
    place = targets.index(ALONE) if ALONE in targets else len(targets)
    targets, alone = targets[:place], targets[place:]
    lost: set[str] = set()
    code = first = (_dvc(before) if before else DONE) or _dvc(targets)
    while code and (new := _lost_topics(folder) - lost):
        lost |= new
        rest = _rest(targets, topics, lost)
        if not rest:
            break
        tell(f"\n{', '.join(sorted(new))} failed: going on with the other topics", file=sys.stderr)
        code = _dvc(rest)
    if lost and (not targets or {*LAST} & {*targets} or alone):
        _report(sorted(lost))
    elif alone and not first:
        first = _dvc(alone)
    return first


def _lost_topics(folder: Path) -> set[str]:
    return {outcome.topic for outcome in outcomes.failed(folder) if outcome.topic}


def _rest(targets: Sequence[str], topics: Sequence[str], lost: set[str]) -> list[str]:
    """The targets that do not wait for a topic that failed; in place of those that wait for all, the topics left."""
    left = [topic for topic in topics if topic not in lost]
    rest: list[str] = []
    for target in targets or ("report",):
        stage, _, topic = target.partition("@")
        if stage in LAST:
            rest += [f"evaluate@{name}" for name in left]
        elif stage in OF_A_TOPIC and not topic:
            rest += [f"{stage}@{name}" for name in left]
        elif topic not in lost:
            rest.append(target)
    return list(dict.fromkeys(rest))


def _report(lost: Iterable[str]) -> None:
    """Score the runs that a failed topic has all the same, then report: DVC would wait for all topics."""
    for topic in lost:
        if (paths.RUNS / topic).is_dir():
            _wait([sys.executable, "-m", "pipeline", "evaluate", topic])
    _wait([sys.executable, "-m", "pipeline", "report"])


def _full_disk(code: int) -> list[str]:
    """What to do where something failed, DVC itself perhaps, on a disk without space."""
    free = round(shutil.disk_usage(paths.ROOT).free / 1e6)
    return [f"the disk: given {free} MB of free space: make space first"] if code and free < LEAST_SPACE_MB else []


def _last_line(code: int, failed: Sequence[Outcome], targets: Sequence[str]) -> str:
    page = (paths.REPORT / "index.html").relative_to(paths.DATA.parent)
    if not code and not failed:
        return "done" if targets else f"done: open {page}"
    topics = {outcome.topic for outcome in failed if outcome.topic}
    if not topics:
        return "failed: what is done is kept, the same command goes on from there"
    plural = "topic" if len(topics) == 1 else "topics"
    return f"{len(topics)} {plural} failed; finished runs are kept: the same command tries again only what failed"


def _exit_code(code: int, failed: Sequence[Outcome]) -> int:
    if any(outcome.code == WRONG_INPUT for outcome in failed):
        return WRONG_INPUT
    return FAILED if code or failed else DONE


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        tell(line, file=sys.stderr)


def _dvc(targets: Sequence[str]) -> int:
    """Exit code of `dvc repro`; dvc.lock is kept after each, if it is whole."""
    placed = [f"sweeps/dvc.yaml:{target}" if target.startswith(f"{SWEEP}@") else target for target in targets]
    try:
        return _wait([sys.executable, "-m", "pipeline.operations.dvc_command", "repro", *placed])
    finally:
        dvc_files.keep()


def _wait(command: Sequence[str]) -> int:
    """Exit code of a command, which ends in order when we do."""
    child = subprocess.Popen(command, cwd=paths.ROOT, preexec_fn=_end_with_parent)
    try:
        return child.wait()
    except signals.Terminated:
        _end_stages(child)
        raise
    except KeyboardInterrupt:
        child.wait()  # Ctrl-C reached it as well, and its stage
        raise
    finally:
        if child.poll() is None:
            child.terminate()


def _end_stages(dvc: "subprocess.Popen[bytes]") -> None:
    """Send each of DVC's stages one SIGTERM: DVC then ends by itself and leaves its files whole."""
    import psutil

    stopped: set[int] = set()
    while dvc.poll() is None:
        for process in _stages_of(dvc.pid):
            with contextlib.suppress(psutil.Error):
                if process.pid not in stopped and {"-m", "pipeline"} <= set(process.cmdline()):
                    process.terminate()
                    stopped.add(process.pid)
        time.sleep(TICK_S)


def _stages_of(pid: int) -> "list[psutil.Process]":
    """The process itself, which may be a stage, and all below it."""
    import psutil

    processes: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        processes = [process, *process.children(recursive=True)]
    return processes


def _end_with_parent() -> None:
    """On Linux, have DVC sent SIGTERM when we are killed; its stage notices and stops in order."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
