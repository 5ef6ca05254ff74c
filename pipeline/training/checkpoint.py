"""Keep the whole state of a training at the end of each epoch, and go on from it as if nothing had happened."""

import hashlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from pipeline.records import write_bytes
from pipeline.training import epoch_log
from pipeline.training.library_tricks import CALLBACK_STATE, read_variable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# A file is: a checksum; one line of JSON, the header; the bytes of every array, end to end. The header holds all that
# is no array, and type and shape of each array. Keras' own formats lack what resuming to the last bit needs: several
# optimizers, seed generators, callbacks. An .npz would be copied in memory on its way to the disk.
#
# There are two generations, as a disk that fills up or a kill between two writes may leave one that cannot be read; the
# older costs one epoch then. A file is written beside its place, synced and renamed (records.write_bytes).
NEWEST, OLDER = "newest.state", "older.state"
FORMAT = b"3"  # part of the checksum: a file of another format counts as damaged
CHECKSUM_BYTES = hashlib.sha256().digest_size


@dataclass(frozen=True)
class State:
    """Where a training stood after `epoch` epochs."""

    epoch: int
    stopped: bool
    callbacks: list[dict[str, Any]]
    variables: list[np.ndarray]


def variables(model: keras.Model) -> list[Any]:
    """All that changes while `model` trains: weights, seed generators, and the state of every optimizer."""
    optimizers = [item for item in vars(model).values() if isinstance(item, keras.optimizers.Optimizer)]
    every = list(model.variables)
    for optimizer in optimizers:
        if not optimizer.built:  # its moments would be missing without anyone noticing
            raise ValueError(f"optimizer {optimizer.name!r}: given unbuilt, allowed built: call build() in compile()")
        every += optimizer.variables
    return list({id(variable): variable for variable in every}.values())  # each once: networks share some


def restore(model: keras.Model, state: State) -> None:
    """Set every variable of `model` to what `state` holds; refuses a state of another model (ValueError)."""
    targets = variables(model)
    shapes = [tuple(variable.shape) for variable in targets]
    if [array.shape for array in state.variables] != shapes:
        raise ValueError(f"checkpoint: given {len(state.variables)} variables, allowed the {len(shapes)} of this model")
    for variable, array in zip(targets, state.variables, strict=True):
        variable.assign(array)


def save(folder: Path, state: State, newest_is_sound: bool = False) -> None:
    """Write `state` as the newest generation, whole or not at all; the newest so far becomes the older one.

    Unless `newest_is_sound`, the newest so far is read first: a damaged one must not replace the older.
    """
    newest = folder / NEWEST
    parts = _pack(state)
    if newest.exists() and (newest_is_sound or _is_sound(newest.read_bytes())):
        newest.replace(folder / OLDER)
    write_bytes(newest, _checksum(parts), *parts)


def load(folder: Path) -> State | None:
    """The newest sound state in `folder`, or None; a damaged file is passed over, with a line on stderr."""
    for name in (NEWEST, OLDER):
        file = folder / name
        if file.exists():
            content = file.read_bytes()
            if _is_sound(content):
                return _unpack(content)
            print(f"{file.parent.name}/{name} is damaged: going on from the state before it", file=sys.stderr)
    return None


def _is_sound(content: bytes) -> bool:
    return (
        len(content) > CHECKSUM_BYTES and _checksum([memoryview(content)[CHECKSUM_BYTES:]]) == content[:CHECKSUM_BYTES]
    )


def _checksum(parts: "Sequence[ReadableBuffer]") -> bytes:
    total = hashlib.sha256(FORMAT)
    for part in parts:
        total.update(part)
    return total.digest()


def _pack(state: State) -> "list[ReadableBuffer]":
    """The header, then every array where it lies in memory: a copy would cost a third more time per epoch.

    Arrays are the model's variables, then those in lists of callbacks (the best weights so far). In the header, such a
    list is its length, and the key "" names the lists.
    """
    arrays, plain = list(state.variables), []
    for values in state.callbacks:
        lists = {name: item for name, item in values.items() if _is_arrays(item)}
        arrays += [array for item in lists.values() for array in item]
        plain.append({name: len(item) if name in lists else item for name, item in values.items()} | {"": list(lists)})
    header = {
        "epoch": state.epoch,
        "stopped": state.stopped,
        "callbacks": plain,
        "variables": len(state.variables),
        "arrays": [[array.dtype.str, array.shape] for array in arrays],
    }
    return [json.dumps(header).encode() + b"\n", *(np.ascontiguousarray(array).reshape(-1).data for array in arrays)]


def _is_arrays(item: Any) -> bool:
    return isinstance(item, list) and bool(item) and all(isinstance(part, np.ndarray) for part in item)


def _unpack(content: bytes) -> State:
    header_end = content.index(b"\n", CHECKSUM_BYTES)
    header = json.loads(content[CHECKSUM_BYTES:header_end])
    arrays = _arrays(content, header_end + 1, header["arrays"])
    variables = [next(arrays) for _ in range(header["variables"])]
    callbacks = []
    for plain in header["callbacks"]:
        lists = {name: [next(arrays) for _ in range(plain[name])] for name in plain.pop("")}
        callbacks.append(plain | lists)
    return State(header["epoch"], header["stopped"], callbacks, variables)


def _arrays(content: bytes, offset: int, layout: Sequence[tuple[str, Sequence[int]]]) -> Iterator[np.ndarray]:
    """The arrays that lie end to end in `content` from byte `offset` on, each of a type and a shape."""
    for dtype, shape in layout:
        array = np.ndarray(shape, dtype, content, offset)
        offset += array.nbytes
        yield array.copy()  # else it keeps the whole file in memory, and cannot be written to


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]  # Keras is untyped
    """Saves after every epoch; must come last, so that it sees what the other callbacks made of the epoch."""

    def __init__(self, folder: Path, others: Sequence[keras.callbacks.Callback], state: State | None) -> None:
        super().__init__()
        self._folder, self._others, self._state = folder, list(others), state
        self._newest_is_ours = False  # then it need not be read to know that it is sound

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Give callbacks back what they knew: they start anew when training begins, and this one is the last."""
        saved = self._state.callbacks if self._state else []
        epoch_log.begin(self._folder, saved[0].get("rows", []) if saved else [])
        for callback, values in zip(self._others, saved, strict=False):
            for name, value in values.items():
                setattr(callback, name, value)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save weights, optimizers, seed generators, callbacks and the number of epochs done."""
        callbacks = [{name: getattr(callback, name) for name in _state_of(callback)} for callback in self._others]
        arrays = [read_variable(variable) for variable in variables(self.model)]
        save(self._folder, State(epoch + 1, bool(self.model.stop_training), callbacks, arrays), self._newest_is_ours)
        self._newest_is_ours = True
        values = {name: float(value) for name, value in (logs or {}).items()}
        epoch_log.add(self._folder, {"epoch": epoch + 1, **values})


def _state_of(callback: keras.callbacks.Callback) -> Sequence[str]:
    """Names of the attributes to save: ours name their own in an attribute `state`."""
    names: Sequence[str] = CALLBACK_STATE.get(type(callback).__name__, getattr(callback, "state", ()))
    return names
