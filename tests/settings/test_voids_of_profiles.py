"""A value of a profile that a narrower block of the profile takes the place of is said to have no effect."""

import shutil

import pytest
from written_settings import T, V, read, spoiled

from pipeline import paths
from pipeline.settings import params

FEW = spoiled(f"{T}.groups", {"few": {"fit": {"patience": 3}}, "unused": {"fit": {"patience": 4}}})
FEW = spoiled(f"{V}.max.group", "few", text=FEW)


def lines(tmp_path, text=FEW, profile="smoke", **files):
    """All that is said of values that stand in a profile, by file and key."""
    voids = read(tmp_path, text, profile=profile, **files).voids
    assert [void.place.file for void in voids] == sorted(void.place.file for void in voids), "params.yaml comes first"
    return [void.line().removeprefix("profiles/") for void in voids if void.place.file != "params.yaml"]


@pytest.mark.parametrize(
    ("smoke", "expected"),
    [
        ("every_topic: {fit: {epochs: 1}}", []),
        (
            "every_topic: {fit: {epochs: 1}}\ntopics: {convolution: {fit: {epochs: 5}}}",
            ["every_topic.fit.epochs: 1 has no effect: topic convolution sets 5"],
        ),
        (
            "topics: {convolution: {fit: {epochs: 5}, variants: {max: {fit: {epochs: 6}}, local: {fit: {epochs: 6}}}}}",
            [f"{T}.fit.epochs: 5 has no effect on 2 of 19 variants: variant max sets 6, variant local sets 6"],
        ),
        (
            "topics: {convolution: {fit: {epochs: 5}, groups: {few: {fit: {epochs: 6}}}}}",
            [f"{T}.fit.epochs: 5 has no effect on 1 of 19 variants: group few sets 6"],
        ),
        (
            "topics: {convolution: {build: {channels: 5}, new_variants: {tiny: {build: {channels: 1}}}}}",
            [
                f"{T}.build.channels: 5 has no effect on 7 of 20 variants: variant mlp names model mlp,"
                " variant mlp_shuffled names model mlp, variant images_mlp names model mlp,"
                " variant images_local names model local, ..."
            ],
        ),
        (
            "topics: {convolution: {groups: {unused: {fit: {epochs: 5}}}}}",
            [f"{T}.groups.unused.fit.epochs: 5 has no effect: no variant names group unused"],
        ),
        (
            "every_topic: {seeds: 2}\ntopics: {convolution: {seeds: 3}}",
            ["every_topic.seeds: 2 has no effect: topic convolution sets 3"],
        ),
        (
            "every_data: {seed: 2, scale: standard}\ndata: {signals: {seed: 3}}",
            ["every_data.seed: 2 has no effect on 1 of 2 data sets: data set signals sets 3"],
        ),
        (
            "every_topic: {fit: {momentum: 0.5}}",
            ["every_topic.fit.momentum: 0.5 has no effect: the optimizer is adam"],
        ),
        (
            "every_topic: {fit: {optimizer: rmsprop}}\ntopics: {convolution: {fit: {momentum: 0.5}}}",
            [f"{T}.fit.momentum: 0.5 has no effect: every_topic sets optimizer rmsprop"],
        ),
    ],
)
def test_what_a_narrower_block_sets_is_said(tmp_path, smoke, expected):
    assert lines(tmp_path, smoke=smoke) == [f"smoke.yaml: {line}" for line in expected]


def test_variants_of_the_same_name_are_counted_in_each_topic(tmp_path):
    """Two of the shipped topics have a variant `over`."""
    smoke = "every_topic: {fit: {epochs: 1}}\ntopics: {imbalance: {fit: {epochs: 5}}}"
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "smoke.yaml").write_text(smoke)
    shutil.copy(paths.PARAMS, tmp_path)
    settings = params.read(tmp_path / "params.yaml", profile="smoke")
    (void,) = [void for void in settings.voids if void.place.file != "params.yaml"]
    assert void.meant_for == sum(len(topic.variants) for topic in settings.topics.values())
    assert void.reasons == {
        f"imbalance.{name}": "topic imbalance sets 5" for name in settings.topics["imbalance"].variants
    }


def test_what_a_profile_replaces_of_one_that_it_extends_is_not_void_and_what_it_makes_void_is(tmp_path):
    full = "every_topic: {seeds: 20}\ntopics: {convolution: {fit: {epochs: 9, patience: 9}}}"
    gpu = "extends: full\ntopics: {convolution: {seeds: 30, fit: {epochs: 10}, variants: {max: {fit: {patience: 4}}}}}"
    assert lines(tmp_path, profile="full", full=full) == []
    assert lines(tmp_path, profile="gpu", full=full, gpu=gpu) == [
        "full.yaml: every_topic.seeds: 20 has no effect: profile gpu sets 30",
        f"full.yaml: {T}.fit.patience: 9 has no effect on 1 of 19 variants: profile gpu sets 4",
    ]


def test_the_seeds_that_params_begins_with_count_where_nobody_else_sets_them(tmp_path):
    def seeds(text, profile):
        return [void.line() for void in read(tmp_path, text, profile=profile).voids if void.place.key == "seeds"]

    assert seeds(FEW, "laptop") == []
    assert seeds(FEW, "smoke") == ["params.yaml: seeds: 6 has no effect: profile smoke sets 2"]
    own = spoiled(f"{T}.seeds", 4, text=FEW)
    assert seeds(own, "laptop") == ["params.yaml: seeds: 6 has no effect: topic convolution sets 4"]
