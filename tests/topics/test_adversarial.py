"""The adversarial topic's probes on samples whose modes, classes and distances are known."""

import math

import numpy as np
import pytest
from seen import Seen

from pipeline.records import Examples
from pipeline.sources import real_or_generated, ring
from pipeline.topics.adversarial import TOPIC, probes

TRAINING = ring.load(None, 0, samples=4000)


def points(predicted):
    return Seen(training=TRAINING, predicted=predicted, card={"kind": "points", "source": "ring"})


def told(**columns):
    length = len(next(iter(columns.values())))
    return Seen(history=[{"epoch": at + 1, **{k: v[at] for k, v in columns.items()}} for at in range(length)])


def stripes(n, seed):
    """Images (n, 12, 12, 1) of four classes: one bright row each, and noise."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 4
    x = random.uniform(0, 0.2, (n, 12, 12, 1))
    x[np.arange(n), y * 3] += random.uniform(0.4, 0.8, (n, 1, 1))
    return Examples(x.astype("float32"), y)


REAL = stripes(400, 0), stripes(400, 1)


def images(predicted):
    return Seen(training=REAL[0], test=REAL[1], predicted=predicted, card={"kind": "image"})


def test_every_name_has_its_function_and_kind():
    assert set(TOPIC.probes) == set(probes.APPLIES_TO) and set(TOPIC.series) == set(probes.SERIES)
    assert all(callable(getattr(probes, name)) for name in (*TOPIC.probes, *TOPIC.series))
    assert {claim.metric for claim in TOPIC.claims} <= set(TOPIC.probes)
    assert any(claim.kind == "rate" for claim in TOPIC.claims)


def test_real_points_cover_all_modes_and_three_of_them_three():
    fresh = ring.load(None, 1, samples=1600)
    assert probes.modes_covered(points(fresh.x)) == 8
    assert probes.high_quality(points(fresh.x)) == pytest.approx(1 - np.exp(-4.5), abs=0.01)  # Rayleigh within 3
    assert probes.modes_covered(points(fresh.x[fresh.y < 3])) == 3
    share = probes.class_share(points(fresh.x[fresh.y < 3]))
    assert list(share) == list(range(8)) and share[7] == 0 and sum(share.values()) == pytest.approx(1)


def test_points_between_the_modes_are_of_no_quality():
    run = points(np.zeros((100, 2), "float32"))
    assert probes.modes_covered(run) == probes.high_quality(run) == 0


def test_a_run_is_stalled_if_all_is_rejected_to_the_end():
    assert probes.stalled(told(fake_score=[0.5] * 4 + [0.001] * 2)) == 1
    assert probes.stalled(told(fake_score=[0.001] * 4 + [0.001, 0.02])) == 0
    assert probes.stalled(told(fake_score=[0.001])) == 1


def test_the_gradient_is_in_powers_of_ten_and_may_be_zero():
    assert probes.generator_gradient(told(generator_gradient=[5.0, 0.01])) == pytest.approx(-2)
    assert probes.generator_gradient(told(generator_gradient=[0.0])) == -30


@pytest.mark.parametrize("power", [-2.0, 0.0, 1.5])
def test_the_slope_is_in_powers_of_ten_a_tenfold_of_steps(power):
    """norm = steps ** power from step 50 on; before, anything."""
    steps = 10 * np.arange(50) + 5.0
    run = told(generator_gradient=list(np.where(steps < 50, 7.0, steps**power)))
    run.settings, run.training = {"fit": {"batch_size": 64, "epoch_steps": 10}}, np.zeros(6400)
    assert probes.gradient_slope(run) == pytest.approx(power)
    assert list(probes.gradient_over_steps(run))[:2] == [5.0, 15.0]


def test_a_slope_needs_two_epochs_behind_the_start():
    run = told(generator_gradient=[1.0] * 6)
    run.settings, run.training = {"fit": {"batch_size": 64, "epoch_steps": 10}}, np.zeros(6400)
    assert math.isnan(probes.gradient_slope(run))


def test_the_best_discriminator_is_the_share_of_real_points():
    """Of drawn points with like p / (p + q), that share is real; the constants are the source's."""
    names = ("MODES", "RADIUS", "DEVIATION", "SPREAD")
    assert all(getattr(probes, name) == getattr(real_or_generated, name) for name in names)
    drawn = real_or_generated.load(None, 0, samples=200_000)
    best = probes.best_discriminator(drawn.x)
    parts = np.array_split(np.argsort(best), 10)  # 20,000 points each
    gaps = [np.mean(best[rows] - drawn.y[rows]) for rows in parts]
    assert np.abs(gaps).max() < 4 * 0.5 / np.sqrt(20_000)
    centre, nothing = probes.best_discriminator(np.array([[2.0, 0.0], [0.0, 0.0]]))
    p, q = 1 / 8 / 0.09, np.exp(-(2**2) / 2 / 1.5**2) / 1.5**2
    assert centre == pytest.approx(p / (p + q), abs=1e-6) and nothing < 1e-8


def test_distance_from_the_best_discriminator():
    drawn = real_or_generated.load(None, 1, samples=4000)
    best = probes.best_discriminator(drawn.x)
    exact = Seen(test=drawn, predicted=np.stack([1 - best, best], 1))
    assert probes.distance_from_optimum(exact) == 0
    even = Seen(test=drawn, predicted=np.full((4000, 2), 0.5))
    assert probes.distance_from_optimum(even) == pytest.approx(0.308, abs=0.005)  # by numerical integration


def test_frechet_distance_of_known_gaussians():
    x = np.random.default_rng(0).standard_normal((5000, 4))
    assert probes.frechet(x, x) == pytest.approx(0, abs=1e-6)
    assert probes.frechet(x, x + np.array([3, 0, 0, 4])) == pytest.approx(25)
    assert probes.frechet(x, 2 * x) == pytest.approx(np.trace(np.cov(x.T)) + x.mean(0) @ x.mean(0), rel=1e-6)


def test_density_and_coverage_by_hand():
    real = np.array([[0.0], [1.0], [10.0], [11.0]])
    assert probes.density_coverage(real, np.array([[0.5], [0.6]]), 1) == (2.0, 0.5)  # each within both radii of 1
    assert probes.density_coverage(real, np.array([[100.0]]), 1) == (0.0, 0.0)
    random = np.random.default_rng(0)
    density, coverage = probes.density_coverage(random.normal(size=(800, 8)), random.normal(size=(800, 8)))
    assert density == pytest.approx(1, abs=0.1) and coverage == pytest.approx(0.97, abs=0.03)


def test_trivial_images_are_far_from_real_ones():
    """The mean image is one point: its distance is that of the centres and the real side's whole spread."""
    run = images(stripes(400, 2).x)
    assert min(probes.fid_mean_image(run), probes.fid_noise(run)) > 5 * probes.fid(run)
    mean = Examples(np.broadcast_to(run.training.x.mean(0), run.test.x.shape).astype("float32"), run.test.y)
    assert probes.fid_mean_image(run) == pytest.approx(probes.fid(images(mean.x)), rel=1e-6)


def test_images_are_judged_against_real_ones():
    same, lost = images(stripes(400, 2).x), images(stripes(400, 2).x[np.arange(400) // 2 * 2 % 400])
    assert probes.fid(same) == pytest.approx(probes.fid_floor(same), rel=1)
    assert probes.coverage(same) > 0.9 and probes.class_entropy(same) == pytest.approx(1, abs=0.01)
    assert probes.fid(lost) > 5 * probes.fid(same)  # two of four classes are gone
    assert probes.class_entropy(lost) == pytest.approx(0.5, abs=0.01) and probes.coverage(lost) < 0.7
    assert probes.nearest_ratio(same) == pytest.approx(1, abs=0.05)
    assert probes.nearest_ratio(images(stripes(400, 0).x)) == pytest.approx(0, abs=1e-3)
