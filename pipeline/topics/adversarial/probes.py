"""What the adversarial topic measures: modes covered, lost gradients, stalls, and how close digits come to real."""

import math
from functools import lru_cache
from typing import Any

import numpy as np

from pipeline.contracts import RunUnderProbe
from pipeline.records import Examples, digest
from pipeline.scoring.finished_run import steps_per_epoch
from pipeline.tasks import classify

APPLIES_TO = {
    "modes_covered": ("ring", "grid"),
    "high_quality": ("ring", "grid"),
    "stalled": ("generate",),
    "generator_gradient": ("generate",),
    "gradient_slope": ("generate",),
    "distance_from_optimum": ("real_or_generated",),
    "fid": ("image",),
    "fid_floor": ("image",),
    "fid_mean_image": ("image",),
    "fid_noise": ("image",),
    "density": ("image",),
    "coverage": ("image",),
    "class_entropy": ("image",),
    "nearest_ratio": ("image",),
}
DIVERGED = {"stalled": 1.0, "modes_covered": 0.0, "high_quality": 0.0, "density": 0.0, "coverage": 0.0}
SERIES = {
    "class_share": {"applies_to": ("generate",), "x": "class", "y": "share of the samples", "log": False},
    "gradient_over_steps": {
        "applies_to": ("generate",),
        "x": "optimizer steps",
        "y": "norm of the generator's gradient",
        "log": True,
    },
    "real_score": {"applies_to": ("generate",), "x": "epoch", "y": "mean D(x)", "log": False},
    "fake_score": {"applies_to": ("generate",), "x": "epoch", "y": "mean D(G(z))", "log": False},
}

DEVIATIONS = 3  # standard deviations around a mode within which a sample is of high quality (Srivastava, 2017)
FAIR = 0.1  # part of its fair share of the samples, in high quality, that makes a mode covered
MODES, RADIUS, DEVIATION, SPREAD = 8, 2.0, 0.3, 1.5  # of the source real_or_generated
FROM = 50  # steps from which on the slope is taken: before, D still knows nothing
REJECTED = 0.01  # mean D(G(z)) below which the discriminator rejects all that is generated
NEAREST = 5  # neighbours whose distance is a real image's radius (Naeem, 2020)
JUDGE_EPOCHS, JUDGE_WIDTH = 6, 64

_judges: dict[str, Any] = {}  # the last one that was trained, and on what


# Points: which mode each sample belongs to


def modes_covered(run: RunUnderProbe) -> float:
    """Modes with at least a tenth of their fair share of samples within 3 standard deviations of the centre."""
    mode, distance, modes = _placed(run)
    counts = np.bincount(mode[distance < DEVIATIONS], minlength=modes)
    return float(np.sum(counts >= FAIR * len(mode) / modes))


def high_quality(run: RunUnderProbe) -> float:
    """Share of the samples within 3 standard deviations of the centre of the nearest mode."""
    return float(np.mean(_placed(run)[1] < DEVIATIONS))


def _placed(run: RunUnderProbe) -> tuple[np.ndarray, np.ndarray, int]:
    """Nearest mode of each sample, the distance to its centre in standard deviations, and the number of modes.

    Centres and the deviation are those of the training points, so that scaled data is judged in its own unit.
    """
    x, y = run.training.x.astype(float), run.training.y
    centres = np.stack([x[y == mode].mean(0) for mode in range(y.max() + 1)])
    deviation = math.sqrt(np.mean((x - centres[y]) ** 2))
    distances = np.linalg.norm(run.predicted[:, None] - centres, axis=2) / deviation
    return distances.argmin(1), distances.min(1), len(centres)


# A discriminator of points whose densities are known


def distance_from_optimum(run: RunUnderProbe) -> float:
    """Mean distance of the given probability of being real from p / (p + q), the best there is (Goodfellow, 2014)."""
    return float(np.mean(np.abs(run.predicted[:, 1] - best_discriminator(run.test.x))))


def best_discriminator(x: np.ndarray) -> np.ndarray:
    """p / (p + q) (n,) at points (n, 2): p of eight Gaussians on a circle, q of the generator at rest."""
    angles = 2 * np.pi * np.arange(MODES) / MODES
    centres = RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1)
    squares = np.sum((x.astype(float)[:, None] - centres) ** 2, axis=2)
    p = np.mean(np.exp(-squares / (2 * DEVIATION**2)), axis=1) / DEVIATION**2
    q = np.exp(-np.sum(x.astype(float) ** 2, axis=1) / (2 * SPREAD**2)) / SPREAD**2
    best: np.ndarray = p / (p + q)
    return best


# Training, as its history tells it


def stalled(run: RunUnderProbe) -> float:
    """1 if over the last third of training D gave generated samples below 0.01 in every epoch's mean, else 0: a rate.

    A run whose loss is lost counts as stalled. Where all is rejected the minimax loss has next to no gradient, whether or not D still errs on real samples.
    """
    scores = [row["fake_score"] for row in run.history]
    return float(all(score < REJECTED for score in scores[-max(1, len(scores) // 3) :]))


def generator_gradient(run: RunUnderProbe) -> float:
    """log10 of the norm of the generator's gradient under the run's own loss, mean of the last epoch's steps."""
    return math.log10(max(run.history[-1]["generator_gradient"], 1e-30))


def gradient_slope(run: RunUnderProbe) -> float:
    """Powers of ten by which the generator's gradient grows (below 0: shrinks) for each tenfold of the steps.

    Least squares of log10 of the norm, each epoch's mean, over log10 of the steps in the epoch's middle, from step 50
    on. NaN where fewer than two epochs lie behind it.
    """
    norms = {at: norm for at, norm in gradient_over_steps(run).items() if at >= FROM}
    if len(norms) < 2:
        return math.nan
    at, norm = (np.log10(np.maximum(list(part), 1e-30)) for part in (norms, norms.values()))
    return float(np.polyfit(at, norm, 1)[0])


def gradient_over_steps(run: RunUnderProbe) -> dict[float, float]:
    """Optimizer steps in the middle of each epoch -> mean norm of the generator's gradient in it."""
    steps = steps_per_epoch(run)
    return {(row["epoch"] - 0.5) * steps: row["generator_gradient"] for row in run.history}


def real_score(run: RunUnderProbe) -> dict[float, float]:
    """Epoch -> mean D of real samples while training."""
    return {row["epoch"]: row["real_score"] for row in run.history}


def fake_score(run: RunUnderProbe) -> dict[float, float]:
    """Epoch -> mean D of generated samples while training."""
    return {row["epoch"]: row["fake_score"] for row in run.history}


def class_share(run: RunUnderProbe) -> dict[float, float]:
    """Class, or mode, of the samples -> their share: a class that is missing is a mode that is lost."""
    if run.card["kind"] == "image":
        labels, classes = _judged(run)["classes"], int(run.training.y.max()) + 1
    else:
        labels, _, classes = _placed(run)
    return dict(enumerate(np.bincount(labels, minlength=classes) / len(labels)))


# Images: as a small convolutional network, trained on the real training images, sees them


def fid(run: RunUnderProbe) -> float:
    """Frechet distance of generated from real test images, half the test split of each, in a classifier's features.

    After Heusel (2017), with 64 features of a network trained on the same data in place of Inception's: to be compared
    within a data set only, at one number of samples, and with `fid_floor`, since few samples alone make it large.
    """
    features = _judged(run)
    half = len(features["real"]) // 2
    return frechet(features["fake"][:half], features["real"][half:])


def fid_floor(run: RunUnderProbe) -> float:
    """The same distance of one half of the real test images from the other: what a perfect generator would get."""
    real = _judged(run)["real"]
    half = len(real) // 2
    return frechet(real[:half], real[half:])


def fid_mean_image(run: RunUnderProbe) -> float:
    """The same distance of the mean training image, shown again and again, from the real test images: to be beaten."""
    half = len(run.test) // 2
    same = np.broadcast_to(run.training.x.mean(0), (half, *run.training.x.shape[1:]))
    return _from_real(run, same.astype(np.float32), half)


def fid_noise(run: RunUnderProbe) -> float:
    """The same distance of training pixels put into places at random, which knows how bright they are, and no more."""
    half = len(run.test) // 2
    drawn = np.random.default_rng(0).choice(run.training.x.ravel(), (half, *run.training.x.shape[1:]))
    return _from_real(run, drawn, half)


def _from_real(run: RunUnderProbe, images: np.ndarray, half: int) -> float:
    classes = run.training.y.max() + 1
    seen = classify.logits(_judge(run.training), images)[:, classes:]
    return frechet(seen, _judged(run)["real"][half:])


def density(run: RunUnderProbe) -> float:
    """How densely real images lie around generated ones, 1 if as around real ones (Naeem, 2020, 5 neighbours)."""
    features = _judged(run)
    return density_coverage(features["real"], features["fake"])[0]


def coverage(run: RunUnderProbe) -> float:
    """Share of real images with a generated one among their 5 nearest neighbours' distance (Naeem, 2020)."""
    features = _judged(run)
    return density_coverage(features["real"], features["fake"])[1]


def class_entropy(run: RunUnderProbe) -> float:
    """Entropy of the classes that the classifier sees in the samples, over that of equal shares: 1 if all alike."""
    shares = np.array(list(class_share(run).values()))
    present = shares[shares > 0]
    return float(-np.sum(present * np.log(present)) / math.log(len(shares)))


def nearest_ratio(run: RunUnderProbe) -> float:
    """Median distance of samples from their nearest training image, over that of real test images, in pixel values.

    About 1 for new images of the right kind; near 0 the generator repeats what it was trained on. Blurred images lie
    near everything and lower it as well: look at them.
    """
    training = run.training.x.reshape(len(run.training), -1)
    fake, real = (np.median(_distances(part.reshape(len(part), -1), training).min(1)) for part in _fake_and_real(run))
    return float(fake / real)


def frechet(first: np.ndarray, second: np.ndarray) -> float:
    """Squared Frechet distance between the Gaussians that fit two sets of features (n, features)."""
    centre = first.mean(0) - second.mean(0)
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    values, vectors = np.linalg.eigh(one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ other @ root), 0)).sum()
    return float(centre @ centre + np.trace(one) + np.trace(other) - 2 * cross)


def density_coverage(real: np.ndarray, fake: np.ndarray, nearest: int = NEAREST) -> tuple[float, float]:
    """Density and coverage of `fake` among `real`, both (n, features) (Naeem, 2020, "Reliable fidelity...")."""
    radii = np.sort(_distances(real, real), axis=1)[:, nearest]  # column 0 is the image itself
    between = _distances(real, fake)
    inside = between < radii[:, None]
    return float(inside.sum(0).mean() / nearest), float((between.min(1) < radii).mean())


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Euclidean distances (n, m) of rows, through one matrix product: images have hundreds of numbers."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2 * one @ other.T
    distances: np.ndarray = np.sqrt(np.maximum(squares, 0))
    return distances


def _fake_and_real(run: RunUnderProbe) -> tuple[np.ndarray, np.ndarray]:
    """Samples and real test images, as many of each."""
    return run.predicted, run.test.x


@lru_cache(maxsize=1)  # a run's probes come one after another
def _judged(run: RunUnderProbe) -> dict[str, np.ndarray]:
    """Features (n, 64) of real and generated images and classes (n,) of the latter."""
    judge = _judge(run.training)
    fake, real = (classify.logits(judge, part) for part in _fake_and_real(run))
    classes = run.training.y.max() + 1
    return {"fake": fake[:, classes:], "real": real[:, classes:], "classes": fake[:, :classes].argmax(1)}


def _judge(training: Examples) -> Any:
    """A network trained on `training` once per process, seed 0: image -> logits and features side by side."""
    key = digest(training.x, training.y)
    if _judges.get("key") != key:
        _judges["judge"] = _trained(training)
        _judges["key"] = key
    return _judges["judge"]


def _trained(training: Examples) -> Any:
    import keras

    keras.utils.set_random_seed(0)
    layers, classes = keras.layers, int(training.y.max()) + 1
    images = maps = keras.Input(training.x.shape[1:])
    for channels in (16, 32):
        maps = layers.Conv2D(channels, 3, padding="same", activation="relu")(maps)
        maps = layers.MaxPooling2D()(maps)
    features = layers.Dense(JUDGE_WIDTH, activation="relu")(layers.Flatten()(maps))
    logits = layers.Dense(classes)(features)
    model = keras.Model(images, logits)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(training.x, training.y, batch_size=64, epochs=JUDGE_EPOCHS, verbose=0)
    return keras.Model(images, layers.Concatenate()([logits, features]))
