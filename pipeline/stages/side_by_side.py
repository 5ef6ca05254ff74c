"""Prepare data sets side by side, each in a process of its own: none of them knows of another."""

from __future__ import annotations

import ctypes
import multiprocessing
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from pipeline.pool.workers import cores
from pipeline.stages import prepare

if TYPE_CHECKING:
    from pipeline.settings.params import DataSettings


def prepared(blocks: Sequence[DataSettings], draws: Mapping[str, Sequence[int]], workers: int | str) -> Iterator[str]:
    """Names of the data sets in their order, each once its `draws` are prepared.

    So many at a time as `workers` says, or as there are cores where it is "auto".

    Where the system ends one of these processes, as memory is short, the others are prepared one after the other.
    InputError: that of the first data set that a user has set wrong; those behind it are not waited for.
    """
    left = list(blocks)
    if len(left) > 1 and sys.platform == "linux":  # elsewhere a process cannot be forked safely
        for name in _forked(blocks, draws, cores() if workers == "auto" else int(workers)):
            left.pop(0)
            yield name
    for block in left:
        prepare.prepare(block, draws[block.name])
        yield block.name


def _forked(blocks: Sequence[DataSettings], draws: Mapping[str, Sequence[int]], workers: int) -> Iterator[str]:
    """Names of the data sets in their order, up to one whose process was killed."""
    sys.stdout.flush()  # or each process prints what has waited
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(
        min(workers, len(blocks)), mp_context=fork, initializer=_begin, initargs=(blocks, draws)
    ) as pool:
        waiting = [(block.name, pool.submit(_prepare, at)) for at, block in enumerate(blocks)]
        try:
            for name, future in waiting:
                future.result()
                yield name
        except BrokenProcessPool:
            return
        except KeyboardInterrupt:
            for process in multiprocessing.active_children():
                process.terminate()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


# What follows runs in a process of its own

_asked: list[tuple[DataSettings, Sequence[int]]] = []


def _begin(blocks: Sequence[DataSettings], draws: Mapping[str, Sequence[int]]) -> None:
    """Know all data sets, and obey the parent.

    It is the parent that hears Ctrl-C; killed, it takes its children along: they write whole files or none.
    """
    _asked[:] = [(block, draws[block.name]) for block in blocks]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def _prepare(at: int) -> None:
    prepare.prepare(*_asked[at])
