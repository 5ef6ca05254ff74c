"""Turn an array of labels into classes in order, or into numbers to predict."""

import numpy as np

from pipeline.errors import InputError
from pipeline.sources import _npz
from pipeline.sources._class_names import NO_LABEL, in_order, look_alikes
from pipeline.sources._npz import Asked

Labels = tuple[np.ndarray, tuple[str, ...], list[str]]  # codes or numbers, names of classes, what to say


def read(asked: Asked, y: np.ndarray, target: str) -> Labels:
    """Codes of classes (examples,) with their names, or numbers (examples,)."""
    notes = []
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
        notes.append(f"{asked.file}: {asked.labels}: a column (examples, 1) is read as (examples,)")
    if target == "number":
        return _numbers(asked, y), (), notes
    if y.ndim == 2 and _is_one_hot(y):
        y = y.argmax(axis=1)
        notes.append(f"{asked.file}: {asked.labels}: one column for each class (one-hot) is read as the class of the 1")
    if y.ndim != 1:
        line = asked.mended(f"{asked.y} = {asked.y}.argmax(axis=1)")
        told = f"given shape {y.shape}, allowed (examples,) or (examples, classes) with a single 1 each"
        raise InputError(f"{asked.file}: {asked.labels}: {told}; the largest of each is taken by {line}")
    words = _words(asked, y)
    names = in_order(set(words))
    if len(names) < 2:
        raise InputError(
            f"{asked.file}: {asked.labels}: given only {_npz.named(names) or 'nothing'}, allowed two classes or more"
        )
    code = {name: at for at, name in enumerate(names)}
    notes += look_alikes(f"{asked.file}: {asked.labels}", names, most=_npz.MOST_NAMED)
    return np.array([code[word] for word in words], np.int64), tuple(names), notes


def groups(asked: Asked, of_each: np.ndarray) -> np.ndarray:
    """A number for each example's group; a column will do (InputError: another shape, or examples without a group)."""
    if of_each.ndim == 2 and of_each.shape[1] == 1:
        of_each = of_each[:, 0]
    if of_each.ndim != 1:
        line = asked.mended("a['groups'] = np.unique(a['groups'], axis=0, return_inverse=True)[1].ravel()")
        told = f"given shape {of_each.shape}, allowed one group for each example"
        raise InputError(f"{asked.file}: groups: {told}; those that are alike throughout become one by {line}")
    if of_each.dtype.kind in "fcmM":
        missing = np.isnat(of_each) if of_each.dtype.kind in "mM" else np.isnan(of_each)
    else:
        words = np.char.decode(of_each, "utf-8", "replace") if of_each.dtype.kind == "S" else of_each
        missing = np.array([str(word).strip().casefold() in {*NO_LABEL, "none"} for word in words.tolist()])
    if missing.any():
        raise InputError(_npz.without(asked, "groups", "examples without a group", np.flatnonzero(missing)))
    return np.unique(of_each, return_inverse=True)[1].astype(np.int64)


def _is_one_hot(y: np.ndarray) -> bool:
    return y.dtype.kind in "biuf" and bool(np.isin(y, (0, 1)).all() and (y.sum(axis=1) == 1).all())


def _numbers(asked: Asked, y: np.ndarray) -> np.ndarray:
    if y.ndim != 1:
        line = asked.mended(f"{asked.y} = {asked.y}[:, 0]")
        raise InputError(f"{asked.file}: {asked.labels}: given shape {y.shape}, allowed one number each: {line}")
    if y.dtype.kind not in "biuf":
        told = "allowed numbers: leave `target: number` (`--target number`) out to tell these as classes"
        raise InputError(f"{asked.file}: {asked.labels}: given {y.dtype}, {told}")
    missing = np.flatnonzero(~np.isfinite(y))
    if len(missing):
        raise InputError(_npz.without(asked, asked.labels, "labels that are no finite number", missing))
    return y.astype(np.float64)


def _words(asked: Asked, y: np.ndarray) -> list[str]:
    """Each label as a word; whole numbers in floats count as whole."""
    if y.dtype.kind == "f":
        missing = np.flatnonzero(~np.isfinite(y))
        if len(missing):
            raise InputError(_npz.without(asked, asked.labels, "labels that are missing", missing))
        if (y != np.rint(y)).any() or abs(y).max(initial=0) > 2**53:
            told = "given numbers that are not whole, allowed whole numbers or words for classes"
            raise InputError(f"{asked.file}: {asked.labels}: {told}: `target: number` learns to predict numbers")
        y = y.astype(np.int64)
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "replace")
    if y.dtype.kind not in "biuU":
        line = asked.mended(f"{asked.y} = {asked.y}.astype(str)")
        raise InputError(f"{asked.file}: {asked.labels}: given {y.dtype}, allowed whole numbers or words: {line}")
    words = [str(item) for item in y.tolist()]
    missing = np.flatnonzero([word.strip().casefold() in NO_LABEL or word == "None" for word in words])
    if len(missing):
        raise InputError(_npz.without(asked, asked.labels, "labels that are missing", missing))
    return words
