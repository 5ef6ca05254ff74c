"""Find the 70,000 Fashion-MNIST images on this machine, or say what to run to get them."""

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np

from pipeline.errors import InputError
from pipeline.records import Examples

KIND = "image"
LABELS = "class"
SPLIT = "drawn"

DEBIAN = Path("/usr/share/datasets/fashion-mnist")
COMMAND = "apt-get install -y dataset-fashion-mnist"
# SHA-256 of the files once unpacked: repackaging changes the header of a .gz, not what is inside.
SUMS = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def load(raw: Path, seed: int, *, path: str | None = None) -> Examples:
    """Fashion-MNIST (Xiao, Rasul & Vollgraf, 2017): x of shape (70000, 28, 28, 1), 0..1, ten classes of 7,000.

    Looked for in `path` alone if it is given (relative to data/raw), else in Debian's package folder, then in what
    Keras has downloaded or can download. The four files may be packed (.gz) or not. `seed` decides nothing.
    InputError: not found, or not the published bytes.
    """
    folder = _folder(raw, path)
    images, labels, more_images, more_labels = (_array(folder, name) for name in SUMS)
    x = np.concatenate([images, more_images])[..., None].astype(np.float32) / np.float32(255)
    return Examples(x, np.concatenate([labels, more_labels]).astype(np.int64))


def check(raw: Path, *, path: str | None = None) -> str | None:
    """What to know before `load` is called, without calling it; None if the files are here. InputError: as `load`."""
    if _here(raw, path):
        return None
    return f"Fashion-MNIST is not on this machine: `prepare` downloads it (30 MB), or run `{COMMAND}` as root before"


def _here(raw: Path, path: str | None) -> Path | None:
    """The folder of a copy that is on this machine."""
    if path is None:
        return next(filter(_complete, (DEBIAN, _downloads())), None)
    if not _complete(raw / Path(path).expanduser()):
        raise InputError(f"path: given {path!r}, allowed a folder with {', '.join(SUMS)} (packed as .gz or not)")
    return raw / Path(path).expanduser()


def _downloads() -> Path:
    """Where Keras keeps what it downloads."""
    return Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "datasets" / "fashion-mnist"


def _folder(raw: Path, path: str | None) -> Path:
    folder, downloads = _here(raw, path), _downloads()
    if folder is None and _downloaded():
        folder = downloads if _complete(downloads) else None
    if folder is None:
        raise InputError(
            f"Fashion-MNIST: given no copy in {DEBIAN} or {downloads} and no way to download one, allowed either, or a"
            f" folder named by `load: {{path: ...}}`: run `{COMMAND}` as root"
        )
    return folder


def _complete(folder: Path) -> bool:
    return all(_file(folder, name).is_file() for name in SUMS)


def _file(folder: Path, name: str) -> Path:
    packed = folder / f"{name}.gz"
    return packed if packed.is_file() else folder / name


def _downloaded() -> bool:
    """Whether Keras could fetch the files into its own folder; the import is slow, so it comes last."""
    try:
        import keras

        keras.datasets.fashion_mnist.load_data()
    except Exception:  # Keras raises a bare Exception when it has no network
        return False
    return True


def _array(folder: Path, name: str) -> np.ndarray:
    """One file in IDX format (type, dimensions, sizes, bytes), if its bytes are the published ones."""
    file = _file(folder, name)
    try:
        content = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    except (OSError, EOFError) as error:
        raise InputError(f"{file}: given a damaged file ({error}), allowed the published one: get it again") from None
    if hashlib.sha256(content).hexdigest() != SUMS[name]:
        raise InputError(
            f"{file}: given other bytes than the published file's, allowed SHA-256 {SUMS[name]}: get it again"
        )
    dimensions = content[3]
    sizes = np.frombuffer(content, ">u4", dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(sizes)
