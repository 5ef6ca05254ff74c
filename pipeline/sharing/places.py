"""Where a shared store lies: files by name in a folder, a bucket or on a server, each written whole or not at all."""

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from pipeline import paths

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

CONNECT_S, READ_S = 5, 20  # a server that does not answer


class Place(Protocol):
    """Files by name. What cannot be reached raises whatever the system or library below says of it."""

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """{name: content} of those that are there."""

    def write(self, files: Mapping[str, bytes]) -> None:
        """Put each of {name: content} there, in the place of what was there: whole or not at all, in no order."""


@dataclass(frozen=True)
class Folder:
    """A folder that others reach; what is made in it has the folder's own rights, so that a group can share it."""

    root: Path

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """{name: content} of those that are there; FileNotFoundError: the folder itself is not."""
        if not self.root.is_dir():
            raise FileNotFoundError(f"there is no folder {self.root}")
        return {name: (self.root / name).read_bytes() for name in names if (self.root / name).is_file()}

    def write(self, files: Mapping[str, bytes]) -> None:
        """Each file is synced under a name of its own and then renamed."""
        mode = self.root.stat().st_mode & 0o7777
        for name, content in files.items():
            file = self.root / name
            self._make(file.parent, mode)
            draft = file.with_name(f"{uuid.uuid4().hex}.draft")  # no two machines have the same
            try:
                with draft.open("wb") as target:
                    target.write(content)
                    target.flush()
                    os.fsync(target.fileno())
                draft.chmod(mode & 0o666)
                draft.replace(file)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise

    def _make(self, folder: Path, mode: int) -> None:
        if folder == self.root or folder.is_dir():
            return
        self._make(folder.parent, mode)
        try:
            folder.mkdir()
        except FileExistsError:
            return  # another writer has made it meanwhile
        folder.chmod(mode)


@dataclass(frozen=True)
class Remote:
    """What fsspec reaches. An object appears as a whole; on a server with files one is renamed when it is whole."""

    system: "AbstractFileSystem"
    root: str
    renames: bool = False

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """{name: content} of those that are there."""
        by_path = {f"{self.root}/{name}": name for name in names}
        found = {}
        for path, content in self.system.cat(list(by_path), on_error="return").items() if by_path else ():
            if isinstance(content, bytes):
                found[by_path[path]] = content
            elif not isinstance(content, FileNotFoundError):
                raise content
        return found

    def write(self, files: Mapping[str, bytes]) -> None:
        """All at once, as far as the library can."""
        if not self.renames:
            self.system.pipe({f"{self.root}/{name}": content for name, content in files.items()})
            return
        for name, content in files.items():
            draft = f"{self.root}/{name}.{uuid.uuid4().hex}.draft"
            self.system.pipe_file(draft, content)
            self.system.mv(draft, f"{self.root}/{name}")


def open_place(address: str) -> Place:
    """The place at an address that `settings.shared_store.fault` finds nothing wrong with.

    ImportError: the library for it is not installed. A folder may be told as seen from the project's.
    """
    scheme, mark, _ = address.partition("://")
    if not mark:
        return Folder(paths.HOME / Path(address).expanduser())
    return {"s3": _s3, "gs": _gs, "ssh": _ssh, "sftp": _ssh}[scheme](address)


def _s3(address: str) -> Remote:
    from s3fs import S3FileSystem

    limits = {"connect_timeout": CONNECT_S, "read_timeout": READ_S, "retries": {"max_attempts": 2}}
    return Remote(S3FileSystem(config_kwargs=limits, use_listings_cache=False), _object_root(address))


def _gs(address: str) -> Remote:
    from gcsfs import GCSFileSystem

    return Remote(GCSFileSystem(use_listings_cache=False), _object_root(address))


def _object_root(address: str) -> str:
    return address.partition("://")[2].strip("/")


def _ssh(address: str) -> Remote:
    """Keys, agent and known hosts are those of `ssh`; a path is the server's own, from its root."""
    from sshfs import SSHFileSystem

    parts = urlsplit(address)
    names = {"port": parts.port, "username": parts.username}
    told = {name: value for name, value in names.items() if value is not None}
    system = SSHFileSystem(parts.hostname, connect_timeout=CONNECT_S, **told)
    return Remote(system, parts.path.rstrip("/"), renames=True)
