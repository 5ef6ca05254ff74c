"""Settings files are read as YAML 1.2; what cannot be read is refused with the file, the line and the reason."""

import pytest

from pipeline.settings import files
from pipeline.settings.tree import Block, Place
from pipeline.settings.validation import Complaints, ParamsError

NO_YAML = "allowed YAML 1.2, indented by spaces, not tabs"


def refusal(read, *given):
    with pytest.raises(ParamsError) as caught:
        read(*given)
    (line,) = caught.value.lines
    return line


def nested(levels, inner=1):
    for _ in range(levels):
        inner = {"a": inner}
    return inner


def test_yaml_1_2_is_plain_values_and_places_are_remembered(tmp_path):
    file = tmp_path / "params.yaml"
    file.write_text("a: {b: no, c: 1e-3, d: 010}\ne: [é, 2, {f: ~}]\n", encoding="utf-8")
    assert files.parse(file) == {"a": {"b": "no", "c": 1e-3, "d": 10}, "e": ["é", 2, {"f": None}]}
    assert {type(item) for item in files.parse(file).values()} == {dict, list}
    tree = files.read_tree(file, "its name", Complaints())
    assert tree["a"]["c"].place == Place("its name", "a.c") and tree["e"].value == ["é", 2, {"f": None}]


def test_files_that_cannot_be_read_are_named_as_asked_or_by_their_own_name(tmp_path):
    missing, bytes_ = tmp_path / "full.yaml", tmp_path / "bytes.yaml"
    bytes_.write_bytes(b"\xff\xfe")
    reason = "given no readable file (No such file or directory), allowed YAML 1.2: `git restore"
    assert refusal(files.parse, missing) == f"full.yaml: {reason} full.yaml` brings it back"
    told = refusal(files.parse, missing, "profiles/full.yaml")
    assert told == f"profiles/full.yaml: {reason} profiles/full.yaml` brings it back"
    told = refusal(files.parse, bytes_)
    assert told == "bytes.yaml: given bytes that are not UTF-8, allowed YAML 1.2 in UTF-8: save it so"
    bytes_.write_bytes(b"a: [")
    assert refusal(files.parse, bytes_, "other").startswith("other: syntax (line ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3", "a (line 3): given twice in one block, allowed once: remove one"),
        ("a: {b: 1,\n  b: 2}", "b (line 2): given twice in one block, allowed once: remove one"),
        ("a: 1\nb: *c", f"syntax (line 2): given no YAML (found undefined alias), {NO_YAML}"),
        (
            "a: \0",
            "syntax: given no YAML (unacceptable character #x0000: control characters are not allowed), " + NO_YAML,
        ),
        ("a: !!float x", f"syntax: given no YAML (could not convert string to float: 'x'), {NO_YAML}"),
    ],
)
def test_text_that_is_no_yaml(text, expected):
    assert refusal(files.parse_text, text, "params.yaml") == f"params.yaml: {expected}"


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "nothing"), ([1], "[1]"), ("text", "'text'"), (3, "3"), (True, "True")]
)
def test_a_file_that_is_no_mapping(value, shown):
    line = f"params.yaml: the file: given {shown}, allowed a mapping of settings"
    assert refusal(files.mark, value, "params.yaml", Complaints()) == line


@pytest.mark.parametrize(
    ("name", "sound"),
    [("a", True), ("a_1", True), ("x" * 64, True), ("x" * 65, False)]
    + [(name, False) for name in ("", "A", "_a", "1a", "a-b", "a.b", "a b", "é", "a\n", None, 3, True, 1.5, ("a",))],
)
def test_names_are_lower_case_words_and_others_are_left_out_after_a_complaint(name, sound):
    complaints = Complaints()
    tree = files.mark({"top": {name: 1, "other": 2}}, "params.yaml", complaints)
    assert list(tree["top"]) == [name, "other"] if sound else list(tree["top"]) == ["other"]
    assert len(complaints.lines) == (0 if sound else 1)
    assert isinstance(tree, Block) and all("\n" not in line for line in complaints.lines)


@pytest.mark.parametrize(
    ("key", "label"),
    [("A" * 64, "A" * 64), ("A" * 65, f"'{'A' * 65}'"), ("a\tb", r"'a\tb'"), (3, "3"), (None, "nothing")],
)
def test_a_bad_name_is_shown_on_one_line(key, label):
    complaints = Complaints()
    files.mark({"fit": {key: 1}}, "params.yaml", complaints)
    quoted = label if label.startswith("'") or not isinstance(key, str) else f"'{label}'"
    allowed = "allowed lower-case letters, digits and _, 64 at most"
    assert complaints.lines == [f"params.yaml: fit.{label}: given the name {quoted}, {allowed}"]


def test_twelve_levels_are_allowed():
    assert isinstance(files.mark(nested(12), "params.yaml", Complaints()), Block)
    assert files.mark(nested(1, [[[[[[[[[[[3]]]]]]]]]]]), "params.yaml", Complaints())
    for deep in (nested(13), nested(2, [[[[[[[[[[[3]]]]]]]]]]])):
        line = refusal(files.mark, deep, "params.yaml", Complaints())
        assert line.startswith("params.yaml: a.a") and line.endswith(
            ": given too much or too deep, allowed 20000 values, 12 levels deep"
        )


@pytest.mark.parametrize("many", [lambda count: list(range(count)), lambda count: {f"a{i}": i for i in range(count)}])
def test_twenty_thousand_values_are_allowed(many):
    """The file itself, its one block and what is in it."""
    files.mark({"a": many(19_998)}, "params.yaml", Complaints())
    assert "too much" in refusal(files.mark, {"a": many(19_999)}, "params.yaml", Complaints())


def test_names_within_a_setting_of_a_source_are_those_of_somebodys_columns():
    """`data.mine.load.columns` is a mapping of column names, as a file has them; all other keys are names of ours."""
    complaints = Complaints()
    tree = files.mark({"data": {"mine": {"load": {"columns": {"Zip Code": "category"}}}}}, "p.yaml", complaints)
    columns = tree.block("data", "mine", "load", "columns")
    assert {name: item.value for name, item in columns.items()} == {"Zip Code": "category"} and not complaints.lines
    files.mark({"data": {"mine": {"load": {"Columns": {}}}}}, "p.yaml", complaints)
    files.mark({"data": {"mine": {"split": {"Test": 3}}}}, "p.yaml", complaints)
    assert [line.split(": ")[1] for line in complaints.lines] == ["data.mine.load.Columns", "data.mine.split.Test"]
