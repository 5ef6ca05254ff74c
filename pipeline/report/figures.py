"""All pictures of a topic's page, each with words for those who do not see it."""

from typing import TypedDict

from pipeline import paths
from pipeline.report import curves, many, samples, score_plots, series, svg
from pipeline.report.curves import CurveGroup
from pipeline.report.facts import TopicFacts, finite_scores
from pipeline.report.samples import SamplePicture, StripPicture
from pipeline.report.score_plots import ScoreRow
from pipeline.report.series import SeriesGroup, SweepPicture


class Pictures(TypedDict):
    """What can be seen of a topic, each empty where there is none; `scores` is one picture, wide and narrow."""

    curves: list[CurveGroup]
    scores: list[str]
    sweeps: list[SweepPicture]
    series: list[SeriesGroup]
    samples: list[SamplePicture]
    strips: dict[str, StripPicture]


def draw(facts: TopicFacts) -> Pictures:
    """Pictures of a topic as a page needs them; its curves and scores are saved as files, too."""
    return {
        "curves": curves.pictures(facts),
        "scores": _scores(facts),
        "sweeps": series.sweep_pictures(facts),
        "series": series.series_pictures(facts),
        "samples": samples.sample_pictures(facts),
        "strips": samples.strip_pictures(facts.cards),
    }


def _scores(facts: TopicFacts) -> list[str]:
    """The scores of the topic's first metric."""
    name, metric = f"{facts.name}_scores", facts.plan["metrics"][0]
    rows = _score_rows(facts, metric)
    if not rows:
        return []
    svg.save(score_plots.scores(rows, metric), paths.PICTURES / f"{name}.svg")
    return svg.inlined(
        [score_plots.scores(rows, metric, width) for width in (score_plots.WIDE, score_plots.NARROW)], name
    )


def _score_rows(facts: TopicFacts, metric: str) -> list[ScoreRow]:
    """One row per variant that has the metric."""
    return [
        score_plots.score_row(
            variant,
            facts.metrics[variant][metric],
            many.spread(finite_scores(facts.scores, variant, metric)),
            group=item["settings"]["data"],
        )
        for variant, item in facts.plan["variants"].items()
        if metric in facts.metrics.get(variant, {})
    ]
