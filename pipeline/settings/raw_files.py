"""Which files under data/raw a data set is made of, and the digests that tell whether they are still the same."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import paths
from pipeline.errors import shown
from pipeline.raw_data import located

if TYPE_CHECKING:
    from pipeline.settings.data_blocks import DataSettings


NOT_DATA = (".md", ".bak", ".old", ".orig")  # cards, and copies that someone keeps


def raw_digests(data: "DataSettings") -> dict[str, str]:
    """{name: SHA-256} of each raw file that is named after the data's source or one of its settings, or by its path."""
    stems = {data.source, *(value for value in data.load.values() if isinstance(value, str))}
    named = [file for file in sorted(paths.RAW.glob("*.*")) if file.stem in stems and file.is_file()]
    files = [file for file in named if file.suffix not in NOT_DATA and not file.name.endswith("~")]
    paths_named = [located(paths.RAW, value, [Path(value).suffix]) for value in _paths(data)]
    files += [file for file in paths_named if file and file not in files]
    return {_name(file): _digest(file, file.stat().st_mtime_ns, file.stat().st_size) for file in files}


def _paths(data: "DataSettings") -> list[str]:
    """Settings of a source that may be the path of a file: text with an ending."""
    return [value for value in data.load.values() if isinstance(value, str) and Path(value).suffix]


def _name(file: Path) -> str:
    return file.name if file.is_relative_to(paths.RAW) else shown(file)


@lru_cache(maxsize=64)  # several topics ask for the same files
def _digest(file: Path, changed: int, size: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
