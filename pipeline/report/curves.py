"""Training and validation curves of a topic: what they are drawn from, and what they say in words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from pipeline import paths
from pipeline.contracts import History
from pipeline.report import many, plots, svg
from pipeline.report.facts import Run, TopicFacts
from pipeline.report.formatting import count, number
from pipeline.report.language import Said, phrase
from pipeline.report.lines import mean_line
from pipeline.report.plots import CurvePanel, Line
from pipeline.training import objective

OBJECTIVE_WORDS = {"cross_entropy": phrase("cross-entropy (nats)"), "squared_error": phrase("squared error")}


class Fit(TypedDict):
    """Mean curves in numbers: the epoch in which validation is `best`, both objectives at the end and their gap."""

    epoch: int
    best: float
    gap: float
    epochs: int
    training: float
    validation: float


class CurvePicture(TypedDict):
    """A variant's curves as a picture, in words (`alt`) and in numbers."""

    variant: str
    fit: Fit | None
    svg: str
    alt: str


class CurveGroup(TypedDict):
    """All pictures of one objective; `log` where one of them has an axis in powers of ten."""

    objective: str
    panels: list[CurvePicture]
    log: bool


def pictures(facts: TopicFacts) -> list[CurveGroup]:
    """One group per objective; each has one picture per variant. All of them are saved as one file, too."""
    panels = list(_panels(facts))
    if not panels:
        return []
    name = f"{facts.name}_curves"
    svg.save(plots.overfitting_grid(panels), paths.PICTURES / f"{name}.svg")
    drawn = list(zip(panels, svg.inlined(plots.overfitting_panels(panels), name), strict=True))
    logarithmic = {panel["objective"] for panel in panels if plots.reaches_far(plots.group_of(panel, panels))}
    return [
        {
            "objective": words,
            "panels": [_picture(panel, picture) for panel, picture in drawn if panel["objective"] == words],
            "log": words in logarithmic,
        }
        for words in dict.fromkeys(panel["objective"] for panel in panels)
    ]


def _picture(panel: CurvePanel, picture: str) -> CurvePicture:
    fit = fitted(panel["curves"])
    return {"variant": panel["title"], "fit": fit, "svg": picture, "alt": _in_words(panel, fit)}


def _panels(facts: TopicFacts) -> Iterator[CurvePanel]:
    """What the curves of each variant are drawn from; a variant without an objective has none."""
    for variant, item in facts.plan["variants"].items():
        runs = facts.runs[variant]
        name = next((name for run in runs if (name := objective.name(run["history"]))), "cross_entropy")
        curves = [row for row in facts.curves if row["variant"] == variant]
        histories = [objective.curve(run["history"]) for run in runs]
        if any(histories) or any(row["objective"] for row in curves):
            yield {
                "title": variant,
                "group": item["settings"]["data"],
                "objective": OBJECTIVE_WORDS[name],
                "curves": curves,
                "histories": many.some(histories),
                "bands": _bands([history for run, history in zip(runs, histories, strict=True) if _is_whole(run)]),
            }


def _is_whole(run: Run) -> bool:
    return run["status"] == "finished" and bool(run["history"])


def _bands(histories: Sequence[History]) -> dict[str, Line]:
    """{split: line}: 95 % t-intervals of the mean over finished runs, as far as all of them went."""
    if len(histories) < 2:
        return {}
    epochs = range(min(map(len, histories)))
    return {
        split: mean_line([at + 1.0 for at in epochs], [[history[at][column] for history in histories] for at in epochs])
        for split, column in plots.SPLITS.items()
    }


def fitted(curves: Sequence[Mapping[str, str]]) -> Fit | None:
    """Best and last epoch of the mean curves of one variant (rows of curves.csv); None without a finite objective."""
    lowest = plots.best(curves)
    if lowest is None:
        return None
    last = {row["split"]: row for row in sorted(curves, key=lambda row: int(row["epoch"]))}
    training, validation = (float(last[split]["objective"]) for split in ("training", "validation"))
    return {
        "epoch": lowest[0],
        "best": lowest[1],
        "gap": round(validation - training, 4) + 0.0,  # -0.0 would be shown with its sign
        "epochs": int(last["validation"]["epoch"]),
        "training": training,
        "validation": validation,
    }


def _in_words(panel: CurvePanel, fit: Fit | None) -> Said:
    names = {"variant": panel["title"], "objective": panel["objective"]}
    title = phrase("Training and validation curves of {variant}, {objective} by epoch", **names)
    if fit is None:
        return phrase("{title}: no mean curve.", title=title)
    return phrase(
        "{title}: validation is lowest, {best}, in epoch {epoch} of {epochs}; at the end training is {training} and"
        " validation {validation}.",
        title=title,
        epoch=count(fit["epoch"]),
        epochs=count(fit["epochs"]),
        **{name: number(fit[name]) for name in ("best", "training", "validation")},
    )
