"""Every command that README and docs name is one there is, and those that a reader would run are run."""

import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import helped
import pytest
from clone import ENVIRONMENT, answers, change, copy_house, tell

from pipeline import paths
from pipeline.__main__ import parser
from pipeline.records import read_json
from pipeline.settings.params import read

PAGES = sorted(
    [*paths.ROOT.glob("README*.md"), *(paths.ROOT / "docs").glob("*.md"), *paths.ROOT.glob("notebooks/*.md")]
)
KINDS = ("make", "dvc", "python -m pipeline", "source")
TOPICS = ("imbalance", "memory")  # those that the pages' commands name
NOT_RUN = {  # what they do is another test's, or takes hours; that there is such a target is tested here
    *("make test", "make test-slow", "make lint", "make lock", "make bench", "make notebooks", "make repro GPU=1"),
    "make mutants",  # of the whole course, hours
    *("make try", "make handout TOPIC=memory LANGUAGE=es"),  # test_demo.py, test_handout.py
    *(
        "dvc push",
        "dvc pull",
        "dvc gc",
        "dvc exp apply",
        "dvc exp run",
        "dvc exp run -S",
        "dvc exp run --queue",
    ),  # test_sharing.py
    "dvc config --local cache.shared group",
    "python -m pipeline add churn.csv --label Churn --only",  # test_own_data.py
    "python -m pipeline predict churn new.csv",  # test_predicted_as_evaluated.py, as the next two
    "python -m pipeline predict churn new.csv --out answers.csv",
    *("python -m pipeline card churn", "python -m pipeline card churn --out churn.card.md"),
    *("python -m pipeline runs push", "python -m pipeline runs pull", "make store"),  # sharing/
    "python -m pipeline results",  # writes into the pages themselves: test_results.py
    *("python -m pipeline claims churn", "python -m pipeline prepare mine"),  # test_own_data.py
    "make GPU=1 bench-gpu",  # devices/test_benchmark.py
    *("dvc exp", "dvc exp run --queue -S ..."),  # forms, not commands: test_sharing.py
    "dvc exp run -S topics.convolution.fit.learning_rate=0.003",  # that of another topic is run
    *("make ray", "python -m pipeline repro --cluster 127.0.0.1:6379"),  # cluster/test_ray.py
}
ELSEWHERE = (
    "make ui",
    "python -m pipeline ui",
    "python -m pipeline report --watch",
    "mlflow models serve",
    "source ",
    "export ",
    *("ADMIN_PASSWORD=", "DATABASE_PASSWORD=", "HOST_NAME=", "SECRET_KEY=", "END", "cd server", "chmod 600 .env "),
    "python -m pipeline cluster",  # cluster/test_ray.py
    *(
        "python -m pipeline sweep",
        "python -m pipeline repro sweep@",
        "dvc exp run -S sweeps.",
    ),  # sweeps/, test_sharing.py
)  # servers and nodes, what only changes a shell, and what takes long


def commands(text):
    """Lines of the shell blocks, comments cut off, and the commands among the words in code type."""
    blocks = re.findall(r"^```bash\n(.*?)^```$", text, re.M | re.S)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    text = re.sub(r"(?<!`)``(?!`).+?(?<!`)``(?!`)", "", text)  # messages that have commands in them
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    found = [line for line in lines if line and not line.startswith("#")]
    return found + [span for span in spans if span.startswith(tuple(f"{kind} " for kind in KINDS))]


COMMANDS = sorted({command for page in PAGES for command in commands(page.read_text("utf-8"))})
OURS = [command for command in COMMANDS if command.startswith("python -m pipeline")]
MADE = [command for command in COMMANDS if command.startswith("make ")]


def test_the_pages_name_commands():
    assert {"make repro", "make ui", "dvc repro", "python -m pipeline check"} <= {*COMMANDS}


@pytest.mark.parametrize("command", OURS)
def test_our_commands_are_understood(command):
    words = [word for word in shlex.split(command)[3:] if word != "..."]
    if "--help" in words:  # which ends by itself
        assert {*words} - {"--help"} <= {*helped.parsers(parser())}
    else:
        parser().parse_args(words)


@pytest.mark.parametrize("command", MADE)
def test_make_has_the_targets(command):
    told = subprocess.run([*shlex.split(command), "-n"], cwd=paths.ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr


def test_links_lead_to_files():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


# As a reader would run them, in a fresh copy with the environment that `make` has set up


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """The project in the smoke profile, with the topics that the pages' commands name."""
    ready = Path(sys.prefix)
    if not list(ready.glob("ready-*")):
        pytest.skip("needs the environment that `make` sets up: run `make test-slow`")
    place = copy_house(tmp_path_factory.mktemp("reader") / "aula")
    change(place, keep)
    (place / ".venv").symlink_to(ready)
    (place / ".git" / "info" / "exclude").write_text("/.venv\n")  # .gitignore means the folder, this is a link to one
    tell(place, "git", "commit", "-qam", "Set the smoke profile")
    tell(place, "make", "repro")
    return place


def keep(tree):
    """Drop the other topics, and their data but for what the pages name."""
    topics = read(profile="smoke").topics
    used = {variant.data for name in TOPICS for variant in topics[name].variants.values()} | {"images"}
    for part, kept in (("topics", TOPICS), ("data", used)):
        for name in tree[part].keys() - set(kept):
            del tree[part][name]


def runnable(command):
    """Not those with a <placeholder>, nor of the topic that only docs/add-a-topic.md makes (test_walkthrough.py)."""
    return not (command in NOT_RUN or command.startswith(ELSEWHERE) or "<" in command or " width" in command)


@pytest.mark.slow
@pytest.mark.parametrize("command", filter(runnable, COMMANDS))
def test_commands_run(clone, command):
    key = read_json(next((clone / "data/runs/imbalance").glob("*/200/run.json")))["run_key"]
    words = [key[:10] if word in ("KEY", "CLAVE") else word for word in shlex.split(command)]
    tell(clone, *words)


@pytest.mark.slow
def test_the_ui_answers(clone):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "pipeline", "ui", "--port", str(port)]
    ui = subprocess.Popen(command, cwd=clone, env=ENVIRONMENT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        assert answers(f"http://127.0.0.1:{port}/")
    finally:
        ui.terminate()
        ui.wait(30)


def test_nothing_of_this_machine_is_on_the_pages():
    home = str(Path.home())
    for page in PAGES:
        assert home not in page.read_text("utf-8") and str(paths.ROOT) not in page.read_text("utf-8")
