"""Let a command outlive whoever reads what it prints: `train | head -1` must not end a training."""

import io
import os
import sys


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
        if isinstance(stream, io.TextIOWrapper) and isinstance(stream.buffer, io.BufferedWriter):
            if isinstance(stream.buffer.raw, _Patient) or stream.isatty():
                continue
            stream.flush()
            raw = _Patient(stream.fileno(), "wb", closefd=False)
            setattr(sys, name, _text(raw, stream))


def _text(raw: _Patient, like: io.TextIOWrapper) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(raw),  # type: ignore[type-var]
        encoding=like.encoding,
        errors=like.errors,
        line_buffering=like.line_buffering,
        write_through=like.write_through,
    )
