"""Metrics against figures worked out by hand and against scikit-learn; every metric keeps one signature."""

import numpy as np
import pytest
from sklearn import metrics as reference

from pipeline import paths, plugin_files
from pipeline.metrics import classify as metrics

PRIORS = np.array([0.6, 0.3, 0.1])
LABELS = np.array([0, 0, 0, 1, 1, 2])
PREDICTED = np.array(
    [[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.8, 0.1], [0.2, 0.7, 0.1], [0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]
)
ARGUMENTS = (LABELS, PREDICTED, PRIORS)


def test_by_hand():
    assert metrics.accuracy(*ARGUMENTS) == 4 / 6
    assert metrics.balanced_accuracy(*ARGUMENTS) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)
    assert metrics.accuracy_at_training_priors(*ARGUMENTS) == pytest.approx(0.6 * 2 / 3 + 0.3 / 2 + 0.1)
    assert metrics.rare_recall(*ARGUMENTS) == 1.0
    assert metrics.cross_entropy(*ARGUMENTS) == pytest.approx(-np.mean(np.log([0.7, 0.6, 0.1, 0.7, 0.3, 0.7])))


def test_brier_by_hand():
    """Brier (1950): squared distances summed over the classes, then a mean over the examples."""
    distances = [0.09 + 0.04 + 0.01, 0.16 + 0.09 + 0.01, 0.81 + 0.64 + 0.01]
    distances += [0.04 + 0.09 + 0.01, 0.25 + 0.49 + 0.04, 0.01 + 0.04 + 0.09]
    assert metrics.brier(*ARGUMENTS) == pytest.approx(sum(distances) / 6)


def _of_two(confidence, right):
    """Labels and probabilities of two classes: the first is the likelier one everywhere, and right where `right` is."""
    likelier = np.array(confidence)
    return 1 - np.array(right), np.stack([likelier, 1 - likelier], 1), np.array([0.5, 0.5])


@pytest.mark.parametrize(
    ("confidence", "right", "error"),
    [
        ([0.8, 0.8, 0.8, 0.8, 0.8], [1, 1, 1, 1, 0], 0),
        ([0.7, 0.8], [0, 1], (0.7 + 0.2) / 2),  # bins 10 and 12
        ([0.62, 0.66], [0, 1], (0.62 - 0.34) / 2),  # both in bin 9, from 9/15 to 10/15: the gaps make up for each other
        ([0.66, 0.68], [0, 1], (0.66 + 0.32) / 2),  # on both sides of 10/15
        ([0.53, 0.54], [0, 1], (0.53 + 0.46) / 2),  # on both sides of 8/15
        ([0.95, 1.0, 1.0], [0, 1, 1], 0.95 / 3),  # 1.0 is in the last bin, from 14/15 on
        ([0.98, 1.0], [1, 0], 0.98 / 2),  # likewise: 1.0 - 0.02
        ([0.92, 0.94], [0, 1], (0.92 + 0.06) / 2),  # on both sides of 14/15
    ],
)
def test_calibration_error_by_hand(confidence, right, error):
    assert metrics.calibration_error(*_of_two(confidence, right)) == pytest.approx(error, abs=1e-12)


def test_calibration_asks_the_likeliest_of_all_classes():
    assert metrics.calibration_error(*ARGUMENTS) == pytest.approx(_calibration_error_in_a_loop(LABELS, PREDICTED))
    random = np.random.default_rng(0)
    labels, predicted = random.integers(0, 4, 500), random.dirichlet(np.full(4, 0.3), 500)
    expected = _calibration_error_in_a_loop(labels, predicted)
    assert metrics.calibration_error(labels, predicted, np.full(4, 0.25)) == pytest.approx(expected)


def _calibration_error_in_a_loop(labels, predicted):
    """Guo et al. (2017), equation 3, with bins closed below."""
    sure, right = predicted.max(1), predicted.argmax(1) == labels
    error = 0.0
    for low in np.arange(15) / 15:
        of_bin = (low <= sure) & (sure < low + 1 / 15)
        if of_bin.any():
            error += of_bin.mean() * abs(right[of_bin].mean() - sure[of_bin].mean())
    return error


def test_against_scikit_learn():
    chosen = PREDICTED.argmax(1)
    assert metrics.balanced_accuracy(*ARGUMENTS) == pytest.approx(reference.balanced_accuracy_score(LABELS, chosen))
    assert metrics.macro_f1(*ARGUMENTS) == pytest.approx(reference.f1_score(LABELS, chosen, average="macro"))
    average_precision = reference.average_precision_score(LABELS == 2, PREDICTED[:, 2])
    assert metrics.pr_auc(*ARGUMENTS) == pytest.approx(average_precision)
    assert metrics.roc_auc(*ARGUMENTS) == pytest.approx(reference.roc_auc_score(LABELS == 2, PREDICTED[:, 2]))
    assert metrics.cross_entropy(*ARGUMENTS) == pytest.approx(reference.log_loss(LABELS, PREDICTED))


def test_of_two_classes_the_rare_one_is_meant_whichever_it_is():
    labels, predicted = np.array([0, 1, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.1, 0.9]])
    assert metrics.rare_recall(labels, predicted, np.array([0.1, 0.9])) == 1.0
    assert metrics.rare_recall(labels, predicted, np.array([0.9, 0.1])) == pytest.approx(2 / 3)


def test_the_rarest_of_more_classes_is_meant_by_areas_under_curves():
    random = np.random.default_rng(2)
    labels, predicted, priors = random.integers(0, 3, 60), random.dirichlet(np.ones(3), 60), np.array([0.5, 0.1, 0.4])
    rare, score = labels == 1, predicted[:, 1]
    assert metrics.pr_auc(labels, predicted, priors) == pytest.approx(reference.average_precision_score(rare, score))
    assert metrics.roc_auc(labels, predicted, priors) == pytest.approx(reference.roc_auc_score(rare, score))


@pytest.mark.parametrize(("classes", "rarest"), [(3, 1), (5, 1), (6, 2), (12, 4)])
def test_a_third_of_the_classes_is_rare(classes, rarest):
    """Classes come in falling frequency; the rarest ones alone are recognised, the others taken for the first."""
    labels = np.arange(classes)
    for known in range(1, classes):
        answers = np.where(labels >= classes - known, labels, 0)
        recall = metrics.rare_recall(labels, np.eye(classes)[answers], np.arange(classes, 0, -1) / classes)
        assert recall == pytest.approx(min(1, known / rarest))


def test_of_classes_that_are_equally_rare_the_first_are_meant():
    """Every second of 60 classes is half as frequent as the others: of those 30 the first 20 make up a third."""
    labels, priors = np.arange(60), np.tile([2 / 90, 1 / 90], 30)
    answers = np.where((labels % 2 == 1) & (labels < 40), labels, 0)
    assert metrics.rare_recall(labels, np.eye(60)[answers], priors) == 1.0


def test_a_class_without_test_examples_has_no_recall_to_count():
    labels, predicted = np.array([0, 0, 1]), np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [0.1, 0.8, 0.1]])
    priors = np.array([0.6, 0.2, 0.2])
    assert metrics.balanced_accuracy(labels, predicted, priors) == pytest.approx((1 / 2 + 1) / 2)
    assert metrics.accuracy_at_training_priors(labels, predicted, priors) == pytest.approx((0.6 / 2 + 0.2) / 0.8)


def test_where_all_test_examples_are_of_one_class_its_recall_is_the_mean():
    predicted = np.array([[0.2, 0.8], [0.6, 0.4], [0.3, 0.7]])
    assert metrics.balanced_accuracy(np.array([1, 1, 1]), predicted, np.array([0.5, 0.5])) == pytest.approx(2 / 3)


def test_a_certain_mistake_costs_a_finite_amount():
    cost = metrics.cross_entropy(np.array([0]), np.array([[0.0, 1.0]]), np.array([0.5, 0.5]))
    assert cost == pytest.approx(1022 * np.log(2))  # the smallest normal number is 2**-1022


def test_the_gap_is_that_of_the_most_frequent_third_over_the_rarest():
    labels, priors = np.arange(6).repeat(2), np.array([0.3, 0.25, 0.2, 0.12, 0.08, 0.05])
    answers = np.array([0, 0, 1, 2, 2, 2, 3, 3, 0, 4, 0, 0])  # recalls 1, 1/2, 1, 1, 1/2, 0
    assert metrics.recall_gap(labels, np.eye(6)[answers], priors) == pytest.approx((1 + 1 / 2) / 2 - (1 / 2 + 0) / 2)
    assert metrics.recall_gap(*ARGUMENTS) == pytest.approx(2 / 3 - 1)
    assert metrics.recall_gap(LABELS, np.eye(3)[LABELS], PRIORS) == 0


@pytest.mark.parametrize(
    ("rare", "chances", "found"),
    [
        ([1, 1, 0, 0, 0], [0.9, 0.1, 0.8, 0.7, 0.6], 1 / 2),  # all of them: 2 of 5 right
        ([1, 1, 0, 0, 0], [0.9, 0.7, 0.8, 0.75, 0.1], 1),  # the first four: 2 of 4 right
        ([1, 1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5, 0.5], 0),  # always "rare", or never: the same
        ([1, 1, 0, 0, 0], [0.2, 0.3, 0.9, 0.8, 0.7], 0),
        ([1, 1, 0, 0], [0.5, 0.5, 0.5, 0.5], 1),  # half of the examples are
        ([1, 0, 0, 0], [0.001, 0.0005, 0, 0], 1),  # the threshold is not at one half
    ],
)
def test_recall_where_half_of_what_is_named_may_be_wrong(rare, chances, found):
    predicted = np.stack([1 - np.array(chances), chances], 1)
    assert metrics.recall_at_precision(np.array(rare), predicted, np.array([0.9, 0.1])) == pytest.approx(found)


def test_recall_at_precision_is_a_mean_over_the_rarest_third():
    labels, priors = np.arange(6), np.arange(6, 0, -1) / 21
    predicted = np.eye(6)
    predicted[0, 4] = predicted[1, 4] = 2  # class 4 is named twice in vain before it is found
    assert metrics.recall_at_precision(labels, predicted, priors) == pytest.approx((0 + 1) / 2)
    assert np.isnan(metrics.recall_at_precision(np.array([0, 1]), np.eye(6)[:2], priors))


def test_brier_skill_is_what_is_saved_of_the_base_rates_score():
    """Two rare of ten: the base rate scores 2 x 0.2 x 0.8 = 0.32; half of each chance to the other class 2 x 0.25."""
    labels, shares = np.repeat([0, 1], [8, 2]), np.array([0.8, 0.2])
    assert metrics.brier(labels, np.tile(shares, (10, 1)), shares) == pytest.approx(0.32)
    assert metrics.brier_skill(labels, np.tile(shares, (10, 1)), shares) == pytest.approx(0, abs=1e-12)
    assert metrics.brier_skill(labels, np.full((10, 2), 0.5), shares) == pytest.approx(1 - 0.5 / 0.32)


SCORES = [name for name in plugin_files.functions(paths.METRICS / "classify.py") if name != "recall_gap"]


@pytest.mark.parametrize("name", SCORES)
def test_a_perfect_and_a_useless_classifier(name):
    perfect = getattr(metrics, name)(LABELS, np.eye(3)[LABELS], PRIORS)
    useless = getattr(metrics, name)(LABELS, np.eye(3)[(LABELS + 1) % 3], PRIORS)
    error = name in ("cross_entropy", "brier", "calibration_error")
    assert (perfect < useless) if error else (perfect > useless)
    assert perfect == pytest.approx(0 if error else 1)
