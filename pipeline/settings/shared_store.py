"""Where a team's finished runs lie: the block `store:` of params.yaml, which is in no run's key."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.plugin_files import Setting
from pipeline.settings.tree import Block, Given
from pipeline.settings.validation import Complaints, settle, show

SCHEMES = ("s3", "gs", "ssh", "sftp")
FIELDS = {"shared": Setting(str | None, None), "write": Setting(bool, True)}


@dataclass(frozen=True)
class SharedStoreSettings:
    """`shared` is a folder or an address, None where there is no such store; without `write` it is only read."""

    shared: str | None = None
    write: bool = True


def resolve_store(block: Block | Given, complaints: Complaints) -> SharedStoreSettings:
    """The block `store:`, checked."""
    settled = settle(block, FIELDS, complaints)
    if settled["shared"] is not None and (wrong := fault(settled["shared"])):
        place = block.place.at("shared")
        complaints.add(place, *wrong)
    return SharedStoreSettings(**settled)


def fault(address: str) -> tuple[str, str] | None:
    """(what was given, what is allowed) of an address that is none; None: it is one. A password is never shown."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        return None if address.strip() else (show(address), "a folder, or an address such as s3://bucket/folder")
    if scheme not in SCHEMES:
        return repr(scheme), " or ".join(f"{each}://" for each in SCHEMES)
    if re.search(r":[^/]*@", rest) or rest.count("@") > 1:
        return "an address with a password in it", "one without: libraries look for it where they keep theirs"
    try:
        parts = urlsplit(address)
        complete = parts.hostname and parts.port != 0 and (scheme not in ("ssh", "sftp") or parts.path.strip("/"))
    except ValueError:
        complete = False
    return None if complete else (show(address), "s3://bucket/folder, gs://bucket/folder or ssh://user@host/folder")
