"""Momentum is for sgd alone: beside another optimizer it is said to have no effect."""

import pytest
from written_settings import GOOD, T, V, read, spoiled

WRITTEN = spoiled(f"{T}.fit.momentum", 0.9)
SGD = "topics: {convolution: {fit: {optimizer: sgd}}}"
ADAM = "topics: {convolution: {fit: {optimizer: adam}}}"


def lines(tmp_path, text, **options):
    """All that is said of momentum."""
    return [void.line() for void in read(tmp_path, text, **options).voids if void.place.key.endswith("momentum")]


@pytest.mark.parametrize(
    ("optimizers", "extent"),
    [
        ({}, ": the optimizer is adam"),
        ({f"{T}.fit.optimizer": "rmsprop"}, ": topic convolution sets optimizer rmsprop"),
        (
            {f"{T}.fit.optimizer": "sgd", f"{V}.max.fit.optimizer": "adam"},
            " on 1 of 19 variants: variant max sets optimizer adam",
        ),
        (
            {f"{V}.{name}.fit.optimizer": "sgd" for name in ("max", "stride")},
            " on 17 of 19 variants: the optimizer is adam",
        ),
    ],
)
def test_momentum_beside_another_optimizer_is_void(tmp_path, optimizers, extent):
    text = WRITTEN
    for path, value in optimizers.items():
        text = spoiled(path, value, text=text)
    assert lines(tmp_path, text) == [f"params.yaml: {T}.fit.momentum: 0.9 has no effect{extent}"]
    assert not any(void.by_profile for void in read(tmp_path, text).voids)


def test_momentum_beside_sgd_counts_and_none_is_not_spoken_of(tmp_path):
    assert lines(tmp_path, spoiled(f"{T}.fit.optimizer", "sgd", text=WRITTEN)) == lines(tmp_path, GOOD) == []
    assert lines(tmp_path, WRITTEN, profile="smoke", smoke=SGD) == []


def test_a_profile_that_changes_the_optimizer_makes_momentum_void(tmp_path):
    text = spoiled(f"{T}.fit.optimizer", "sgd", text=WRITTEN)
    settings = read(tmp_path, text, profile="smoke", smoke=ADAM)
    (void,) = [void for void in settings.voids if void.place.key == f"{T}.fit.momentum"]
    assert void.is_whole and void.by_profile
    assert void.line() == f"params.yaml: {T}.fit.momentum: 0.9 has no effect: profile smoke sets optimizer adam"
    smoke = "topics: {convolution: {fit: {momentum: 0.5}}}"
    assert lines(tmp_path, text, profile="smoke", smoke=smoke) == [
        f"params.yaml: {T}.fit.momentum: 0.9 has no effect: profile smoke sets 0.5"
    ], "of a value that is replaced, what replaces it is said"


def test_momentum_without_effect_changes_no_settings_and_so_no_runs_key(tmp_path):
    def fits(text):
        variants = read(tmp_path, text).topics["convolution"].variants
        return {name: variant.settings() for name, variant in variants.items()}

    assert fits(WRITTEN) == fits(GOOD)
    sgd = spoiled(f"{T}.fit.optimizer", "sgd")
    assert fits(spoiled(f"{T}.fit.momentum", 0.9, text=sgd)) != fits(sgd)
