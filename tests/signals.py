"""Signals that a child of the tests hears, whoever started them."""

import contextlib
import signal


@contextlib.contextmanager
def heard(number):
    """A signal that a child hears, though who started the tests may have had it ignored, as a shell's `&` has."""
    before = signal.signal(number, signal.default_int_handler)
    yield
    signal.signal(number, before)
