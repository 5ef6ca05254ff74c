"""Take in a user's file or folder: say what it holds, and write a block of data and a topic into params.yaml."""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline import errors, paths, plugins, raw_data
from pipeline.errors import InputError, SeveralSizes
from pipeline.operations import own_topic
from pipeline.operations.own_topic import OwnData
from pipeline.raw_data import RawData
from pipeline.records import write_bytes
from pipeline.settings import files, params, rewriting
from pipeline.settings.tree import Block, Given, Place
from pipeline.settings.validation import Complaints, ParamsError, settle

SOURCES = {".csv": "table", ".tsv": "table", ".txt": "table", ".parquet": "table", ".npz": "archive", ".npy": "archive"}
OF_SERIES, OF_A_FOLDER = "recordings", "folder"
LONGEST_SIDE = 32  # pixels, of pictures of several sizes: what a processor learns from in a minute or two
BY_NAME = (".csv", ".npz")  # in data/raw these are known by their name alone
OPTIONS = ("label", "group", "series", "target", "kind")  # of the command, and of sources that have such settings
PLACES = ("file", "path")  # what sources call the place of their files


@dataclass(frozen=True, kw_only=True)
class Understood:
    """What a source has read of a user's data: `columns` as the card has them, and lines on what smells."""

    data: OwnData
    shape: tuple[int, ...]
    columns: Sequence[Mapping[str, Any]]
    findings: Sequence[str]

    @property
    def summary(self) -> str:
        """In a line: how much of what."""
        what = f"{self.data.kind}, {' x '.join(map(str, self.shape))}" if self.shape else self.data.kind
        asked = f"{len(self.data.counts)} classes" if self.data.counts else "a number to predict"
        return f"{self.data.name}: {self.data.examples:,} examples ({what}), {asked}"


def understand(file: str, name: str | None, asked: Mapping[str, Any], more: Sequence[str] = ()) -> Understood:
    """Read `file` by the source that fits it; `asked` are further settings of its `load`, None where not given.

    `more` are settings as words, such as "separator=;", with values as YAML has them. InputError: there is no such
    file, it is of no known kind, the source refuses it, or the name is taken.
    """
    place = _place(file)
    source = _source(place, asked)
    own = _name(name or place.stem)
    load = _load_settings(source, place, {word: str(value) for word, value in asked.items() if value is not None})
    load |= _further(source, more)
    try:
        loaded, chosen, note = _loaded(source, load)
    except InputError as error:
        lines = (line if line.startswith(place.name) else f"{place.name}: {line}" for line in str(error).splitlines())
        raise InputError("\n".join(lines)) from None
    raw = loaded if isinstance(loaded, RawData) else RawData(x=loaded.x, y=loaded.y)
    return _understood(own, source, load | chosen, raw, note)


def _loaded(source: str, load: Mapping[str, Any]) -> tuple[Any, dict[str, Any], list[str]]:
    """What the source gives, settings that were chosen for it, and what to say of them."""
    read = plugins.load("sources", source).load
    try:
        return read(paths.RAW, 0, **load), {}, []
    except SeveralSizes as error:
        share = min(1, LONGEST_SIDE / max(error.size))
        size = [max(1, round(side * share)) for side in error.size]
        told = str(error).partition(", allowed")[0].replace("size: given p", "p", 1)
        note = f"{told}: all are brought to {size[0]} x {size[1]} (`size`); larger shows more and takes longer,"
        keeping = " `fit: pad` or `fit: crop` keeps proportions"
        return read(paths.RAW, 0, **{**load, "size": size}), {"size": size}, [note + keeping]


def _place(file: str) -> Path:
    place = Path(os.path.normpath(Path(file).expanduser().absolute()))
    if not file.strip() or not place.exists():
        near = sorted(other.name for other in place.parent.glob("*") if other.suffix.lower() in SOURCES)[:5]
        there = f": {', '.join(near)}" if near else ""
        raise InputError(f"file: given {file!r}, which is not there, allowed a file or folder that is{there}")
    return place


def _source(place: Path, asked: Mapping[str, Any]) -> str:
    if place.is_dir():
        return OF_A_FOLDER
    if asked.get("series") is not None:
        return OF_SERIES
    if place.suffix.lower() not in SOURCES:
        allowed = f"{', '.join(SOURCES)}, or a folder with a folder of images for each class"
        raise InputError(f"file: given {place.name!r}, allowed {allowed}")
    return SOURCES[place.suffix.lower()]


def _name(wanted: str) -> str:
    """A name for the blocks (InputError: there is none in it, or it is taken)."""
    name = re.sub(r"[^a-z0-9]+", "_", wanted.lower()).strip("_")[:64]
    if not files.NAME.fullmatch(name):
        raise InputError(f"name: given {wanted!r}, allowed one that begins with a letter a-z: give it by --name")
    taken = rewriting.names(paths.PARAMS.read_text("utf-8"), ("data", "topics")) | {*plugins.names("topics")}
    if name in taken:
        raise InputError(
            f"name: given {name!r}, which data:, topics: or a folder of pipeline/topics has, allowed a new one: give it"
            " by --name"
        )
    return name


def _further(source: str, more: Sequence[str]) -> dict[str, Any]:
    """Settings that were given as words (InputError: all that the source does not take)."""
    complaints, items = Complaints(), {}
    for words in more:
        name, sign, value = words.partition("=")
        if not sign:
            raise InputError(f"--load: given {words!r}, allowed a setting and its value, such as --load decimal=,")
        place = Place("--load", name.strip())
        try:
            items[name.strip()] = Given(files.parse_text(value, "--load"), place)
        except ParamsError:
            items[name.strip()] = Given(value, place)  # a sign that means something in YAML, such as a comma
    found = settle(Block(items, Place("--load")), plugins.settings("sources", source), complaints, partial=True)
    if complaints.lines:
        raise ParamsError(complaints.lines)
    return found


def _load_settings(source: str, place: Path, asked: dict[str, str]) -> dict[str, Any]:
    """Keyword arguments of the source's `load`: where the file lies, and what was asked for."""
    known = plugins.settings("sources", source) if source in plugins.names("sources") else {}
    if not known:
        plugins.load("sources", source)  # says that there is none
    word = next((word for word in PLACES if word in known), PLACES[0])
    if "target" in asked and "target" not in known and "labels" in known:
        asked["labels"] = asked.pop("target")
    for option, value in asked.items():
        if option not in known:
            told = ", ".join(f"--{each}" for each in OPTIONS if each in known) or "none"
            raise InputError(f"--{option}: given {value!r} for the source {source}, allowed {told}")
    lacking = [f"--{each}" for each in OPTIONS if each in known and known[each].required and each not in asked]
    if lacking:
        raise InputError(f"{', '.join(lacking)}: given nothing, allowed names of columns: {source} needs them")
    return {word: _spelt(place), **asked}


def _spelt(place: Path) -> str:
    """How params.yaml names a file: in data/raw by its name, in the project by its place there, else by its path."""
    if place.parent == paths.RAW and place.suffix in BY_NAME and re.fullmatch(r"[a-z0-9_]+", place.stem):
        return place.stem
    return place.relative_to(paths.ROOT).as_posix() if place.is_relative_to(paths.ROOT) else place.as_posix()


def _understood(
    name: str, source: str, load: Mapping[str, Any], raw: RawData, chosen: Sequence[str] = ()
) -> Understood:
    whole = np.issubdtype(raw.y.dtype, np.integer)
    kind = plugins.kind(source, load)
    data = OwnData(
        name=name,
        source=source,
        load=load,
        kind=kind,
        label=str(raw.card.get("label") or load.get("label") or ""),
        examples=len(raw),
        counts=_counts(raw) if whole else {},
        different=_counts(raw, _first_of_each(raw)) if whole else {},
    )
    if kind not in own_topic.MODELS:
        raise InputError(f"{source}: given data of kind {kind}, allowed {', '.join(own_topic.MODELS)}")
    shape = raw.x.shape[1:] if isinstance(raw.x, np.ndarray) else (len(raw.x),)
    findings = [*chosen, *raw.findings, *raw_data.on_numbers(raw.y), *own_topic.notes(data)]
    return Understood(data=data, shape=shape, columns=raw.card.get("columns", ()), findings=findings)


def _counts(raw: RawData, rows: Any = slice(None)) -> dict[str, int]:
    """{class: examples}, of these rows."""
    names = raw.class_names or tuple(map(str, range(int(raw.y.max()) + 1)))
    return dict(zip(names, np.bincount(raw.y[rows], minlength=len(names)).tolist(), strict=True))


def _first_of_each(raw: RawData) -> list[int]:
    """The row of each different example, of each class; of each group, where there are groups."""
    if raw.groups is not None:
        keys = [*zip(raw.groups.tolist(), raw.y.tolist(), strict=True)]
    elif isinstance(raw.x, np.ndarray):
        keys = [(row.tobytes(), label) for row, label in zip(np.ascontiguousarray(raw.x), raw.y.tolist(), strict=True)]
    else:
        keys = [*zip(*(map(str, column.cells.tolist()) for column in raw.x), raw.y.tolist(), strict=True)]
    return list({key: row for row, key in enumerate(keys)}.values())


def blocks(found: Understood) -> list[str]:
    """The lines that are written under `data:` and `topics:`."""
    lines = ["data:", *rewriting.block_lines(found.data.name, own_topic.data_block(found.data), _comment(found))]
    return [*lines, "topics:", *rewriting.block_lines(found.data.name, own_topic.topic_block(found.data))]


def _comment(found: Understood) -> str:
    return found.summary.partition(": ")[2]


def write(found: Understood, *, alone: bool) -> None:
    """Add both blocks to params.yaml, and `only` if the topic is to be `alone` (InputError: nothing is written)."""
    before = paths.PARAMS.read_bytes().decode("utf-8")
    name = found.data.name
    after = rewriting.with_block(before, "data", name, own_topic.data_block(found.data), _comment(found))
    after = rewriting.with_block(after, "topics", name, own_topic.topic_block(found.data))
    after = rewriting.with_only(after, name, alone=alone)
    _require_sound(after)
    write_bytes(paths.PARAMS, after.encode())


def _require_sound(text: str) -> None:
    """InputError: params.yaml would not be sound under every profile."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / paths.PARAMS.name
        file.write_bytes(text.encode())
        profiles = paths.profile(paths.PARAMS, "any").parent
        if profiles.is_dir():
            shutil.copytree(profiles, Path(folder) / profiles.name)
        params.read(file)


def next_lines(found: Understood, *, alone: bool, dry_run: bool) -> list[str]:
    """What to type next."""
    if dry_run:
        return ["nothing was written: the same command without --dry-run writes these blocks into params.yaml"]
    topic = f" evaluate@{found.data.name}" if not alone else ""
    then = ", then `python -m pipeline report`" if topic else ""
    place = errors.shown(paths.PARAMS)
    return [
        f"{place}: data.{found.data.name} and topics.{found.data.name} were added: change there what you like",
        f"next: `python -m pipeline repro{topic}`{then}: trains it, and data/report/index.html has the verdicts",
    ]
