"""Scores that the history of a run tells by itself, whatever its task."""

from pipeline.training import objective

# Every metric takes the rows of history.csv, one per epoch, and gives one number, or None where the history has no
# such column. The objective is the column that training is after, without penalties.

History = list[dict[str, float]]
DIVERGED = ("diverged", "clipped_share", "epochs")  # defined for runs that diverged as well


def diverged(history: History) -> float | None:
    """1 if the loss was not finite in the end, else 0: a rate over runs."""
    return float(not objective.finite(history[-1]))


def epochs(history: History) -> float | None:
    """Epochs trained."""
    return float(len(history))


def best_epoch(history: History) -> float | None:
    """Epoch with the lowest objective on the validation split."""
    values = _validation(history)
    return float(1 + min(range(len(values)), key=values.__getitem__)) if values else None


def gap(history: History) -> float | None:
    """Objective on the validation split less that on training examples, in the last epoch."""
    name = objective.name(history)
    return history[-1][f"val_{name}"] - history[-1][name] if name else None


def late_rise(history: History) -> float | None:
    """Objective on the validation split in the last epoch less its lowest: what training on has cost."""
    values = _validation(history)
    return values[-1] - min(values) if values else None


def train_accuracy(history: History) -> float | None:
    """Accuracy on training examples in the last epoch, evaluation mode."""
    return history[-1].get("accuracy")


def clipped_share(history: History) -> float | None:
    """Share of all optimizer steps whose gradient was clipped; needs `watch_gradients`."""
    values = [row["clipped_share"] for row in history if "clipped_share" in row]
    return sum(values) / len(values) if values else None


def _validation(history: History) -> list[float]:
    name = objective.name(history)
    return [row[f"val_{name}"] for row in history] if name else []
