"""What a plugin must have, and what passes from stage to stage: the page to read first."""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NotRequired, Protocol, TypedDict

from pipeline.numerics import Mode
from pipeline.raw_data import RawData
from pipeline.records import Examples

if TYPE_CHECKING:
    import keras
    import numpy as np

Kind = Literal["image", "signal", "table", "sequence", "text", "points"]  # of inputs
Labels = Literal["class", "number", "tokens"]
Status = Literal["finished", "diverged", "failed"]
Ended = Literal["completed", "diverged", "exception", "timeout", "memory", "killed"]  # the last four are of "failed"
Language = Literal["en", "es"]  # of what readers see
LanguageChoice = Literal["auto", "es", "en"]  # auto: the browser's
Verdict = Literal["reproduced", "contradicted", "negligible", "undecided"]
Firmness = Literal["firm", "likely", "fragile"]  # of a verdict: P(again) from .95 on, from .8 on, below
OpenReason = Literal[  # why a claim is undecided
    "first look not reached",
    "a lost run could turn it",
    "skewed: ten pairs or a rate",
    "skewed, and more pairs would hardly decide",
    "more pairs may decide",
    "more pairs than the last look has",
    "last look",
    "the difference lies on the margin",
    "too few test examples",
]

# Plugins. Each is a module: its constants and functions are these, and the keyword-only arguments of its main function
# are what params.yaml may set. `plugins.faults` tells how a module breaks them.


class Source(Protocol):
    """pipeline/sources/<source>.py: where raw arrays come from.

    KIND and LABELS are what it gives unless a user says otherwise, by a keyword of `load` whose type is a Literal of
    some of these words (`plugins.kind`, `plugins.labels`). Three functions may be there as well, all with the keywords
    of `load`: `check(raw, *, ...)` refuses early, or gives a line to know beforehand; `files(raw, *, ...)` names the
    files that examples come from, where they are neither files in data/raw that a setting names nor the one that its
    setting `file` names by a path, with one of its ENDINGS (raw_data.located); `read_new(place, card, *, ...)` reads a
    file or folder that is to be answered as NewData, in the way that DataCard `card` tells of training. So that MLflow
    can serve models, `fields(card)` names what they take of each example (new_data.Field), and `read_request(data,
    card)` reads that as NewData: a pandas.DataFrame of cells, or arrays by name.
    """

    KIND: Kind
    LABELS: Labels
    SPLIT: Literal["drawn", "given"]  # given: `load` answers {"train", "validation", "test"} instead of one set

    def load(self, raw: Path, seed: int) -> Examples | RawData | dict[str, Examples]:
        """All examples; `raw` is data/raw. Same seed and files, same bytes. InputError: they do not fit.

        RawData is split, encoded and scaled by what its training part holds, and may name classes, groups and findings.
        """


class View(Protocol):
    """pipeline/views/<step>.py: one step that changes a training split; validation and test never see one.

    A function `apply_to_features(examples, seed, features, **settings)` may be there as well, with the settings of
    `apply`: it is asked instead where the data are a table of known features (raw_data.Feature, one a column of x).
    """

    KINDS: tuple[Kind, ...]  # that it can change

    def apply(self, examples: Examples, seed: int) -> tuple[Examples, dict[str, Any]]:
        """The changed examples, same shape and classes, and notes for the data card. InputError: it cannot be done."""


class Model(Protocol):
    """pipeline/models/<model>.py: one family of architectures.

    A constant LIBRARIES may be there as well: distributions, beside TensorFlow, Keras and NumPy, whose versions decide
    its numbers. A model with a function `adapt(training, seed)` is fitted to all training examples at once, by a task
    that asks for it.
    """

    def build(self, shape: tuple[int, ...], outputs: int) -> "keras.Model":
        """A plain Keras model for inputs (batch, *shape), functional or Sequential; Keras' seed gives its weights."""


class Task(Protocol):
    """pipeline/tasks/<task>.py: towards what a model is trained, and how it is asked.

    A constant SCORED_AS may be there as well: the task whose metrics, and form of predictions, are this one's too.
    """

    LABELS: tuple[Labels, ...]  # of the data that it can learn
    OBJECTIVE: (
        Literal["cross_entropy", "squared_error"] | None
    )  # column of the history that training is after, without penalties; None: there is none

    def outputs(self, training: Examples, validation: Examples) -> int:
        """Numbers that the model must put out for each example (or step)."""

    def compile(
        self, model: "keras.Model", training: Examples, steps_per_execution: int = 1, jit_compile: bool = False
    ) -> None:
        """Compile `model` and build its optimizers, so that a checkpoint finds their state."""

    def measure(self, model: "keras.Model", x: Any, y: Any) -> dict[str, Any]:
        """Scalar tensors in evaluation mode, without weights; `objective`, if it is there, has penalties as well."""

    def predict(self, model: "keras.Model", x: "np.ndarray") -> "np.ndarray":
        """What a saved model answers on inputs (examples, ...), in the form that the task's metrics take."""

    def saved(self, model: "keras.Model") -> "keras.Model":
        """The part of a trained model that is used once training is over."""

    def watchers(self, model: "keras.Model", epochs: int) -> list[Any]:
        """Callbacks that look at a training from the outside, each with `state` and `keep(folder)`; often none."""


class RunUnderProbe(Hashable, Protocol):
    """What a probe may look at: scoring/finished_run.py has it."""

    @property
    def settings(self) -> dict[str, Any]:
        """The variant's settings, resolved: see VariantSettings."""

    @property
    def seed(self) -> int:
        """Of the run: initial weights and the order of examples follow from it."""

    @property
    def record(self) -> dict[str, Any]:
        """How the run went: see RunRecord."""

    @property
    def history(self) -> list[dict[str, float]]:
        """Rows of history.csv, one per epoch."""

    @property
    def card(self) -> dict[str, Any]:
        """Of its data: see DataCard."""

    @property
    def training(self) -> Examples:
        """What it was trained on: the training part under the variant's view."""

    @property
    def test(self) -> Examples:
        """The held-out part."""

    @property
    def model(self) -> "keras.Model":
        """The trained model as saved."""

    @property
    def predicted(self) -> "np.ndarray":
        """What it answers on the test examples."""

    @property
    def priors(self) -> "np.ndarray | None":
        """Shares of the classes (classes,) in training before any view."""

    def start(self) -> "keras.Model":
        """The same run's model before training."""


# pipeline/topics/<topic>/probes.py has a function for each name in TOPIC.probes and TOPIC.series, and the constants
# APPLIES_TO = {probe: kinds of data, sources or tasks of the runs of which it says something},
# SERIES = {series: SeriesSettings}, DIVERGED = {probe: its value for a run that diverged; no entry, no value} and
# BEFORE_TRAINING = (probes that look at the model before training alone: a run that diverged keeps their values).
# A function `samples` may be there as well. `plugins.topic_faults` tells what is lacking.


class Probe(Protocol):
    """A metric of a topic's own."""

    def __call__(self, run: RunUnderProbe) -> float:
        """One number; NaN where there is none."""


class Series(Protocol):
    """A curve of a topic's own."""

    def __call__(self, run: RunUnderProbe) -> Mapping[float, float]:
        """{place along the axis: value}."""


class Samples(Protocol):
    """What a topic shows of a run beside numbers."""

    def __call__(self, run: RunUnderProbe) -> list[str]:
        """Lines to read; empty where the run has none."""


class SeriesSettings(TypedDict):
    """An entry of SERIES: to which runs a curve applies, what its axes show, whether `y` spans orders of magnitude."""

    applies_to: tuple[str, ...]
    x: str
    y: str
    log: bool


# What passes between the stages


class VariantSettings(TypedDict):
    """Everything that decides a variant's numbers, resolved; `gpus_per_run` is there if it is above 1."""

    task: str
    data: str
    view: str
    model: str
    precision: str
    build: dict[str, Any]
    augment: dict[str, Any]
    fit: dict[str, Any]
    gpus_per_run: NotRequired[int]


class PlannedVariant(TypedDict):
    """A variant in a plan: its settings, and digests of the data and of the code (by logical name) behind its runs.

    `data_digests` and `draws` have an entry for each of the variant's seeds, as JSON spells it. `claims` are those that
    compare the variant, with a digest of what each says.
    """

    settings: VariantSettings
    claims: dict[str, str]
    draws: dict[str, int]
    data_digests: dict[str, str]
    code: dict[str, str]


class Plan(TypedDict):
    """data/plan/<topic>.json; `seeds` are those of any variant, `looks` the pairs at each look, of means and rates."""

    topic: str
    profile: str
    numerics: Mode
    seeds: list[int]
    looks: dict[str, list[int]]
    metrics: list[str]
    variants: dict[str, PlannedVariant]


class ViewCard(TypedDict):
    """The training split under one view: examples of each class, all of them, digest, notes of each step."""

    counts: list[int]
    examples: int
    digest: str
    steps: dict[str, Any]


class ColumnCard(TypedDict):
    """A column of a table as it was read: kind (None: not looked at), cells missing, different values, what became."""

    column: str
    kind: str | None
    missing: int | None
    distinct: int | None
    example: str | None
    becomes: str


class DataCard(TypedDict):
    """card.json of a draw of data; `counts` and `digests` are of train (before any view), validation and test.

    `key` is a digest of the settings, raw files and code that the data were prepared from, and of the draw. Sources
    that give raw data have `class_names` in the order of their codes, and `findings`, what smells, a line each. Of a
    table there are its `columns` as they were read, the `features` (name, column, kind) that they became, the fitted
    `encoder`, and for each part the `gaps`: {column: cells that are "missing", or "unseen" in training}; `form` is how
    the file was written, `recordings` what a long table of sequences holds. `groups` are counted by part.
    """

    key: str
    data: str
    draw: int
    source: str
    kind: Kind
    labels: Labels
    shape: list[int]
    classes: int
    class_names: NotRequired[list[str]]
    split: dict[str, int]
    counts: dict[str, list[int]]
    duplicates_across_splits: int
    views: dict[str, ViewCard]
    digests: dict[str, str]
    scale: dict[str, Any]
    raw: dict[str, str]
    columns: NotRequired[list[ColumnCard]]
    features: NotRequired[list[dict[str, str]]]
    encoder: NotRequired[dict[str, Any]]
    gaps: NotRequired[dict[str, dict[str, dict[str, int]]]]
    form: NotRequired[dict[str, Any]]
    recordings: NotRequired[dict[str, Any]]
    groups: NotRequired[dict[str, int]]
    findings: NotRequired[list[str]]


class RunRecord(TypedDict):
    """run.json of one run, however it ended; `started` in seconds since 1970, `outputs` only if a model was built.

    `claims` are those that compare its variant, with digests of what each said when the run began. A run whose process
    was ended has no peak of memory. One that was stopped (Ctrl-C) has no record: it will go on. Those of earlier
    versions lack `library` (C's) and `gpus` (their names).
    """

    run_key: str
    topic: str
    variant: str
    seed: int
    draw: int
    profile: str
    settings: VariantSettings
    status: Status
    ended: Ended
    reason: str | None
    parameters: int | None
    outputs: NotRequired[int]
    epochs: int
    best_epoch: int | None
    device: str
    numerics: str
    precision: str
    threads: int
    started: float
    duration_s: float
    peak_memory_mb: int | None
    versions: dict[str, str]
    data_digest: str
    claims: dict[str, str]
    host: str
    processor: str
    library: NotRequired[str]
    gpus: NotRequired[list[str]]
    git_commit: str


History = Sequence[Mapping[str, float]]  # rows of history.csv, one per epoch
