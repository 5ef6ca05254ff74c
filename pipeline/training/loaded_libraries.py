"""Where a shared library of this process lies, in the file system and in memory: it decides no number, so no key."""

from pathlib import Path

MAPS = Path("/proc/self/maps")


def loaded(library: str, maps: Path = MAPS) -> tuple[Path, int]:
    """The file of the first loaded library whose name begins so, and the address that its symbols count from.

    `maps` has a line for each part of the process's memory, in order of address: bounds, rights, offset, device, inode
    and, with all its blanks, the file. RuntimeError: there is no such library.
    """
    for line in maps.read_text("utf-8", "surrogateescape").splitlines():
        bounds, _, offset, _, _, *rest = line.split(maxsplit=5)
        file = Path(*rest)
        if rest and file.name.startswith(library):
            return file, int(bounds.partition("-")[0], 16) - int(offset, 16)
    raise RuntimeError(f"{library} is not loaded: numbers cannot be held the same on every processor")
