"""Where a team's finished runs lie: the block `store:` of params.yaml, which is in no run's key."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipeline.plugin_files import Setting
from pipeline.settings.tree import Block, Given
from pipeline.settings.validation import Complaints, settle, show

SCHEMES = ("s3", "gs", "ssh", "sftp")
PLAIN = ("/", "~", ".")  # with these a folder begins that nobody takes for an address
FIELDS = {"shared": Setting(str | None, None), "write": Setting(bool, True)}


@dataclass(frozen=True)
class SharedStoreSettings:
    """`shared` is a folder or an address, None where there is no such store; without `write` it is only read."""

    shared: str | None = None
    write: bool = True


def resolve_store(block: Block | Given, complaints: Complaints) -> SharedStoreSettings:
    """The block `store:`, checked."""
    settled = settle(block, FIELDS, complaints)
    wrong = fault(settled["shared"]) if settled["shared"] is not None else None
    if wrong:
        complaints.say(f"{block.place.file}: store.shared: {wrong}")
    return SharedStoreSettings(**settled)


def fault(address: str) -> str | None:
    """What is wrong with an address, and what is allowed; None: nothing. A password is never shown."""
    scheme, mark, rest = address.partition("://")
    if not address.startswith(PLAIN) and _may_have_a_password(scheme, rest):
        return (
            "given an address with a password in it, allowed one without: libraries look for it where they keep theirs"
        )
    if not mark:
        return None if address.strip() else "given no name, allowed a folder, or an address such as s3://bucket/folder"
    if scheme not in SCHEMES:
        return f"given {scheme}://, allowed a folder, or {'://, '.join(SCHEMES)}://"
    try:
        parts = urlsplit(address)
        complete = parts.hostname and parts.port != 0 and (scheme not in ("ssh", "sftp") or parts.path.strip("/"))
    except ValueError:
        complete = False
    wanted = "s3://bucket/folder, gs://bucket/folder or ssh://user@host/folder"
    return None if complete else f"given {show(address)}, allowed {wanted}"


def _may_have_a_password(*parts: str) -> bool:
    """Whether there is an `@` after a `:`, whatever is between: a password may hold a slash."""
    return any(re.search(r":[^@]*@", part) for part in parts) or parts[-1].count("@") > 1
