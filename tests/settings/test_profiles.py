"""A profile's file is laid on those that it extends; what cannot be laid is complained of and left out."""

import pytest

from pipeline.settings import files
from pipeline.settings.profiles import Profile, check_names, is_left_out, read_profiles
from pipeline.settings.tree import Block, Given, Place
from pipeline.settings.validation import Complaints

NAMES = "smoke.yaml, full.yaml, gpu.yaml (laptop is params.yaml itself)"


def plain(item):
    return {name: plain(inner) for name, inner in item.items()} if isinstance(item, Block) else item.value


def profiles(tmp_path, **texts):
    """Profiles by name and all complaints, where `profiles/` has files with these texts."""
    (tmp_path / "profiles").mkdir(exist_ok=True)
    for name, text in texts.items():
        (tmp_path / "profiles" / f"{name}.yaml").write_text(text)
    complaints = Complaints()
    return read_profiles(tmp_path / "params.yaml", complaints), complaints.lines


def test_laptop_is_params_itself_and_has_nothing_to_lay_on_it(tmp_path):
    found, lines = profiles(tmp_path)
    empty = Block({}, Place("params.yaml"))
    assert found == {"laptop": Profile("laptop", empty, empty)} and lines == []
    assert found["laptop"].data("ring") == found["laptop"].topic("memory") == [{}, {}]


def test_a_profile_is_laid_on_those_that_it_extends_the_widest_first(tmp_path):
    smoke = "every_topic: {seeds: 1, fit: {epochs: 1, batch_size: 1}}\nevery_data: {seed: 1}"
    full = "extends: smoke\nevery_topic: {fit: {epochs: 2, batch_size: 2}}\ntopics: {memory: {seeds: 2}}"
    gpu = "extends: full\nevery_topic: {fit: {epochs: 3}}\ndata: {ring: {seed: 3}}"
    found, lines = profiles(tmp_path, smoke=smoke, full=full, gpu=gpu)
    assert lines == [] and set(found) == {"laptop", "smoke", "full", "gpu"}
    every = {"seeds": 1, "fit": {"epochs": 3, "batch_size": 2}}
    assert [plain(block) for block in found["gpu"].topic("memory")] == [every, {"seeds": 2}]
    assert [plain(block) for block in found["gpu"].data("ring")] == [{"seed": 1}, {"seed": 3}]
    assert plain(found["gpu"].extended["every_topic"]) == {"seeds": 1, "fit": {"epochs": 2, "batch_size": 2}}
    assert plain(found["full"].extended) == plain(found["smoke"].tree) and plain(found["smoke"].extended) == {}


@pytest.mark.parametrize("text", ["extends: null", "extends:", "every_data: {}"])
def test_a_profile_may_extend_none(tmp_path, text):
    found, lines = profiles(tmp_path, full=text)
    assert "full" in found and lines == []


@pytest.mark.parametrize(
    ("texts", "sound", "expected"),
    [
        (
            {"full": "extends: full"},
            "",
            ["full.yaml: extends: given 'full', allowed a profile that does not extend full itself"],
        ),
        (
            {"full": "extends: gpu", "gpu": "extends: full"},
            "",
            [
                "full.yaml: extends: given 'gpu', allowed a profile that does not extend gpu itself",
                "gpu.yaml: extends: given 'full', allowed a profile that does not extend full itself",
            ],
        ),
        (
            {"smoke": "extends: gpu", "full": "extends: full", "gpu": "extends: full"},
            "",
            ["full.yaml: extends: given 'full', allowed a profile that does not extend full itself"],
        ),
        ({"gpu": "extends: full", "smoke": "{}"}, "smoke", ["gpu.yaml: extends: given 'full', allowed smoke"]),
        ({"gpu": "extends: full"}, "", ["gpu.yaml: extends: given 'full', allowed none"]),
        (
            {"gpu": "extends: laptop"},
            "",
            ["gpu.yaml: extends: given 'laptop', allowed one of 'smoke', 'full', 'gpu' or null"],
        ),
        (
            {"gpu": "extends: {a: 1}"},
            "",
            ["gpu.yaml: extends: given a mapping, allowed one of 'smoke', 'full', 'gpu' or null"],
        ),
        (
            {"gpu": "lr: 3"},
            "gpu",
            ["gpu.yaml: lr: given 'lr', allowed extends, every_data, every_topic, data, topics"],
        ),
        ({"laptop": "{}"}, "", [f"laptop.yaml: the file: given 'laptop.yaml', allowed {NAMES}"]),
    ],
)
def test_what_is_wrong_is_left_out_after_one_complaint(tmp_path, texts, sound, expected):
    found, lines = profiles(tmp_path, **texts)
    assert sorted(lines) == [f"profiles/{line}" for line in expected]
    assert set(found) == {"laptop", *sound.split()}


def test_only_yaml_files_are_looked_at_whatever_they_are_called(tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "notes.txt").write_text("[")
    (tmp_path / "profiles" / "full.yml").write_text("[")
    assert profiles(tmp_path)[1] == [f"profiles/full.yml: the file: given 'full.yml', allowed {NAMES}"]


PARAMS = {
    "data": {"ring": {"seed": 1}},
    "topics": {
        "memory": {"groups": {"few": {}}, "variants": {"gru": {}, "lstm": {}}},
        "order": {"variants": 3},
        "odd": 3,
    },
}


@pytest.mark.parametrize(
    ("own", "extended", "expected"),
    [
        ("{data: {ring: {seed: 2}}, topics: {memory: {variants: {gru: {}}, groups: {few: {}}}}}", "{}", []),
        ("{data: {rin: {}}}", "{}", ["data.rin: given 'rin', allowed ring (did you mean 'ring'?)"]),
        (
            "{data: {ring: 3}}",
            "{}",
            ["data.ring: given 3, allowed a mapping of the keys it changes; write {} for none"],
        ),
        ("{topics: {copy: {}}}", "{}", ["topics.copy: given 'copy', allowed memory, order, odd"]),
        ("{topics: {odd: {variants: {a: {}}}, order: {variants: {a: {}}}}}", "{}", []),
        (
            "{topics: {memory: {variants: {gra: {}}}}}",
            "{}",
            ["topics.memory.variants.gra: given 'gra', allowed gru, lstm (did you mean 'gru'?)"],
        ),
        (
            "{topics: {memory: {groups: {fow: {}}}}}",
            "{}",
            ["topics.memory.groups.fow: given 'fow', allowed few (did you mean 'few'?)"],
        ),
        ("{topics: {memory: {new_variants: {irnn: {}}, variants: {irnn: {}}}}}", "{}", []),
        (
            "{topics: {memory: {new_variants: {gru: {}}}}}",
            "{}",
            [
                "topics.memory.new_variants.gru: given 'gru', allowed a name"
                " that is new: what params.yaml has is changed in variants"
            ],
        ),
        (
            "{topics: {memory: {new_variants: {irnn: null}}}}",
            "{}",
            [
                "topics.memory.new_variants.irnn: given nothing, allowed a"
                " mapping: there is no such variant to leave out"
            ],
        ),
        ("{topics: {memory: {new_variants: {irnn: null}}}}", "{topics: {memory: {new_variants: {irnn: {}}}}}", []),
    ],
)
def test_a_profile_changes_what_params_has_and_adds_what_it_has_not(own, extended, expected):
    complaints = Complaints()
    tree, below = (files.mark(files.parse_text(text, "full.yaml"), "full.yaml", complaints) for text in (own, extended))
    check_names(Profile("full", tree, below), files.mark(PARAMS, "params.yaml", complaints), complaints)
    assert complaints.lines == [f"full.yaml: {line}" for line in expected]


def test_null_alone_leaves_a_variant_out():
    place = Place("full.yaml", "topics.memory.new_variants.irnn")
    assert is_left_out(Given(None, place)) is True
    assert not any(is_left_out(item) for item in (None, Block({}, place), Given(0, place), Given(False, place)))
