"""Without a token that only its owner may read, nothing is started or joined."""

import pytest

from pipeline import paths
from pipeline.cluster import token
from pipeline.errors import InputError


@pytest.fixture(autouse=True)
def alone(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "STATE", tmp_path)
    monkeypatch.setattr(token, "USERS", tmp_path / "none")
    for name in (token.VALUE, token.FILE):
        monkeypatch.delenv(name, raising=False)


def test_none_is_refused():
    with pytest.raises(InputError, match="given no token for head:1"):
        token.environment("head:1")


def test_ours_is_made_once_and_is_for_its_owner_alone():
    place = token.make()
    secret = place.read_text()
    assert token.make().read_text() == secret and len(secret) == 64 and place.stat().st_mode & 0o077 == 0
    assert token.environment("a:1") | {} == token.environment("a:1")
    assert token.environment("a:1")["RAY_AUTH_MODE"] == "token" and token.environment("a:1")[token.FILE] == str(place)


def test_one_that_others_may_read_is_refused():
    token.make().chmod(0o644)
    with pytest.raises(InputError, match="that others may read"):
        token.environment("a:1")


def test_what_is_sent_to_others_is_what_the_head_asks_for(tmp_path, monkeypatch):
    token.make()
    assert token.value("a:1") == token.file().read_text()
    given = tmp_path / "given"
    given.write_text("of the environment")
    given.chmod(0o600)
    monkeypatch.setenv(token.FILE, str(given))
    assert token.environment("a:1")[token.FILE] == str(given) and token.value("a:1") == "of the environment"
    monkeypatch.setenv(token.VALUE, "bare")
    assert token.value("a:1") == "bare"


def test_an_empty_one_never_takes_the_place_of_a_good_one():
    secret = token.make().read_text()
    with pytest.raises(InputError, match="given no token on standard input"):
        token.take("")
    assert token.file().read_text() == secret and [file.name for file in token.file().parent.iterdir()] == ["token"]
