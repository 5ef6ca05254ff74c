"""Sweeps are read as strictly as all else: paths, bounds, forms, sizes and metrics are refused by file and key."""

import math

import pytest
from written_settings import GOOD, complaints, read, spoiled

from pipeline.settings.validation import ParamsError

SWEEP = """
sweeps:
  rates:
    topic: convolution
    variant: max
    try:
      fit.learning_rate: 0.0001 .. 0.1 log
      build.channels: 4 .. 16
      fit.optimizer: {any: [sgd, adam]}
      fit.momentum: {range: 0.5 .. 0.9, when: {fit.optimizer: sgd}}
      view: {any: [plain, over]}
      view.rebalance.ratio: {range: 0.5 .. 1.0, when: {view: over}}
    best: val_cross_entropy lowest
    trials: 20
"""
TEXT = GOOD + SWEEP
KEY = "params.yaml: sweeps.rates"


def wrong(tmp_path, path, value=None, remove=False):
    return complaints(tmp_path, spoiled_sweep(path, value, remove))


def spoiled_sweep(path, value=None, remove=False):
    """The text with a key of the sweep replaced; `try/PATH` is a setting that is tried."""
    import io

    from ruamel.yaml import YAML

    tree = YAML(typ="safe").load(TEXT)
    place, names = tree["sweeps"]["rates"], path.split("/")
    for name in names[:-1]:
        place = place[name]
    if remove:
        del place[names[-1]]
    else:
        place[names[-1]] = value
    out = io.StringIO()
    YAML().dump(tree, out)
    return out.getvalue()


def test_a_sound_one(tmp_path):
    sweep = read(tmp_path, TEXT).sweeps["rates"]
    assert (sweep.metric, sweep.highest, sweep.trials, sweep.seeds, sweep.keep, sweep.fresh) == (
        *("val_cross_entropy", False, 20, 3),
        *(3, 6),
    )
    assert sweep.search_seeds(100) == [0, 1, 2] and sweep.fresh_seeds(100) == [100, 101, 102, 103, 104, 105]
    assert math.isinf(sweep.space.size()) and sweep.test_metric == "cross_entropy"


def test_seeds_of_the_search_are_never_those_of_the_end(tmp_path):
    sweep = read(tmp_path, TEXT).sweeps["rates"]
    for first in range(0, 12):
        assert not {*sweep.search_seeds(first)} & {*sweep.fresh_seeds(first)}


def test_a_trial_is_the_variant_with_what_is_tried(tmp_path):
    settings = read(tmp_path, TEXT)
    sweep, base = settings.sweeps["rates"], settings.topics["convolution"].variants["max"]
    untouched, data = sweep.tried({})
    assert untouched.settings() == base.settings() and data == settings.data["signals"]
    tried, data = sweep.tried({"fit.learning_rate": 0.02, "build.channels": 8, "view": "plain"})
    assert tried.fit["learning_rate"] == 0.02 and tried.build["channels"] == 8 and tried.view == "plain"
    assert {**tried.fit, "learning_rate": 1e-3} == {**base.fit, "learning_rate": 1e-3}


def test_a_view_is_tried_under_a_name_that_says_how_it_is_made(tmp_path):
    sweep = read(tmp_path, TEXT).sweeps["rates"]
    views = []
    for ratio in (0.5, 0.7, 0.5):
        variant, data = sweep.tried({"view": "over", "view.rebalance.ratio": ratio})
        views.append(variant.view)
        assert data.views[variant.view]["rebalance"] == {**data.views["over"]["rebalance"], "ratio": ratio}
    assert views[0] == views[2] != views[1]


def test_another_model_starts_with_its_own_settings(tmp_path):
    text = spoiled_sweep("try", {"model": {"any": ["convnet", "mlp"]}, "fit.learning_rate": "0.001 .. 0.1 log"})
    sweep = read(tmp_path, text).sweeps["rates"]
    assert sweep.tried({"model": "mlp"})[0].build["width"] > 0
    assert sweep.tried({"model": "convnet"})[0].build == sweep.tried({})[0].build


def test_profiles_count(tmp_path):
    sweep = read(tmp_path, TEXT, profile="smoke").sweeps["rates"]
    assert sweep.tried({})[0].fit["epochs"] == 1 and sweep.tried({})[0].fit["batch_size"] == 7


def test_without_sweeps_there_are_none(tmp_path):
    assert read(tmp_path).sweeps == {} and read(tmp_path, GOOD + "\nsweeps: {}\n").sweeps == {}


def test_those_of_topics_that_are_left_out_are_left_out(tmp_path):
    assert "rates" in read(tmp_path, TEXT + "only: [convolution]\n").sweeps


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("topic", "convolutions", "topic: given 'convolutions', allowed convolution (did you mean 'convolution'?)"),
        ("variant", "maxi", "variant: given 'maxi', allowed mlp, "),
        ("best", "accuracy highest", "best: given 'accuracy highest', allowed val_cross_entropy lowest, val_accuracy"),
        ("best", "val_accuracy lowest", "best: given 'val_accuracy lowest', allowed val_cross_entropy lowest, "),
        ("best", "val_loss", "best: given 'val_loss', allowed "),
        ("trials", 0, "trials: given 0, allowed an integer >= 2 and <= 1000 or null"),
        ("trials", 5000, "trials: given 5000, allowed "),
        ("seeds", 11, "seeds: given 11, allowed an integer >= 1 and <= 10"),
        ("search", "hyperband", "search: given 'hyperband', allowed one of 'grid', 'random', 'tpe'"),
        ("finalists", {"keep": 0}, "finalists.keep: given 0, allowed "),
        ("finalists", {"kept": 3}, "finalists.kept: given 'kept', allowed keep, seeds"),
        ("budget", 3, "budget: given 'budget', allowed topic, variant, "),
        ("try", {}, "try: given nothing to try, allowed one setting or more"),
        ("try/fit.learnin_rate", "0.1 .. 1.0", "try.fit.learnin_rate: given 'learnin_rate', allowed "),
        (
            "try/fits.rate",
            "0.1 .. 1.0",
            "try.fits.rate: given 'fits.rate', allowed model, view, precision, or one such",
        ),
        ("try/data", {"any": ["signals", "pictures"]}, "try.data: given 'data', allowed model, view, precision"),
        ("try/fit.learning_rate", "0.0 .. 0.1", "try.fit.learning_rate: given 0.0, allowed a number > 0"),
        (
            "try/fit.learning_rate",
            "0.0 .. 0.1 log",
            "try.fit.learning_rate: given '0.0 .. 0.1 log', allowed ends above",
        ),
        ("try/fit.learning_rate", "0.1 .. 0.01", "try.fit.learning_rate: given '0.1 .. 0.01', allowed a lower end"),
        ("try/fit.learning_rate", 0.1, "try.fit.learning_rate: given 0.1, allowed LOW .. HIGH"),
        ("try/fit.learning_rate", [0.1, 0.2], "try.fit.learning_rate: given [0.1, 0.2], allowed LOW .. HIGH"),
        ("try/build.channels", "4 .. 16.5", "try.build.channels: given 16.5, allowed an integer >= 1"),
        ("try/build.channels", "4 .. 16 in 500", "try.build.channels: given '4 .. 16 in 500', allowed 2 to 200 values"),
        ("try/build.pooling", {"any": ["max", "maxi"]}, "try.build.pooling: given 'maxi', allowed one of 'stride', "),
        ("try/build.pooling", {"any": ["max"]}, "try.build.pooling.any: given ['max'], allowed a list of two values"),
        (
            "try/build.pooling",
            {"any": ["max", "max"]},
            "try.build.pooling.any: given ['max', 'max'], allowed each value",
        ),
        ("try/build.pooling", {"all": ["max"]}, "try.build.pooling.all: given 'all', allowed any, range, when"),
        ("try/build.pooling", {"when": {}}, "try.build.pooling: given neither any nor range, allowed one of them"),
        ("try/view", {"any": ["plain", "smote"]}, "try.view: given 'smote', allowed over, plain"),
        ("try/view.rebalance.sampler", {"any": ["over", "up"]}, "try.view.rebalance.sampler: given 'up', allowed "),
        ("try/view.turn.angle", "0.5 .. 7.0", "try.view.turn"),
        ("try/fit.momentum/when", {"fit.optimiser": "sgd"}, "when.fit.optimiser: given 'fit.optimiser', allowed "),
        ("try/fit.momentum/when", {"fit.optimizer": "lion"}, "when.fit.optimizer: given 'lion', allowed 'sgd', 'adam'"),
        (
            "try/fit.momentum/when",
            "sgd",
            "when: given 'sgd', allowed conditions by their paths, such as {fit.optimizer",
        ),
        ("try/fit.momentum/when", {"fit.optimizer": []}, "when.fit.optimizer: given [], allowed 'sgd', 'adam'"),
        ("try/fit.momentum/when", {"build.channels": 4}, "when.build.channels: given 'build.channels', allowed "),
    ],
)
def test_what_is_refused(tmp_path, path, value, told):
    lines = wrong(tmp_path, path, value)
    assert any(line.startswith(f"{KEY}.") and told in line for line in lines), lines


@pytest.mark.parametrize("name", ["topic", "variant", "try", "best", "trials"])
def test_what_is_missing(tmp_path, name):
    assert any(line.startswith(f"{KEY}.{name}: given nothing, allowed ") for line in wrong(tmp_path, name, remove=True))


def test_grids(tmp_path):
    grid = {"build.channels": "4 .. 8", "fit.learning_rate": "0.001 .. 0.1 log in 3"}
    text = spoiled_sweep("try", grid).replace("trials: 20", "search: grid")
    sweep = read(tmp_path, text).sweeps["rates"]
    assert sweep.space.size() == 15 and sweep.trials == 16
    assert [each["fit.learning_rate"] for each in sweep.space.combinations()][:3] == [0.001, 0.01, 0.1]
    (line,) = complaints(tmp_path, text.replace("in 3", ""))
    assert line.startswith(f"{KEY}.try: given a range without steps, allowed 1000 at most in a grid")
    (line,) = complaints(tmp_path, text.replace("4 .. 8", "4 .. 103").replace("in 3", "in 200"))
    assert line.startswith(f"{KEY}.try: given 20,000 combinations, allowed 1000 at most")
    (line,) = complaints(tmp_path, text.replace("search: grid", "search: grid\n    trials: 9"))
    assert line.startswith(f"{KEY}.trials: given 9, allowed no such key for a grid")


def test_more_trials_than_settings(tmp_path):
    (line,) = wrong(tmp_path, "try", {"build.channels": "4 .. 8"})
    assert line == f"{KEY}.trials: given 20, allowed 6 at most, as there are no more settings; or search: grid"


def test_a_trial_whose_settings_do_not_go_together_says_so(tmp_path):
    sweep = read(tmp_path, TEXT).sweeps["rates"]
    with pytest.raises(ParamsError) as caught:
        sweep.tried({"build.channels": 0})
    assert caught.value.lines == [f"{KEY}.try.build.channels: given 0, allowed an integer >= 1"]


def test_a_task_without_a_validation_score(tmp_path):
    gan = {"task": "generate", "model": "gan", "data": "pictures"}
    text = spoiled(
        "topics.convolution.variants.max", gan, text=spoiled_sweep("try", {"model": {"any": ["gan", "mlp"]}})
    )
    lines = complaints(tmp_path, text)
    assert not any("Traceback" in line for line in lines) and any(": given " in line for line in lines)


def test_a_bad_line_under_try_says_nothing_of_trials(tmp_path):
    """Profiles meet it one after the other: only the first has a new line of it."""
    lines = wrong(tmp_path, "try/fit.learning_rate", "0,1 .. 0,2")
    assert len(lines) == 1 and "sweeps.rates.try.fit.learning_rate: given '0,1 .. 0,2'" in lines[0]


def test_settings_of_a_step_that_are_sound_together_are_taken(tmp_path):
    """A ratio says nothing without a sampler, which is tried in every trial."""
    text = TEXT.replace("view: {any: [plain, over]}", "view.rebalance.sampler: {any: [under, over]}")
    text = text.replace("{range: 0.5 .. 1.0, when: {view: over}}", "0.5 .. 1.0")
    assert len(read(tmp_path, text).sweeps["rates"].space.tried) == 6


def test_what_a_step_lacks_is_asked_for_by_a_path_that_can_be_tried(tmp_path):
    text = TEXT.replace("view: {any: [plain, over]}\n", "fit.epochs: 2 .. 4\n").replace(": max\n", ": average\n")
    text = text.replace("{range: 0.5 .. 1.0, when: {view: over}}", "0.5 .. 1.0")
    assert any(
        line.startswith(f"{KEY}.try.view.rebalance.sampler: given nothing") for line in complaints(tmp_path, text)
    )


@pytest.mark.parametrize("when", ["0.5 .. 0.9", "{range: 0.5 .. 0.9, when: {fit.optimizer: adam}}"])
def test_a_setting_that_is_drawn_in_vain_is_named(tmp_path, when):
    text = TEXT.replace("{range: 0.5 .. 0.9, when: {fit.optimizer: sgd}}", when)
    named = [void.place.key for void in read(tmp_path, text).voids if void.place.key.startswith("sweeps.")]
    assert named == (["sweeps.rates.try.fit.momentum"] if "adam" in when else [])
