"""Let the page grow while `repro` runs: it is made anew as often as one more topic has been scored."""

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline import paths
from pipeline.operations import outcomes
from pipeline.spoken import tell

TICK_S = 0.5
OUR_MISTAKE = 1  # exit code of a traceback
THREAD = "growing page"
SPARING = 10  # a page may take a tenth of the time
POLITE = 10  # how much rather the processor is to train, once there is a page: somebody waits for the first


@contextlib.contextmanager
def growing(folder: Path, topics: Sequence[str]) -> Iterator[None]:
    """Within the block, make the page whenever stages note in `folder` (see `outcomes`) that a topic has been scored.

    The last topic is left to the stage `report`, which DVC starts then.
    """
    over = threading.Event()
    thread = threading.Thread(target=_follow, args=(folder, topics, over), name=THREAD, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _follow(folder: Path, topics: Sequence[str], over: threading.Event) -> None:
    def scored() -> set[str]:
        return {topic for topic in topics if outcomes.ended_well(folder, f"evaluate@{topic}")}

    def is_over() -> bool:
        return over.is_set() or len(scored()) == len(topics)

    shown: set[str] = set()
    next_at = 0.0
    while not over.wait(TICK_S):
        now, begun = scored(), time.monotonic()
        if now - shown and begun >= next_at and not is_over():
            is_first, shown = not shown, now
            if _make(is_over, nicer=0 if is_first else POLITE):
                _tell(len(now), len(topics))
            next_at = begun + (time.monotonic() - begun) * SPARING


def _make(is_over: Callable[[], bool], nicer: int) -> bool:
    """Whether the page could be made: by a process that Ctrl-C does not reach, and that ends when all `is_over`.

    What a user did wrong the next stage says; a mistake of ours keeps its traceback.
    """
    command = [sys.executable, "-m", "pipeline", "report", "--page-only"]
    own = {name: value for name, value in os.environ.items() if name != outcomes.VARIABLE}  # it is no stage
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            command, cwd=paths.ROOT, env=own, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, child.pid, os.getpriority(os.PRIO_PROCESS, 0) + nicer)
        while child.poll() is None and not is_over():
            time.sleep(TICK_S)
        if child.poll() is None:
            child.terminate()
        elif child.returncode == OUR_MISTAKE:
            said.seek(0)
            print(said.read().decode(errors="replace"), file=sys.stderr, flush=True)
        return child.wait() == 0


def _tell(scored: int, every: int) -> None:
    page = (paths.REPORT / "index.html").relative_to(paths.ROOT)
    tell(f"page: open {page}: {scored} of {every} topics so far", file=sys.stderr)
