"""Say before a long run which data sets are not on this machine: only sources that need files know."""

from collections.abc import Mapping

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.settings.params import DataSettings


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
        raise InputError("\n".join(refusals))
    return notes
