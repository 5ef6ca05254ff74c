"""`dvc exp run -S` rewrites settings files: setting one value changes one line, comments and style survive."""

import difflib
import re
import shutil

import pytest
from dvc.exceptions import InvalidArgumentError
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from pipeline import paths
from pipeline.errors import InputError
from pipeline.settings import files, params, rewriting

FILES = ("params.yaml", "profiles/smoke.yaml", "profiles/full.yaml", "profiles/gpu.yaml")


def rewritten(tmp_path, name, *overrides):
    """Lines of a settings file before and after DVC set values in it, by the function that `-S` calls."""
    file = tmp_path / "rewritten.yaml"
    shutil.copy(paths.PARAMS.parent / name, file)
    apply_overrides(file, list(overrides))
    return [text.read_text("utf-8").splitlines() for text in (paths.PARAMS.parent / name, file)]


def scalars(block, *names):
    """Dotted keys and values of all numbers in a tree."""
    for name, item in block.items():
        if isinstance(item, dict):
            yield from scalars(item, *names, name)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield ".".join((*names, name)), item


def number_of(text):
    return re.sub(r" {2,}#", "  #", text)  # DVC keeps the column of a comment, whatever the length of the value


@pytest.mark.parametrize("name", FILES)
def test_a_value_set_to_itself_changes_nothing(tmp_path, name):
    key, value = next(scalars(YAML(typ="safe").load((paths.PARAMS.parent / name).read_text("utf-8"))))
    before, after = rewritten(tmp_path, name, f"{key}={value}")
    assert before == after


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("topics.memory.fit.learning_rate=0.03", "      learning_rate: 0.03"),
        ("topics.memory.groups.order.fit.epochs=7", "        fit: {epochs: 7, epoch_steps: 20, learning_rate: 0.01}"),
        ("topics.exploding.variants.large.build.gain=3.5", "      large: {build: {gain: 3.5}}"),
        ("data.images.split.train=7", "    split: {validation: 200, test: 1000, train: 7}"),
        ("views.under.rebalance.sampler=over", "  under: {rebalance: {sampler: over}}"),
        ("profile=smoke", "profile: smoke  # smoke | laptop | full | gpu"),
    ],
)
def test_one_value_is_one_line(tmp_path, key, line):
    before, after = rewritten(tmp_path, "params.yaml", key)
    assert len(before) == len(after)
    (changed,) = [number_of(now) for then, now in zip(before, after, strict=True) if then != now]
    assert changed == line


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("topics.memory.fit.momentum=0.9", "      momentum: 0.9"),
        ("topics.memory.fit.patience=3", "      patience: 3"),
        ("topics.imbalance.groups.health.fit.patience=3", "        fit: {batch_size: 64, patience: 3}"),
    ],
)
def test_a_setting_left_at_its_default_is_added_by_a_plus_in_one_line(tmp_path, key, line):
    before, after = rewritten(tmp_path, "params.yaml", f"+{key}")
    changed = [item for item in difflib.ndiff(before, after) if item[0] in "+-"]
    assert [number_of(item[2:]) for item in changed if item[0] == "+"] == [line] and len(changed) <= 2
    with pytest.raises(InvalidArgumentError) as refused:
        rewritten(tmp_path, "params.yaml", key)
    assert f"use +{key}" in str(refused.value.__cause__)


@pytest.mark.parametrize("name", FILES)
def test_every_number_can_be_set_and_changes_one_line(tmp_path, name):
    """All at once, in as many lines as they stand in, so no value is written twice and none is lost."""
    tree = YAML(typ="safe").load((paths.PARAMS.parent / name).read_text("utf-8"))
    overrides = {key: 3 for key, _ in scalars(tree)}
    before, after = rewritten(tmp_path, name, *(f"{key}={value}" for key, value in overrides.items()))
    assert len(before) == len(after)
    assert dict(scalars(YAML(typ="safe").load("\n".join(after)))) == overrides
    comments = [[line.partition("#")[2] for line in lines] for lines in (before, after)]
    assert comments[0] == comments[1]


def test_what_dvc_writes_is_read(tmp_path):
    shutil.copytree(paths.PARAMS.parent / "profiles", tmp_path / "profiles")
    shutil.copy(paths.PARAMS, tmp_path / "params.yaml")
    apply_overrides(tmp_path / "params.yaml", ["topics.memory.fit.learning_rate=0.02"])
    variants = params.read(tmp_path / "params.yaml").topics["memory"].variants
    assert variants["gru"].fit["learning_rate"] == 0.02 and variants["plain"].fit["learning_rate"] == 0.003


def test_params_stays_short_and_has_no_anchors():
    """DVC's `-S` leaves the old value in the file where a value is anchored."""
    for name in FILES:
        text = (paths.PARAMS.parent / name).read_text("utf-8")
        assert not re.search(r"(^|[\s:\[{,])[&*][a-z]", re.sub(r"#.*", "", text))
    assert len(paths.PARAMS.read_text("utf-8").splitlines()) <= 672


# Blocks that `add` puts in

BLOCK = {"source": "table", "load": {"file": "mine"}}
WRITTEN = "  mine:\n    source: table\n    load: {file: mine}\n"
TEXTS = {  # params.yaml as someone may write it: before and behind the place where a block of data comes
    "as shipped": ("profile: laptop\ndata:\n  a: {source: ring}\n", "\ntopics:\n  b: {}\n"),
    "the last section": ("topics:\n  b: {}\ndata:\n  a:\n    source: ring\n", ""),
    "a remark behind the last value": ("data:\n  a: {source: ring}  # of 8\n", "topics:\n  b: {}\n"),
    "a remark of its own within": ("data:\n  a: {source: ring}\n  # and no more\n", "\n# topics\ntopics:\n  b: {}\n"),
    "a remark at the margin": ("data:\n  a: {source: ring}\n", "# topics\ntopics:\n  b: {}\n"),
    "lines without anything": ("data:\n  a: {source: ring}\n", "\n\n\ntopics:\n  b: {}\n"),
    "a list at the end": ("data:\n  a:\n    views:\n    - over\n    - under\n", "topics:\n  b: {}\n"),
    "words in several lines": ("data:\n  a:\n    note: |\n      one\n      two\n", "topics:\n  b: {}\n"),
    "letters of other languages": ("data:\n  a: {note: ñandú}  # año\n", "topics:\n  b: {}\n"),
    "nothing but a name": ("data:\n  a:\n", "topics:\n  b: {}\n"),
    "an end of the document": ("---\ndata:\n  a: {source: ring}\n", "...\n"),
}


@pytest.mark.parametrize(("before", "behind"), TEXTS.values(), ids=TEXTS)
def test_a_block_is_put_in_and_nothing_else_changes(before, behind):
    assert rewriting.with_block(before + behind, "data", "mine", BLOCK) == f"{before}\n{WRITTEN}{behind}"


def test_a_file_without_a_last_line_end_gets_one():
    assert rewriting.with_block("data:\n  a: {x: 1}", "data", "mine", BLOCK) == f"data:\n  a: {{x: 1}}\n\n{WRITTEN}"


def test_lines_end_as_they_do_in_the_file():
    text = rewriting.with_block("data:\r\n  a: {x: 1}\r\ntopics:\r\n  b: {}\r\n", "data", "mine", BLOCK)
    assert text.count("\r\n") == text.count("\n") == 8


def test_a_block_stands_as_far_to_the_right_as_the_others():
    text = rewriting.with_block("data:\n    a:\n        x: 1\n", "data", "mine", BLOCK, "two  words\nof a remark")
    assert text.splitlines()[4:6] == ["    mine:  # two words of a remark", "      source: table"]


ONLY = {  # params.yaml: what it becomes if a topic is added, and if it is to be alone (None: as it was)
    "none": ("profile: laptop\nseeds: 6\n", None, "profile: laptop\nONE  # NOTE\nseeds: 6\n"),
    "none, and no profile": ("# remark\nseeds: 6\n", None, "# remark\nONE  # NOTE\nseeds: 6\n"),
    "one": ("only: [a]\nseeds: 6\n", "only: [a, mine]\nseeds: 6\n", "ONE\nseeds: 6\n"),
    "two and a remark": ("only: [a, b]  # mine\n", "only: [a, b, mine]  # mine\n", "ONE  # mine\n"),
    "in lines": ("only:\n- a\n- b\nseeds: 6\n", "only: [a, b, mine]\nseeds: 6\n", "ONE\nseeds: 6\n"),
    "in lines, to the right": (
        "only:\n  - a  # x\nseeds: 6\n",
        "only: [a, mine]  # x\nseeds: 6\n",
        "ONE  # x\nseeds: 6\n",
    ),
}


@pytest.mark.parametrize(("text", "added", "alone"), ONLY.values(), ids=ONLY)
def test_only_names_the_topic_too_or_alone(text, added, alone):
    note = "these topics alone; without this line all of them"
    assert rewriting.with_only(text, "mine", alone=False) == (text if added is None else added)
    wanted = alone.replace("ONE", "only: [mine]").replace("NOTE", note)
    assert rewriting.with_only(text, "mine", alone=True) == wanted


@pytest.mark.parametrize("name", ["a: b", "on", "1", "-", "#x", "it's", 'q"', "año", "{x}", "[x]", "null", "x" * 300])
def test_words_of_any_kind_come_back_as_they_are(name):
    block = {"load": {"file": name, "label": name}, "views": {"a": {"b": {"c": name}}}, "claims": [{"sentence": name}]}
    text = rewriting.with_block("data:\n  a: {x: 1}\n", "data", "mine", block)
    assert YAML(typ="safe").load(text)["data"]["mine"] == block


@pytest.mark.parametrize("text", ["data: {a: {x: 1}}\n", "data:\n", "data: []\n", "topics:\n  b: {}\n", "data: 3\n"])
def test_a_section_that_is_not_in_lines_of_its_own_is_refused(text):
    with pytest.raises(InputError, match="data: given a block in braces, or none, allowed one in lines"):
        rewriting.with_block(text, "data", "mine", BLOCK)


# Variants and views that a sweep has found

TOPIC = "topics:\n  a:\n    model: mlp\n    variants:\n      wide: {build: {width: 8}}  # so\n  b: {}\nsweeps: {}\n"


def test_a_variant_is_put_behind_the_others_and_nothing_else_changes():
    block = {"build": {"width": 9}, "fit": {"learning_rate": 0.1}}
    after = rewriting.with_nested(TOPIC, ("topics", "a", "variants"), "found", block, "trial 3")
    lines = after.splitlines(keepends=True)
    assert [line for line in lines if line in TOPIC.splitlines(keepends=True)] == TOPIC.splitlines(keepends=True)
    assert lines[5] == "      found:  # trial 3\n"
    found = files.parse_text(after, "params.yaml")["topics"]["a"]["variants"]
    assert found == {"wide": {"build": {"width": 8}}, "found": block}


@pytest.mark.parametrize("variants", ["{}", "{wide: {}}"])
def test_a_variant_has_no_place_in_braces(variants):
    text = f"topics:\n  a:\n    variants: {variants}\n"
    with pytest.raises(InputError, match=r"topics\.a\.variants: given a block in braces, .*: write it there by hand"):
        rewriting.with_nested(text, ("topics", "a", "variants"), "found", {"fit": {}})


def test_a_view_is_put_behind_the_others():
    text = "views:\n  over: {}  # copies\n\ndata: {}\n"
    after = rewriting.with_nested(text, ("views",), "found", {"rebalance": {"sampler": "smote", "ratio": 0.4}})
    assert after == text.replace("\n\ndata", "\n  found:\n    rebalance: {sampler: smote, ratio: 0.4}\n\ndata")


LISTS = {
    "in lines": ("data:\n  a:\n    views:\n    - over  # copies\n", "    scale: none\n", "    - found\n"),
    "in lines at the end": ("data:\n  a:\n    views:\n      - over", "", "\n      - found\n"),
    "in brackets": ("data:\n  a: {like: b, views: [over", "], scale: none}  # x\n", ", found"),
    "of none": ("data:\n  a: {views: [", "]}\n", "found"),
}


@pytest.mark.parametrize(("before", "behind", "added"), LISTS.values(), ids=LISTS)
def test_a_name_is_added_to_a_list_and_nothing_else_changes(before, behind, added):
    assert rewriting.with_listed(before + behind, ("data", "a", "views"), "found") == before + added + behind


def test_a_name_has_no_place_where_there_is_no_list():
    with pytest.raises(InputError, match=r"data\.a\.views: given no list, allowed one that has found: write it"):
        rewriting.with_listed("data:\n  a: {views: {}}\n", ("data", "a", "views"), "found")
