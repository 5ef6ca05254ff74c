"""Gaussians on a ring and a grid: centres, spread and equal numbers are those that the settings ask for."""

import numpy as np
import pytest

from pipeline.errors import InputError
from pipeline.records import digest
from pipeline.sources import grid, real_or_generated, ring


@pytest.mark.parametrize(("source", "modes"), [(ring, 8), (grid, 25)])
def test_shapes_types_and_equal_modes(source, modes):
    examples = source.load(None, 0, samples=modes * 40 + 3)
    assert examples.x.shape == (modes * 40 + 3, 2) and examples.x.dtype == np.float32
    assert examples.y.dtype == np.int64
    assert sorted(np.bincount(examples.y)) == [40] * (modes - 3) + [41] * 3


def test_the_ring_has_its_radius_angles_and_spread():
    examples = ring.load(None, 0, samples=8000)
    centres = np.stack([examples.x[examples.y == mode].mean(0) for mode in range(8)])
    np.testing.assert_allclose(np.linalg.norm(centres, axis=1), 2, atol=0.005)
    np.testing.assert_allclose(np.arctan2(*centres[:, ::-1].T) % (2 * np.pi), np.arange(8) * np.pi / 4, atol=0.005)
    assert (examples.x - centres[examples.y]).std() == pytest.approx(0.02, rel=0.05)


def test_the_grid_is_row_by_row_around_0():
    examples = grid.load(None, 0, samples=10000)
    centres = np.stack([examples.x[examples.y == mode].mean(0) for mode in range(25)])
    expected = [(x, y) for y in (-4, -2, 0, 2, 4) for x in (-4, -2, 0, 2, 4)]
    np.testing.assert_allclose(centres, expected, atol=0.01)
    assert (examples.x - centres[examples.y]).std() == pytest.approx(0.05, rel=0.05)


@pytest.mark.parametrize("source", [ring, grid])
def test_the_seed_decides_all(source):
    np.random.seed(1)
    first, other = source.load(None, 3), source.load(None, 4)
    np.random.seed(2)
    again = source.load(None, 3)
    assert digest(first.x, first.y) == digest(again.x, again.y) != digest(other.x, other.y)


def test_real_and_generated_points_are_as_many_and_of_their_densities():
    """Moments of both: E|x|^2 is radius^2 + 2 deviation^2 of real points, 2 spread^2 of generated ones."""
    examples = real_or_generated.load(None, 0, samples=20000)
    assert np.bincount(examples.y).tolist() == [10000, 10000] and examples.x.dtype == np.float32
    squares = np.sum(examples.x.astype(float) ** 2, axis=1)
    assert squares[examples.y == 1].mean() == pytest.approx(4 + 2 * 0.09, rel=0.02)
    assert squares[examples.y == 0].mean() == pytest.approx(2 * 2.25, rel=0.04)
    angles = np.arctan2(*examples.x[examples.y == 1, ::-1].T) / (np.pi / 4)
    # 0.25 of 45 degrees at radius 2 is 1.31 deviations of 0.3, within which lie 81 % of a Gaussian
    assert np.mean(np.abs(angles - np.round(angles)) < 0.25) == pytest.approx(0.81, abs=0.02)


def test_fewer_samples_than_modes_are_refused():
    with pytest.raises(InputError, match="samples: given 7, allowed at least 8"):
        ring.load(None, 0, samples=7)
    with pytest.raises(InputError, match="samples: given 3, allowed at least 4"):
        grid.load(None, 0, samples=3, side=2)
    with pytest.raises(InputError, match="samples: given 1, allowed at least 2"):
        real_or_generated.load(None, 0, samples=1)
