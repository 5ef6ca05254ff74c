"""A stand-in for a Trial, with only what one probe looks at; like a Trial it is told from others by identity."""

from types import SimpleNamespace


class Seen(SimpleNamespace):
    """Attributes as given."""

    __hash__ = object.__hash__
