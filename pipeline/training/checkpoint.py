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
import tensorflow as tf

from pipeline.records import write_bytes
from pipeline.training import epoch_log

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

NEWEST, OLDER = "newest.state", "older.state"
FORMAT = b"3"  # part of the checksum: a file of another format counts as damaged
SUM = hashlib.sha256().digest_size  # bytes of the checksum that a file begins with
# What Keras' own callbacks would start anew; ours name theirs in an attribute `state`.
KEPT = {
    "EarlyStopping": ("wait", "stopped_epoch", "best", "best_epoch", "best_weights"),
    "ReduceLROnPlateau": ("wait", "best", "cooldown_counter"),
}


@dataclass(frozen=True)
class State:
    """Where a training stood after `epoch` epochs."""

    epoch: int
    stopped: bool
    callbacks: list[dict[str, Any]]
    variables: list[np.ndarray]


def variables(model: keras.Model) -> list[Any]:
    """All that changes while `model` trains: weights, seed generators, and the state of every optimizer."""
    owners = [item for item in vars(model).values() if isinstance(item, keras.optimizers.Optimizer)]
    found = list(model.variables)
    for optimizer in owners:
        if not optimizer.built:
            raise ValueError(f"optimizer {optimizer.name!r}: given unbuilt, allowed built: call build() in compile()")
        found += optimizer.variables
    return list({id(variable): variable for variable in found}.values())


def restore(model: keras.Model, state: State) -> None:
    """Set every variable of `model` to what `state` holds; refuses a state of another model (ValueError)."""
    targets = variables(model)
    shapes = [tuple(variable.shape) for variable in targets]
    given = [array.shape for array in state.variables]
    if given != shapes:
        raise ValueError(f"checkpoint: given {len(given)} variables, allowed the {len(shapes)} of this model")
    for variable, array in zip(targets, state.variables, strict=True):
        variable.assign(array)


def save(folder: Path, state: State, known: bool = False) -> None:
    """Write `state` as the newest generation, whole or not at all; the newest so far becomes the older one.

    `known` says that the newest so far is sound: else it is read first, as a damaged one must not replace the older.
    """
    newest = folder / NEWEST
    parts = _pack(state)
    if newest.exists() and (known or _sound(newest.read_bytes())):
        newest.replace(folder / OLDER)
    write_bytes(newest, _checksum(parts), *parts)


def load(folder: Path) -> State | None:
    """The newest sound state in `folder`, or None; a damaged file is passed over, and said so."""
    for name in (NEWEST, OLDER):
        file = folder / name
        if file.exists():
            content = file.read_bytes()
            if _sound(content):
                return _unpack(content)
            print(f"{file.parent.name}/{name} is damaged: going on from the state before it", file=sys.stderr)
    return None


def _sound(content: bytes) -> bool:
    return len(content) > SUM and _checksum([memoryview(content)[SUM:]]) == content[:SUM]


def _checksum(parts: "Sequence[ReadableBuffer]") -> bytes:
    total = hashlib.sha256(FORMAT)
    for part in parts:
        total.update(part)
    return total.digest()


def _pack(state: State) -> "list[ReadableBuffer]":
    """A line that says what there is, then the bytes of every array: what is written, without a copy of it."""
    arrays, plain = list(state.variables), []
    for kept in state.callbacks:
        lists = {name: item for name, item in kept.items() if _is_arrays(item)}
        arrays += [array for item in lists.values() for array in item]
        plain.append({name: len(item) if name in lists else item for name, item in kept.items()} | {"": list(lists)})
    header = {"epoch": state.epoch, "stopped": state.stopped, "callbacks": plain, "variables": len(state.variables)}
    header["arrays"] = [[array.dtype.str, array.shape] for array in arrays]
    return [json.dumps(header).encode() + b"\n", *(np.ascontiguousarray(array).reshape(-1).data for array in arrays)]


def _is_arrays(item: Any) -> bool:
    return isinstance(item, list) and bool(item) and all(isinstance(part, np.ndarray) for part in item)


def _unpack(content: bytes) -> State:
    end = content.index(b"\n", SUM)
    header = json.loads(content[SUM:end])
    arrays = _apart(content, end + 1, header["arrays"])
    kept = [next(arrays) for _ in range(header["variables"])]
    callbacks = []
    for plain in header["callbacks"]:
        lists = {name: [next(arrays) for _ in range(plain[name])] for name in plain.pop("")}
        callbacks.append(plain | lists)
    return State(header["epoch"], header["stopped"], callbacks, kept)


def _apart(content: bytes, at: int, arrays: Sequence[tuple[str, Sequence[int]]]) -> Iterator[np.ndarray]:
    """The arrays that lie end to end in `content` from byte `at` on, each of a type and a shape."""
    for kind, shape in arrays:
        array = np.ndarray(shape, kind, content, at)
        at += array.nbytes
        yield array.copy()


class Checkpoint(keras.callbacks.Callback):
    """Saves after every epoch; must come last, so that it sees what the other callbacks made of the epoch."""

    def __init__(self, folder: Path, others: Sequence[keras.callbacks.Callback], state: State | None) -> None:
        super().__init__()
        self._folder, self._others, self._state = folder, list(others), state
        self._known = False  # whether the newest generation is one that we wrote

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Callbacks start anew when training begins: give them back what they knew."""
        rows = self._state.callbacks[0].get("rows", []) if self._state and self._state.callbacks else []
        epoch_log.begin(self._folder, rows)
        for callback, kept in zip(self._others, self._state.callbacks if self._state else [], strict=False):
            for name, value in kept.items():
                setattr(callback, name, value)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Save weights, optimizers, seed generators, callbacks and the number of epochs done."""
        kept = [{name: getattr(callback, name) for name in _kept(callback)} for callback in self._others]
        arrays = [_read(variable) for variable in variables(self.model)]
        save(self._folder, State(epoch + 1, bool(self.model.stop_training), kept, arrays), self._known)
        self._known = True
        epoch_log.add(
            self._folder, {"epoch": epoch + 1, **{name: float(value) for name, value in (logs or {}).items()}}
        )


def _read(variable: Any) -> np.ndarray:
    """What a variable holds; np.asarray takes four times as long, and is for those that lie on several devices."""
    value = variable.value
    try:
        array: np.ndarray = tf.raw_ops.ReadVariableOp(resource=value.handle, dtype=value.dtype).numpy()
    except ValueError:
        return np.asarray(variable)
    return array


def _kept(callback: keras.callbacks.Callback) -> Sequence[str]:
    return KEPT.get(type(callback).__name__, getattr(callback, "state", ()))
