"""Whether prepared files keep training and held-out rows apart, by the numbers that rows have in the source."""

from dataclasses import replace

import numpy as np

from pipeline import paths, plugins
from pipeline.preparation.split import split_rows
from pipeline.raw_data import RawData
from pipeline.records import Examples, read_examples, read_json
from pipeline.stages.prepare import COLLECTED, _named, _validated


def check(data, folder, draw):
    """AssertionError if a draw of `data` (its settings) under `folder` (data/) holds rows that it should not."""
    parts = read_parts(data.name, folder, draw)
    card = read_json(folder / "prepared" / data.name / str(draw) / "card.json")
    check_rows(data, parts, card["scale"], draw)
    check_duplicates(parts, card["duplicates_across_splits"])
    for view in card["views"]:
        check_view(read_examples(folder / "prepared" / data.name / str(draw) / "fit" / f"{view}.npz"), parts)


def read_parts(name, folder, draw):
    prepared = folder / "prepared" / name / str(draw)
    files = {"train": prepared / "fit" / "plain.npz", "validation": prepared / "validation.npz"}
    return {
        part: read_examples(file) for part, file in (files | {"test": folder / "test" / name / f"{draw}.npz"}).items()
    }


def check_rows(data, parts, scale, draw):
    """No row number of the source is in two parts, and each file holds the rows of its part, and nothing else."""
    loaded = plugins.load("sources", data.source).load(paths.RAW, data.seed + draw, **data.load)
    if isinstance(loaded, RawData):
        loaded = Examples(np.stack([column.cells for column in loaded.x], axis=1), loaded.y)
    if not isinstance(loaded, dict):
        loaded = _named(_validated(loaded, data.name))
        ids = loaded.ids if plugins.constant("sources", data.source, "KIND") in COLLECTED else None
        rows = split_rows(replace(data.split, seed=data.split.seed + draw), loaded.y, data.name, ids)
        numbers = np.concatenate(list(rows.values()))
        assert len(numbers) == len(set(numbers.tolist())), f"{data.name}: a row is in two parts"
        loaded = {part: loaded.take(rows[part]) for part in rows}
    for part, examples in loaded.items():
        x = (examples.x - np.array(scale["mean"])) / np.array(scale["sd"]) if "sd" in scale else examples.x
        assert np.array_equal(parts[part].x, x.astype(np.float32)), f"{data.name}: {part} holds other rows"


def check_duplicates(parts, counted):
    """Rows of different numbers with the same contents in two parts are as many as the card says."""
    train, validation, test = (contents(parts[part]) for part in ("train", "validation", "test"))
    assert len((train & validation) | (train & test) | (validation & test)) == counted


def check_view(view, parts):
    """What a view has in common with a held-out part is in the training part itself: a repeated row, not a leak."""
    for part in ("validation", "test"):
        assert contents(view) & contents(parts[part]) <= contents(parts["train"]), f"a row of {part} is in the view"


def contents(examples):
    return {row.tobytes() for row in examples.x}
