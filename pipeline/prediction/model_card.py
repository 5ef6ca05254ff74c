"""The card of a topic's best model, in Markdown: what it is of, how it was chosen, what it scores, where it ends."""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline import freshness, paths
from pipeline.errors import InputError
from pipeline.freshness import TopicState
from pipeline.prediction import answers
from pipeline.prediction.chosen import Chosen, choose
from pipeline.records import read_json, read_rows
from pipeline.report import claims, formatting, metric_words
from pipeline.report.language import LANGUAGES, Said, Voice, phrase, word
from pipeline.result_rows import ClaimRow
from pipeline.scoring import calibration
from pipeline.settings import outside_files
from pipeline.settings.held_out import FEWEST, LOOK
from pipeline.settings.params import DataSettings, Settings
from pipeline.spoken import asked
from pipeline.training import best_run, objective

LICENCE = re.compile(r"^\|\s*licence of the data\s*\|\s*(.+?)\s*\|$", re.M)
MOST_CLASSES = 40
FEW_SEEDS = 6


def card(settings: Settings, topic: str, judged: Sequence[ClaimRow]) -> str:
    """The card, in the language of the terminal; `judged` are the present verdicts.

    InputError: a plan, runs or scores that are not current.
    """
    chosen = choose(settings, topic)
    state = freshness.state(settings, chosen.plan)
    if state.scores != "current":
        told = freshness.SCORES_IN_WORDS[state.scores]
        raise InputError(
            f"data/results/{topic}: given {told}, allowed those of now: run `dvc repro`, or"
            f" `python -m pipeline evaluate {topic}` first"
        )
    rows = [row for row in judged if row["topic"] == topic]
    page = {
        "state": state,
        "run": chosen.run,
        "card": chosen.card,
        "chosen": chosen,
        "validation": {"name": objective.name(chosen.run["history"]), "value": best_run.reached(chosen.run)},
        "started": time.strftime("%Y-%m-%d", time.gmtime(chosen.run["started"])),
        "classes": _classes(chosen.card),
        "most_classes": MOST_CLASSES,
        "question": claims.questions(state.topic),
        "titles": {"en": state.topic.title, "es": state.topic.titulo or state.topic.title},
        "scores": _scores(state, chosen),
        "claims": [_claim(state, row) for row in rows],
        "calibration": calibration.kept(chosen.run["run_key"]),
        "limits": list(_limits(state, chosen, rows)),
        "licence": _licence(chosen.data, chosen.card),
        "split": chosen.data.split,
        "redraw": chosen.data.redraw,
    }
    voice = Voice(asked(settings.language))
    named = {"metric": lambda name: metric_words.words(name, voice.language).name}
    return formatting.render("model_card.md.j2", page, voice, **named)


def _claim(state: TopicState, row: ClaimRow) -> dict[str, Any]:
    """A row with its difference in words, and what it claims in each language."""
    said = {claim.name: claims.sentences(claim) for claim in state.topic.claims}
    sentences = said.get(row["name"], dict.fromkeys(LANGUAGES, row["claim"]))
    return {**row, "text": formatting.difference(row), "sentences": sentences}


def _classes(of_data: Any) -> list[tuple[str, list[int]]]:
    """(class, examples in training, validation and test) in the order of their codes; none for numbers."""
    counts = [of_data["counts"][part] for part in ("train", "validation", "test")]
    names = answers.names(of_data) if of_data["classes"] else []
    return [(name, [part[code] for part in counts]) for code, name in enumerate(names)]


def _scores(state: TopicState, chosen: Chosen) -> list[dict[str, Any]]:
    """A row a metric: the variant's mean over seeds with its interval, this run's own, that of a constant answer."""
    folder, variant = paths.results(state.name), chosen.run["variant"]
    constant = read_json(folder / "trivial.json").get(variant, {})
    place = (variant, str(chosen.run["seed"]))
    rows = [row for row in read_rows(folder / "scores.csv") if (row["variant"], row["seed"]) == place]
    own = {row["metric"]: row["value"] for row in rows}
    return [
        {
            "metric": metric,
            **summary,
            "interval": formatting.spread(summary["ci_low"], summary["ci_high"]),
            "own": float(own[metric]) if own.get(metric) else None,
            "constant": constant.get(metric),
        }
        for metric, summary in read_json(folder / "metrics.json")[variant].items()
    ]


def _limits(state: TopicState, chosen: Chosen, rows: Sequence[ClaimRow]) -> Iterator[Said]:
    """What the numbers above do not carry, a sentence each."""
    of_data: Any = chosen.card
    seeds = len(state.plan["seeds"])
    if state.plan["profile"] == LOOK:
        yield phrase(
            "Trained in the profile {profile}, for a look at how it goes: none of these numbers is worth the name.",
            profile=LOOK,
        )
    elif seeds < FEW_SEEDS:
        yield phrase("Scores are means over {seeds} seeds: their intervals are wide, or too narrow.", seeds=seeds)
    for name, counts in _classes(of_data):
        if counts[2] < FEWEST:
            told: dict[str, Any] = {"name": name, "count": counts[2], "fewest": FEWEST}
            yield phrase("Class {name} has {count} test examples: fewer than {fewest} cannot tell its recall.", **told)
    if twice := of_data["duplicates_across_splits"]:
        yield phrase("{count} different inputs are in more than one part of the split.", count=twice)
    for part, gaps in of_data.get("gaps", {}).items():
        unseen = {name: counts["unseen"] for name, counts in gaps.items() if counts.get("unseen")}
        for name, count in unseen.items():
            told = {"count": count, "name": name, "part": word(part)}
            yield phrase("{count} cells of {name} in the {part} part have words that training has not.", **told)
    for metric in dict.fromkeys(row["metric"] for row in rows if chosen.run["variant"] in row["baseline"]):
        named = word(metric.replace("_", " "))
        yield phrase("By {metric} the variant is no better than a constant answer.", metric=named)
    undecided = sum(row["verdict"] == "undecided" for row in rows)
    if undecided:
        told = {"count": undecided, "all": len(rows)}
        yield phrase("{count} of {all} claims are undecided: other seeds may turn them either way.", **told)
    yield phrase("It was tried on data of the same origin alone: data from elsewhere, or of another time, may differ.")


def _licence(data: DataSettings, of_data: Any) -> str | None:
    """What a card beside the file says of the licence; None: there is none, or it does not say."""
    places = [*outside_files.named(data), *(paths.RAW / name for name in of_data["raw"])]
    for place in places:
        beside = place.with_name(f"{place.stem}.card.md")
        found = LICENCE.search(beside.read_text("utf-8", "replace")) if beside.is_file() else None
        if found:
            return found[1]
    return None
