"""Do nothing for a topic that `only` leaves out, and say so: plain `dvc repro` has stages of every topic."""

from pipeline import paths
from pipeline.records import SCORES, write_items, write_json, write_rows, write_sealed
from pipeline.settings.params import Settings
from pipeline.spoken import tell
from pipeline.stages.evaluate import CURVES, SERIES

TABLES = {"confusion", "metrics", "outcomes", "samples", "summary", "trivial"}


def train(settings: Settings, topic: str) -> bool:
    """Whether the topic is one of those; then data/runs/<topic> is there, as DVC asks for it, with what it had."""
    if topic in settings.left_out:
        (paths.RUNS / topic).mkdir(parents=True, exist_ok=True)
        _say(topic)
    return topic in settings.left_out


def evaluate(settings: Settings, topic: str) -> bool:
    """The same of data/results/<topic>: a file that is not there is made, with nothing in it."""
    if topic in settings.left_out:
        folder = paths.results(topic)
        for name in TABLES:
            if not (folder / f"{name}.json").exists():
                write_json(folder / f"{name}.json", {})
        for name, columns in {"scores": SCORES, "curves": CURVES, "series": SERIES}.items():
            if not (folder / f"{name}.csv").exists():
                write_rows(folder / f"{name}.csv", columns, [])
        if not (folder / "items.npz").exists():
            write_items(folder / "items.npz", [])
        if not paths.origin(topic).exists():
            write_sealed(paths.origin(topic), {"topic": topic, "left_out": True})
        _say(topic)
    return topic in settings.left_out


def _say(topic: str) -> None:
    tell(f"{topic}: left out by `only` in params.yaml: nothing is done")
