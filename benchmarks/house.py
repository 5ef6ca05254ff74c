"""A copy of the project in a folder of its own, with one small topic or all of them, to measure commands in."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from clone import change, copy_house, tell  # noqa: E402
from folders import ELSEWHERE  # noqa: E402

for variable in ELSEWHERE:  # what is made up for a measurement goes to nobody's server, store or cluster
    os.environ.pop(variable, None)

TOPIC, DATA = "bench", "digits_tail"
DIGITS = {
    "source": "digits",
    "split": {"validation": 200, "test": 800, "train": {"head": 400, "tail": 4}},
}
QUESTION = """from pipeline.verdicts.topic import Topic

TOPIC = Topic(title="Bench", question="How long does it take?", claims=())
"""
MLP = {  # as the topic of imbalance trains it
    "data": DATA,
    "model": "mlp",
    "build": {"width": 128, "depth": 1},
    "fit": {"epochs": 40, "batch_size": 32, "learning_rate": 0.001},
    "metrics": ["accuracy"],
    "variants": {"untouched": {}},
}


@contextlib.contextmanager
def whole() -> Iterator[Path]:
    """The project as it stands, in the smoke profile."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        yield copy_house(Path(place))


@contextlib.contextmanager
def small(seeds: int, data: dict[str, Any] = DIGITS, **topic: Any) -> Iterator[Path]:
    """The project with one topic alone (MLP, but for what is given), prepared, planned, MLflow's store made."""
    blocks = {
        "profile": "laptop",
        "workers": "auto",
        "data": {DATA: data},
        "topics": {TOPIC: MLP | {"seeds": seeds} | topic},
    }
    with whole() as place:
        (place / "pipeline" / "topics" / TOPIC).mkdir()
        (place / "pipeline" / "topics" / TOPIC / "__init__.py").write_text(QUESTION)
        change(place, lambda tree: tree.update(blocks))
        python(place, "-m", "pipeline", "prepare")
        python(place, "-m", "pipeline", "plan")
        python(place, "-c", "from pipeline.mlflow_sync import tracking_store; tracking_store.create()")
        (place / "mlflow.db").rename(place / "made.db")
        yield place


def empty(place: Path) -> None:
    """Forget every run; MLflow's store is there, without an experiment."""
    for folder in (".aula", "data/runs", "mlartifacts"):
        shutil.rmtree(place / folder, ignore_errors=True)
    for file in place.glob("mlflow.db*"):
        file.unlink()
    shutil.copyfile(place / "made.db", place / "mlflow.db")


def python(place: Path, *words: str) -> str:
    """What Python prints, run in the copy."""
    return tell(place, sys.executable, *words)
