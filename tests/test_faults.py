"""Whatever breaks while the pipeline runs, the same command ends in the same bytes, and MLflow has every point once."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

import psutil
import pytest
from clone import ENVIRONMENT, change, copy_house

from pipeline.records import read_history, read_json

pytestmark = pytest.mark.slow
TOPIC, SEEDS, EPOCHS = "imbalance", 2, 60
BEGUN = 10  # epochs after which a run is disturbed: neither at its start nor at its end
FULL = "No space left on device"
FEWER = """

import dataclasses

_ARMS = {arms}
_CLAIMS = tuple(claim for claim in TOPIC.claims if {{claim.better, claim.worse}} <= _ARMS)
TOPIC = dataclasses.replace(TOPIC, claims=_CLAIMS)
"""


# A house with one small topic


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The project with two variants of one topic, two seeds each; data and plan are made, nothing is trained."""
    place = copy_house(tmp_path_factory.mktemp("faults") / "template")
    change(place, shrink)
    for file in (place / "profiles").glob("*.yaml"):  # all of them are checked
        change(place, lambda tree: tree.update(data={}, topics={}), f"profiles/{file.name}")
    change(place, lambda tree: tree.update(every_topic={"seeds": SEEDS, "looks": 1}), "profiles/smoke.yaml")
    topic = place / "pipeline" / "topics" / TOPIC / "__init__.py"
    topic.write_text(topic.read_text() + FEWER.format(arms=set(read_params(place)["topics"][TOPIC]["variants"])))
    command(place, "prepare")
    command(place, "plan")
    return place


def shrink(tree):
    """Drop all but one topic, and of its variants all but the first and the last that differ in `fit` alone."""
    topic = tree["topics"][TOPIC]
    plain = [name for name, arm in topic["variants"].items() if not {"data", "view", "model", "group"} & arm.keys()]
    topic["variants"] = {name: topic["variants"][name] for name in (plain[0], plain[-1])}
    topic["fit"]["epochs"] = EPOCHS
    topic["build"]["dropout"] = 0.1  # so that random numbers are drawn in every step
    topic.pop("groups", None)
    tree["topics"] = {TOPIC: topic}
    tree["data"] = {topic["data"]: tree["data"][topic["data"]]}
    tree["workers"] = 2


def read_params(place):
    from ruamel.yaml import YAML

    return YAML(typ="safe").load((place / "params.yaml").read_text())


@pytest.fixture(scope="module")
def calm(template, tmp_path_factory):
    """What the pipeline gives where nothing happens, by file."""
    place = copy(template, tmp_path_factory.mktemp("calm"))
    finish(place)
    found = results(place)
    assert len(found) == 2 * SEEDS + 2 and read_json(place / "data/report/claims.json")
    assert all(len(read_history(file)) == EPOCHS for file in (place / "data/runs").rglob("history.csv"))
    return found


@pytest.fixture
def house(template, tmp_path):
    """A house of the test's own; whatever is still running in it at the end is ended."""
    place = copy(template, tmp_path)
    yield place
    for process in members(place):
        process.kill()


def copy(template, under):
    return shutil.copytree(template, under / "aula", symlinks=True)


def members(place):
    """Processes that run in that house."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and Path(process.cwd()) == place:
                found.append(process)
    return found


# Its commands


def begin(place, *words, **more):
    """A command, begun; what it prints goes to the files `out` and `err` in the house."""
    with (place / "out.draft").open("w") as out, (place / "err.draft").open("w") as err:
        told = [sys.executable, "-m", "pipeline", *words]
        return subprocess.Popen(told, cwd=place, env=ENVIRONMENT | more, stdout=out, stderr=err)


def end(place, process, code=0):
    """(what it printed, its complaints) of a command that was begun, once it is over."""
    try:
        ended = process.wait(300)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    out, err = ((place / f"{name}.draft").read_text() for name in ("out", "err"))
    assert ended == code, out[-3000:] + err[-3000:]
    assert "Traceback" not in err, err
    return out, err


def command(place, *words, code=0, **more):
    return end(place, begin(place, *words, **more), code)


def finish(place, **more):
    """The stages as `dvc repro` calls them; what training printed and complained of."""
    told = command(place, "train", TOPIC, **more)
    judge(place, **more)
    return told


def judge(place, **more):
    command(place, "evaluate", TOPIC, **more)
    command(place, "report", **more)


def results(place):
    """Everything that must come out the same, by name."""
    files = [*(place / "data" / "runs").rglob("history.csv"), place / "data" / "results" / TOPIC / "scores.csv"]
    files.append(place / "data" / "report" / "claims.json")
    return {str(file.relative_to(place)): file.read_bytes() for file in files}


# What goes on in it


def wait_for(condition, seconds=180, every=0.005):
    """The first answer that is not empty."""
    until = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < until, f"waited {seconds} s in vain for {condition}"
        time.sleep(every)
    return answer


def diaries(place):
    return sorted((place / ".aula" / "checkpoints").glob("*/epochs.jsonl"))


def epochs(diary):
    """Number of epochs that a run in progress has behind it."""
    with contextlib.suppress(OSError):
        return diary.read_bytes().count(b"\n")
    return 0


def under_way(place, least=BEGUN, most=EPOCHS - 10):
    """Diary of a run in progress that has come so far."""
    return wait_for(lambda: [diary for diary in diaries(place) if least <= epochs(diary) <= most])[0]


def taken_up(diary, mark):
    """Number of epochs that a run begins with when it is begun again; `mark` is the diary's before."""
    wait_for(lambda: diary.exists() and diary.stat().st_ino != mark)
    return epochs(diary)


def workers(top):
    """The processes that train for the command `top`."""
    with contextlib.suppress(psutil.Error):
        return [child for child in psutil.Process(top.pid).children() if "spawn_main" in " ".join(child.cmdline())]
    return []


# Killed, stopped, hung


def test_a_worker_killed_in_an_epoch_is_replaced_and_nothing_changes(house, calm):
    change(house, lambda tree: tree.update(workers=1))
    top = begin(house, "train", TOPIC)
    diary = under_way(house)
    (worker,) = workers(top)
    before, mark = epochs(diary), diary.stat().st_ino
    worker.kill()
    assert taken_up(diary, mark) >= before, "it began anew instead of going on"
    out, _ = end(house, top)
    assert out.count("finished") == 2 * SEEDS and "failed" not in out
    judge(house)
    assert results(house) == calm


def test_stopped_by_sigterm_and_begun_again(house, calm):
    top = begin(house, "train", TOPIC)
    diary = under_way(house)
    family = psutil.Process(top.pid).children(recursive=True)
    started = time.monotonic()
    top.terminate()
    _, err = end(house, top, code=1)
    assert time.monotonic() - started < 10
    assert err.strip().splitlines()[-1] == "stopped; finished runs are kept: the same command goes on with the rest"
    assert not psutil.wait_procs(family, timeout=5)[1], "a process outlived the command"
    before, mark = epochs(diary), diary.stat().st_ino
    again = begin(house, "train", TOPIC)
    assert taken_up(diary, mark) >= before >= BEGUN, "it began anew instead of going on"
    end(house, again)
    judge(house)
    assert results(house) == calm


def test_sigterm_to_the_whole_ends_the_stage_under_dvc_too(house, calm):
    top = begin(house, "repro")
    under_way(house)
    family = psutil.Process(top.pid).children(recursive=True)
    started = time.monotonic()
    top.terminate()  # this process alone, as `kill` or a container's stop would
    end(house, top, code=1)
    assert time.monotonic() - started < 15
    assert not psutil.wait_procs(family, timeout=5)[1], "a process outlived the command"
    command(house, "repro")
    assert results(house) == calm


def test_a_run_that_hangs_is_ended_and_tried_again(house, calm):
    change(house, lambda tree: tree.update(workers=1, run_minutes=0.5))
    top = begin(house, "train", TOPIC)
    under_way(house)
    (worker,) = workers(top)
    worker.suspend()
    out, _ = end(house, top)
    assert out.count("finished") == 2 * SEEDS and not psutil.pid_exists(worker.pid)
    judge(house)
    assert results(house) == calm


def test_a_machine_that_sleeps_uses_up_no_limit(house, calm):
    change(house, lambda tree: tree.update(workers=1, run_minutes=0.5))
    top = begin(house, "train", TOPIC)
    under_way(house)
    for _ in range(3):  # more often than a run is tried
        family = [psutil.Process(top.pid), *psutil.Process(top.pid).children(recursive=True)]
        for process in family:
            process.suspend()
        time.sleep(35)
        for process in reversed(family):
            process.resume()
        time.sleep(1)
    out, _ = end(house, top)
    assert out.count("finished") == 2 * SEEDS and "failed" not in out
    judge(house)
    assert results(house) == calm


def test_a_reader_that_goes_ends_no_training(house, calm):
    told = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "train", TOPIC],
        cwd=house, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert told.stdout.readline().startswith(f"{TOPIC}: ".encode())
    told.stdout.close()
    assert b"Traceback" not in told.stderr.read() and told.wait() == 0
    judge(house)
    assert results(house) == calm


def test_a_run_out_of_memory_costs_nothing_that_is_done(house, calm):
    change(house, lambda tree: tree.update(workers=1))
    top = begin(house, "train", TOPIC)
    under_way(house)
    (worker,) = workers(top)
    worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms, psutil.RLIM_INFINITY))
    top.wait(300)
    _, err = end(house, top, top.returncode)
    assert top.returncode == 0 or "failed: " in err
    finish(house)
    assert results(house) == calm


# Other settings


def faster(tree):
    tree["topics"][TOPIC]["fit"]["learning_rate"] *= 2


def test_a_run_cut_short_is_not_continued_under_other_settings(house, template, tmp_path, calm):
    fresh = copy(template, tmp_path / "fresh")
    change(fresh, faster)
    command(fresh, "plan")
    finish(fresh)
    top = begin(house, "train", TOPIC)
    under_way(house)
    top.kill()
    top.wait()
    change(house, faster)
    command(house, "plan")
    _, err = finish(house)
    (arm, *_) = read_params(house)["topics"][TOPIC]["variants"]
    told = [line for line in err.splitlines() if "is of other settings" in line]
    assert told and all("seed" in line for line in told) and any(arm in line for line in told), err
    assert results(house) == results(fresh) != calm


# The first and the twentieth


def test_the_twentieth_run_of_a_worker_is_as_if_it_were_the_first(house, tmp_path):
    change(house, lambda tree: tree.update(workers=1))
    change(house, lambda tree: tree["topics"][TOPIC]["fit"].update(epochs=2))
    change(house, lambda tree: tree["every_topic"].update(seeds=10), "profiles/smoke.yaml")
    command(house, "prepare")
    command(house, "plan")
    top = begin(house, "train", TOPIC)
    seen = set()
    while top.poll() is None:
        seen |= set(workers(top))
        time.sleep(0.05)
    out, _ = end(house, top)
    assert len(seen) == 1, "more than one worker: its twentieth run is not the twentieth"
    last = next(line for line in out.splitlines() if " 20/20 " in line)
    _, _, arm, _, seed, *_ = last.replace(":", "").split()
    run = Path("data", "runs", TOPIC, arm, seed)
    alone = copy(house, tmp_path / "alone")
    key = read_json(house / run / "run.json")["run_key"]
    shutil.rmtree(alone / "data" / "runs")
    shutil.rmtree(alone / ".aula" / "runs" / key[:2] / key)
    out, _ = command(alone, "train", TOPIC)
    assert "20 runs, 19 of them done before" in out
    assert (alone / run / "history.csv").read_bytes() == (house / run / "history.csv").read_bytes()
    for place in (alone, house):
        command(place, "evaluate", TOPIC)
    scores = Path("data", "results", TOPIC, "scores.csv")
    assert (alone / scores).read_bytes() == (house / scores).read_bytes()


# A full disk


class Disk:
    """A small file system in memory, and somebody who fills it."""

    def __init__(self, place, size):
        place.mkdir(parents=True, exist_ok=True)
        told = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        try:
            subprocess.run(told, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"a file system of its own cannot be mounted here: {error}")
        self.place, self._greed = place, None

    def fill(self, leave=0):
        """Take all space but `leave` bytes."""
        with contextlib.suppress(OSError), (self.place / "filler").open("ab", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        size = (self.place / "filler").stat().st_size
        os.truncate(self.place / "filler", max(size - leave, 0))

    def fill_on(self):
        """Take all space from now on, also what others give back, until `empty`."""
        self.fill()
        self._greed = threading.Event()
        threading.Thread(target=self._fill_on, args=[self._greed], daemon=True).start()

    def _fill_on(self, stop):
        while not stop.wait(0.002):
            self.fill()

    def empty(self):
        """Make space again."""
        if self._greed:
            self._greed.set()
            time.sleep(0.5)
        (self.place / "filler").unlink(missing_ok=True)

    def unmount(self):
        self.empty()
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)


@pytest.fixture
def mount():
    """Disk(place, size), unmounted at the end."""
    made = []

    def new(place, size):
        made.append(Disk(place, size))
        return made[-1]

    yield new
    for disk in made:
        disk.unmount()


@pytest.mark.parametrize("moment", ["checkpoint", "store"])
def test_a_full_disk_is_said_in_a_line_and_costs_nothing_that_is_done(house, calm, mount, moment):
    change(house, lambda tree: tree.update(workers=1))
    disk = mount(house / ".aula", "64m")
    top = begin(house, "train", TOPIC)
    if moment == "checkpoint":
        under_way(house)
        disk.fill_on()
    else:
        under_way(house, EPOCHS, EPOCHS)  # the last checkpoint is there, history and model come next
        (worker,) = workers(top)
        worker.suspend()
        disk.fill_on()
        worker.resume()
    _, err = end(house, top, code=1)
    failed = [line for line in err.splitlines() if line.startswith("failed: ")]
    assert failed and all(FULL in line for line in failed), err
    _, err = command(house, "train", TOPIC, code=1)  # on a disk that was full from the start
    assert FULL in err
    disk.empty()
    finish(house)
    assert results(house) == calm


@pytest.mark.parametrize("room", [0, 200_000], ids=["from the start", "midway"])
def test_a_full_disk_under_mlflow_stops_no_training(house, calm, mount, room):
    disk = mount(house / "small", "64m")
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{disk.place}/mlflow.db"}
    if room:
        script = "from pipeline.mlflow_sync import tracking_store; tracking_store.create()"
        subprocess.run([sys.executable, "-c", script], cwd=house, env=ENVIRONMENT | store, check=True)
    disk.fill(leave=room)
    _, err = finish(house, **store)
    assert "MLflow: cannot use" in err and "full" in err and "catches up later" in err
    assert results(house) == calm
    disk.empty()
    command(house, "publish", **store)
    check(house, store)
    assert "0 runs, 0 points" in command(house, "publish", **store)[0]


# What MLflow holds


def check(place, store):
    """Each run is in MLflow once, with each of its points once."""
    children = [run for run in published(store) if "variant" in run.data.tags]
    assert len(published(store)) == len(children) + 1, "one parent"
    counted = Counter((run.data.tags["variant"], run.data.tags["seed"]) for run in children)
    arms = read_params(place)["topics"][TOPIC]["variants"]
    first = read_params(place)["first_seed"]
    assert counted == {(arm, str(seed)): 1 for arm in arms for seed in range(first, first + SEEDS)}
    for run in children:
        assert run.info.status == "FINISHED"
        names = [name for name in run.data.metrics if name.startswith(("training/", "validation/"))]
        assert {"training/loss", "validation/loss", "validation/cross_entropy"} <= set(names)
        found = {name: sorted((point.step, point.value) for point in points(store, run, name)) for name in names}
        for name in names:
            assert [step for step, _ in found[name]] == list(range(1, EPOCHS + 1)), name
        folder = place / "data" / "runs" / TOPIC / run.data.tags["variant"] / run.data.tags["seed"]
        rows = read_history(folder / "history.csv")
        assert found["training/loss"] == [(row["epoch"], row["loss"]) for row in rows]


def client(store):
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=store["MLFLOW_TRACKING_URI"])


def published(store):
    experiment = client(store).get_experiment_by_name(TOPIC)
    return client(store).search_runs([experiment.experiment_id]) if experiment else []


def points(store, run, name="training/loss"):
    return client(store).get_metric_history(run.info.run_id, name)


# A server that comes and goes


class Server:
    """A real MLflow server on this machine alone."""

    def __init__(self, place):
        place.mkdir()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.place, self._process = place, None
        self.store = {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{self.port}"}

    def start(self):
        """Gives control back once it answers."""
        settings = {"backend-store-uri": "sqlite:///server.db", "artifacts-destination": "artifacts", "workers": "1"}
        settings |= {"host": "127.0.0.1", "port": str(self.port)}
        options = [text for name, value in settings.items() for text in (f"--{name}", value)]
        calm = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *options],
            cwd=self.place, env=ENVIRONMENT | calm, start_new_session=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        wait_for(self._answers, every=0.2)

    def _answers(self):
        with contextlib.suppress(OSError):
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            return opener.open(f"http://127.0.0.1:{self.port}/health", timeout=5).status == 200
        return False

    def stop(self):
        """As if the machine it runs on had lost its power."""
        if self._process:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None
            wait_for(lambda: not self._answers())


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path / "server")
    yield made
    made.stop()


def watched(top, server):
    """Identifier of a run that MLflow shows while it trains; the workers rest until then, so that it is a long one."""
    for worker in workers(top):
        worker.suspend()

    def shown():
        found = [run for run in published(server.store) if run.info.status == "RUNNING" and "variant" in run.data.tags]
        return [run.info.run_id for run in found if run.data.metrics]

    (run_id,) = wait_for(shown, every=0.5)
    return run_id


def wake(top):
    for worker in workers(top):
        worker.resume()


def test_a_server_that_is_down_at_the_start(house, calm, server):
    _, err = finish(house, **server.store)
    assert "MLflow: cannot use" in err and "catches up later" in err
    assert results(house) == calm
    server.start()
    command(house, "publish", **server.store)
    check(house, server.store)


def test_a_server_that_stops_midway_and_comes_back(house, calm, server):
    change(house, lambda tree: tree.update(workers=1))
    server.start()
    top = begin(house, "train", TOPIC, **server.store)
    under_way(house)
    shown = watched(top, server)
    server.stop()
    wake(top)
    server.start()
    end(house, top)
    judge(house, **server.store)
    assert results(house) == calm
    command(house, "publish", **server.store)
    check(house, server.store)
    assert shown in {run.info.run_id for run in published(server.store)}, "the run that was shown is finished as itself"


def test_a_server_that_stops_before_the_end(house, calm, server):
    change(house, lambda tree: tree.update(workers=1))
    server.start()
    top = begin(house, "train", TOPIC, **server.store)
    under_way(house)
    shown = watched(top, server)
    wake(top)
    last = 2 * SEEDS - 1
    wait_for(lambda: f" {last}/{2 * SEEDS} " in (house / "out.draft").read_text(), seconds=300)
    server.stop()
    _, err = end(house, top)
    assert "MLflow: cannot use" in err and "catches up later" in err
    judge(house, **server.store)
    assert results(house) == calm
    server.start()
    command(house, "publish", **server.store)
    check(house, server.store)
    assert shown in {run.info.run_id for run in published(server.store)}, "the run that was shown is finished as itself"
