"""Read prepared examples, held to the digest that the card of their data tells: whoever uses them asks here."""

from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError, shown
from pipeline.records import Examples, digest_of, read_examples


def read(file: Path, expected: str, data: str) -> Examples:
    """The examples in `file` of the data set `data`. InputError: none, or others than those of digest `expected`."""
    remedy = f"run `dvc repro`, or `python -m pipeline prepare {data}`"
    if not file.exists():
        raise InputError(f"{shown(file)}: given nothing, allowed prepared examples: {remedy} first")
    examples = read_examples(file)
    if digest_of(examples) != expected:
        raise InputError(f"{shown(file)}: given other examples than its card tells, allowed those prepared: {remedy}")
    return examples


def validation(data: str, draw: int, expected: str) -> Examples:
    """The validation part of a draw, by which models, thresholds and temperatures are chosen. See `read`."""
    return read(paths.validation_split(data, draw), expected, data)


def test(data: str, draw: int, expected: str) -> Examples:
    """The held-out part of a draw, for scoring alone. See `read`."""
    return read(paths.test_split(data, draw), expected, data)
