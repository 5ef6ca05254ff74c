"""A block under `data:` becomes a source with its options, a split and views, each with its default."""

import pytest
from written_settings import GOOD, complaints, read, spoiled

from pipeline.settings.data_blocks import DataSettings, LongTail, Split

VIEWS = {"under": {"rebalance": {"sampler": "under"}}, "turned": {"augment": {"rotate": 5}}, "none": {}}
REBALANCE = {"sampler": "under", "ratio": 1.0, "count": None, "neighbours": 5}


def data(tmp_path, block, **options):
    """The data set `mine`, read among the sound ones."""
    return read(tmp_path, spoiled("data.mine", block, text=spoiled("views", VIEWS)), **options).data["mine"]


def lines(tmp_path, block, views=VIEWS):
    return complaints(tmp_path, spoiled("data.mine", block, text=spoiled("views", views)))


def test_a_source_alone_is_enough(tmp_path):
    assert data(tmp_path, {"source": "digits"}) == DataSettings(
        name="mine",
        source="digits",
        load={},
        scale="none",
        split=Split(validation=0.2, test=0.2, train=None, seed=0),
        views={"plain": {}},
        seed=0,
    )


def test_all_that_is_written_is_kept(tmp_path):
    block = data(
        tmp_path,
        {
            "source": "mnist1d",
            "load": {"samples": 60},
            "scale": "standard",
            "seed": 4,
            "split": {"validation": 7, "test": 0.5, "train": {"head": 9, "tail": 9}, "seed": 5},
            "views": ["under", "plain"],
        },
    )
    assert block.load == {"samples": 60, "shuffled": False} and block.scale == "standard" and block.seed == 4
    assert block.split == Split(validation=7, test=0.5, train=LongTail(9, 9), seed=5)
    assert block.views == {"plain": {}, "under": {"rebalance": REBALANCE}}


def test_a_profile_changes_every_data_set_and_then_this_one(tmp_path):
    smoke = "every_data: {seed: 3, scale: standard}\ndata: {mine: {seed: 4, split: {train: 5}}}"
    block = data(tmp_path, {"source": "digits", "split": {"test": 9}}, profile="smoke", smoke=smoke)
    assert (block.seed, block.scale) == (4, "standard")
    assert block.split == Split(validation=0.2, test=9, train=5, seed=0)


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (
            {"validation": 0.5, "test": 0.5},
            "split: given validation and test shares that add up to 1, allowed less than",
        ),
        (
            {"validation": 0.75, "test": 0.5},
            "split: given validation and test shares that add up to 1.25, allowed less",
        ),
        ({"validation": 0.0}, "split: given an empty validation or test part, allowed a count >= 1 or a share above 0"),
        (
            {"test": 0},
            "split: given an empty validation or test part, allowed a count >= 1 or a share above 0 for both",
        ),
        ({"test": 1.0}, "split.test: given 1.0, allowed an integer >= 1 or a number >= 0 and < 1"),
        ({"train": 0}, "split.train: given 0, allowed an integer >= 1 or a mapping or null"),
        ({"train": {"head": 5}}, "split.train.tail: given nothing, allowed an integer >= 1"),
        ({"train": {"tail": 5}}, "split.train.head: given nothing, allowed an integer >= 1"),
        ({"train": {"head": 5, "tail": 0}}, "split.train.tail: given 0, allowed an integer >= 1"),
        (
            {"train": {"head": 5, "tail": 6}},
            "split.train: given a tail of 6 after a head of 5, allowed a tail that is no",
        ),
    ],
)
def test_a_split_that_cannot_be(tmp_path, split, expected):
    (line,) = lines(tmp_path, {"source": "digits", "split": split})
    assert line.startswith(f"params.yaml: data.mine.{expected}")


@pytest.mark.parametrize(
    "split", [{"validation": 1, "test": 1}, {"validation": 0.5, "test": 1}, {"validation": 0.5, "test": 0.49}]
)
def test_counts_and_shares_that_leave_something(tmp_path, split):
    assert data(tmp_path, {"source": "digits", "split": split}).split == Split(**split, train=None, seed=0)


NO_PLAIN = "allowed none: plain is the training split as it is"
STEPS = "given 3, allowed a mapping of steps; write {} for none"
KINDS = "allowed augment, rebalance, relabel"
WRONG = [
    (3, "data.mine: given 3, allowed a mapping with like, source, load, scale, seed, redraw, split, views"),
    ({}, "data.mine.source: given nothing, allowed text"),
    ({"source": 3}, "data.mine.source: given 3, allowed text"),
    ({"source": {"a": 1}}, "data.mine.source: given a mapping, allowed text"),
    ({"source": "table"}, "data.mine.load.file: given nothing, allowed text"),
    ({"source": "table", "load": 3}, "data.mine.load: given 3, allowed a mapping"),
    (
        {"source": "digits", "views": ["undr"]},
        "data.mine.views: given 'undr', allowed none, plain, turned, under (did you mean 'under'?)",
    ),
    (
        {"source": "mnist1d", "views": ["turned"]},
        "views.turned.augment: given a step on data of kind 'signal', allowed image only",
    ),
    ({"source": "digits", "views": {"a": 3}}, f"data.mine.views.a: {STEPS}"),
    ({"source": "digits", "views": {"a": {"turn": {}}}}, f"data.mine.views.a.turn: given 'turn', {KINDS}"),
    (
        {"source": "digits", "views": {"plain": {"relabel": {}, "augment": {}}}},
        f"data.mine.views.plain: given the steps relabel, augment, {NO_PLAIN}",
    ),
]


@pytest.mark.parametrize(("block", "expected"), WRONG)
def test_a_block_that_is_wrong_is_one_line(tmp_path, block, expected):
    assert lines(tmp_path, block) == [f"params.yaml: {expected}"]


@pytest.mark.parametrize(
    ("views", "expected"),
    [
        ({"a": 3}, f"views.a: {STEPS}"),
        ({"a": {"turn": {}}}, f"views.a.turn: given 'turn', {KINDS}"),
        ({"a": {"rebalance": {}}}, "views.a.rebalance.sampler: given nothing, allowed one of 'under', 'over', 'smote'"),
        ({"plain": {"relabel": {}}}, f"views.plain: given the steps relabel, {NO_PLAIN}"),
    ],
)
def test_views_that_no_data_lists_are_checked_as_well(tmp_path, views, expected):
    assert complaints(tmp_path, spoiled("views", views)) == [f"params.yaml: {expected}"]


def test_plain_may_be_named_without_steps(tmp_path):
    block = spoiled("data.mine", {"source": "digits", "views": ["plain", "a"]}, text=GOOD)
    settings = read(tmp_path, spoiled("views", {"plain": {}, "a": {"relabel": {}}}, text=block))
    assert list(settings.data["mine"].views) == ["plain", "a"] and settings.data["mine"].views["plain"] == {}


@pytest.mark.parametrize(("key", "value"), [("views", ["overr"]), ("views", 3), ("views", [3]), ("source", "digitss")])
def test_a_topic_on_unsound_data_is_not_blamed(tmp_path, key, value):
    (line,) = complaints(tmp_path, spoiled(f"data.pictures.{key}", value))
    assert line.startswith(f"params.yaml: data.pictures.{key}: given ")


@pytest.mark.parametrize(
    ("every", "own", "expected"),
    [
        ("seed: -1", "seed: 3", "seed: given -1, allowed an integer >= 0"),
        ("split: {seed: -1}", "split: {seed: 3}", "split.seed: given -1, allowed an integer >= 0"),
        ("split: 3", "split: {}", "split: given 3, allowed a mapping"),
        (
            "split: {sed: 1}",
            "seed: 3",
            "split.sed: given 'sed', allowed validation, test, train, seed (did you mean 'seed'?)",
        ),
    ],
)
def test_a_value_that_is_wrong_is_refused_even_where_another_takes_its_place(tmp_path, every, own, expected):
    smoke = f"every_data: {{{every}}}\ndata: {{signals: {{{own}}}, pictures: {{{own}}}}}"
    assert complaints(tmp_path, smoke=smoke) == [f"profiles/smoke.yaml: every_data.{expected}"]


def test_a_part_is_named_with_the_file_that_set_it_last(tmp_path):
    full = "every_data: {split: {test: 0.3}}\ndata: {signals: {load: {samples: 300}}}"
    there = read(tmp_path, full=full).data["signals"]
    assert there.key("load") == "params.yaml: data.signals.load"
    profiled = read(tmp_path, profile="full", full=full).data["signals"]
    assert profiled.key("load") == "profiles/full.yaml: data.signals.load"
    assert profiled.key("split", "test") == "profiles/full.yaml: every_data.split.test"
    assert profiled.key("views", "over") == "params.yaml: data.signals.views.over"


OWN = {"file": "my/table.csv", "label": "y", "columns": {"zip": "category", "the id": "drop"}, "drop": ["a", "b"]}


def test_a_mapping_of_a_source_is_one_of_plain_values(tmp_path):
    load = data(tmp_path, {"source": "table", "load": OWN}).load
    assert {key: load[key] for key in OWN} == OWN and type(load["columns"]) is dict
    assert load["labels"] == "class" and load["precision"] == "float64"


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        ({"columns": {"zip": 3}}, "data.mine.load.columns: given a mapping, allowed a mapping or null"),
        ({"columns": {"zip": {"kind": "date"}}}, "data.mine.load.columns: given a mapping, allowed a mapping or null"),
        ({"columns": ["zip"]}, "data.mine.load.columns: given ['zip'], allowed a mapping or null"),
        ({"labels": "tokens"}, "data.mine.load.labels: given 'tokens', allowed one of 'class', 'number'"),
        ({"separator": ":"}, "data.mine.load.separator: given ':', allowed one of"),
    ],
)
def test_settings_of_a_table_that_are_wrong(tmp_path, load, expected):
    (line,) = lines(tmp_path, {"source": "table", "load": {"file": "own"} | load})
    assert expected in line


@pytest.mark.parametrize(("labels", "task"), [("class", "classify"), ("number", "regress")])
def test_the_task_follows_from_what_the_labels_of_a_table_are_said_to_be(tmp_path, labels, task):
    text = spoiled("data.mine", {"source": "table", "load": {"file": "own", "labels": labels}})
    variant = {"data": "mine", "model": "mlp", "build": {"width": 8}}
    settings = read(tmp_path, spoiled("topics.convolution.variants.own", variant, text=text))
    assert settings.topics["convolution"].variants["own"].task == task


def test_a_setting_may_say_what_kind_of_data_and_labels_a_source_gives(tmp_path):
    plain = data(tmp_path, {"source": "archive", "load": {"file": "own"}})
    assert (plain.kind, plain.labels) == ("image", "class")
    told = data(tmp_path, {"source": "archive", "load": {"file": "own", "kind": "sequence", "target": "number"}})
    assert (told.kind, told.labels) == ("sequence", "number")
    digits = data(tmp_path, {"source": "digits"})
    assert (digits.kind, digits.labels) == ("image", "class")


def test_views_are_for_the_kind_that_is_told(tmp_path):
    block = {"source": "archive", "load": {"file": "own", "kind": "sequence"}, "views": ["turned"]}
    told = "params.yaml: views.turned.augment: given a step on data of kind 'sequence', allowed image only"
    assert lines(tmp_path, block) == [told]
    assert data(tmp_path, block | {"load": {"file": "own"}}).views["turned"]


def test_an_unknown_kind_is_refused(tmp_path):
    (line,) = lines(tmp_path, {"source": "archive", "load": {"file": "own", "kind": "film"}})
    assert line.endswith("given 'film', allowed one of 'image', 'sequence', 'table'")


# Data that is like another

BASE = {"source": "mnist1d", "load": {"samples": 60}, "split": {"validation": 7, "test": 9}, "views": ["under"]}


def alike(tmp_path, like, **options):
    """The data sets `mine`, which is like `base`, and `base`, read among the sound ones."""
    text = spoiled("data.mine", {"like": "base", **like}, text=spoiled("data.base", BASE, text=spoiled("views", VIEWS)))
    data = read(tmp_path, text, **options).data
    return data["mine"], data["base"]


def test_data_like_another_is_that_but_for_its_own_lines(tmp_path):
    mine, base = alike(tmp_path, {"load": {"shuffled": True}, "split": {"test": 3, "train": 5}})
    assert base.load == {"samples": 60, "shuffled": False} and base.split == Split(7, 9, None, 0)
    assert mine.source == "mnist1d" and mine.load == {"samples": 60, "shuffled": True}
    assert mine.split == Split(validation=7, test=3, train=5, seed=0) and set(mine.views) == {"plain", "under"}
    assert set(alike(tmp_path, {"views": []})[0].views) == {"plain"}


def test_a_profile_that_changes_the_other_changes_what_is_like_it_but_not_its_own_lines(tmp_path):
    smoke = "every_data: {seed: 3}\ndata: {base: {split: {test: 4, train: 6}, seed: 8}}"
    mine, base = alike(tmp_path, {"split": {"train": 5}}, profile="smoke", smoke=smoke)
    assert (base.split.test, base.split.train, base.seed) == (4, 6, 8)
    assert (mine.split.test, mine.split.train, mine.seed) == (4, 5, 8)
    smoke = "every_data: {seed: 3}\ndata: {base: {split: {test: 4}}, mine: {split: {test: 2, train: 1}}}"
    mine, _ = alike(tmp_path, {"split": {"train": 5}}, profile="smoke", smoke=smoke)
    assert (mine.split.test, mine.split.train, mine.seed) == (2, 1, 3)


def test_messages_name_the_block_that_set_a_part(tmp_path):
    smoke = "data: {base: {scale: standard}}"
    mine, base = alike(tmp_path, {"split": {"test": 3}}, profile="smoke", smoke=smoke)
    assert mine.key("load") == base.key("load") == "params.yaml: data.base.load"
    assert mine.key("split", "test") == "params.yaml: data.mine.split.test"
    assert mine.key("scale") == "profiles/smoke.yaml: data.base.scale"
    assert mine.key("seed") == "params.yaml: data.mine.seed"


@pytest.mark.parametrize(
    ("like", "expected"),
    [
        ("bse", "data.mine.like: given 'bse', allowed signals, pictures, base (did you mean 'base'?)"),
        ("mine", "data.mine.like: given 'mine', allowed signals, pictures, base"),
        ("other", "data.mine.like: given 'other', allowed signals, pictures, base"),
        (3, "data.mine.like: given 3, allowed text or null"),
    ],
)
def test_data_can_be_like_one_that_is_like_no_other(tmp_path, like, expected):
    text = spoiled("data.base", BASE, text=spoiled("views", VIEWS))
    text = spoiled("data.other", {"like": "base"}, text=text)
    (line,) = complaints(tmp_path, spoiled("data.mine", {"like": like}, text=text))
    assert line.startswith(f"params.yaml: {expected}")


def test_a_profile_cannot_say_what_data_is_like(tmp_path):
    given = complaints(tmp_path, smoke="data: {signals: {like: pictures}}")
    assert given == [
        "profiles/smoke.yaml: data.signals.like: given a data set, allowed none: what a data set is like stands in"
        " params.yaml"
    ]


def test_what_another_is_like_is_in_use(tmp_path):
    over = {"over": {"rebalance": {"sampler": "over"}}}
    text = spoiled("data.base", BASE, text=spoiled("views", VIEWS))
    text = spoiled("data.signals", {"like": "base", "views": over}, text=text)
    assert not any("data.base" in void.line() for void in read(tmp_path, text).voids)
    unused = spoiled("data.signals", {"source": "mnist1d", "views": over}, text=text)
    assert any("data.base" in void.line() for void in read(tmp_path, unused).voids)
