"""Score each run once: where it was trained, while its worker is warm, or else when `evaluate` asks for it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import paths, prepared
from pipeline.contracts import DataCard, Plan
from pipeline.errors import InputError
from pipeline.records import (
    Examples,
    digest,
    read_examples,
    read_history,
    read_items,
    read_json,
    read_sealed,
    write_items,
    write_sealed,
)
from pipeline.scoring import calibration, topic_probes
from pipeline.scoring.finished_run import FinishedRun
from pipeline.scoring.score import Asked, RunScores, score
from pipeline.settings.params import Settings
from pipeline.settings.plan import card, code_digest
from pipeline.training.run import run_specs

if TYPE_CHECKING:
    from pipeline.training.run import RunSpec

# Code that scores are made by, beside the topic's own probes.
SCORING = (
    *("metrics", "scoring", "settings/costs.py", "stages/evaluate.py"),
    *("verdicts/intervals.py", "verdicts/margins.py"),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class RunToScore:
    """A run and what is asked of it: `names` is what its record says of its place, see RunSpec.names.

    `key` is made of all that decides the scores: the run's own key, the card of its data, what is asked, and the code.
    """

    names: Mapping[str, Any]
    asked: Asked
    test_digest: str
    code: str
    key: str

    @property
    def place(self) -> tuple[str, int]:
        """Variant and seed."""
        return self.names["variant"], self.names["seed"]


def runs_to_score(settings: Settings, plan: Plan) -> list[RunToScore]:
    """The runs of a plan, in order of variant and seed (InputError: a data set that is not prepared as it is now)."""
    topic = settings.topics[plan["topic"]].topic
    claimed = dict.fromkeys(claim.metric for claim in topic.claims)
    asked = Asked(metrics=tuple(plan["metrics"]), claimed=tuple(claimed), outcomes=topic.own, costs=topic.costs)
    code = _code_digest(plan["topic"])
    cards: Callable[[str, int], DataCard] = cache(lambda data, draw: card(settings.data[data], draw))

    def to_score(spec: "RunSpec") -> RunToScore:
        # Samples are to be read, and those of one run are enough.
        own, of_data = replace(asked, samples=spec.seed == plan["seeds"][0]), cards(spec.settings["data"], spec.draw)
        more = [own.outcomes, own.costs and asdict(own.costs)]
        key = digest(spec.run_key, of_data, [own.metrics, own.claimed, own.samples, *more], code)
        test_digest = of_data["digests"]["test"]
        return RunToScore(names=spec.names(), asked=own, test_digest=test_digest, code=code, key=key)

    return [to_score(spec) for spec in run_specs(plan)]


def _code_digest(topic: str) -> str:
    """Digest of the code that a topic's scores follow from, as the files are now."""
    own = paths.PACKAGE / "topics" / topic  # not there: it has claims in params.yaml alone
    places = [*(paths.PACKAGE / place for place in SCORING), *([own] if own.is_dir() else [])]
    files = [file for place in places for file in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]
    return digest([code_digest(file.read_text("utf-8")) for file in files])


def kept(run: RunToScore) -> RunScores | None:
    """What the run scored when it was scored before; None if it never was, or the file is damaged."""
    file, items = _file(run), _file(run).with_suffix(".npz")
    try:
        record = read_sealed(file)
        if digest(items.read_bytes()) != record["items"]:
            return None
        if record["calibrated"] and calibration.kept(run.names["run_key"]) is None:
            return None
        scores, by_item = json.loads(record["scores"]), read_items(items)
    except (FileNotFoundError, NotADirectoryError, InputError):
        return None
    labels = {"variant": run.names["variant"]}  # variants that are the same share their runs
    return RunScores(
        rows=[row | labels for row in scores["rows"]],
        series=[row | labels for row in scores["series"]],
        samples=scores["samples"],
        confusion=None if scores["confusion"] is None else np.array(scores["confusion"]),
        ids=next((ids for ids, _ in by_item.values()), None),
        items={metric: values for (_, _, metric), (_, values) in by_item.items()},
        trivial=scores["trivial"],
        outcomes=scores["outcomes"],
    )


def score_run(run: RunToScore, folder: Path) -> RunScores:
    """Score the run whose files are in `folder`, and keep what it scored unless it failed: it is trained again then.

    InputError: the held-out examples are not those that the card of the data tells.
    """
    finished = read_run(run, folder)
    probes = topic_probes.read(run.names["topic"])
    scores = score(finished, variant=run.names["variant"], asked=run.asked, probes=probes)
    calibrated = _calibrate(finished, run) if finished.record["status"] == "finished" else False
    is_of_key = _code_digest(run.names["topic"]) == run.code  # else it was edited, and this process has either
    if finished.record["status"] != "failed" and is_of_key:
        _keep(run, scores, calibrated=calibrated)
    return scores


def _calibrate(finished: FinishedRun, run: RunToScore) -> bool:
    """Whether the run has a temperature, which is fitted unless it is kept."""
    names = run.names
    found = calibration.of_run(names["run_key"], names["settings"], names["draw"], lambda: finished.model)
    return found is not None


def _keep(run: RunToScore, scores: RunScores, *, calibrated: bool = False) -> None:
    """Write two files, the one with the digest of the other last; NaN and infinity are kept as they are."""
    file = _file(run)
    write_items(file.with_suffix(".npz"), [(*run.place, scores.ids, scores.items)])
    rest = {name: value for name, value in vars(scores).items() if name not in ("ids", "items")}
    text = json.dumps(rest, default=lambda value: value.tolist())
    items = digest(file.with_suffix(".npz").read_bytes())
    write_sealed(file, {"scores": text, "items": items, "calibrated": calibrated})


def read_run(run: RunToScore, folder: Path) -> FinishedRun:
    """A run as its training left it in `folder`, with the data that it was trained on and the held-out examples."""
    settings, draw = run.names["settings"], run.names["draw"]
    training, test, of_data = _data(settings["data"], settings["view"], draw, run.test_digest)
    return FinishedRun(
        settings=settings,
        seed=run.names["seed"],
        record={**run.names, **read_json(folder / "run.json")},
        history=read_history(folder / "history.csv"),
        card=of_data,
        training=training,
        test=test,
        folder=folder,
    )


@lru_cache(maxsize=4)  # runs of a variant come one after another
def _data(data: str, view: str, draw: int, test_digest: str) -> tuple[Examples, Examples, dict[str, Any]]:
    test = prepared.test(data, draw, test_digest)
    return read_examples(paths.fit_split(data, view, draw)), test, read_sealed(paths.card(data, draw))


def _file(run: RunToScore) -> Path:
    run_key: str = run.names["run_key"]
    return paths.SCORES / run_key[:2] / run_key / f"{run.key[:32]}.json"
