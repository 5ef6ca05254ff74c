"""Try one topic in a copy of the project: few seeds, nothing of yours is changed, and its page in a minute or two."""

import time

from pipeline import paths
from pipeline.errors import RunsFailed
from pipeline.records import write_bytes
from pipeline.settings import rewriting
from pipeline.settings.params import Settings
from pipeline.settings.plan import require_topic
from pipeline.spoken import tell
from pipeline.trial import Trial

SEEDS = 2  # enough for a line each; verdicts take more
PROFILE = "laptop"
STAGES = ("prepare", "plan", "train {topic}", "evaluate {topic}", "report --page-only")


def demo(settings: Settings, topic: str) -> str:
    """Line that says where the page is, once `topic` has gone through all stages in a copy, each told as it begins.

    InputError: no such topic. RunsFailed: a stage ended otherwise; what it said stands above.
    """
    require_topic(settings, topic)
    began = time.monotonic()
    trial = Trial()
    _make_small(trial, topic)
    tell(f"{topic}, with {SEEDS} seeds, in a copy of the project: nothing of yours is changed")
    for at, stage in enumerate(STAGES, start=1):
        words = stage.format(topic=topic).split()
        tell(f"{at} of {len(STAGES)}: {words[0]}")
        if trial.watch(*words):
            raise RunsFailed(f"{topic}: {words[0]} did not end well", [])
    page = paths.demo(topic)
    write_bytes(page, (trial.folder / "data" / "report" / "index.html").read_bytes())
    told = f"page: open {page.relative_to(paths.ROOT)}, made in {time.monotonic() - began:.0f} s"
    return f"{told}. Its curves are real; for verdicts {SEEDS} seeds are too few: `make repro`"


def _make_small(trial: Trial, topic: str) -> None:
    """That topic alone, with few seeds and one look, in the copy's params.yaml."""
    from ruamel.yaml import YAML

    file, yaml = trial.folder / "params.yaml", YAML()
    tree = yaml.load(rewriting.with_only(file.read_text("utf-8"), topic, alone=True))
    tree |= {"profile": PROFILE, "seeds": SEEDS, "looks": 1}
    tree["topics"][topic].pop("seeds", None)
    with file.open("w", encoding="utf-8") as target:
        yaml.dump(tree, target)
