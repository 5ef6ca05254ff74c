"""A topic's own metrics and curves, read from its probes.py in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline import plugins
from pipeline.contracts import Probe, RunUnderProbe, Samples, Series, SeriesSettings
from pipeline.verdicts.topic import Topic


@dataclass(frozen=True, kw_only=True)
class TopicProbes:
    """What a topic measures of its own, by name; all is empty where it measures nothing."""

    metrics: Mapping[str, Probe] = field(default_factory=dict)
    applies_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    diverged: Mapping[str, float] = field(default_factory=dict)
    before_training: tuple[str, ...] = ()
    series: Mapping[str, Series] = field(default_factory=dict)
    series_settings: Mapping[str, SeriesSettings] = field(default_factory=dict)
    samples: Samples | None = None


def read(topic: str) -> TopicProbes:
    """The probes of one topic, none where it has no folder. InputError: its probes.py lacks what its TOPIC names."""
    file = f"{topic}/probes"
    if not plugins.path("topics", file).exists():
        return TopicProbes()
    record: Topic = plugins.load("topics", topic).TOPIC
    module = plugins.imported(f"topics.{topic}.probes")
    return TopicProbes(
        metrics={name: getattr(module, name) for name in record.probes},
        applies_to=plugins.constant("topics", file, "APPLIES_TO", {}),
        diverged=plugins.constant("topics", file, "DIVERGED", {}),
        before_training=plugins.constant("topics", file, "BEFORE_TRAINING", ()),
        series={name: getattr(module, name) for name in record.series},
        series_settings=plugins.constant("topics", file, "SERIES", {}),
        samples=vars(module).get("samples"),
    )


def suits(applies_to: tuple[str, ...], run: RunUnderProbe) -> bool:
    """Whether the kind of the run's data, its source or the run's task is among `applies_to`."""
    task = run.settings["task"]
    return bool({run.card["kind"], run.card["source"], task, plugins.scored_as(task)} & set(applies_to))
