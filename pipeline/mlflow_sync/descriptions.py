"""What people read in MLflow: the description of a comparison, and that of a registered model."""

from collections.abc import Mapping, Sequence

from pipeline import plugins
from pipeline.mlflow_sync import mlflow_run, model_registry, own_package
from pipeline.mlflow_sync.gather import RecordedRun, TopicFiles
from pipeline.new_data import Field
from pipeline.report import class_names
from pipeline.report.formatting import cell
from pipeline.result_rows import ClaimRow, MetricSummary
from pipeline.scoring import calibration
from pipeline.training import objective
from pipeline.training.best_run import reached

ROWS = 40  # of a table
MOST_FIELDS = 12
ANSWERS = {
    "classify": "logits of {outputs} classes, (examples, {outputs}): their softmax is the probabilities",
    "regress": "numbers, (examples, {outputs})",
    "tag": "logits of {outputs} tokens at each step, (examples, steps, {outputs}): their softmax is the probabilities",
}


def of_comparison(topic: TopicFiles, best: RecordedRun | None) -> str:
    """Question, verdicts, means and best model of a topic, as Markdown."""
    parts = [topic.question, _verdicts(topic.claims), _means(topic.plan["metrics"], topic.means)]
    parts += [_best(best, topic.comparison)] if best else []
    return "\n\n".join(part for part in parts if part) or f"Comparison {topic.comparison}"


def of_model(run: RecordedRun, runs: Sequence[RecordedRun]) -> str:
    """How the model of `run` was chosen among `runs`, and what it answers."""
    data, column = run["settings"]["data"], objective.name(run["history"]) or ""
    rivals = sum(other["status"] == "finished" and other["settings"]["data"] == data for other in runs)
    answer = _answer(run)
    return (
        f"{run['variant']} seed {run['seed']}: validation {column.replace('_', '-')}"
        f" {reached(run):.4g}, the lowest of {rivals} finished runs on {data}."
        f" Test scores had no part in the choice.\n\nIt answers {answer}.{_classes(run)}"
    )


def _answer(run: RecordedRun) -> str:
    if not own_package.is_for(run):
        return ANSWERS[plugins.scored_as(run["settings"]["task"])].format(outputs=run["outputs"])
    found = calibration.kept(run["run_key"])
    if found is None:
        return f"{_raw(run)} a number, `predicted`"
    return (
        f"{_raw(run)} a class, `predicted`, and each class's probability, p(class), after a"
        f" temperature of {found['temperature']:.3f}, fitted on {found['examples']} validation examples"
    )


def _raw(run: RecordedRun) -> str:
    """What is sent, by name, type and shape."""
    fields = own_package.fields(run)
    shown = [f"`{cell(field.name)}` ({_type(field)})" for field in fields[:MOST_FIELDS]]
    more = f" and {len(fields) - MOST_FIELDS} more, all in the signature" if len(fields) > MOST_FIELDS else ""
    return f"raw data, {', '.join(shown)}{more}, with"


def _type(field: Field) -> str:
    if field.shape is None:
        return "the bytes of a picture's file" if field.type == "binary" else field.type
    return f"{field.type}, ({', '.join(map(str, ('examples', *field.shape)))})"


def _classes(run: RecordedRun) -> str:
    """Which class each output is of, where classes have names."""
    names = [f"{code} {cell(name)}" for code, name in enumerate(class_names.shown(mlflow_run.classes_of(run)))]
    more = f" and {len(names) - ROWS} more, whole in the tag {mlflow_run.CLASSES}" if len(names) > ROWS else ""
    return f" Its classes are {', '.join(names[:ROWS])}{more}." if names else ""


def _best(run: RecordedRun, comparison: str) -> str:
    name, value = model_registry.name(run["topic"]), _number(reached(run))
    return (
        f"Best model by validation: {run['variant']} seed {run['seed']} ({value}), registered as"
        f" `models:/{name}@{model_registry.alias(comparison)}`; the best of all comparisons is"
        f" `models:/{name}@{model_registry.BEST}`."
    )


def _verdicts(claims: Sequence[ClaimRow]) -> str:
    rows = [
        f"| {row['claim']} | **{row['verdict']}** | {row['metric']}, {row['better']} against {row['worse']}:"
        f" {_number(row['difference'], '+')} [{_number(row['ci_low'], '+')}, {_number(row['ci_high'], '+')}]"
        f" | {_number(row['margin'])} |"
        for row in claims[:ROWS]
    ]
    return _table("| claim | verdict | difference (interval) | margin |", rows)


def _means(metrics: Sequence[str], means: Mapping[str, Mapping[str, MetricSummary]]) -> str:
    """Every variant's mean of the topic's first metric, with its interval."""
    metric = metrics[0] if metrics else ""
    rows = [
        f"| {variant} | {_number(mean['mean'])} [{_number(mean['ci_low'])}, {_number(mean['ci_high'])}]"
        f" | {mean['n']} | {mean['failed']} |"
        for variant, by_metric in list(means.items())[:ROWS]
        if (mean := by_metric.get(metric))
    ]
    return _table(f"| variant | {metric} (interval) | runs | failed |", rows)


def _table(head: str, rows: Sequence[str]) -> str:
    return "\n".join([head, "| --- " * (head.count("|") - 1) + "|", *rows]) if rows else ""


def _number(value: float | None, sign: str = "") -> str:
    return "–" if value is None else f"{value:{sign}.4g}"
