"""Carry out `dvc` in a process of its own, without its advice to push, and with files that no kill can tear."""

import io
import os
import stat
import sys
from pathlib import Path
from typing import Any

from pipeline.operations import signals
from pipeline.records import write_bytes

ADVICE = "Use `dvc push`"


def main(arguments: list[str]) -> int:
    """Exit code of `dvc` with these arguments."""
    from dvc.cli import main as dvc
    from dvc.ui import ui

    write = ui.write

    def without_advice(*objects: Any, **options: Any) -> None:
        if not str(objects[0] if objects else "").startswith(ADVICE):
            write(*objects, **options)

    ui.write = without_advice
    os.environ[signals.DVC] = str(os.getpid())  # for its stages: one may start after we were killed
    _write_whole()
    code: int = dvc(arguments)
    return code


def _write_whole() -> None:
    """Have DVC replace dvc.lock in one step: it writes into the old one, which a kill leaves torn.

    A torn one is refused by every DVC command, `dvc pull` included.
    """
    from dvc.utils.serialize import _common, _yaml

    def dump(path: Any, data: Any, dumper: Any, fs: Any = None, **options: Any) -> None:
        text = io.StringIO()
        dumper(data, text, **options)
        file = Path(path).resolve()
        mode = file.stat().st_mode if file.exists() else None
        write_bytes(file, text.getvalue().encode("utf-8"))
        if mode is not None:
            file.chmod(stat.S_IMODE(mode))

    _common._dump_data = dump  # what changes a file
    _yaml._dump_data = dump  # what writes it anew


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
