"""Servers of a team that are killed and come back while a topic trains, and what short commands take when one is away.

python benchmarks/outages.py tracking [kills]        MLflow's server and its PostgreSQL at random moments of a training
python benchmarks/outages.py store [seeds] [9 | 19]   the object store during push, pull and training, killed or silent
python benchmarks/outages.py away                    short commands without a store, and with one that is away

It needs what tests/mlflow_sync/test_team_server.py and tests/sharing/test_servers.py need: moto, s3fs, PostgreSQL.
"""

import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import house
import servers
from clone import ENVIRONMENT, change

SEED = 11
PIPELINE = [sys.executable, "-m", "pipeline"]
OFTEN_TOLD = """import sys
from pipeline import __main__ as line
from pipeline.mlflow_sync import live
live.PERIOD_S, live.LONG_S = 0.5, 2.0
if __name__ == "__main__":
    sys.exit(line.main(sys.argv[1:]))
"""
OFTEN = [sys.executable, "-c", OFTEN_TOLD]
VARIANTS: dict[str, Any] = {"a": {}, "b": {"build": {"width": 64}}, "long": {"fit": {"epochs": 150}}}
FIT = {"epochs": 50, "batch_size": 8, "learning_rate": 0.001}  # of some ten seconds, so that runs show live
SHORT = {"epochs": 2, "batch_size": 32, "learning_rate": 0.001}
WIDE: dict[str, Any] = {f"w{width}": {"build": {"width": width}} for width in (512, 768)}


@dataclass
class Told:
    """What came of a command."""

    code: int
    seconds: float
    lines: list[tuple[float, str]]  # with the seconds since it began

    def said(self, words: str) -> list[str]:
        """Its lines with these words, and when they came."""
        return [f"{at:6.1f} s  {line}" for at, line in self.lines if words in line]

    @property
    def after_s(self) -> float:
        """Seconds from the last run that was finished to the end of the command."""
        return self.seconds - max(at for at, line in self.lines if ": finished" in line)


def ask(place: Path, *words: str, often: bool = False, **variables: str) -> Told:
    """Carry out a command of the pipeline in the copy; `often`: MLflow is told ten times as often as else."""
    began = time.monotonic()
    both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(
        [*(OFTEN if often else PIPELINE), *words], cwd=place, env=ENVIRONMENT | variables, **both
    ) as child:
        lines = [(time.monotonic() - began, line.rstrip()) for line in child.stdout]
    return Told(child.returncode, time.monotonic() - began, lines)


def show(what: str, told: Told, words: str) -> None:
    print(f"{what}: code {told.code}, {told.seconds:.1f} s, load {os.getloadavg()[0]:.1f}")
    for line in told.said(words if told.code in (0, 2) else ""):
        print(f"    {line}")
    sys.stdout.flush()


# MLflow's server and its database


@dataclass
class Team:
    """The servers of a team, and the variables with which one of them reaches MLflow."""

    database: servers.Server
    tracking: servers.Server
    address: str
    variables: dict[str, str]

    def wait(self) -> None:
        servers.is_ready(self.address)
        servers.answers(self.tracking.port)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the database answers, past MLflow."""
        import psycopg

        with psycopg.connect(self.address) as connection:
            return connection.execute(question).fetchall()


@contextlib.contextmanager
def team() -> Iterator[Team]:
    """PostgreSQL, an object store and MLflow that asks for a password, as server/compose.yaml has them."""
    database, objects, tracking = (servers.free_port() for _ in range(3))
    with contextlib.ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="team", ignore_cleanup_errors=True)))
        place.chmod(0o711)
        postgres = stack.enter_context(servers.running(servers.postgres(place / "postgres", database)))
        address = f"postgresql://mlflow@127.0.0.1:{database}"
        servers.is_ready(f"{address}/postgres")
        subprocess.run(["createdb", "-h", "127.0.0.1", "-p", str(database), "-U", "mlflow", "mlflow"], check=True)
        stack.enter_context(servers.running(servers.object_store(objects)))
        servers.make_bucket(objects, "mlflow")
        server = servers.mlflow_server(place / "mlflow", tracking, f"{address}/mlflow", "s3://mlflow/a", objects)
        stack.enter_context(servers.running(server))
        servers.answers(tracking)
        servers.add_user(tracking)
        names = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{tracking}", "MLFLOW_TRACKING_USERNAME": servers.NAME}
        yield Team(postgres, server, f"{address}/mlflow", names | {"MLFLOW_TRACKING_PASSWORD": servers.PASSWORD})


@dataclass
class Killer:
    """From the first finished run on, kills one of the two at random moments, and starts it again after a while."""

    team: Team
    most: int
    runs: Path
    kills: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop, self._dice = threading.Event(), random.Random(SEED)
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self.team.wait()

    def _work(self) -> None:
        began = time.monotonic()
        while not any(self.runs.glob("??/*")) and not self._stop.wait(0.5):
            pass
        while len(self.kills) < self.most and not self._stop.wait(self._dice.uniform(2, 15)):
            name = self._dice.choice(["database", "tracking"])
            server, away = getattr(self.team, name), self._dice.uniform(0, 6)
            server.kill()
            self.kills.append(f"{name} at {time.monotonic() - began:.0f} s for {away:.0f} s")
            self._stop.wait(away)
            server.start()


def tracking(kills: int = 12, seeds: int = 5) -> None:
    """Nothing of a training that goes on meanwhile is lost in MLflow or there twice, and training does not wait."""
    with house.small(seeds, variants=VARIANTS, fit=FIT) as place, team() as servers_of_team:
        runs = seeds * len(VARIANTS)
        bare = {name: value for name, value in servers_of_team.variables.items() if "URI" in name}
        with Killer(servers_of_team, int(kills), place / ".aula" / "runs") as killer:
            told = ask(place, "train", house.TOPIC, often=True, **servers_of_team.variables)
        show(f"trained with {len(killer.kills)} kills ({'; '.join(killer.kills)})", told, "MLflow")
        print(f"    over {told.after_s:.1f} s after its last run")
        print(f"    {there(servers_of_team)}")
        show("published after it", ask(place, "publish", **servers_of_team.variables), "written to MLflow")
        show("and again", ask(place, "publish", **servers_of_team.variables), "written to MLflow")
        print(f"    {runs} runs wanted: {there(servers_of_team)}")
        print(f"    points wanted: {points_of(place)}")
        (place / ".aula" / "published").exists() and shutil.rmtree(place / ".aula" / "published")
        show("without the password", ask(place, "publish", **bare), "")
        shutil.rmtree(place / "data" / "runs")
        shutil.rmtree(place / ".aula" / "runs")
        show("training without the password", ask(place, "train", house.TOPIC, **bare), "MLflow")


def there(servers_of_team: Team) -> str:
    """Runs in the database by status, how many of them are there more than once, and their points."""
    active = "runs r WHERE r.lifecycle_stage = 'active'"
    by_status = dict(servers_of_team.rows(f"SELECT status, count(*) FROM {active} GROUP BY status"))
    of_key = "SELECT count(*) FROM tags t JOIN runs r USING (run_uuid) WHERE t.key = 'run_key' AND r.lifecycle_stage"
    double = servers_of_team.rows(
        f"SELECT count(*) FROM ({of_key} = 'active' AND r.status <> 'KILLED' GROUP BY t.value HAVING count(*) > 1) x"
    )
    counts = servers_of_team.rows(
        "SELECT count(*), count(DISTINCT (m.run_uuid, m.key, m.step)) FROM metrics m JOIN runs r USING (run_uuid)"
        " WHERE r.lifecycle_stage = 'active' AND (m.key LIKE 'training/%' OR m.key LIKE 'validation/%')"
    )
    return f"{by_status}, {double[0][0]} keys twice, {counts[0][0]} points, {counts[0][1]} different"


def points_of(place: Path) -> int:
    """Points that the histories of all finished runs hold."""
    files = [file.read_text().splitlines() for file in (place / ".aula" / "runs").glob("??/*/history.csv")]
    return sum((len(lines) - 1) * lines[0].count(",") for lines in files)


# The object store


@contextlib.contextmanager
def bucket() -> Iterator[tuple[servers.Server, dict[str, str]]]:
    """An object store with an empty bucket, and the variables with which commands use it."""
    port = servers.free_port()
    names = servers.AWS | {"AULA_STORE": "s3://bucket/team", "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
    names |= {"AWS_CONFIG_FILE": "/nowhere", "AWS_SHARED_CREDENTIALS_FILE": "/nowhere"}
    with servers.running(servers.object_store(port)) as server:
        servers.make_bucket(port, "bucket")
        yield server, names | {"AWS_EC2_METADATA_DISABLED": "true"}


def during(server: servers.Server, begun: Callable[[], bool], how: int, work: Callable[[], Told]) -> Told:
    """`work`, with the server killed (or stopped) once it has `begun`; it is back afterwards, empty."""
    over = threading.Event()

    def watch() -> None:
        while not begun() and not over.wait(0.02):
            pass
        server.process.send_signal(how)

    thread = threading.Thread(target=watch)
    thread.start()
    told = work()
    over.set()
    thread.join()
    start_empty(server)
    return told


def start_empty(server: servers.Server) -> None:
    server.kill()
    server.start()
    servers.make_bucket(server.port, "bucket")


def objects(server: servers.Server) -> int:
    """How many there are, as far as a hundred."""
    with contextlib.suppress(OSError):
        address = f"http://127.0.0.1:{server.port}/bucket?list-type=2&max-keys=100"
        return urllib.request.urlopen(address, timeout=10).read().count(b"<Key>")
    return 0


def store(seeds: int = 20, *signals: int) -> None:
    """Whatever is killed when, each command is over soon, says one line, and the same command again brings it all."""
    with house.small(1, variants=WIDE, fit=SHORT) as place, bucket() as (server, names):
        kept, aside = place / ".aula" / "runs", place / "aside"
        made = make_up(place, seeds)
        push = lambda: ask(place, "runs", "push", **names)  # noqa: E731
        pull = lambda: ask(place, "runs", "pull", **names)  # noqa: E731
        train = lambda: ask(place, "train", house.TOPIC, **names)  # noqa: E731
        has_given = lambda: objects(server) > 20  # noqa: E731
        has_taken = lambda: len(list(kept.glob("??/*"))) > 10  # noqa: E731
        show(f"{made} runs of {size(kept) / made / 1e6:.1f} MB pushed", push(), "given")
        for how in map(signal.Signals, signals or (signal.SIGKILL, signal.SIGSTOP)):
            name = how.name
            start_empty(server)
            show(f"{name} in the midst of a push", during(server, has_given, how, push), "s3")
            show("pushed again", push(), "given")
            kept.rename(aside)
            shutil.rmtree(place / "data" / "runs")  # what lies there would be adopted
            show(f"{name} in the midst of a pull", during(server, has_taken, how, pull), "s3")
            print(f"    {len(list(kept.glob('??/*')))} of {made} runs are here, {broken(place)} of them broken")
            empty(kept, aside)
            push()
            forget(place)
            show("pulled whole", pull(), "taken")
            forget(place)
            show(f"{name} in the midst of what training takes", told := during(server, has_taken, how, train), "s3")
            print(f"    {len(told.said(': finished'))} of {made} trained, {broken(place)} broken")
            (place / ".aula" / "store_away.json").unlink(missing_ok=True)
            show("pushed after it", push(), "given")
            forget(place)
            show("trained, all of it taken", told := train(), "found in")
            print(f"    {len(told.said(': finished'))} of {made} trained")
            empty(kept, aside)
            shutil.rmtree(aside)


def forget(place: Path) -> None:
    """Have no run here, in the store or under data, from where they would be adopted."""
    for folder in (".aula/runs", "data/runs"):
        shutil.rmtree(place / folder, ignore_errors=True)


def empty(kept: Path, aside: Path) -> None:
    """Have the runs that were put aside again."""
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(aside, kept)


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


KEYS = """
from pipeline import paths
from pipeline.records import read_json
from pipeline.training.run import run_specs
for spec in run_specs(read_json(paths.plan("bench"))):
    print("key", spec.variant, spec.run_key)
"""


def make_up(place: Path, seeds: int) -> int:
    """Train one run of each variant, then put copies of it under the keys of so many seeds; how many there are."""
    from pipeline.training import integrity

    assert ask(place, "train", house.TOPIC).code == 0
    trained = keys(place)
    change(place, lambda tree: tree["topics"][house.TOPIC].update(seeds=seeds))
    for word in ("prepare", "plan"):
        assert ask(place, word).code == 0
    runs = place / ".aula" / "runs"
    for variant, key in keys(place):
        source = next(other for name, other in trained if name == variant)
        if key != source:
            shutil.copytree(runs / source[:2] / source, runs / key[:2] / key)
            integrity.seal(runs / key[:2] / key, key)
    return len(keys(place))


def keys(place: Path) -> list[tuple[str, str]]:
    """(variant, key) of all runs that are planned."""
    lines = house.python(place, "-c", KEYS).splitlines()
    return [(line.split()[1], line.split()[2]) for line in lines if line.startswith("key ")]


def broken(place: Path) -> int:
    """Finished runs whose files are not as they were sealed."""
    from pipeline.training.store import Store

    return len(Store(place / ".aula" / "runs").damaged())


# Short commands


def away() -> None:
    """How long short commands take without a store, with one, and with one that refuses or is silent."""
    with house.small(3, fit=SHORT) as place, bucket() as (server, names):
        ask(place, "train", house.TOPIC)
        commands = [["runs", "list"], ["check"], ["claims"], ["plan"], ["train", house.TOPIC]]
        at = {"no store": {"AULA_STORE": ""}, "a store": names, "refuses": names, "silent": names}
        at |= {
            "no folder": {"AULA_STORE": "/nowhere/team"},
            "no host": names | {"AWS_ENDPOINT_URL": "http://10.255.255.1"},
        }
        ask(place, "runs", "push", **names)
        for name, variables in at.items():
            if name == "refuses":
                server.kill()
            if name == "silent":
                server.start()
                os.kill(server.process.pid, signal.SIGSTOP)
            for words in commands:
                (place / ".aula" / "store_away.json").unlink(missing_ok=True)
                if words[0] == "train":
                    shutil.rmtree(place / ".aula" / "runs", ignore_errors=True)
                show(f"{name}: {' '.join(words)}", ask(place, *words, **variables), "runs push")


if __name__ == "__main__":
    word, *rest = sys.argv[1:]
    {"tracking": tracking, "store": store, "away": away}[word](*map(int, rest))
