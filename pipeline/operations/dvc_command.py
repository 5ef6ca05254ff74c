"""Carry out `dvc` in a process of its own, without its advice to push: there may be no remote."""

import sys
from typing import Any

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
    code: int = dvc(arguments)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
