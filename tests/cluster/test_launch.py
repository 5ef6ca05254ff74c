"""Nodes by hand: hosts by a played ssh, a folder that machines share, and what is refused before anything starts."""

import io
import socket
import subprocess

import pytest

from pipeline import paths
from pipeline.cluster import launch, token
from pipeline.errors import InputError

AT = "192.168.1.10:6397"


@pytest.fixture
def ssh(tmp_path, monkeypatch):
    """The commands that ssh was given; `ends` is what comes of each by host: a code, or an exception."""
    monkeypatch.setattr(paths, "STATE", tmp_path)
    monkeypatch.setattr(token, "USERS", tmp_path / "none")
    for name in (token.VALUE, token.FILE):
        monkeypatch.delenv(name, raising=False)

    class Ssh:
        ends, given = {}, []

        def run(self, command, **options):
            _, host, words = command
            self.given.append((host, words, options))
            end = self.ends.get(host, 0)
            if isinstance(end, Exception):
                raise end
            return subprocess.CompletedProcess(command, end, "", "no route to host" if end else "")

    made = Ssh()
    monkeypatch.setattr(subprocess, "run", made.run)
    monkeypatch.setattr(launch, "answers", lambda address: False)
    monkeypatch.setattr(launch, "_start", lambda *arguments, **rest: started.append((arguments, rest)))
    started = made.started = []
    return made


def up(hosts=(), nodes=1, workers=None):
    return launch.up(AT, nodes, workers, list(hosts), "aula")


def test_a_host_that_cannot_be_reached_stays_known_and_is_an_error(ssh):
    up(["anna", "ben"])
    ssh.ends["anna"] = 255
    with pytest.raises(InputError, match="anna: given no route to host, allowed a node"):
        launch.down()
    assert [node["host"] for node in launch._nodes()] == ["anna"]
    ssh.ends.clear()
    ssh.given.clear()
    assert launch.down() == ["anna: down"] and [host for host, *_ in ssh.given] == ["anna"]
    assert launch.down() == ["no node is up"]


@pytest.mark.parametrize(
    ("end", "told"),
    [
        (FileNotFoundError(2, "No such file", "ssh"), "ssh: given no such program"),
        (subprocess.TimeoutExpired("ssh", 60.0), "anna: given no answer within"),
    ],
)
def test_what_ssh_does_not_do_is_one_line(ssh, end, told):
    up(["anna"])
    ssh.ends["anna"] = end
    with pytest.raises(InputError, match=told):
        launch.down()
    with pytest.raises(InputError, match="given one that is up"):
        up(["anna"])
    launch._file().unlink()
    with pytest.raises(InputError, match=told):  # the first error, not that of the clearing up
        up(["ben", "anna"])


def test_every_call_of_ssh_ends(ssh):
    up(["anna"])
    launch.down()
    assert all(options["timeout"] > 0 for *_, options in ssh.given) and len(ssh.given) == 2


def test_machines_that_share_the_folder_know_their_own_nodes_alone(ssh, monkeypatch):
    up(["anna"])
    monkeypatch.setattr(launch.socket, "gethostname", lambda: "anna")
    assert launch._nodes() == [] and launch.down() == ["no node is up"]


def test_a_host_that_is_this_machine_is_not_asked_without_end(ssh, monkeypatch):
    up(["localhost"])
    calls = []

    def run(command, **options):
        calls.append(command)
        assert len(calls) < 5
        launch.down()  # what the command there does
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(subprocess, "run", run)
    assert launch.down() == ["localhost: down"] and len(calls) == 1


def test_a_head_that_is_not_to_train_has_no_workers(ssh, monkeypatch):
    monkeypatch.setattr(launch.importlib.util, "find_spec", lambda name: name)  # as if Ray were there
    words = {"address": None, "nodes": 1, "workers": 0, "host": ["anna"], "folder": "aula", "name": None}
    launch.carry_out("up", AT, **words, detached=False)
    (_, _, runs), _ = ssh.started[0]
    assert runs == 0 and "--workers 0" in ssh.given[0][1]


def test_a_host_has_as_many_workers_as_it_has_cores_unless_a_number_is_given(ssh):
    up(["anna"])
    assert "--workers" not in ssh.given[0][1]


NAMES = {"vm": ["127.0.1.1"], "both": ["192.168.1.10", "::1"], "LOCALHOST": ["127.0.0.1"], "gate": ["192.168.1.10"]}


@pytest.fixture
def names(monkeypatch):
    """Names that this machine knows, as /etc/hosts has them; numbers are what they are."""
    real = socket.getaddrinfo

    def known(host, port):
        if host == "nobody":
            raise socket.gaierror(-2, "Name or service not known")
        return [each for number in NAMES.get(host, [host]) for each in real(number, port)]

    monkeypatch.setattr(socket, "getaddrinfo", known)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.1.1", "[::1]", "0.0.0.0", "[::]", "::ffff:127.0.0.1", "vm", "both", "LOCALHOST"]
)
def test_a_host_is_not_sent_to_an_address_that_this_machine_alone_reaches(ssh, names, host):
    with pytest.raises(InputError, match=r"--host: given anna .* this machine alone .* --address"):
        launch.up(f"{host}:6397", 1, None, ["anna"], "aula")
    assert not ssh.started and not ssh.given
    assert launch.up(f"{host}:6397", 1, None, [], "aula")


@pytest.mark.parametrize("host", ["gate", "192.168.1.10", "[fe80::1]", "nobody", "no..body"])
def test_a_host_is_sent_to_an_address_that_others_may_reach(ssh, names, host):
    assert launch.up(f"{host}:6397", 1, None, ["anna"], "aula")


@pytest.mark.parametrize("nodes", [0, -1])
def test_a_cluster_without_a_head_is_refused(ssh, nodes):
    with pytest.raises(InputError, match=f"--nodes: given {nodes}, allowed 1 or more"):
        up(nodes=nodes)
    assert not ssh.started


def test_hosts_get_the_token_that_the_head_asks_for(ssh, tmp_path, monkeypatch):
    given = tmp_path / "given"
    given.write_text("of the environment")
    given.chmod(0o600)
    monkeypatch.setenv(token.FILE, str(given))
    up(["anna"])
    assert ssh.given[0][2]["input"] == "of the environment"


def test_the_token_that_comes_counts_more_than_what_a_host_has_of_its_own(ssh, tmp_path, monkeypatch):
    monkeypatch.setenv(token.FILE, str(tmp_path / "own"))
    monkeypatch.setenv(token.VALUE, "own")
    monkeypatch.setattr("sys.stdin", io.StringIO("of the head\n"))
    launch.join_detached(AT, 1, None)
    assert token.value(AT) == "of the head"


@pytest.mark.parametrize("action", ["up", "status", "join"])
@pytest.mark.parametrize("given", ["192.168.1.10", "192.168.1.10:", ":6379", "head:redis"])
def test_an_address_without_a_host_or_a_port_is_refused_before_anything_starts(ssh, monkeypatch, action, given):
    monkeypatch.setattr(launch.importlib.util, "find_spec", lambda name: name)
    for name in ("up", "status", "join"):
        monkeypatch.setattr(launch, name, lambda *words: pytest.fail("it went on"))
    words = {"nodes": 1, "workers": 1, "host": [], "folder": "aula", "name": None, "detached": False}
    with pytest.raises(InputError, match=f"--address: given '{given}', allowed a host and a port, such as"):
        launch.carry_out(action, AT, address=given, **words)


def test_a_node_that_never_started_says_why_and_one_that_did_starts_again(ssh, monkeypatch, capsys):
    """The head may come later: until then each try says what Ray has."""
    logs = ["RuntimeError: the token is\nanother", "Ray runtime started.\nlost the head"]

    class Child:
        def wait(self):
            launch._log("ben").parent.mkdir(parents=True, exist_ok=True)
            launch._log("ben").write_text(logs.pop(0))

        def poll(self):
            return 1

    def sleep(seconds):
        if not logs:
            raise KeyboardInterrupt

    monkeypatch.setattr(launch, "_launch", lambda *words, **rest: Child())
    monkeypatch.setattr(launch.time, "sleep", sleep)
    with pytest.raises(KeyboardInterrupt):
        launch.join(AT, 1, "ben")
    assert capsys.readouterr().err.splitlines() == [
        "cluster: the node does not start (RuntimeError: the token is another): again in 5 s",
        "cluster: the node has ended by itself: again in 5 s",
    ]
