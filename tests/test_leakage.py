"""Resampling before the split reports skill on pure noise; the pipeline's own order reports none."""

import csv

import leaks
import numpy as np
import pytest

from pipeline import paths
from pipeline.preparation.split import split_rows
from pipeline.records import Examples, read_examples, write_examples
from pipeline.settings import params
from pipeline.settings.params import DataSettings, Split
from pipeline.stages.prepare import prepare
from pipeline.views import rebalance

SEEDS, EXAMPLES, COLUMNS, POSITIVE = range(5), 2000, 10, 0.1
SAMPLERS = ("over", "smote")
SETTINGS = params.read(paths.PARAMS, profile="smoke")


def noise(seed):
    """Normal inputs (2000, 10) and labels that know nothing of them, one in ten positive: 0.5 is the truth."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.arange(EXAMPLES) < POSITIVE * EXAMPLES).astype(np.int64)
    return Examples(random.normal(size=(EXAMPLES, COLUMNS)).astype(np.float32), labels)


def score(train, test):
    """Balanced accuracy of the nearest neighbour."""
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.neighbors import KNeighborsClassifier

    return balanced_accuracy_score(test.y, KNeighborsClassifier(1).fit(train.x, train.y).predict(test.x))


def wrong(seed, sampler):
    """All examples resampled, then split."""
    examples, _ = rebalance.apply(noise(seed), seed, sampler=sampler)
    rows = np.random.default_rng(seed).permutation(len(examples))
    cut = len(rows) // 4
    return examples.take(rows[cut:]), examples.take(rows[:cut])


@pytest.fixture
def prepared(house, monkeypatch):
    """Noise of a seed through `prepare`: training views and test."""
    monkeypatch.setattr(paths, "RAW", house)
    views = {sampler: {"rebalance": {"sampler": sampler}} for sampler in SAMPLERS} | {"plain": {}}

    def run(seed):
        examples = noise(seed)
        with (house / "noise.csv").open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow([*(f"c{place}" for place in range(COLUMNS)), "class"])
            rows.writerows([*x, y] for x, y in zip(examples.x.tolist(), examples.y.tolist(), strict=True))
        prepare(
            DataSettings("noise", "table", {"file": "noise"}, "none", Split(0.1, 0.25, None, seed), views, seed), [0]
        )
        fit = {view: read_examples(paths.fit_split("noise", view, 0)) for view in views}
        return fit, read_examples(paths.validation_split("noise", 0)), read_examples(paths.test_split("noise", 0))

    return run


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_resampling_before_the_split_seems_to_work_on_noise(sampler):
    scores = [score(*wrong(seed, sampler)) for seed in SEEDS]
    assert np.mean(scores) >= 0.8, f"{sampler} before the split: {np.round(scores, 3).tolist()}"


def test_the_pipelines_order_finds_nothing_in_noise(prepared):
    scores = {sampler: [] for sampler in SAMPLERS}
    for seed in SEEDS:
        fit, _, test = prepared(seed)
        for sampler in SAMPLERS:
            scores[sampler].append(score(fit[sampler], test))
    for sampler, values in scores.items():
        told = f"{sampler} after the split: {np.round(values, 3).tolist()}, mean {np.mean(values):.3f}"
        assert abs(np.mean(values) - 0.5) < 0.06, told
        print(told)


def test_no_training_row_of_any_view_is_in_validation_or_test(prepared):
    fit, validation, test = prepared(0)
    held = {row.tobytes() for part in (validation, test) for row in part.x}
    assert len(held) == len(validation) + len(test)
    for view, examples in fit.items():
        shared = held & {row.tobytes() for row in examples.x}
        assert not shared, f"{view}: {len(shared)} rows of validation or test"


@pytest.mark.parametrize("name", SETTINGS.data)
def test_prepared_files_keep_training_and_held_out_rows_of_the_source_apart(house, name):
    prepare(SETTINGS.data[name], [3])
    leaks.check(SETTINGS.data[name], paths.DATA, 3)


def joined(*parts):
    return Examples(np.concatenate([part.x for part in parts]), np.concatenate([part.y for part in parts]))


@pytest.fixture
def prepared_adding(house):
    """Settings of a data set without classes, and the folder of its files."""
    prepare(SETTINGS.data["adding_24"], [3])
    return SETTINGS.data["adding_24"], paths.DATA, 3


def test_a_split_with_a_row_in_two_parts_would_be_seen(prepared_adding, monkeypatch):
    def leaking(*arguments):
        rows = split_rows(*arguments)
        return rows | {"train": np.concatenate([rows["train"], rows["test"]])}

    monkeypatch.setattr(leaks, "split_rows", leaking)
    with pytest.raises(AssertionError, match="a row is in two parts"):
        leaks.check(*prepared_adding)


def test_a_row_in_the_wrong_file_would_be_seen(prepared_adding):
    data, folder, draw = prepared_adding
    parts = leaks.read_parts(data.name, folder, draw)
    write_examples(
        folder / "prepared" / data.name / str(draw) / "fit" / "plain.npz", joined(parts["train"], parts["test"])
    )
    with pytest.raises(AssertionError, match="train holds other rows"):
        leaks.check(data, folder, draw)


def test_a_held_out_row_in_a_view_would_be_seen(prepared_adding):
    data, folder, draw = prepared_adding
    parts = leaks.read_parts(data.name, folder, draw)
    with pytest.raises(AssertionError, match="a row of test is in the view"):
        leaks.check_view(joined(parts["train"], parts["test"]), parts)
    leaks.check_view(joined(parts["train"], parts["train"]), parts)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_wrong_order_does_put_copies_or_kin_into_test(sampler):
    """The counterpart: what the test above looks for is there when the order is wrong."""
    train, test = wrong(0, sampler)
    shared = {row.tobytes() for row in train.x} & {row.tobytes() for row in test.x}
    nearest = np.mean([np.linalg.norm(train.x - row, axis=1).min() for row in test.x[test.y == 1][:50]])
    apart = np.mean([np.linalg.norm(train.x - row, axis=1).min() for row in test.x[test.y == 0][:50]])
    assert len(shared) > 100 if sampler == "over" else nearest < 0.6 * apart, (len(shared), nearest, apart)
