"""Scores of generated samples that need nothing but the samples; what needs the data is a probe of the topic."""

import numpy as np

# Every metric takes labels (n,) and priors that it does not use, and samples (n, ...); and gives one number.


def spread(labels: np.ndarray, samples: np.ndarray, priors: np.ndarray | None) -> float:
    """Mean standard deviation of the samples over their coordinates: 0 where all samples are one."""
    return float(np.mean(np.std(samples, axis=0)))
