"""What of settings and messages may leave the machine: secrets are masked, by their name or by how they are said."""

import json
import re
from collections.abc import Mapping
from typing import Any

SECRET = re.compile(r"passw(or)?d|passphrase|secret|credential|(^|[._-])(token|(api)?key)$", re.I)
SAID_SECRET = re.compile(r"(?i)\b([\w-]*(?:passw(?:or)?d|token|secret|key)\s*[=:]\s*)[^\s,;&'\"}]+")
SAID_USER = re.compile(r"(?<=://)(?!/)\S+(?=@)")  # up to the last @, as a password may have : / and @ in it


def masked(text: str) -> str:
    """`text` without what looks like a secret in it: key=..., token: ..., user:password@host."""
    return SAID_SECRET.sub(r"\1***", SAID_USER.sub("***", text))


def address(uri: str) -> str:
    """An address to show: without user and password, which may have any sign in them, spaces too."""
    scheme, mark, rest = uri.partition("://")
    return masked(uri if rest.startswith("/") or "@" not in rest else f"{scheme}{mark}***@{rest.rpartition('@')[2]}")


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Nested settings as MLflow's parameters, `fit.learning_rate` and so on; secrets are masked."""
    parameters: dict[str, str] = {}
    for key, value in settings.items():
        name = f"{prefix}{key}"
        if SECRET.search(str(key)):
            parameters[name] = "***"
        elif isinstance(value, Mapping):
            parameters |= flat(value, f"{name}.")
        else:
            parameters[name] = masked(value if isinstance(value, str) else json.dumps(value))
    return parameters
