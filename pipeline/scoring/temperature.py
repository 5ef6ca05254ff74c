"""One number by which a classifier's probabilities are made as sure as they are right (Guo et al., 2017)."""

import numpy as np

LEAST, MOST = 0.05, 20.0  # a temperature beyond these says that validation is too small to tell
TINY = float(np.finfo(np.float64).tiny)


def fit(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """The temperature of the lowest cross-entropy of `labels` (n,), integers, by `probabilities` (n, classes)."""
    from scipy.optimize import minimize_scalar

    def after(logarithm: float) -> float:
        return cross_entropy(labels, apply(probabilities, float(np.exp(logarithm))))

    bounds = (float(np.log(LEAST)), float(np.log(MOST)))
    found = minimize_scalar(after, bounds=bounds, method="bounded", options={"xatol": 1e-8})
    return float(np.exp(found.x)) if after(found.x) < after(0.0) else 1.0


def apply(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Softmax of the logits divided by the temperature, (n, classes), float64: of log p, which is as good as logits."""
    logs = np.log(np.maximum(probabilities, TINY)) / temperature
    powers = np.exp(logs - logs.max(-1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(-1, keepdims=True)
    return shares


def cross_entropy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean of -log p(true class), in nats."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.mean(np.log(np.maximum(chosen, TINY))))
