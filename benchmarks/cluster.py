"""Ray nodes on one machine: the same results as the local pool, kills, overhead, many runs, and where it would end.

python benchmarks/cluster.py same       a topic and a sweep, on this machine alone and on three nodes
python benchmarks/cluster.py kills      20 kills of what works on nodes, of nodes and of the driver; the head last
python benchmarks/cluster.py overhead   2,000 runs that do nothing, and memory; the local pool against the cluster
python benchmarks/cluster.py scale      1, 10, 100 and 1,000 nodes that are played: runs a second of one driver
python benchmarks/cluster.py cut        a node cut off for 60 s and back: see cut.py
"""

import contextlib
import json
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import psutil  # noqa: E402

from pipeline import numerics, paths  # noqa: E402
from pipeline.cluster import facts, files, launch  # noqa: E402
from pipeline.cluster.fleet import Fleet  # noqa: E402
from pipeline.cluster.node import FOLDER, Job  # noqa: E402
from pipeline.cluster.relay import Relay  # noqa: E402
from pipeline.pool import workers  # noqa: E402
from pipeline.records import write_bytes, write_json  # noqa: E402
from pipeline.training.run import RunSpec  # noqa: E402
from pipeline.training.store import Store, project_store  # noqa: E402

ADDRESS, SEED = os.environ.get("AULA_BENCH", "127.0.0.1:6397"), 7
STEPS = 4  # of a run that is played, each with a checkpoint


# Runs that are played: they sleep, keep a checkpoint a step, and leave a sealed folder of a few kB


@dataclass(frozen=True, eq=False)
class Played:
    """A run that takes `seconds`."""

    spec: RunSpec
    seconds: float


def played(count: int, seconds: float, variants: int = 8) -> list[Played]:
    settings: Any = {"data": "toy", "view": "plain", "fit": {"epochs": STEPS}}
    names = [(f"{number:032x}", f"v{number % variants}", number) for number in range(count)]
    return [
        Played(RunSpec("t", variant, seed, seed, key, "smoke", settings, "d", "cpu", "portable"), seconds)
        for key, variant, seed in names
    ]


def start(parent: int, memory: int, gpus: Sequence[str], slots: int) -> None:
    """A worker without TensorFlow."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=workers._watch, args=[parent, 10**12], daemon=True).start()


def play(task: Played, steps: str = "") -> dict[str, Any]:
    """Carry it out from its last checkpoint on; `steps` is a file with a line for each step that was carried out."""
    key, folder = task.spec.run_key, paths.CHECKPOINTS / task.spec.run_key
    state = folder / "state"
    done = int(state.read_text()) if state.exists() else 0
    for step in range(done, STEPS):
        time.sleep(task.seconds / STEPS)
        if steps:
            with Path(steps).open("a") as file:
                file.write(f"{key} {step}\n")
        if task.seconds:
            write_bytes(state, str(step + 1).encode())
    draft = project_store().draft()
    write_bytes(draft / "history.csv", b"epoch,loss\n" + f"1,{task.spec.seed}\n".encode() * 200)
    record = {"status": "finished", "reason": None, "duration_s": task.seconds}
    project_store().put(key, draft, record)
    shutil.rmtree(folder, ignore_errors=True)
    return record


def executor(address: str, function: Any, limit_s: float | None = None, **job: Any) -> Fleet[Any, Any]:
    bare = Job(pickle.dumps(function), "portable", limit_s=limit_s, start=start, **job)
    return Fleet(Relay(address), bare, spec=lambda task: task.spec, scored=False)


@contextlib.contextmanager
def nodes(count: int, workers_each: int, address: str = ADDRESS) -> Iterator[None]:
    """A cluster on this machine, which is gone afterwards, whatever happens."""
    began = time.monotonic()
    for line in launch.up(address, count, workers_each, [], ""):
        print(line, flush=True)
    print(f"up in {time.monotonic() - began:.1f} s", flush=True)
    try:
        yield
    finally:
        print("\n".join(launch.down()))
        time.sleep(3.0)
        left = [each for each in psutil.process_iter(["cmdline"]) if _is_ours(each)]
        print(f"processes left behind: {[' '.join(each.info['cmdline'])[:80] for each in left]}", flush=True)


def _is_ours(process: psutil.Process) -> bool:
    line = " ".join(process.info["cmdline"] or [])
    with contextlib.suppress(psutil.Error):
        return str(paths.STATE) in line or process.environ().get(FOLDER) == str(paths.STATE / "node")
    return False


@contextlib.contextmanager
def own_state() -> Iterator[Path]:
    """A store and a token of its own, for this process and for all that it starts."""
    with tempfile.TemporaryDirectory(prefix="aula_", ignore_cleanup_errors=True) as place:
        move(Path(place))
        yield Path(place)


def move(place: Path) -> None:
    for name in ("STORE", "SCORES", "CHECKPOINTS", "LOCKS", "PREPARED"):
        setattr(paths, name, place / name.lower())
    paths.STATE = place
    os.environ[FOLDER] = str(place / "node")
    files.of_run = no_files  # type: ignore[assignment]


def no_files(spec: RunSpec, *, scored: bool) -> dict[str, Path]:
    return {}


# Kills


def kills(count: int = 20, runs: int = 80, seconds: float = 4.0) -> None:
    """Nothing lost, nothing kept twice, and no more steps repeated than were under way."""
    dice, count, runs, seconds = random.Random(SEED), int(count), int(runs), float(seconds)
    with own_state() as place:
        launch.up(ADDRESS, 3, 1, [], "")
        driver = drive(place, runs, seconds)
        done: Counter[str] = Counter()
        try:
            while done.total() < count:
                time.sleep(dice.uniform(1.0, 6.0))
                what = dice.choice(["actor", "node", "driver"])
                if driver.poll() is not None:
                    break
                done[what] += kill(what, dice, driver, place)
                if what == "driver":
                    driver = drive(place, runs, seconds)
            code = driver.wait(600)
            print(f"kills {dict(done)}, the driver ended with {code}")
            tell(place, runs)
            behead(place, runs)
        finally:
            driver.kill()
            launch.down()
            time.sleep(3.0)
            print(f"left behind: {[each.pid for each in psutil.process_iter(['cmdline']) if _is_ours(each)]}")


def drive(place: Path, runs: int, seconds: float) -> "subprocess.Popen[bytes]":
    command = [sys.executable, str(Path(__file__)), "drive", str(place), str(runs), str(seconds)]
    return subprocess.Popen(command, start_new_session=True, cwd=ROOT)


def driven(place: str, runs: str, seconds: str) -> None:
    """The driver: what is in the store is not asked for again, as in the stage `train`."""
    move(Path(place))
    keep = Store.put

    def counted(store: Store, run_key: str, draft: Path, record: Any) -> None:
        was = store.folder(run_key).exists()
        keep(store, run_key, draft, record)
        with (Path(place) / "kept").open("a") as file:
            file.write(f"{run_key} {'again' if was else 'new'}\n")

    Store.put = counted  # type: ignore[method-assign]
    tasks = [task for task in played(int(runs), float(seconds)) if not project_store().has(task.spec.run_key)]
    hire = partial(_hire, address=ADDRESS, checkpoints=str(Path(place) / "shared"))
    function = partial(play, steps=str(Path(place) / "steps"))
    for task, record, ending in workers.carry_out(function, tasks, affinity=lambda task: task.spec.variant, hire=hire):
        assert record, (task.spec.run_key, ending)


def _hire(function: Any, limit_s: float | None, address: str, **job: Any) -> Fleet[Any, Any]:
    return executor(address, function, limit_s, **job)


def kill(what: str, dice: random.Random, driver: "subprocess.Popen[bytes]", place: Path) -> int:
    if what == "driver":
        driver.kill()
        driver.wait()
        return 1
    name = f"{launch.socket.gethostname()}-{dice.choice([2, 3] if what == 'node' else [1, 2, 3])}"
    top = next((launch._process(node) for node in launch._nodes() if node["name"] == name), None)
    family = list(launch._family(top)) if top else []
    if what == "actor":
        family = [each for each in family if "ray::Node" in " ".join(_words(each))]
    for each in family:
        with contextlib.suppress(psutil.Error):
            each.kill()
    if what == "node" and family:
        time.sleep(0.5)
        threading.Thread(target=launch._start, args=[ADDRESS, [name], 1], daemon=True).start()
    return bool(family)


def _words(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []


def tell(place: Path, runs: int) -> None:
    kept = [line.split() for line in (place / "kept").read_text().splitlines()]
    steps = Counter(line for line in (place / "steps").read_text().splitlines())
    per_key = Counter(key for key, how in kept if how == "new")
    print(
        f"{runs} runs: {len(project_store().runs())} in the store, {max(per_key.values())} times at most kept,"
        f" {sum(how == 'again' for _, how in kept)} came again and were dropped;"
        f" {sum(steps.values()) - len(steps)} of {len(steps)} steps carried out twice;"
        f" {len(project_store().drafts())} drafts left"
    )


def behead(place: Path, runs: int) -> None:
    """The head is killed under a driver: it says so and ends; with a new head the same command goes on."""
    driver = drive(place, runs + 20, 3.0)
    time.sleep(12.0)
    for node in launch._nodes():
        for each in launch._family(psutil.Process(node["pid"])):
            with contextlib.suppress(psutil.Error):
                each.kill()
    began = time.monotonic()
    code = driver.wait(300)
    print(f"without a head the driver ended with {code} after {time.monotonic() - began:.1f} s")
    before = len(project_store().runs())
    launch.up(ADDRESS, 3, 1, [], "")
    code = drive(place, runs + 20, 3.0).wait(300)
    print(f"the same command again ended with {code}: {before} runs before, {len(project_store().runs())} after")
    tell(place, runs + 20)


# Overhead and many


def overhead(rounds: int = 3, runs: int = 40, seconds: float = 1.0) -> None:
    """Seconds of the local pool and of the cluster, in turn, and their ratio."""
    with own_state() as place, nodes(2, 1):
        many(2000)
        times: dict[str, list[float]] = {"local": [], "ray": []}
        for number in range(rounds):
            for name in ("local", "ray") if number % 2 == 0 else ("ray", "local"):
                move(place / f"{name}{number}") if name == "local" else move(place)
                paths.STORE = place / f"{name}{number}" / "store"
                began = time.monotonic()
                hire = partial(_hire, address=ADDRESS) if name == "ray" else None
                workers._start = start
                work = workers.carry_out(play, played(runs, seconds), workers=2, hire=hire, affinity=_variant)
                ends = [time.monotonic() for _ in work]
                whole = time.monotonic() - began
                times[name].append(ends[-1] - ends[0])
                print(
                    f"{name}: {whole:.2f} s, {times[name][-1]:.2f} s of it from the first run's end to the last's,",
                    end=" ",
                )
                print(f"load {os.getloadavg()[0]:.1f}", flush=True)
        ratios = [ray / local for ray, local in zip(times["ray"], times["local"], strict=True)]
        print(f"{runs} runs of {seconds} s on two workers: ratios {[round(each, 3) for each in ratios]}")
        move(place)


def _variant(task: Played) -> str:
    return task.spec.variant


def many(runs: int = 2000) -> None:
    """The driver's memory while runs that do nothing pass through it."""
    began, seen = time.monotonic(), []
    hire = partial(_hire, address=ADDRESS)
    for number, _ in enumerate(workers.carry_out(play, played(runs, 0.0), hire=hire, affinity=_variant), 1):
        if number % (runs // 8) == 0:
            seen.append(round(psutil.Process().memory_info().rss / 2**20))
    seconds = time.monotonic() - began
    print(f"{runs} runs in {seconds:.1f} s, {runs / seconds:.0f} a second; in the store {len(project_store().runs())}")
    print(f"the driver's memory after each eighth, MiB: {seen}; load {os.getloadavg()[0]:.1f}", flush=True)


# Where it would end: nodes that are played, so that the driver alone is measured


def scale(counts: Sequence[int] = (1, 10, 100, 1000), runs: int = 400) -> None:
    """Runs a second that one driver gives out and keeps, by the number of nodes, each of whose runs is done at once."""
    from tests.cluster.hands import Town

    for count in counts:
        with own_state() as place:
            parcel, answer = _parcel(place)
            town = Town({f"n{number}": partial(_hand, parcel, answer) for number in range(count)})
            fleet: Fleet[Any, Any] = Fleet(town, Job(b"", "portable"), spec=lambda task: task.spec, scored=False)
            began, cpu = time.monotonic(), time.process_time()
            hire = lambda function, limit_s, fleet=fleet: fleet  # noqa: E731
            found = sum(1 for _ in workers.carry_out(len, played(runs, 0.0, 50), hire=hire, affinity=_variant))
            used = time.process_time() - cpu
            print(
                f"{count} nodes: {found} runs, {found / (time.monotonic() - began):.0f} a second by the clock,"
                f" {1000 * used / found:.2f} ms of the driver's processor a run; load {os.getloadavg()[0]:.1f}",
                flush=True,
            )


def _hand(parcel: Any, answer: Any) -> Any:
    from tests.cluster.hands import Hand

    return Hand(lambda task, order: (answer, parcel(order.run_key)))


def _parcel(place: Path) -> tuple[Any, Any]:
    """A sealed run of 300 kB, as many a small network is, under whatever key."""
    from pipeline.pool.process import Answer
    from pipeline.training import integrity

    def of(run_key: str) -> dict[str, bytes]:
        folder = place / "sealed" / run_key
        write_bytes(folder / "model.keras", b"0" * 300_000)
        write_json(folder / "run.json", {"status": "finished", "reason": None})
        integrity.seal(folder, run_key)
        return {f"runs/{run_key[:2]}/{run_key}/{file.name}": file.read_bytes() for file in folder.iterdir()}

    return of, Answer(record={"status": "finished"})


# The same results


def same(profile_runs: int = 2) -> None:
    """A topic of four variants and a sweep: histories, weights, scores and trials are equal to the last byte."""
    import house
    from clone import change

    variants = {"a": {}, "b": {"build": {"width": 64}}, "c": {"fit": {"epochs": 20}}, "d": {"build": {"width": 32}}}
    fit = {"epochs": 12, "batch_size": 32, "learning_rate": 0.001}
    with house.small(profile_runs, variants=variants, fit=fit) as place:
        tried = {"fit.learning_rate": "0.0003 .. 0.03 log", "build.width": "16 .. 64 log"}
        sweep = {"topic": house.TOPIC, "variant": "a", "try": tried, "best": "val_cross_entropy lowest"}
        sweep |= {"trials": 4, "seeds": 2, "finalists": {"keep": 1, "seeds": 2}}
        change(place, lambda tree: tree.update(sweeps={"small": sweep}))
        pipeline = [sys.executable, "-m", "pipeline"]
        up = ["cluster", "up", "--nodes", "3", "--workers", "1", "--address", ADDRESS]
        subprocess.run([*pipeline, *up], cwd=place, check=True)
        try:
            found = {}
            for name, more in (("ray", ["--cluster", ADDRESS]), ("local", [])):
                for words in (["train", house.TOPIC], ["sweep", "small"]):
                    began = time.monotonic()
                    subprocess.run([*pipeline, *words, *more], cwd=place, check=True)
                    print(f"{name} {words[0]}: {time.monotonic() - began:.1f} s, load {os.getloadavg()[0]:.1f}")
                found[name] = contents(place)
                for folder in (
                    ".aula/runs",
                    ".aula/scores",
                    ".aula/studies",
                    ".aula/tried",
                    "data/runs",
                    "data/sweeps",
                ):
                    if (place / folder).exists():
                        (place / folder).rename(place / f"{folder.replace('/', '_')}_{name}")
            differ = [
                key for key in {*found["ray"], *found["local"]} if found["ray"].get(key) != found["local"].get(key)
            ]
            print(f"{len(found['ray'])} files compared, different: {differ}")
        finally:
            subprocess.run([*pipeline, "cluster", "down"], cwd=place)


def contents(place: Path) -> dict[str, Any]:
    """{file: what decides}: all of histories, scores and trials; of a model its weights; of a record no times."""
    found: dict[str, Any] = {}
    for file in sorted([*(place / ".aula").glob("runs/??/*/*"), *(place / ".aula").glob("scores/??/*/*")]):
        name = str(file.relative_to(place))
        if file.name == "model.keras":
            found[name] = zipfile.ZipFile(file).read("model.weights.h5")
        elif file.name == "run.json":
            record = json.loads(file.read_text())
            found[name] = {key: record[key] for key in record if key not in ("started", "duration_s", "peak_memory_mb")}
        elif file.name != "seal.json":
            found[name] = file.read_bytes()
    trials = place / "data" / "sweeps" / "small" / "trials.jsonl"
    found["trials.jsonl"] = [
        {key: value for key, value in json.loads(line).items() if "second" not in key}
        for line in (trials.read_text().splitlines() if trials.exists() else ())
    ]
    return found


def main() -> None:
    numerics.settle("portable")
    assert facts.code()
    word, *rest = sys.argv[1:] or ["same"]
    modes = {"same": same, "kills": kills, "drive": driven, "overhead": overhead, "scale": scale, "cut": cut}
    if word not in modes:
        sys.exit(f"given {word!r}, allowed {', '.join(modes)}")
    modes[word](*rest)


def cut(*words: str) -> None:
    """See cut.py."""
    from benchmarks import cut

    cut.cut(*words)


if __name__ == "__main__":
    from benchmarks import cluster  # under the name by which nodes find what is played

    cluster.main()
