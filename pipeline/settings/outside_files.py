"""Files that a data set names by their path, wherever they lie: DVC knows only of those in data/raw."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths

if TYPE_CHECKING:
    from pipeline.settings.data_blocks import DataSettings

FOLDERS = ("path", "folder")  # settings of a source that are a path; its `file` may be one, or a name in data/raw


def named(data: "DataSettings") -> list[Path]:
    """The files and folders that are there, of those that the data's source is given by their path."""
    return [place for value in _values(data) if (place := next(filter(Path.exists, _places(value)), None))]


def are_outside(data: "DataSettings") -> bool:
    """Whether a file or folder of the data, there or not, is not one of data/raw."""
    inside = [place for place in named(data) if place.resolve().is_relative_to(paths.RAW.resolve())]
    return len(inside) < len(_values(data))


def _values(data: "DataSettings") -> list[str]:
    told = {name: value for name, value in data.load.items() if isinstance(value, str)}
    files = [value for name, value in told.items() if name == "file" and ("/" in value or "." in value)]
    return [*files, *(value for name, value in told.items() if name in FOLDERS)]


def _places(value: str) -> list[Path]:
    """Where a path may lead: from the root, from data/raw, or from the project's folder."""
    path = Path(value).expanduser()
    return [path] if path.is_absolute() else [paths.RAW / path, paths.ROOT / path]
