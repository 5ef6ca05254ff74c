"""What is known of each metric before any run: the smallest difference that matters, its smallest step, its range."""

import math
from dataclasses import dataclass
from typing import Literal

Comparison = Literal["mean", "rate", "ratio"]  # of values, of how often a run has 1, of natural logs of values above 0

RATE = 0.25  # one run in four more, or fewer
RATIO = math.log(1.25)  # a quarter more steps
MEMBERS = 1000  # examples in a test part whose size is not known: what one of them is worth


@dataclass(frozen=True, kw_only=True)
class Metric:
    """The smallest difference of interest of means (None: a claim says its own), and `because`, why it is that one.

    `step` is the least by which two values differ, 0 where values are as fine as numbers; `low` and `high` bound them.
    A `rate` is 0 or 1 for each run. Margins, steps and bounds are in the metric's own unit.
    """

    margin: float | None
    because: str
    step: float = 0.0
    low: float = -math.inf
    high: float = math.inf
    rate: bool = False

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1 and moves by test examples: its step is one over their number."""
        return (self.low, self.high) == (0, 1) and not self.rate


POINT = "one answer in a hundred: what a reader would call another result on test parts of a thousand examples"
RECALL = "one example in twenty of a class that has few"
NATS = "a factor of 1.05 on the probability of the right answer"
TENFOLD = "a factor of ten: gradients are told apart by orders of magnitude"
SHARE = "one sample in twenty"
RUN = "one run in four"


def _share(margin: float, because: str) -> Metric:
    return Metric(margin=margin, because=because, step=1 / MEMBERS, low=0, high=1)


def _nats(low: float = -math.inf) -> Metric:
    return Metric(margin=0.05, because=NATS, low=low)


def _logarithm() -> Metric:
    return Metric(margin=1.0, because=TENFOLD)


def _rate() -> Metric:
    return Metric(margin=RATE, because=RUN, step=1, low=0, high=1, rate=True)


def _count(step: float, because: str) -> Metric:
    return Metric(margin=None, because=because, step=step, low=0)


RIGHT = (
    *("accuracy", "train_accuracy", "balanced_accuracy", "moved_balanced_accuracy", "accuracy_at_training_priors"),
    *("shifted_accuracy", "neighbour_accuracy", "free_accuracy", "exact_match", "free_exact_match", "top_5"),
    *("never_marking_exact_match", "sums_right", "accuracy_at_40"),
)
FOUND = ("rare_recall", "singleton_recall", "repeated_recall", "marks_found", "recall_at_precision")
STEPS = ("steps_to_quarter", "steps_to_solution", "steps_to_fit", "steps_to_reverse")
METRICS: dict[str, Metric] = {
    **{name: _share(0.01, POINT) for name in RIGHT},
    "accuracy_gap": Metric(margin=0.01, because=POINT, step=1 / MEMBERS, low=-1, high=1),
    "teacher_forcing_gap": Metric(margin=0.01, because=POINT, step=1 / MEMBERS, low=-1, high=1),
    **{name: _share(0.05, RECALL) for name in FOUND},
    "marks_f1": Metric(margin=0.05, because="precision and recall of marks, which are few", low=0, high=1),
    "recall_gap": Metric(margin=0.05, because=RECALL, low=-1, high=1),
    "recall_error": Metric(margin=0.05, because=RECALL, low=0, high=1),
    "posterior_error": Metric(margin=0.01, because="a probability that is off by one in a hundred", low=0, high=1),
    "ranking_lost": Metric(margin=0.05, because="precision over the recalls of a class that has few", low=-1, high=1),
    "pr_auc": Metric(margin=0.05, because="precision over the recalls of a class that has few", low=0, high=1),
    "macro_f1": Metric(margin=0.05, because="a mean over classes, the rare ones included", low=0, high=1),
    "roc_auc": Metric(margin=0.01, because="one pair in a hundred in the right order", low=0, high=1),
    "brier": Metric(
        margin=0.01, because="a probability that is off by .07 of one, summed over two classes", low=0, high=2
    ),
    "calibration_error": Metric(margin=0.01, because="confidence one point nearer to accuracy", low=0, high=1),
    **{name: _nats(low=0) for name in ("cross_entropy", "late_rise")},
    **{name: _nats(low=0) for name in ("letter_frequency_cross_entropy", "wrong_language_cross_entropy")},
    "gap": _nats(),
    "cost": Metric(margin=None, because="its unit is that of the costs", low=0),
    "squared_error": Metric(margin=None, because="its unit is that of the targets", low=0),
    "absolute_error": Metric(margin=None, because="its unit is that of the targets", low=0),
    "r2": Metric(margin=0.05, because="one part in twenty of the variance of what is predicted", high=1),
    **{name: _logarithm() for name in ("first_gradient", "generator_gradient", "gradient_ratio")},
    **{name: _logarithm() for name in ("gradient_at_lag_20", "gradient_at_lag_20_trained", "gradient_over_sequence")},
    "backward_ratio": _logarithm(),
    "backward_factor": Metric(margin=None, because="a layer's factor counts to the power of the depth", low=0),
    "gradient_slope": Metric(margin=None, because="tenfold gradients for each tenfold of the steps"),
    "distance_from_optimum": Metric(margin=None, because="a distance between probabilities", low=0, high=1),
    "near_over_far": Metric(margin=None, because="a difference of correlations", low=-1, high=1),
    "gradient_factor": Metric(margin=None, because="a layer's factor counts to the power of the depth", low=0),
    "sigmoid_bound": Metric(margin=None, because="a theorem on one side: test it exactly", low=0, high=1),
    **{name: _rate() for name in ("solved", "learned", "stalled", "diverged")},
    "clipped_share": Metric(margin=0.05, because="one optimizer step in twenty", low=0, high=1),
    "modes_covered": Metric(margin=1.0, because="one mode", step=1, low=0),
    "high_quality": Metric(margin=0.05, because=SHARE, step=1 / MEMBERS, low=0, high=1),
    "coverage": Metric(margin=0.05, because=SHARE, step=1 / MEMBERS, low=0, high=1),
    "density": Metric(margin=0.05, because=SHARE, low=0),
    "class_entropy": Metric(margin=0.05, because="of the most that equal shares have", low=0, high=1),
    "fid": Metric(margin=10.0, because="some four times what two halves of the real images are apart", low=0),
    "fid_floor": Metric(margin=None, because="a property of the data", low=0),
    "nearest_ratio": Metric(margin=0.05, because="one part in twenty of the distance to the nearest image", low=0),
    **{name: _count(10, "steps are compared by their ratio") for name in STEPS},
    **{name: _count(1, "epochs are compared by their ratio") for name in ("epochs", "best_epoch", "onset")},
    "receptive_field": _count(1, "it follows from the layers: test it exactly"),
}
UNKNOWN = Metric(margin=None, because="a metric that is not in this table")


def metric(name: str) -> Metric:
    """What is known of the metric; of one that is not in the table, nothing."""
    return METRICS.get(name, UNKNOWN)


def smallest_difference(name: str, kind: Comparison) -> float | None:
    """The margin of every claim on this metric that gives none of its own; None where each has to say one."""
    by_kind = {"rate": RATE, "ratio": RATIO}
    return by_kind[kind] if kind in by_kind else metric(name).margin
