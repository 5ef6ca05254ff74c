"""The secret without which nobody may use the cluster: Ray runs whatever code it is sent."""

import os
import secrets
from pathlib import Path

from pipeline import paths
from pipeline.errors import InputError

VALUE, FILE, MODE = "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "RAY_AUTH_MODE"
USERS = Path.home() / ".ray" / "auth_token"  # where Ray's own commands keep one


def file() -> Path:
    """Where this project keeps its own."""
    return paths.STATE / "cluster" / "token"


def environment(address: str) -> dict[str, str]:
    """Variables with which Ray asks for, and shows, the token: what the environment says, ours, or the user's own.

    InputError: there is none, or it may be read by others.
    """
    always = {MODE: "token", "RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
    if os.environ.get(VALUE):
        return always
    given = os.environ.get(FILE)
    for place in [Path(given)] if given else [file(), USERS]:
        if place.is_file():
            if place.stat().st_mode & 0o077:
                raise InputError(f"{place}: given a token that others may read, allowed one of yours: `chmod 600` it")
            return always | {FILE: str(place)}
    raise InputError(
        f"cluster: given no token for {address}, allowed its token in {file()}, or in {VALUE}:"
        " `python -m pipeline cluster up` makes one; another machine gets a copy of it"
    )


def value(address: str) -> str:
    """The token itself, which `environment` names. InputError: as there."""
    return os.environ.get(VALUE) or Path(environment(address)[FILE]).read_text("utf-8")


def make() -> Path:
    """The project's token, made where there is none; only its owner may read it."""
    place = file()
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        take(secrets.token_hex(32))
    return place


def take(value: str) -> None:
    """Keep a token that was made elsewhere. InputError: it is none, and the one that is there stays."""
    if not value:
        raise InputError(
            "cluster: given no token on standard input, allowed the head's, as `cluster up --host` sends it"
        )
    place = file()
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f"{place.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as content:
        content.write(value)
    draft.replace(place)
