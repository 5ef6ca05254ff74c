"""Let a command outlive whoever reads what it prints: `train | head -1` must not end a training."""

import io
import os
import sys
from typing import Any


class _Patient(io.FileIO):
    """A file whose reader may go: what nobody reads any more is dropped."""

    def write(self, content: "bytes | bytearray | memoryview", /) -> int:  # type: ignore[override]
        try:
            return super().write(content)
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())  # also for libraries that write to the descriptor itself
            os.close(nowhere)
            return memoryview(content).nbytes


def survive_closed_pipes() -> None:
    """From now on, drop what is printed to a pipe that nobody reads any more, instead of raising BrokenPipeError."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and not stream.isatty():
            stream.flush()
            setattr(sys, name, _patient(stream))


def _patient(stream: io.TextIOWrapper) -> io.TextIOWrapper:
    """A stream to the same place, as buffered as this one: with PYTHONUNBUFFERED there is no buffer."""
    raw: Any = _Patient(stream.fileno(), "wb", closefd=False)
    return io.TextIOWrapper(
        raw if isinstance(stream.buffer, io.FileIO) else io.BufferedWriter(raw),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def print_anything() -> None:
    """Spell out what the terminal's encoding lacks: a minus sign (U+2212) must neither end a command nor be lost."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
