"""What a user can get wrong, told apart from our own mistakes by type; and the outcome that is neither."""

from collections.abc import Sequence


class InputError(ValueError):
    """Something that a user wrote, chose or left out: one line says where, what was given, and what is allowed.

    The command line prints the line and ends with 2. Every other error is a mistake of ours: it keeps its traceback.
    """


class RunsFailed(Exception):
    """Runs of a topic failed: an outcome, kept, counted and shown as the others are. `runs` has a line for each."""

    def __init__(self, summary: str, runs: Sequence[str]) -> None:
        super().__init__(summary)
        self.runs = runs
