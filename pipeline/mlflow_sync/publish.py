"""Bring MLflow in line with the files under data/, which are the truth it can be rebuilt from."""

import math
import shutil
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline import paths, plugins
from pipeline.mlflow_sync import client, images, masking, model_registry
from pipeline.mlflow_sync.client import Data, Experiment, Record
from pipeline.operations import lock
from pipeline.records import digest, read_history, read_json, read_rows
from pipeline.settings.plan import data_digest
from pipeline.training import objective

COUNTED = ("experiments", "comparisons", "runs", "points", "models")
LETTERS = 12  # of a digest in a tag
ROWS = 40  # of a table in a description


def publish(topics: Sequence[str] | None = None) -> dict[str, int]:
    """Write to MLflow what it lacks of the runs, scores and verdicts of `topics` (default: every planned one).

    Gives how many experiments, comparisons, runs, points (metric values) and versions of registered models are new;
    none if it was complete. client.Unreachable where MLflow cannot be used; another call goes on from there.
    """
    planned = [read_json(file) for file in sorted(paths.PLAN.glob("*.json"))]
    gathered = [_gather(plan) for plan in planned if topics is None or plan["topic"] in topics]
    wanted = [topic for topic in gathered if topic["runs"]]
    counts = Counter(dict.fromkeys(COUNTED, 0))
    if wanted:
        client.create()
        with lock.hold("mlflow", wait=True):
            for topic in wanted:
                counts.update(_publish(topic))
    return {name: counts[name] for name in COUNTED}


# What there is on disk of one topic


def _gather(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Everything under data/ about one topic; scores and claims only if they are of these very runs."""
    name = plan["topic"]
    runs = list(_runs(plan))
    missing = len(plan["variants"]) * len(plan["seeds"]) - len(runs)
    if missing:
        print(f"MLflow: {name}: {missing} runs are not there yet", file=sys.stderr)
    topic = {"name": name, "plan": plan, "runs": runs, "missing": missing, "comparison": comparison(runs)}
    return topic | _results(name, runs) | {"claims": _claims(name, runs), "question": question(name)}


def comparison(runs: Sequence[Mapping[str, Any]]) -> str:
    """Identity of a comparison: which variants, seeds, runs and settings it is made of."""
    facts = [[run["variant"], run["seed"], run["run_key"], run["settings"]] for run in runs]
    return digest(sorted(facts, key=lambda fact: fact[:2]))[:LETTERS]


def _runs(plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for variant in plan["variants"]:
        for seed in plan["seeds"]:
            folder = paths.run(plan["topic"], variant, seed)
            if (folder / "run.json").exists():
                run = read_json(folder / "run.json")
                history = read_history(folder / "history.csv") if (folder / "history.csv").exists() else []
                written = (folder / "run.json").stat().st_mtime
                yield {"started": written - (run.get("duration_s") or 0), **run, "history": history}


def _results(name: str, runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What evaluation says of these very runs; means, matrices and curves only if it says it of all of them."""
    folder = paths.results(name)
    scores: dict[tuple[str, ...], dict[str, float]] = {}
    for row in _rows(folder / "scores.csv"):
        found = scores.setdefault((row["variant"], row["seed"], row["run_key"]), {})
        if row["value"] and math.isfinite(float(row["value"])):
            found[row["metric"]] = float(row["value"])
    complete = bool(scores) and scores.keys() == {_place(run) for run in runs}
    files = {"metrics": "metrics.json", "confusion": "confusion.json"}
    extra = {key: read_json(folder / file) for key, file in files.items() if complete and (folder / file).exists()}
    series: dict[tuple[str, str], list[tuple[str, float, int]]] = {}
    for row in _rows(folder / "series.csv") if complete else []:
        if row["value"] and math.isfinite(float(row["value"])) and float(row["at"]).is_integer():
            point = (f"series/{row['series']}", float(row["value"]), int(float(row["at"])))
            series.setdefault((row["variant"], row["seed"]), []).append(point)
    return {"scores": scores, "complete": complete, "metrics": {}, "confusion": {}, "series": series} | extra


def _rows(file: Path) -> list[dict[str, str]]:
    return read_rows(file) if file.exists() else []


def _place(run: Mapping[str, Any]) -> tuple[str, str, str]:
    return run["variant"], str(run["seed"]), run["run_key"]


def _claims(name: str, runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    file = paths.CLAIMS
    rows = [row for row in read_json(file) if row["topic"] == name] if file.exists() else []
    keys = {run["run_key"] for run in runs}
    return [row for row in rows if {*row["runs"]["better"], *row["runs"]["worse"]} <= keys]


def question(name: str) -> str:
    """What a topic asks; nothing for one that is gone."""
    if name not in plugins.names("topics"):
        return ""
    asked: str = plugins.load("topics", name).TOPIC.question
    return asked


# What MLflow should hold of it


def _publish(topic: Mapping[str, Any]) -> Counter[str]:
    experiment = Experiment(topic["name"], topic["question"], topic["comparison"])
    best = None if topic["missing"] else model_registry.best(topic["runs"])
    parent = _parent(topic, best)
    parent_id = experiment.keep_parent(parent)
    for run in topic["runs"]:
        known = topic["scores"].get(_place(run)), topic["series"].get((run["variant"], str(run["seed"])), ())
        record = child(run, topic["comparison"], parent_id, *known)
        experiment.keep(record)
        if run["seed"] == topic["plan"]["seeds"][0]:
            _keep_samples(experiment, record, run)
        if run is best:
            _keep_best(experiment, record, run, topic["runs"])
    if topic["complete"]:
        _keep_figures(experiment, parent, topic)
    experiment.close(parent)
    return experiment.counts


def _parent(topic: Mapping[str, Any], best: Mapping[str, Any] | None) -> Record:
    runs, plan = topic["runs"], topic["plan"]
    tags = {"comparison": topic["comparison"], "topic": topic["name"], "profile": plan["profile"]}
    tags |= {f"claim.{row['name']}": row["verdict"] for row in topic["claims"]}
    return Record(
        name=title(plan, runs),
        tags=tags | {client.NOTE: _description(topic, best)},
        started=min(run["started"] for run in runs),
        ended=max(run["started"] + (run.get("duration_s") or 0) for run in runs),
    )


def title(plan: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> str:
    """Name of a comparison's parent run."""
    variants, seeds = {run["variant"] for run in runs}, {run["seed"] for run in runs}
    return f"{plan['profile']}, {len(variants)} variants x {len(seeds)} seeds"


def child(
    run: Mapping[str, Any],
    comparison: str,
    parent_id: str,
    scores: Mapping[str, float] | None = None,
    series: Sequence[tuple[str, float, int]] = (),
) -> Record:
    """A finished run as MLflow should hold it; `scores` and `series` are what evaluation found, if it has been."""
    history = points(run["history"])
    mark = digest([history, run["status"], run.get("parameters")])[:LETTERS]
    found = {f"test/{metric}": value for metric, value in (scores or {}).items()}
    return Record(
        name=f"{run['variant']} seed {run['seed']}",
        tags=_tags(run) | {"comparison": comparison, client.PARENT: parent_id, client.MARK: mark},
        started=run["started"],
        ended=run["started"] + (run.get("duration_s") or 0),
        status="FINISHED" if run["status"] == "finished" else "FAILED",
        params=masking.flat({**run["settings"], "seed": run["seed"], "parameters": run.get("parameters")}),
        history=history,
        scores=_summary(run) | _cost(run) | found,
        series=series,
        data=_data(run, evaluated=bool(scores)),
    )


def _cost(run: Mapping[str, Any]) -> dict[str, float]:
    """Seconds and memory that the run took."""
    told = {"cost/duration_s": run.get("duration_s"), "cost/peak_memory_mb": run.get("peak_memory_mb")}
    return {name: float(value) for name, value in told.items() if value}


def _tags(run: Mapping[str, Any]) -> dict[str, str]:
    names = ("topic", "variant", "seed", "run_key", "git_commit", "data_digest", "profile", "status", "device")
    tags = {name: run.get(name) for name in (*names, "precision", "threads", "host", "processor")}
    tags |= {f"version.{library}": version for library, version in (run.get("versions") or {}).items()}
    tags["mlflow.source.git.commit"] = (run.get("git_commit") or "").rstrip("+")
    tags["reason"] = masking.masked(run["reason"]) if run.get("reason") else None
    return {name: str(value) for name, value in tags.items() if value not in (None, "")}


def points(history: Sequence[Mapping[str, float]]) -> list[tuple[str, float, int]]:
    """(name, value, epoch) of each finite number: MLflow has no chart for the others."""
    return [
        (_metric(column), value, int(row["epoch"]))
        for row in history
        for column, value in row.items()
        if column != "epoch" and math.isfinite(value)
    ]


def _metric(column: str) -> str:
    """The part before the slash is a section of charts in MLflow's UI."""
    return f"validation/{column.removeprefix('val_')}" if column.startswith("val_") else f"training/{column}"


def _summary(run: Mapping[str, Any]) -> dict[str, float]:
    """Best epoch, and the gap between validation and training objective there and in the last epoch."""
    history, best = run["history"], run.get("best_epoch")
    found = {"best_epoch": float(best)} if best else {}
    rows = [("gap/best_epoch", row) for row in history if row["epoch"] == best]
    rows += [("gap/last_epoch", history[-1])] if history else []
    column = objective.name(history)
    gaps = {name: row[f"val_{column}"] - row[column] for name, row in rows if column}
    return found | {name: gap for name, gap in gaps.items() if math.isfinite(gap)}


def _data(run: Mapping[str, Any], evaluated: bool) -> list[Data]:
    """The splits that a run has read, unless the data has been prepared anew since."""
    name, view = run["settings"]["data"], run["settings"]["view"]
    card = read_json(paths.card(name)) if paths.card(name).exists() else None
    if not card or view not in card["views"] or data_digest(card, view) != run["data_digest"]:
        return []
    splits = {"training": (view, paths.fit_split(name, view), card["views"][view])}
    for part, file in (("validation", paths.validation_split(name)), ("test", paths.test_split(name))):
        splits[part] = (part, file, {"digest": card["digests"][part], "counts": card["counts"][part]})
    return [
        Data(
            name=f"{name}/{title}",
            digest=facts["digest"],
            context=context,
            place=str(file.relative_to(paths.DATA.parent)),
            shape=(sum(facts["counts"]), *card["shape"]),
            counts=tuple(facts["counts"]),
        )
        for context, (title, file, facts) in splits.items()
        if context != "test" or evaluated
    ]


# What people read and see


def _description(topic: Mapping[str, Any], best: Mapping[str, Any] | None) -> str:
    parts = [topic["question"], _verdicts(topic["claims"]), _means(topic["plan"]["metrics"], topic["metrics"])]
    parts += [_best(best)] if best else []
    return "\n\n".join(part for part in parts if part) or f"Comparison {topic['comparison']}"


def _best(run: Mapping[str, Any]) -> str:
    place = f"models:/{model_registry.name(run['topic'])}@{client.BEST}"
    value = _number(model_registry.reached(run))
    return f"Best model by validation: {run['variant']} seed {run['seed']} ({value}), registered as `{place}`."


def _verdicts(claims: Sequence[Mapping[str, Any]]) -> str:
    def said(row: Mapping[str, Any], name: str) -> str:
        return _number(row[name], "+")

    rows = [
        f"| {row['claim']} | **{row['verdict']}** | {row['metric']}, {row['better']} against {row['worse']}:"
        f" {said(row, 'difference')} [{said(row, 'ci_low')}, {said(row, 'ci_high')}] | {_number(row['margin'])} |"
        for row in claims[:ROWS]
    ]
    return _table("| claim | verdict | difference (interval) | margin |", rows)


def _means(metrics: Sequence[str], means: Mapping[str, Mapping[str, Any]]) -> str:
    """Every variant's mean of the topic's first metric, with its interval."""
    metric = metrics[0] if metrics else ""
    rows = [
        f"| {variant} | {_number(found['mean'])} [{_number(found['ci_low'])}, {_number(found['ci_high'])}]"
        f" | {found['n']} | {found['failed']} |"
        for variant, scores in list(means.items())[:ROWS]
        if (found := scores.get(metric))
    ]
    return _table(f"| variant | {metric} (interval) | runs | failed |", rows)


def _table(head: str, rows: Sequence[str]) -> str:
    return "\n".join([head, "| --- " * (head.count("|") - 1) + "|", *rows]) if rows else ""


def _number(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.4g}"


def _keep_best(
    experiment: Experiment, record: Record, run: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]
) -> None:
    """Register the topic's best model, unless it is."""
    name = model_registry.name(run["topic"])
    if experiment.is_best(name, run["run_key"]):
        return
    with model_registry.packed(run, experiment.run_id(record)) as folder:
        if folder:
            experiment.make_best(record, name, model_registry.described(run, runs), model_registry.tags(run), folder)


def _keep_samples(experiment: Experiment, record: Record, run: Mapping[str, Any]) -> None:
    """The looks at a generator's samples, where MLflow's charts find images with a slider for the epoch."""
    file = paths.run(run["topic"], run["variant"], run["seed"]) / "samples.npz"
    if not file.exists() or experiment.tag(record, client.IMAGES):
        return
    import numpy as np

    with np.load(file, allow_pickle=False) as arrays, tempfile.TemporaryDirectory() as made:
        frames = images.sheets(arrays["images"])
        for epoch, frame in zip(arrays["epochs"].tolist(), frames, strict=True):
            name = uuid.UUID(digest([run["run_key"], epoch])[:32])  # MLflow draws one: this is the same each time
            place = Path(made) / f"samples+step+{epoch}+timestamp+{int(record.ended * 1000)}+{name}"
            frame.save(f"{place}.png")
            frame.save(f"{place}+compressed.webp")
        images.animate(frames, Path(made) / "samples.gif")
        experiment.keep_folder(record, Path(made), "images", client.IMAGES, "True")


def _keep_figures(experiment: Experiment, parent: Record, topic: Mapping[str, Any]) -> None:
    """The report's pictures of the topic, and the confusion matrices of its variants, on the parent."""
    name = topic["name"]
    pictures = {file.name.removeprefix(f"{name}_"): file for file in _pictures(name)} if topic["claims"] else {}
    parts = {shown: digest(file.read_bytes()) for shown, file in pictures.items()}
    mark = digest([parts, topic["confusion"]])[:LETTERS]
    matrices = images.confusions(topic["confusion"]) if experiment.tag(parent, "figures") != mark else None
    if experiment.tag(parent, "figures") == mark or not (pictures or matrices):
        return
    with tempfile.TemporaryDirectory() as made:
        for shown, file in pictures.items():
            shutil.copyfile(file, Path(made) / shown)
        if matrices:
            matrices.save(Path(made) / "confusion.png")
        experiment.keep_folder(parent, Path(made), "figures", "figures", mark)


def _pictures(topic: str) -> list[Path]:
    """The report's picture files of a topic, not those of another one whose name goes on."""
    others = [other for other in plugins.names("topics") if other != topic and other.startswith(topic)]
    found = sorted(paths.PICTURES.glob(f"{topic}_*.svg"))
    return [file for file in found if not file.name.startswith(tuple(f"{other}_" for other in others))]
