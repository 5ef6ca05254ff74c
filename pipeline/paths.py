"""The only file that spells folder names."""

import platform
from pathlib import Path


def home(root: Path) -> Path:
    """The project that `root` is a temporary copy of, as `dvc exp run --queue` and `--temp` make them; else `root`."""
    copies = (folder for folder in root.parents if folder.parts[-3:] == (".dvc", "tmp", "exps"))
    folder = next(copies, None)
    return folder.parents[2] if folder else root


ROOT = Path(__file__).resolve().parent.parent
HOME = home(ROOT)  # what must outlast a temporary copy lies there: finished runs, checkpoints, MLflow's database
PARAMS = ROOT / "params.yaml"
PACKAGE = ROOT / "pipeline"
METRICS = PACKAGE / "metrics"

DATA = ROOT / "data"
RAW = DATA / "raw"
PREPARED = DATA / "prepared"
TEST = DATA / "test"
PLAN = DATA / "plan"
RUNS = DATA / "runs"
RESULTS = DATA / "results"
REPORT = DATA / "report"
CLAIMS = REPORT / "claims.json"
SWEEPS = DATA / "sweeps"
PUBLISHED = DATA / "published"
PICTURES = REPORT / "pictures"

STATE = HOME / ".aula"
STORE = STATE / "runs"
SCORES = STATE / "scores"
STUDIES = STATE / "studies"
TRIED = STATE / "tried"
CHECKPOINTS = STATE / "checkpoints"
LOCKS = STATE / "locks"
GPU_MEMORY = STATE / "gpu_memory"
ASKED = STATE / "asked"
LOOKS = STATE / "looks"
STORE_AWAY = STATE / "store_away.json"
TRACKING = HOME / "mlflow.db"
ARTIFACTS = HOME / "mlartifacts"

COMPARED = "-compared"  # how a folder in STUDIES ends that counts the looks of a sweep at test data
OF_SWEEPS = "@"  # in the name of data that sweeps prepare for themselves: what stands behind it says from what


def profile(params: Path, name: str) -> Path:
    """What profile `name` lays on `params`."""
    return params.parent / "profiles" / f"{name}.yaml"


def draws(data: str) -> list[Path]:
    """All that was prepared of `data` for its owner: a folder and a file for each draw, named by it.

    What sweeps have tried is shared by all that ask for the same: nobody's draws are in another's way.
    """
    return [] if OF_SWEEPS in data else [*(PREPARED / data).glob("*"), *(TEST / data).glob("*")]


def _prepared(data: str) -> Path:
    """Folder of all draws of `data`, without their test splits."""
    return (TRIED / "prepared" if OF_SWEEPS in data else PREPARED) / data


def fit_split(data: str, view: str, draw: int) -> Path:
    """Training split of a draw of `data` under `view`."""
    return _prepared(data) / str(draw) / "fit" / f"{view}.npz"


def validation_split(data: str, draw: int) -> Path:
    """Validation split of a draw of `data`; no view ever touches it."""
    return _prepared(data) / str(draw) / "validation.npz"


def card(data: str, draw: int) -> Path:
    """Shapes, class counts and digests of a draw of the prepared `data`."""
    return _prepared(data) / str(draw) / "card.json"


def test_split(data: str, draw: int) -> Path:
    """Held-out split of a draw of `data`; only scoring reads it."""
    return (TRIED / "test" if OF_SWEEPS in data else TEST) / data / f"{draw}.npz"


def plan(topic: str) -> Path:
    """Everything that decides the numbers of `topic`, resolved."""
    return PLAN / f"{topic}.json"


def asked(topic: str) -> Path:
    """What `topic` asks and claims, and a digest of its own code: what scores and pages follow from beside its plan."""
    return PLAN / "topics" / f"{topic}.json"


def looks(topic: str) -> Path:
    """Which variants of `topic` get more seeds than the first look has."""
    return LOOKS / f"{topic}.json"


def run(topic: str, variant: str, seed: int) -> Path:
    """Folder of one run: run.json, history.csv, model.keras."""
    return RUNS / topic / variant / str(seed)


def results(topic: str) -> Path:
    """Folder of a topic's scores, metrics, curves and figures."""
    return RESULTS / topic


def origin(topic: str) -> Path:
    """What the files in the folder of a topic's results were made from."""
    return RESULTS / topic / "origin.json"


def asked_by_sweeps() -> Path:
    """Folder of the keys of runs that sweeps have asked for, a file a sweep: in the place of a profile's."""
    return ASKED / "sweeps"


def sweep(name: str) -> Path:
    """Folder of what a sweep has come to."""
    return SWEEPS / name


def demo(topic: str) -> Path:
    """The page of a topic that was tried in a copy of the project."""
    return DATA / "demo" / f"{topic}.html"


def handout(topic: str, language: str) -> Path:
    """The sheet of a topic that is printed for a class; outside of what DVC deletes before it makes the page."""
    return DATA / "handouts" / f"{topic}_{language}.pdf"


def published(topic: str) -> Path:
    """Folder of the results of a topic that are committed, and shown where there are none of one's own."""
    return PUBLISHED / topic


def gpu_lock(gpu: str, slot: int = 0) -> Path:
    """What whoever uses a GPU of this machine holds; machines that share the project's folder have their own."""
    return LOCKS / f"gpu_{platform.node()}_{gpu}_{slot}"


def looked_at() -> Path:
    """Which seeds and claims were published when."""
    return PUBLISHED / "looked_at.json"
