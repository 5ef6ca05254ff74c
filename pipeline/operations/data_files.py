"""Say before a long run which data sets are not on this machine, and which have changed where DVC does not look."""

from collections.abc import Mapping

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.settings import outside_files
from pipeline.settings.params import DataSettings, Settings
from pipeline.settings.plan import card
from pipeline.settings.seeds import draws


def absent(blocks: Mapping[str, DataSettings]) -> list[str]:
    """A line for each data set that `prepare` is going to download; InputError for those that it cannot get.

    Asked are sources that have a function `check(raw, **load)`: it gives what is to be known, or None, and refuses.
    """
    notes, refusals = [], []
    for block in blocks.values():
        check = getattr(plugins.load("sources", block.source), "check", None)
        try:
            note = check(paths.RAW, **block.load) if check else None
        except InputError as error:
            refusals.append(f"{block.key('load')}: {error}")
        else:
            notes += [f"{block.key('source')}: {note}"] if note else []
    if refusals:
        raise InputError("\n".join(dict.fromkeys(refusals)))  # once, though data sets may be like one another
    return list(dict.fromkeys(notes))


def changed_elsewhere(settings: Settings) -> list[str]:
    """Names of data sets that are prepared from files outside of data/raw which have changed since, or settings have.

    DVC looks for changes in data/raw alone, and would take what is prepared for current.
    """
    elsewhere = [block for block in settings.data.values() if outside_files.are_outside(block)]
    needed = draws(settings) if elsewhere else {}
    return [block.name for block in elsewhere if any(_is_stale(block, draw) for draw in needed[block.name])]


def _is_stale(block: DataSettings, draw: int) -> bool:
    if not paths.card(block.name, draw).exists():
        return False
    try:
        card(block, draw)
    except InputError:
        return True
    return False
