"""How each stage ended, written by the stage for the `repro` that waits for it: DVC tells no more than "failed"."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.records import read_json_or, write_json

VARIABLE = "AULA_OUTCOMES"  # the folder in which stages write how they ended
CUT_SHORT = "ended without a word: killed, or out of memory"


@dataclass
class Outcome:
    """How a stage ended: its exit code (None: it has not come to its end) and the reason in a line."""

    stage: str
    code: int | None = None
    reason: str = ""

    @property
    def topic(self) -> str:
        """The topic that the stage is about; "" if it is about all."""
        return self.stage.partition("@")[2]

    def explain(self, reason: str) -> None:
        """Keep the first line of `reason`."""
        self.reason = (reason.splitlines() or [""])[0][:300]

    def line(self) -> str:
        """What `repro` says of a stage that failed."""
        return f"failed: {self.stage}: {self.reason or CUT_SHORT}"


@contextlib.contextmanager
def noted(command: str, topic: str | None = None) -> Iterator[Outcome]:
    """Write how the block ends, if a `repro` waits for it; whoever is in it sets `code`, and says why."""
    outcome = Outcome(f"{command}@{topic}" if topic else command)
    _write(outcome)
    try:
        yield outcome
    except Exception as error:
        outcome.code = 1
        outcome.explain(f"{type(error).__name__}: {error}")
        raise
    finally:
        _write(outcome)


def _write(outcome: Outcome) -> None:
    folder = os.environ.get(VARIABLE)
    if folder and Path(folder).is_dir():
        with contextlib.suppress(OSError):  # a full disk: the stage has its own message
            write_json(Path(folder) / f"{outcome.stage}.json", vars(outcome))


@contextlib.contextmanager
def collected() -> Iterator[Path]:
    """A folder in which all stages that are started within the block write how they ended."""
    with tempfile.TemporaryDirectory(prefix="aula-") as folder:
        before = os.environ.get(VARIABLE)
        os.environ[VARIABLE] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop(VARIABLE)
            if before is not None:
                os.environ[VARIABLE] = before


def ended_well(folder: Path, stage: str) -> bool:
    """Whether the stage has come to its end, with 0."""
    content = read_json_or(folder / f"{stage}.json", None)
    return bool(content) and content["code"] == 0


def failed(folder: Path) -> list[Outcome]:
    """The stages that did not end with 0, in the order in which they ended."""
    files = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    outcomes = [Outcome(**content) for file in files if (content := read_json_or(file, None))]
    return [outcome for outcome in outcomes if outcome.code != 0]
