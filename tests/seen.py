"""A stand-in for a FinishedRun, with only what one probe looks at, and like it told from others by identity."""

from types import SimpleNamespace


class Seen(SimpleNamespace):
    """Attributes as given."""

    __hash__ = object.__hash__
