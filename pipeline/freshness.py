"""Decide whether what lies under data/ is of the present settings, code and data: the one place that does."""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Literal, cast

from pipeline import paths, prepared
from pipeline.contracts import Plan, RunRecord
from pipeline.errors import InputError
from pipeline.records import digest, read_json, read_sealed
from pipeline.settings.params import Settings
from pipeline.settings.plan import card, code_digest, current
from pipeline.spoken import tell_each
from pipeline.training import integrity
from pipeline.verdicts.topic import Topic

if TYPE_CHECKING:
    from pipeline.contracts import PlannedVariant
    from pipeline.training.run import RunSpec

# current: made from what is now. stale: from other settings, code or data. foreign: by another profile. missing: not
# there, or too damaged to tell.
Standing = Literal["current", "stale", "foreign", "missing"]
RunPlace = tuple[str, int]  # variant, seed

RUNS_IN_WORDS: dict[Standing, str] = {
    "missing": "not trained, or damaged",
    "stale": "of other settings, code, data, libraries or device",
    "foreign": "of another profile",
}
SCORES_IN_WORDS: dict[Standing, str] = {
    "missing": "no scores",
    "stale": "scores of other runs, data or code",
    "foreign": "scores of another profile",
}
# Code that what a sweep has come to is made by, beside its topic's probes and what its runs' keys have: what asks for
# trials, scores them by validation, and compares the best on test data.
OF_SWEEPS = (
    *("settings/sweep_space.py", "training/best_run.py", "verdicts"),
    *(f"sweeps/{name}.py" for name in ("asking", "finals", "runs", "search", "trials")),
)
WITHOUT_TOPICS = "params.yaml: topics: given none, allowed one or more: bring a block under topics: back"


@dataclass(frozen=True, kw_only=True)
class TopicState:
    """A planned topic: what it asks, the records of its current runs, how its other runs and its scores stand."""

    topic: Topic
    plan: Plan
    records: dict[RunPlace, RunRecord]
    others: dict[RunPlace, Standing]
    scores: Standing

    @property
    def name(self) -> str:
        """Name of the topic."""
        return self.plan["topic"]

    def seconds(self) -> dict[str, float]:
        """{variant: median seconds that its current runs took}."""
        of_variant: dict[str, list[float]] = {}
        for (variant, _), record in self.records.items():
            of_variant.setdefault(variant, []).append(record["duration_s"])
        return {variant: median(seconds) for variant, seconds in of_variant.items()}

    def reason(self) -> str:
        """What is not current, in words; empty where everything is."""
        if self.scores == "current":
            return ""
        if self.others:
            planned = len(self.records) + len(self.others)
            return f"{_in_words(self.others, planned)}: `python -m pipeline train {self.name}`"
        return f"{SCORES_IN_WORDS[self.scores]}: `python -m pipeline evaluate {self.name}`"


def _in_words(others: dict[RunPlace, Standing], planned: int) -> str:
    counts: Counter[Standing] = Counter(others.values())
    told = [f"{counts[standing]} {words}" for standing, words in RUNS_IN_WORDS.items() if counts[standing]]
    return f"{', '.join(told)} (of {planned} planned runs)"


def planned(settings: Settings) -> list[TopicState]:
    """The topics whose plans are current, in order; what is not current is named on stderr. InputError: none is."""
    found, reasons = [], []
    for topic in settings.topics:
        try:
            found.append(state(settings, current(settings, topic)))
        except InputError as error:
            reasons.append(f"{topic}: left out: {error}")
    if not found:
        raise InputError(reasons[0].split(": left out: ")[1] if reasons else WITHOUT_TOPICS)
    stale = (f"{state.name}: left out: {state.reason()}" for state in found if state.reason())
    tell_each([*reasons, *stale], file=sys.stderr)
    return found


def evaluated(settings: Settings) -> list[TopicState]:
    """As `planned`; InputError as well where no topic has scores that are current: there is nothing to show."""
    states = planned(settings)
    if not any(state.scores == "current" for state in states):
        raise InputError(
            "data/results: given no scores that are current, allowed those of a topic or more: `dvc repro`"
        )
    return states


def state(settings: Settings, plan: Plan) -> TopicState:
    """How the files under data/ of one topic stand, whose current plan this is."""
    records, others = runs(plan)
    scores = _scores_standing(settings, plan, records, others)
    topic = settings.topics[plan["topic"]].topic
    return TopicState(topic=topic, plan=plan, records=records, others=others, scores=scores)


def runs(plan: Plan) -> tuple[dict[RunPlace, RunRecord], dict[RunPlace, Standing]]:
    """Records of the runs under data/runs that are the plan's, and how the plan's other runs stand."""
    from pipeline.training.run import run_specs

    records: dict[RunPlace, RunRecord] = {}
    others: dict[RunPlace, Standing] = {}
    for spec in run_specs(plan):
        record = _record(paths.run(spec.topic, spec.variant, spec.seed), spec.run_key)
        if record and _is_of(record, spec):
            records[spec.variant, spec.seed] = cast(RunRecord, record)
        else:
            others[spec.variant, spec.seed] = _standing(record, plan["profile"])
    return records, others


def _is_of(record: dict[str, Any], spec: "RunSpec") -> bool:
    """Whether it is that run, on the data that it is planned on: a run's key leaves out what these are called."""
    settings = record.get("settings")
    same = isinstance(settings, dict) and all(settings.get(name) == spec.settings[name] for name in ("data", "view"))
    return same and record.get("run_key") == spec.run_key


def _record(folder: Path, run_key: str) -> dict[str, Any] | None:
    """What run.json says; None if it cannot be read, or if it is of the run of that key and its files are damaged."""
    try:
        record = read_json(folder / "run.json")
    except (FileNotFoundError, NotADirectoryError, InputError):
        return None
    if not isinstance(record, dict):
        return None
    is_damaged = record.get("run_key") == run_key and integrity.fault(folder, run_key) is not None
    return None if is_damaged else record


def _standing(origin: dict[str, Any] | None, profile: str) -> Standing:
    """Of what was made from `origin`, which is not what is planned now."""
    if origin is None or not isinstance(origin.get("profile"), str):
        return "missing"
    return "stale" if origin.get("profile") == profile else "foreign"


def _scores_standing(
    settings: Settings, plan: Plan, records: dict[RunPlace, RunRecord], others: dict[RunPlace, Standing]
) -> Standing:
    try:
        origin = read_sealed(paths.origin(plan["topic"]))
    except (FileNotFoundError, NotADirectoryError, InputError):
        return "missing"
    if others or origin.get("key") != scores_key(settings, plan, records):
        return _standing(origin, plan["profile"])
    return "current" if origin.get("files") == result_digests(paths.results(plan["topic"])) else "missing"


def scores_key(settings: Settings, plan: Plan, records: dict[RunPlace, RunRecord]) -> str:
    """Digest of all that the files under data/results/<topic> are made from: runs, held-out data, metrics, code."""
    from pipeline.scoring.scored_runs import runs_to_score

    return digest([[*run.place, records[run.place]["status"], run.key] for run in runs_to_score(settings, plan)])


def origin(settings: Settings, plan: Plan, records: dict[RunPlace, RunRecord]) -> dict[str, Any]:
    """What origin.json tells of the other files of a topic's results, once they are all there."""
    key, files = scores_key(settings, plan, records), result_digests(paths.results(plan["topic"]))
    return {"topic": plan["topic"], "profile": plan["profile"], "key": key, "files": files}


def result_digests(folder: Path) -> dict[str, str]:
    """{name: SHA-256} of the files of a topic's results, but for origin.json, which holds them."""
    files = sorted(file for file in folder.glob("*") if file.is_file() and file.name != "origin.json")
    return {file.name: digest(file.read_bytes()) for file in files if not file.name.endswith(".draft")}


def sweep_code(topic: str) -> str:
    """Digest of the code that a sweep of this topic asks, scores and compares by, as the files are now."""
    from pipeline.scoring.scored_runs import SCORING

    own = paths.PACKAGE / "topics" / topic  # not there: it has claims in params.yaml alone
    places = [*(paths.PACKAGE / place for place in (*SCORING, *OF_SWEEPS)), *([own] if own.is_dir() else [])]
    files = [file for place in places for file in (sorted(place.rglob("*.py")) if place.is_dir() else [place])]
    return digest([code_digest(file.read_text("utf-8")) for file in files])


def published_profile() -> str | None:
    """The profile of the results under data/published; None without any. InputError: they are not as published."""
    file = paths.PUBLISHED / "origin.json"
    if not file.exists():
        return None
    origin = read_sealed(file)
    found, known = published_digests(paths.PUBLISHED), origin.get("files", {})
    other = [name for name in sorted(found.keys() | known.keys()) if found.get(name) != known.get(name)]
    if other:
        told = f"given other bytes of {', '.join(other[:3])}{' and more' if len(other) > 3 else ''} than were published"
        raise InputError(f"data/published: {told}, allowed those in git: `git restore data/published`")
    return str(origin["profile"])


def published_digests(folder: Path) -> dict[str, str]:
    """{path below `folder`: SHA-256} of all published files, but for origin.json, which holds them."""
    files = sorted(file for file in folder.rglob("*") if file.is_file() and file != folder / "origin.json")
    return {file.relative_to(folder).as_posix(): digest(file.read_bytes()) for file in files}


def require_runs(plan: Plan) -> dict[RunPlace, RunRecord]:
    """Records of all runs of the plan. InputError: some are missing, or of other settings, code, data or profile."""
    records, others = runs(plan)
    if others:
        told = _in_words(others, len(records) + len(others))
        raise InputError(
            f"data/runs/{plan['topic']}: given {told}, allowed those of the plan only: run `dvc repro`, or"
            f" `python -m pipeline train {plan['topic']}` first"
        )
    return records


def require_examples(settings: Settings, plan: Plan, *, test: bool) -> None:
    """Refuse prepared examples whose bytes are not those that their card tells (InputError)."""
    views: dict[tuple[str, int], set[str]] = {}  # by data set and draw
    for variant in plan["variants"].values():
        for draw in _draws(variant):
            views.setdefault((variant["settings"]["data"], draw), set()).add(variant["settings"]["view"])
    for (name, draw), of_draw in sorted(views.items()):
        known = card(settings.data[name], draw)
        prepared.validation(name, draw, known["digests"]["validation"])
        for view in sorted(of_draw):
            prepared.read(paths.fit_split(name, view, draw), known["views"][view]["digest"], name)
        if test:
            prepared.test(name, draw, known["digests"]["test"])


def _draws(variant: "PlannedVariant") -> list[int]:
    """The draws of its data that the runs of a variant learn from, in order."""
    return sorted(set(variant["draws"].values()))
