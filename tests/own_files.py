"""Files of each kind that a user may bring, and the data sets that are prepared of them."""

import numpy as np
from PIL import Image

from pipeline import plugins
from pipeline.settings.params import DataSettings, Split

ROWS = 120
HEADER = ("id", "age", "job", "day", "class")


def settings(source, **load):
    """A data set of that source, with all settings of its `load`, as params.yaml resolves them."""
    known = plugins.settings("sources", source)
    whole = {name: load.get(name, setting.default) for name, setting in known.items()}
    return DataSettings("own", source, whole, "standard", Split(0.2, 0.2, None, 0), {"plain": {}}, 0)


def rows(seed=0):
    dice = np.random.default_rng(seed)
    return [
        [
            f"id{at:04d}",
            "" if dice.random() < 0.1 else f"{dice.normal(40, 9):.4f}".replace(".", ","),
            str(dice.choice(["sea", "farm", "mine", "?"])),
            f"{dice.integers(1, 29):02d}/{dice.integers(1, 13):02d}/2024",
            "rare" if at % 4 == 0 else "common",
        ]
        for at in range(ROWS)
    ]


def text(table, header=HEADER):
    return "".join(";".join(cells) + "\n" for cells in [header, *table])


def write_table(place):
    place.write_text(text(rows()), "utf-8")
    return settings("table", file=str(place), label="class")


def write_pictures(place):
    dice = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (place / name).mkdir(parents=True)
        for at in range(30):
            Image.fromarray(dice.integers(0, 256, (6, 5), np.uint8)).save(place / name / f"{at:02d}.png")
    return settings("folder", path=str(place))


def write_arrays(place):
    dice = np.random.default_rng(0)
    np.savez(place, x=dice.normal(2, 3, (ROWS, 4, 2)), y=np.arange(ROWS) % 3, lengths=dice.integers(1, 5, ROWS))
    return settings("archive", file=place.stem, kind="sequence")


def write_recordings(place):
    dice = np.random.default_rng(0)
    lines = ["who,at,u,v,kind"]
    for series in range(ROWS):
        for step in range(int(dice.integers(2, 6))):
            lines.append(f"s{series},{step},{dice.normal():.3f},{dice.normal(9):.3f},{'ab'[series % 2]}")
    place.write_text("\n".join(lines) + "\n")
    return settings("recordings", file=place.stem, series="who", label="kind", step="at")
