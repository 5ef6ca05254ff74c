"""What takes a value's place is said in one line, and so is where: on some variants, on topics, or everywhere."""

import pytest

from pipeline.settings import files
from pipeline.settings.tree import Place, merge
from pipeline.settings.validation import Complaints
from pipeline.settings.voids import Uses, Void, setter, spell


def tree(value, file="params.yaml"):
    return files.mark(value, file, Complaints())


def void(key="topics.memory.fit.epochs", value=3, meant_for=1, by_profile=False, **reasons):
    return Void(Place("params.yaml", key), value, meant_for, reasons or {"gru": "group a sets 5"}, by_profile)


# Lines


def test_a_value_that_has_no_effect_anywhere_comes_with_what_counts():
    assert void().line() == "params.yaml: topics.memory.fit.epochs: 3 has no effect: group a sets 5"


def test_a_value_that_has_none_on_some_says_on_how_many():
    few = void(meant_for=3, gru="group a sets 5", lstm="group a sets 5")
    assert few.line() == "params.yaml: topics.memory.fit.epochs: 3 has no effect on 2 of 3 variants: group a sets 5"
    assert not few.is_whole and void(meant_for=2, gru="a", lstm="b").is_whole
    seeds = void("seeds", 6, 9, memory="topic memory sets 8", order="topic order sets 7")
    assert (
        seeds.line() == "params.yaml: seeds: 6 has no effect on 2 of 9 topics: topic memory sets 8, topic order sets 7"
    )


@pytest.mark.parametrize(
    ("reasons", "words"),
    [("abcd", "a, b, c, d"), ("abcde", "a, b, c, d, ..."), ("abcdece", "c, e, a, b, ..."), ("abcb", "b, a, c")],
)
def test_at_most_four_reasons_are_said_the_commonest_first(reasons, words):
    given = {f"v{at}": letter for at, letter in enumerate(reasons)}
    assert void(meant_for=len(reasons), **given).line().endswith(f"has no effect: {words}")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (1e-3, "0.001"),
        ("adam", "adam"),
        ([], "[]"),
        ([1, None, "a", [True]], "[1, null, a, [true]]"),
    ],
)
def test_values_are_spelt_as_in_yaml(value, words):
    assert spell(value) == words


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("topics.memory.seeds", "topic memory"),
        ("topics.memory.fit.epochs", "topic memory"),
        ("topics.memory.groups.copy.fit.epochs", "group copy"),
        ("topics.memory.groups.copy.model", "group copy"),
        ("topics.memory.variants.gru.fit.epochs", "variant gru"),
        ("topics.memory.new_variants.irnn.model", "variant irnn"),
        ("data.ring.seed", "data set ring"),
        ("every_topic.model", "every_topic"),
        ("every_data.split.seed", "every_data"),
    ],
)
def test_who_sets_a_value(key, words):
    assert setter(key) == words


@pytest.mark.parametrize(
    ("key", "part", "concerned"),
    [
        ("topics.memory.seeds", "", True),
        ("seeds", "", True),
        ("topics.memory.seeds", "topics.memory", True),
        ("topics.memory_2.seeds", "topics.memory", False),
        ("topics.memory.seeds", "topics", True),
        ("data.ring.seed", "data", True),
        ("data.ring.seed", "data.ring", True),
        ("data.ring.seed", "topics.ring", False),
        ("seeds", "topics.gru", True),  # the topic that the reason below is of
        ("seeds", "topics.memory", False),
        ("seeds", "data", False),
        ("seeds", "data.gru", False),  # a data set of the same name has no seeds
        ("topics.memory.fit.epochs", "topics.gru", False),
    ],
)
def test_a_stage_on_a_part_of_the_file_is_concerned_by_what_stands_in_it_and_by_its_topics_seeds(key, part, concerned):
    assert void(key).concerns(part) is concerned


# What is noted


def test_values_that_others_take_the_place_of_are_void_in_the_order_of_the_file():
    written = tree({"topics": {"memory": {"fit": {"epochs": 3, "rate": 0.1, "size": 8}, "data": "ring"}}})
    topic = written.block("topics", "memory")
    full = tree({"topics": {"memory": {"fit": {"size": 9, "more": 1}, "data": {"a": 1}}}}, "profiles/full.yaml")
    uses = Uses("params.yaml")
    for name, epochs in (("gru", {}), ("lstm", {"epochs": 3})):
        variant = tree({"topics": {"memory": {"variants": {name: {"fit": epochs}}}}})
        own = variant.block("topics", "memory", "variants", name)
        profile = full.block("topics", "memory")
        merged = merge([topic, own, profile])
        for block in (topic, own):
            uses.note_block(block, merged, consumer=name)
    assert uses.voids() == (
        Void(Place("params.yaml", "topics.memory.fit.epochs"), 3, 2, {"lstm": "variant lstm sets 3"}, by_profile=False),
        Void(
            Place("params.yaml", "topics.memory.fit.size"),
            8,
            2,
            dict.fromkeys(("gru", "lstm"), "profile full sets 9"),
            by_profile=True,
        ),
        Void(
            Place("params.yaml", "topics.memory.data"),
            "ring",
            2,
            dict.fromkeys(("gru", "lstm"), "profile full sets a mapping"),
            by_profile=True,
        ),
    )


def test_what_another_model_leaves_out_is_void_for_the_sake_of_its_name():
    topic = tree({"topics": {"memory": {"build": {"width": 8}}}}).block("topics", "memory")
    for file, words, by_profile in (("params.yaml", "variant mlp", False), ("profiles/gpu.yaml", "profile gpu", True)):
        written = tree({"topics": {"memory": {"variants": {"mlp": {"model": "mlp"}}}}}, file)
        uses = Uses("params.yaml")
        uses.note_block(topic, written.block("topics", "memory", "variants", "mlp"), consumer="mlp")
        (void,) = uses.voids()
        assert (void.reasons, void.by_profile) == ({"mlp": f"{words} names model mlp"}, by_profile)


def test_what_is_in_no_layer_any_more_follows_from_a_value_where_a_block_belongs():
    split = tree({"data": {"ring": {"split": {"test": 9}}}}).block("data", "ring")
    uses = Uses("params.yaml")
    uses.note_block(split, merge([split, tree({"split": 3}), tree({"split": {}})]), consumer="ring")
    (void,) = uses.voids()
    assert (void.reasons, void.by_profile) == ({"ring": "another layer has no such block"}, False)


def test_of_a_block_that_nothing_uses_every_value_is_void():
    uses = Uses("params.yaml")
    uses.note_unused(tree({"a": 1, "b": {"c": [2]}}), "no variant names group few")
    reasons = {"": "no variant names group few"}
    assert uses.voids() == (
        Void(Place("params.yaml", "a"), 1, 1, reasons, by_profile=False),
        Void(Place("params.yaml", "b.c"), [2], 1, reasons, by_profile=False),
    )
    assert uses.voids()[0].line() == "params.yaml: a: 1 has no effect: no variant names group few"
