"""The same over S3 and SSH, with real clients against servers on this machine; skipped where they are not installed."""

import asyncio
import contextlib
import importlib.util
import signal
import threading
import time

import pytest
import servers
import stored
from stored import KEYS, content, full

from pipeline.sharing import team
from pipeline.sharing.patience import Away
from pipeline.sharing.team import Team
from pipeline.training.store import Store

pytestmark = pytest.mark.slow
needs_s3 = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("s3fs", "moto"))), reason="s3fs and moto are not installed (`make store`)"
)
needs_ssh = pytest.mark.skipif(not importlib.util.find_spec("sshfs"), reason="sshfs is not installed (`make store`)")
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture
def bucket(monkeypatch, tmp_path):
    """An address, credentials for it, and its server."""
    import fsspec
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()
    port = servers.free_port()
    for name, value in servers.AWS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with servers.running(servers.object_store(port)) as server:
        fsspec.filesystem("s3").mkdir("bucket")
        yield "s3://bucket/team", server


@needs_s3
def test_s3_holds_runs_byte_for_byte(bucket, tmp_path):
    address, _ = bucket
    ours, theirs = full(tmp_path / "ours"), Store(tmp_path / "theirs")
    first = Team(address)
    first.open(make=True)
    assert first.give(KEYS, ours) == 12 and Team(address).give(KEYS, ours) == 0
    assert Team(address).take(KEYS, theirs) == 12
    assert all(content(theirs, key) == content(ours, key) for key in KEYS)


@needs_s3
def test_s3_a_damaged_object_is_named(bucket, tmp_path, capsys):
    import fsspec

    address, _ = bucket
    writer = Team(address)
    writer.open(make=True)
    writer.give(KEYS[:2], full(tmp_path / "ours", KEYS[:2]))
    system = fsspec.filesystem("s3", use_listings_cache=False)
    name = next(name for name in system.find(f"bucket/team/{KEYS[0][:2]}") if not name.endswith("seal.json"))
    system.pipe_file(name, system.cat_file(name)[:-1])
    assert Team(address).take(KEYS[:2], Store(tmp_path / "theirs")) == 1
    assert f"{address}/{KEYS[0][:2]}/{KEYS[0]}: " in capsys.readouterr().err


@needs_s3
def test_s3_without_credentials_is_one_line(bucket, monkeypatch):
    from s3fs import S3FileSystem

    address, _ = bucket
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    S3FileSystem.clear_instance_cache()
    with pytest.raises(Away) as told:
        Team(address).open()
    assert str(told.value) == (
        "store: given no credentials for s3://bucket/team, allowed those that its library finds:"
        " AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    )


@needs_s3
@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_s3_away_is_one_line_in_time(bucket, how, tmp_path, monkeypatch):
    """Killed: connections are refused. Stopped: they are taken, and nothing answers."""
    address, server = bucket
    writer = Team(address)
    writer.open(make=True)
    monkeypatch.setattr(team, "CONTACT_S", 3)
    server.process.send_signal(signal.SIGKILL if how == "killed" else signal.SIGSTOP)
    begun = time.monotonic()
    with pytest.raises(Away, match=r"^cannot use s3://bucket/team: [^\n]+$"):
        writer.seals(KEYS)
    assert time.monotonic() - begun < 8


@needs_s3
def test_s3_killed_while_it_is_written_to_and_back_again(bucket, tmp_path, monkeypatch):
    """The server forgets everything, as a worst case; the next push brings it all."""
    import fsspec

    address, server = bucket
    ours = full(tmp_path / "ours", model=b"w" * 500_000)
    writer = Team(address)
    writer.open(make=True)
    threading.Timer(0.05, server.process.kill).start()
    with pytest.raises(Away):
        for _ in range(100):
            writer.runs.damaged |= {*KEYS}  # so that each round writes all anew
            writer.give(KEYS, ours)
    server.process.wait()
    with servers.running(servers.object_store(server.port)):
        fsspec.filesystem("s3").mkdir("bucket")
        again = Team(address)
        again.open(make=True)
        assert again.give(KEYS, ours) == 12
        assert again.take(KEYS, Store(tmp_path / "theirs")) == 12


@contextlib.contextmanager
def ssh_server(folder, port):
    """SFTP below `folder` for whoever comes with the key in it; runs in a thread."""
    import asyncssh

    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(folder / "key")
    (folder / "known").write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}")
    (folder / "allowed").write_bytes(key.export_public_key())
    loop = asyncio.new_event_loop()
    options = {"server_host_keys": [key], "authorized_client_keys": str(folder / "allowed"), "sftp_factory": True}
    loop.run_until_complete(asyncssh.listen("127.0.0.1", port, allow_scp=False, **options))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@needs_ssh
def test_ssh_holds_runs_byte_for_byte(tmp_path, monkeypatch):
    home, port = tmp_path / ".ssh", servers.free_port()
    home.mkdir()
    (tmp_path / "team").mkdir()
    with ssh_server(home, port):
        (home / "id_ed25519").write_bytes((home / "key").read_bytes())
        (home / "id_ed25519").chmod(0o600)
        (home / "known_hosts").write_text((home / "known").read_text())
        monkeypatch.setenv("HOME", str(tmp_path))
        address = f"ssh://me@127.0.0.1:{port}{tmp_path}/team"
        ours, theirs = full(tmp_path / "ours"), Store(tmp_path / "theirs")
        writer = Team(address)
        writer.open(make=True)
        assert writer.give(KEYS, ours) == 12 and Team(address).give(KEYS, ours) == 0
        stored.put(ours, "ff" * 16)
        assert Team(address).take([*KEYS, "ff" * 16], theirs) == 12
        assert all(content(theirs, key) == content(ours, key) for key in KEYS)
        assert not list((tmp_path / "team").rglob("*.draft"))
