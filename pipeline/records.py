"""How what passes between the stages is written and read: whole files or none, the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import os
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from pipeline.errors import InputError, shown

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


@dataclass(frozen=True)
class Examples:
    """Inputs `x` of shape (examples, ...), float32, and class labels `y` of shape (examples,), int64.

    `ids` of shape (examples,), uint64, or None: which inputs they are, whatever was done to them since. The same input
    has the same id in every draw of the data.
    """

    x: np.ndarray
    y: np.ndarray
    ids: np.ndarray | None = None

    def __post_init__(self) -> None:
        if len(self.x) != len(self.y):
            raise ValueError(f"examples: given {len(self.x)} inputs and {len(self.y)} labels, allowed as many of each")

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: np.ndarray) -> Examples:
        """The examples at `rows`, in that order."""
        return Examples(self.x[rows], self.y[rows], None if self.ids is None else self.ids[rows])


def digest(*parts: Any) -> str:
    """SHA-256 (hex) of arrays, bytes and JSON-like values, in the order given."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype.str}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).tobytes())
        elif isinstance(part, bytes):
            total.update(part)
        else:
            total.update(json.dumps(part, sort_keys=True, separators=(",", ":")).encode())
    return total.hexdigest()


def digest_of(examples: Examples) -> str:
    """Digest of inputs and labels, by which cards know a split."""
    return digest(examples.x, examples.y)


def digest_of_splits(training: str, validation: str) -> str:
    """Digest of all examples that a training reads, from those of its two splits."""
    return digest([training, validation])


def write_bytes(path: Path, *parts: ReadableBuffer) -> None:
    """Write a whole file, `parts` end to end, or nothing: a kill never leaves half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    try:
        with draft.open("wb") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)  # on a full disk it takes the very space that is missing
        raise


BYTE_SCALES = {"x_of_255": np.float32(255), "x_whole": np.float32(1)}  # names of arrays that hold bytes, and their unit


def write_examples(path: Path, examples: Examples) -> None:
    """One split as .npz; the same examples give the same bytes. Inputs that fit into bytes are kept as bytes."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {**_compact(examples.x), "y": examples.y}
    np.savez(buffer, **(arrays if examples.ids is None else arrays | {"ids": examples.ids}))
    write_bytes(path, buffer.getvalue())


def _compact(x: np.ndarray) -> dict[str, np.ndarray]:
    """Inputs under the name by which `_inputs` gives them back to the bit."""
    for name, unit in BYTE_SCALES.items() if x.size and x.min() >= 0 and x.max() <= 255 else ():
        whole = np.rint(x * unit)
        if whole.max() <= 255 and np.array_equal((whole / unit).astype(np.float32), x):
            return {name: whole.astype(np.uint8)}
    return {"x": x}


def _inputs(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """The inputs, float32, of the arrays in a file."""
    for name, unit in BYTE_SCALES.items():
        if name in arrays:
            return arrays[name].astype(np.float32) / unit
    return arrays["x"]


ItemScores = tuple[np.ndarray, np.ndarray]  # ids (n,), uint64, and what each of these inputs contributes (n,)


def write_items(path: Path, runs: Iterable[tuple[str, int, np.ndarray | None, Mapping[str, np.ndarray]]]) -> None:
    """What test examples contribute to scores, of (variant, seed, ids, {metric: contributions}); bits where it is."""
    arrays: dict[str, Any] = {}
    for variant, seed, ids, items in runs:
        if ids is None:
            continue
        name = digest(ids)[:16]  # variants share their test examples
        arrays[f"ids/{name}"] = ids
        arrays |= {f"items/{variant}/{seed}/{metric}/{name}": _as_bits(values) for metric, values in items.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_bytes(path, buffer.getvalue())


def _as_bits(values: np.ndarray) -> np.ndarray:
    return values.astype(bool) if np.isin(values, (0, 1)).all() else values.astype(np.float32)


def read_items(path: Path) -> dict[tuple[str, int, str], ItemScores]:
    """{(variant, seed, metric): ids and contributions} as written by `write_items` (InputError: damaged)."""
    found: dict[tuple[str, int, str], ItemScores] = {}
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for name in arrays.files:
                kind, *parts = name.split("/")
                if kind == "items":
                    variant, seed, metric, ids = parts
                    found[variant, int(seed), metric] = arrays[f"ids/{ids}"], arrays[name].astype(np.float64)
    except FileNotFoundError:
        raise
    except UNREADABLE as error:
        _refuse(path, error)
    return found


# What NumPy raises of a file that is no archive of arrays, or a torn one.
UNREADABLE = (ValueError, TypeError, KeyError, EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError)


def read_examples(path: Path) -> Examples:
    """One split as written by `write_examples` (InputError: damaged)."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Examples(_inputs(arrays), arrays["y"], arrays.get("ids"))
    except FileNotFoundError:
        raise
    except UNREADABLE as error:
        _refuse(path, error)


def read_shipped(path: Path, *names: str) -> list[np.ndarray]:
    """The arrays of these names in a file under data/raw that is in git (InputError: missing or damaged)."""
    place = f"data/raw/{path.name}"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return [arrays[name] for name in names]
    except FileNotFoundError:
        raise InputError(f"{place}: given no such file, allowed the one in git: `git restore data/raw`") from None
    except UNREADABLE as error:
        told = f"given a damaged file ({type(error).__name__}), allowed the one in git: `git restore data/raw`"
        raise InputError(f"{place}: {told}") from None


def _refuse(path: Path, error: Exception) -> NoReturn:
    """A torn or edited file is the user's to make anew, not a crash of ours."""
    if isinstance(error, OSError) and error.errno:
        raise error  # the disk or a right, not what the file says
    reason = " ".join(str(error).split())[:100] or type(error).__name__
    raise InputError(
        f"{shown(path)}: given a damaged file ({reason}), allowed what the pipeline wrote: remove it, then `dvc repro`"
    ) from None


def _plain(value: Any) -> Any:
    """NumPy scalars as Python's own, and NaN or infinity as null: JSON has no word for them."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_json(path: Path, value: Any) -> None:
    """A record as JSON: keys in the order given, non-finite numbers as null."""
    write_bytes(path, (json.dumps(_plain(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> Any:
    """A record as written by `write_json` (InputError: damaged)."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        _refuse(path, error)


def is_written(path: Path, value: Any) -> bool:
    """Whether the file holds that very record; a damaged one does not."""
    try:
        return bool(read_json(path) == value)
    except (FileNotFoundError, InputError):
        return False


def write_sealed(path: Path, record: Mapping[str, Any]) -> None:
    """A record as JSON with the digest of itself under `seal`, by which a changed byte is found."""
    write_json(path, {**record, "seal": digest(_plain(record))})


def read_sealed(path: Path) -> dict[str, Any]:
    """A record as written by `write_sealed`, without its seal (InputError: damaged, or changed since)."""
    record = read_json(path)
    seal = record.pop("seal", None) if isinstance(record, dict) else None
    if seal is None or seal != digest(record):
        _refuse(path, ValueError("its content does not fit its seal"))
    return dict(record)


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A table as CSV; numbers keep every digit (`repr`), missing values are empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", restval="", extrasaction="raise")
    writer.writeheader()
    writer.writerows({key: "" if value is None else value for key, value in row.items()} for row in rows)
    write_bytes(path, buffer.getvalue().encode())


def read_rows(path: Path) -> list[dict[str, str]]:
    """A table as text cells, as written by `write_rows` (InputError: damaged)."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file, strict=True))
    except (ValueError, csv.Error) as error:
        _refuse(path, error)


SCORES = ("variant", "seed", "metric", "value", "status", "run_key")


def read_history(path: Path) -> list[dict[str, float]]:
    """One row per epoch: `epoch` (from 1) and one column per metric (InputError: damaged)."""
    try:
        return [{key: float(cell) for key, cell in row.items()} for row in read_rows(path)]
    except (ValueError, TypeError) as error:
        _refuse(path, error)


def read_json_or(path: Path, default: Any) -> Any:
    """A record as written by `write_json`; `default` where there is no such file."""
    return read_json(path) if path.exists() else default


def read_rows_or_none(path: Path) -> list[dict[str, str]]:
    """A table as text cells, as written by `write_rows`; no rows where there is no such file."""
    return read_rows(path) if path.exists() else []


def read_history_or_none(path: Path) -> list[dict[str, float]]:
    """A history as `read_history` gives it; no rows where there is no such file."""
    return read_history(path) if path.exists() else []
