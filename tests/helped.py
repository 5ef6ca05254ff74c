"""What the help of all commands says, taken from the parser itself: texts, headings and words that stand for values."""

import argparse
from collections.abc import Iterator

from pipeline import arguments

OF_ARGPARSE = ("usage:", "positional arguments", "options", "show this help message and exit")


def parsers(top: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """{command: its parser}, the one of all commands by no name."""
    (commands,) = (each for each in top._actions if isinstance(each, argparse._SubParsersAction))
    return {"": top, **commands.choices}


def texts(top: argparse.ArgumentParser) -> Iterator[str]:
    """Every text that help shows, in English."""
    yield from OF_ARGPARSE
    for parser in parsers(top).values():
        yield from filter(None, (parser.description, parser.epilog and parser.epilog.strip()))
        for action in parser._actions:
            yield from filter(None, (action.help, placeholder(action)))


def placeholder(action: argparse.Action) -> str | None:
    """The word that stands for the value of an argument; none of one that has no value, or choices."""
    is_free = action.nargs != 0 and not (action.choices and action.metavar is None)
    shown = action.metavar or (action.dest.upper() if action.option_strings else action.dest)
    return str(shown) if is_free else None


def names(top: argparse.ArgumentParser) -> set[str]:
    """What a user types as it stands: commands, options, choices."""
    found = set(arguments.ARGUMENTS)
    for parser in parsers(top).values():
        for action in parser._actions:
            found |= {*action.option_strings, *map(str, action.choices or ())}
    return found
