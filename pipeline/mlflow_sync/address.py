"""How MLflow's store is addressed: a database's file quoted, and what is wrong with an address, without its secrets."""

import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit


def of_file(file: Path) -> str:
    """Address of the SQLite database `file`.

    SQLAlchemy takes `?` for the end of the name and decodes `%20`: a name with either is quoted. MLflow would make the
    folder of the quoted name as well, but only where the address begins with sqlite:///.
    """
    plain = str(file)
    return f"sqlite+pysqlite:///{quote(plain)}" if set("%?") & set(plain) else f"sqlite:///{plain}"


def file_of(uri: str) -> Path | None:
    """File of a SQLite address; None for any other."""
    kind, _, place = uri.partition(":///")
    return Path(unquote(place.partition("?")[0])).absolute() if kind.split("+")[0] == "sqlite" and place else None


def fault(uri: str) -> str | None:
    """What is wrong with an address, without a word of it: libraries would show parts of a password."""
    rest = uri.partition("://")[2]
    if rest.startswith("/"):  # a file, whatever its name
        return None
    names = rest.rpartition("@")[0]
    if re.search("[/@?#]", names) or names.count(":") > 1:
        return "given a user or password with one of : / @ ? # in it, allowed %3A %2F %40 %3F %23 in their place"
    try:
        return None if urlsplit(uri).port != 0 else "given port 0, allowed 1 to 65535"
    except ValueError:
        return "given a port that is no number, allowed scheme://user:password@host:port/name"
