"""A user's own arrays: pictures, sequences and tables are read, or refused with the line of NumPy that mends them."""

import re

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.sources.archive import check, load

RANDOM = np.random.default_rng(0)
BYTES = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)
FILMED = RANDOM.random((4, 7, 2))  # sequences of 7 steps and 2 channels
Y = [0, 1, 0, 1]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """`(arrays, **settings)`: what comes of data/raw/own.npz with these arrays, in a project of its own."""
    monkeypatch.chdir(tmp_path)
    raw = tmp_path / "data" / "raw"
    raw.mkdir(parents=True)

    def made(arrays=None, **settings):
        if arrays is not None:
            np.savez(raw / "own.npz", **arrays)
        return load(raw, 0, file="own", **settings)

    return made


def refused(own, arrays, **settings):
    with pytest.raises(InputError) as caught:
        own(arrays, **settings)
    return str(caught.value)


def mended(own, arrays, **settings):
    """The refusal, and what is read once each of its lines of NumPy has been carried out."""
    told = refused(own, arrays, **settings)
    lines = re.findall(r"`(a = [^`]*)`", told)
    assert lines, told
    for line in lines:
        exec(line, {"np": np})
    return told, own(**settings)


# Pictures


def test_bytes_become_shares_and_words_become_codes(own):
    found = own({"x": BYTES, "y": ["dog", "cat", "dog", "cat"]})
    assert found.x.shape == (4, 5, 6, 1) and found.x.dtype == np.float32
    assert np.array_equal(found.x[..., 0], BYTES.astype(np.float32) / np.float32(255))
    assert found.y.tolist() == [1, 0, 1, 0] and found.y.dtype == np.int64 and found.class_names == ("cat", "dog")


def test_floats_with_channels_keep_their_digits_and_numbers_become_codes(own):
    x = RANDOM.random((4, 5, 6, 3))
    found = own({"x": x, "y": [7, -5, 7, 10]})
    assert found.x.dtype == np.float64 and np.array_equal(found.x, x)
    assert found.y.tolist() == [1, 0, 1, 2] and found.class_names == ("-5", "7", "10")


def test_channels_first_are_moved_when_told_and_refused_with_the_line_that_moves_them(own):
    x = RANDOM.integers(0, 255, (4, 3, 28, 28)).astype(np.uint8)
    moved = own({"x": x, "y": Y}, channels="first").x
    told, found = mended(own, {"x": x, "y": Y})
    assert "channels first, allowed channels last: `channels: first`" in told
    assert moved.shape == (4, 28, 28, 3) and np.array_equal(moved, found.x)
    assert np.array_equal(moved[2, 5, 6], x[2, :, 5, 6].astype(np.float32) / np.float32(255))


def test_channels_first_of_pictures_without_channels_is_refused(own):
    assert "channels: given first for image of shape (4, 5, 6)" in refused(own, {"x": BYTES, "y": Y}, channels="first")


def test_many_channels_must_be_told(own):
    x = RANDOM.random((4, 8, 8, 10))
    assert "10 channels, allowed 1, 3 or 4" in refused(own, {"x": x, "y": Y})
    assert own({"x": x, "y": Y}, channels="last").x.shape == (4, 8, 8, 10)


def test_one_pixel_of_nan_is_refused_by_place_and_its_picture_left_out(own):
    x = RANDOM.random((4, 5, 6)).astype(np.float32)
    x[2, 3, 4] = np.nan
    told, found = mended(own, {"x": x, "y": Y})
    assert "1 pixels of NaN or infinity, the first in picture 2, row 3, column 4" in told
    assert np.array_equal(found.x[..., 0], x[[0, 1, 3]]) and found.y.tolist() == [0, 1, 1]


@pytest.mark.parametrize(
    ("x", "low", "high"),
    [
        (BYTES.astype(np.int64), 0, 119 / 255),
        (BYTES.astype(np.float64), 0, 119 / 255),
        (BYTES.astype(np.uint16) * 500, 0, 59500 / 65535),
        (BYTES / 119 * 2 - 1, 0, 1),
        (BYTES - 60.0, 0, 1),
        (np.tile(np.array([0, 1]), (4, 5, 3)), 0, 1),
    ],
)
def test_another_brightness_is_refused_and_brought_to_0_to_1(own, x, low, high):
    told, found = mended(own, {"x": x, "y": Y})
    assert "allowed bytes (uint8) 0..255 or floats 0..1" in told
    assert found.x.min() == pytest.approx(low) and found.x.max() == pytest.approx(high)


@pytest.mark.parametrize(("x", "high"), [(BYTES % 2, 1), (BYTES % 17, 16), ((BYTES % 17).astype(float), 16)])
def test_few_shades_are_refused_and_divided_by_the_largest(own, x, high):
    told, found = mended(own, {"x": x, "y": Y})
    kind = "bytes (uint8)" if x.dtype == np.uint8 else "brightness of float64"
    assert f"x: given {kind} from 0 to {high}, allowed " in told
    assert np.array_equal(found.x[..., 0], (x / high).astype(np.float32)) and found.x.max() == 1


@pytest.mark.parametrize("high", [0, 17, 255])
def test_bytes_that_are_black_or_use_their_range_are_no_doubt(own, high):
    x = (BYTES % 5).clip(max=high)
    x[0, 0, 0] = high
    assert own({"x": x, "y": Y}).x.max() == np.float32(high) / np.float32(255)


def test_black_and_white_is_0_and_1(own):
    assert set(own({"x": BYTES > 60, "y": Y}).x.ravel()) == {0, 1}


def test_flat_pictures_are_refused_and_made_square(own):
    x = RANDOM.integers(0, 255, (4, 36)).astype(np.uint8)
    told, found = mended(own, {"x": x, "y": Y})
    assert "or `kind: table`" in told and found.x.shape == (4, 6, 6, 1)


def test_pictures_of_unequal_size_are_refused_as_such_and_resized(own):
    x = np.empty(4, object)
    x[:] = [np.full((5 + at, 6), 9 * at, np.uint8) for at in range(4)]
    told, found = mended(own, {"x": x, "y": Y})
    assert "pictures of unequal size, allowed one size" in told and found.x.shape == (4, 64, 64, 1)
    assert found.x[:, 9, 9, 0] * 255 == pytest.approx([0, 9, 18, 27])


def test_numbers_that_are_kept_as_objects_are_refused_as_such(own):
    told, found = mended(own, {"x": (BYTES / 255).astype(object), "y": Y})
    assert "x: given Python's objects (4, 5, 6), allowed numbers" in told and np.allclose(found.x[..., 0], BYTES / 255)


def test_sequences_are_not_taken_for_pictures(own):
    assert "if these are steps and channels, write `kind: sequence`" in refused(own, {"x": FILMED, "y": Y})
    (told,) = own({"x": RANDOM.random((4, 60, 8)), "y": Y}).findings
    assert "4 grey pictures of 60 x 8 pixels: if these are steps and channels, write `kind: sequence`" in told


# Labels


@pytest.mark.parametrize(
    ("y", "names", "told"),
    [
        (np.array([[0], [1], [0], [2]]), ("0", "1", "2"), "a column (examples, 1) is read as (examples,)"),
        (np.eye(3)[[0, 1, 0, 2]], ("0", "1", "2"), "one column for each class (one-hot) is read as the class of the 1"),
        (np.array([0.0, 1.0, 0.0, 2.0]), ("0", "1", "2"), None),
        (np.array([False, True, False, True]), ("False", "True"), None),
        (np.array([b"a", b"b", b"a", b"c"]), ("a", "b", "c"), None),
        (np.array(["10", "9", "10", "-1"]), ("-1", "9", "10"), None),
        (np.array(["Ja", "ja", "Ja", "nein"]), ("Ja", "ja", "nein"), "'Ja' and 'ja'"),
    ],
)
def test_labels_of_many_forms_are_recognised(own, y, names, told):
    found = own({"x": BYTES, "y": y})
    assert found.class_names == names and found.y[0] == found.y[2] != found.y[1]
    assert (told in found.findings[0]) if told else not found.findings


def test_labels_that_are_objects_are_refused_and_made_words(own):
    told, found = mended(own, {"x": BYTES, "y": np.array(["b", "a", "b", "a"], object)})
    assert "y: given Python's objects, allowed words or whole numbers" in told and found.class_names == ("a", "b")


def test_several_columns_of_labels_are_refused_and_the_largest_taken(own):
    told, found = mended(own, {"x": BYTES, "y": np.array([[0.2, 0.8], [0.9, 0.1], [0.2, 0.8], [0.9, 0.1]])})
    assert "given shape (4, 2)" in told and found.y.tolist() == [1, 0, 1, 0]


@pytest.mark.parametrize(
    "y", [np.array(["a", "", "b", "b"]), np.array([0, np.nan, 1, 1]), np.array(["a", "None", "b", "b"])]
)
def test_missing_labels_are_refused_and_left_out(own, y):
    told, found = mended(own, {"x": BYTES, "y": y})
    assert "given 1 labels that are missing (examples 1)" in told
    assert found.y.tolist() == [0, 1, 1] and np.array_equal(found.x[0, ..., 0] * 255, BYTES[0].astype(np.float32))


def test_numbers_to_predict_are_offered_and_kept(own):
    y = [0.5, 1.25, -3, 7]
    assert "`target: number` learns to predict numbers" in refused(own, {"x": BYTES, "y": y})
    found = own({"x": BYTES, "y": y}, target="number")
    assert found.y.dtype == np.float64 and found.y.tolist() == y and found.class_names == ()


def test_numbers_to_predict_must_be_numbers(own):
    assert "allowed numbers: leave `target: number` (`--target number`) out" in refused(
        own, {"x": BYTES, "y": list("abab")}, target="number"
    )
    assert "y: given shape (4, 2)" in refused(own, {"x": BYTES, "y": np.ones((4, 2))}, target="number")
    told, found = mended(own, {"x": BYTES, "y": [0, np.inf, 2.5, 1]}, target="number")
    assert "labels that are no finite number (examples 1)" in told and found.y.tolist() == [0, 2.5, 1]


def test_one_class_is_refused(own):
    assert "given only 1, allowed two classes or more" in refused(own, {"x": BYTES, "y": [1, 1, 1, 1]})


def test_all_faults_are_told_at_once(own):
    told = refused(own, {"x": BYTES.astype(int), "y": [1, 1, 1, 1]}).splitlines()
    assert len(told) == 2 and "two classes" in told[0] and "brightness" in told[1]


# Sequences


def ended(value):
    """Sequences of 7, 4, 2 and 5 steps, with nothing but `value` behind."""
    x, ends = FILMED.copy(), np.array([7, 4, 2, 5])
    x[np.arange(7) >= ends[:, None]] = value
    return x, ends


def assert_ended(found, ends):
    inside = np.arange(7) < ends[:, None]
    assert found.x.dtype == np.float64 and found.lengths.dtype == np.int64
    assert np.array_equal(found.lengths, ends) and np.array_equal(found.x[inside], FILMED[inside])
    assert not found.x[~inside].any()


def test_nan_is_the_end_of_a_sequence(own):
    x, ends = ended(np.nan)
    found = own({"x": x, "y": Y}, kind="sequence")
    assert_ended(found, ends)
    (told,) = found.findings
    assert told.startswith("own.npz: x: sequences of 2 to 7 steps, with 0 behind the end") and "`masked: true`" in told


@pytest.mark.parametrize("value", [0, -1, np.nan, 0.25])
def test_an_array_of_lengths_is_the_end_of_a_sequence(own, value):
    x, ends = ended(value)
    assert_ended(own({"x": x, "y": Y, "lengths": ends}, kind="sequence"), ends)


@pytest.mark.parametrize("value", [0.0, -1.0])
def test_padding_must_be_told_and_can_be(own, value):
    x, ends = ended(value)
    told = refused(own, {"x": x, "y": Y}, kind="sequence")
    assert f"3 of 4 sequences that end in steps of nothing but {value:g}" in told and f"`padding: {value:g}`" in told
    assert_ended(own({"x": x, "y": Y}, kind="sequence", padding=value), ends)
    kept = own({"x": x, "y": Y}, kind="sequence", padding="none")
    assert kept.lengths is None and np.array_equal(kept.x, x)


def test_unequal_lengths_as_objects_are_refused_and_padded_with_lengths(own):
    x, ends = ended(0)
    ragged = np.empty(4, object)
    ragged[:] = [row[:end] for row, end in zip(x, ends, strict=True)]
    told, found = mended(own, {"x": ragged, "y": Y}, kind="sequence")
    assert "sequences of unequal length, allowed one array with their lengths" in told
    assert_ended(found, ends)


def test_a_gap_within_a_sequence_is_refused_by_place(own):
    x, _ = ended(np.nan)
    x[2, 0, 1] = np.nan
    told, found = mended(own, {"x": x, "y": [0, 0, 1, 1]}, kind="sequence")
    assert "1 numbers of NaN or infinity before their end, the first in sequence 2, step 0, channel 1" in told
    assert found.lengths.tolist() == [7, 4, 5]


@pytest.mark.parametrize("lengths", [[7, 4, 0, 5], [7, 8, 2, 5], [7, 4.5, 2, 5], ["7", "4", "2", "5"]])
def test_lengths_must_fit(own, lengths):
    told = refused(own, {"x": FILMED, "y": Y, "lengths": lengths}, kind="sequence")
    assert "lengths: given" in told and "allowed a whole number from 1 to 7 for each sequence" in told


def test_a_sequence_without_a_step_is_refused(own):
    x, _ = ended(np.nan)
    x[0] = np.nan
    assert "1 sequences without a step (examples 0)" in refused(own, {"x": x, "y": Y}, kind="sequence")


def test_one_channel_and_channels_first_are_put_last(own):
    assert own({"x": FILMED[..., 0], "y": Y}, kind="sequence").x.shape == (4, 7, 1)
    first = own({"x": np.moveaxis(FILMED, 2, 1), "y": Y}, kind="sequence", channels="first")
    assert np.array_equal(first.x, FILMED)


def test_films_are_refused_and_made_sequences(own):
    told, found = mended(own, {"x": RANDOM.random((4, 7, 2, 3)), "y": Y}, kind="sequence")
    assert "allowed (sequences, steps[, channels])" in told and found.x.shape == (4, 7, 6)


def test_long_sequences_are_said_with_a_remedy(own):
    x = RANDOM.random((4, 4000, 1))
    (told,) = own({"x": x, "y": Y}, kind="sequence").findings
    assert "sequences of 4,000 steps" in told and "`truncate`" in told
    exec(re.search(r"`(a = [^`]*)`", told)[1], {"np": np})
    assert np.array_equal(own(kind="sequence").x, x[:, ::10])


def test_a_wave_that_ends_alike_is_no_padding(own):
    wave = np.round(np.sin(np.arange(40) / 3), 1)
    x = np.stack([wave, wave[::-1], wave, wave[::-1] * 2])[..., None]
    assert own({"x": x, "y": Y}, kind="sequence").lengths is None


# Tables


def test_a_table_has_columns_with_their_gaps(own):
    x = np.array([[1, np.nan], [3, 4], [5, 6], [2**53 + 1, 8]])
    found = own({"x": x, "y": Y, "columns": ["age", "pulse"]}, kind="table")
    assert [(column.name, column.kind) for column in found.x] == [("age", "number"), ("pulse", "number")]
    assert np.array_equal(np.stack([column.cells for column in found.x], 1), x, equal_nan=True)
    assert [column.name for column in own({"x": x, "y": Y}, kind="table").x] == ["x0", "x1"]


def test_faults_of_tables_are_named(own):
    assert "columns: given 1 names, allowed 2 different ones" in refused(
        own, {"x": np.ones((4, 2)), "y": Y, "columns": ["a", "a"]}, kind="table"
    )
    told, found = mended(own, {"x": [[1, np.inf], [1, 1], [1, 1], [1, 1]], "y": Y}, kind="table")
    assert "given infinity in 1 rows (0)" in told and np.isnan(found.x[1].cells[0])
    told, found = mended(own, {"x": BYTES, "y": Y}, kind="table")
    assert "allowed (examples, columns)" in told and len(found.x) == 30


MANY = np.random.default_rng(1).normal(size=(60, 3))
CLASSES = np.arange(60) % 3


def with_column(column):
    """A table of sixty rows with that column as x3, and classes."""
    return {"x": np.column_stack([MANY, column]), "y": CLASSES}


@pytest.mark.parametrize("column", [10 * CLASSES, np.where(CLASSES == 1, 1.5, np.nan)])
def test_a_copy_of_the_label_is_refused_and_can_be_left_out_or_kept(own, column):
    message = refused(own, with_column(column), kind="table")
    assert "own.npz: column 'x3': given " in message and "no copy of the label: set `drop: [x3]`" in message
    assert len(own(drop=["x3"], kind="table").x) == len(own(columns={"x3": "drop"}, kind="table").x) == 3
    kept = own(columns={"x3": "number"}, kind="table")
    assert len(kept.x) == 4 and any("as a copy of the label has" in line for line in kept.findings)


def test_a_row_number_is_left_out_and_can_be_kept(own):
    found = own(with_column(np.arange(60)), kind="table")
    assert [column.name for column in found.x] == ["x0", "x1", "x2"]
    (line,) = found.findings
    assert line.startswith("column 'x3': left out (`drop`): it counts the rows") and "`columns: {x3: number}`" in line
    assert len(own(columns={"x3": "number"}, kind="table").x) == 4


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (np.ones(60), "column 'x3': the same in all rows: to leave it out set `drop: [x3]`"),
        (
            np.where(np.arange(60) % 9, MANY[:, 0], -9999),
            "if it stands for a missing value, write NaN in its place",
        ),
        (np.where(np.arange(60) % 9, np.nan, 1), "column 'x3': 53 of 60 cells are missing"),
        (np.full(60, np.nan), "column 'x3': left out: no cell has a value"),
    ],
)
def test_what_smells_in_a_table_is_told_in_words_that_fit_arrays(own, column, told):
    lines = own(with_column(column), kind="table").findings
    assert any(told in line for line in lines), lines
    assert not any("missing: [" in line or "`group:" in line for line in lines)


def test_lines_on_hundreds_of_columns_are_counted(own):
    x = np.column_stack([MANY, np.ones((60, 300))])
    lines = own({"x": x, "y": CLASSES}, kind="table").findings
    assert len(lines) == 21 and lines[-1] == "280 more lines on columns"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"kind": "table", "drop": ["age"]}, "drop: given 'age', allowed a column of own.npz: x0, x1, x2, x3"),
        ({"kind": "table", "columns": {"age": "number"}}, "columns: given 'age', allowed a column of own.npz"),
        ({"kind": "table", "drop": ["x0", "x1", "x2", "x3"]}, "given no column to learn from (x0, x1, x2, x3)"),
        ({"kind": "sequence", "drop": ["x0"]}, "drop: given for sequence, allowed for `kind: table`"),
        ({"kind": "image", "columns": {"x0": "number"}}, "columns: given for image, allowed for `kind: table`"),
    ],
)
def test_columns_that_there_are_not_are_refused(own, settings, told):
    assert told in refused(own, with_column(MANY[:, 0] ** 2), **settings)


# The file


@pytest.mark.parametrize("groups", [[[3], [1], [1], [3]], np.array([["q"], ["p"], ["p"], ["q"]])])
def test_groups_in_a_column_are_groups(own, groups):
    assert own({"x": BYTES, "y": Y, "groups": groups}).groups.tolist() == [1, 0, 0, 1]


def test_groups_of_several_columns_are_refused_and_joined(own):
    told, found = mended(own, {"x": BYTES, "y": Y, "groups": [[1, 2], [1, 3], [1, 2], [2, 2]]})
    assert "groups: given shape (4, 2), allowed one group for each example" in told
    assert found.groups.tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize(
    "groups",
    [
        [1.0, np.nan, np.nan, 2.0],
        ["p", "", " ", "q"],
        ["p", "nan", "None", "q"],
        [b"p", b"", b"NA", b"q"],
        np.array(["2024-01-01", "NaT", "NaT", "2024-01-02"], "datetime64[D]"),
        [[1.0], [np.nan], [np.nan], [2.0]],
    ],
)
def test_examples_without_a_group_are_refused_and_left_out(own, groups):
    told, found = mended(own, {"x": BYTES, "y": Y, "groups": np.array(groups)})
    assert "groups: given 2 examples without a group (examples 1, 2), allowed none" in told
    assert found.groups.tolist() == [0, 1] and found.y.tolist() == [0, 1]


def test_groups_are_kept_and_other_arrays_told(own):
    found = own({"x": BYTES, "y": Y, "groups": ["p", "q", "q", "r"], "notes": [1]})
    assert found.groups.tolist() == [0, 1, 1, 2] and found.findings == ("own.npz: arrays that are left out: notes",)


def test_other_names_are_proposed_and_can_be_told(own):
    arrays = {"images": BYTES, "labels": Y}
    told = refused(own, arrays)
    given = "given arrays images (4, 5, 6), labels (4,), allowed x and y"
    assert f"{given}: write `inputs: images` and `labels: labels`" in told
    assert own(arrays, inputs="images", labels="labels").class_names == ("0", "1")
    assert "`np.savez('data/raw/own.npz', x=inputs, y=labels)` writes both" in refused(own, {"x": BYTES})


def test_a_plain_array_is_refused_with_the_line_that_adds_labels(own, tmp_path):
    np.save(tmp_path / "data" / "raw" / "own.npy", BYTES)
    told = refused(own, None)
    assert "own.npy: given one array, allowed an .npz file with inputs and labels" in told
    exec(re.search(r"`(np\.savez[^`]*)`", told)[1], {"np": np, "labels": Y})
    assert own().x.shape == (4, 5, 6, 1)


@pytest.mark.parametrize("arrays", [{"x": BYTES, "y": [0, 1]}, {"x": BYTES[:0], "y": []}, {"x": 3, "y": [1]}])
def test_arrays_of_unequal_number_are_refused(own, arrays):
    assert "allowed as many examples (one or more) in each of them" in refused(own, arrays)


def test_words_are_no_inputs(own):
    assert "x: given <U1, allowed numbers" in refused(own, {"x": list("abcd"), "y": Y})


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 half"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "own.npz").write_bytes(content)
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path, 0, file="own")


@pytest.mark.parametrize("file", ["absent", "../own", "own.csv", "", "own\n"])
def test_a_file_that_is_not_there_is_refused_with_those_that_are(tmp_path, file):
    np.savez(tmp_path / "own.npz", x=BYTES, y=Y)
    with pytest.raises(InputError, match=r"allowed the path of a file \(.npz\), or an archive in data/raw.*: own$"):
        load(tmp_path, 0, file=file)


@pytest.mark.parametrize("where", ["raw", "elsewhere/mine", "house/mine"])
def test_a_file_may_lie_anywhere(tmp_path, monkeypatch, where):
    """The line that mends it names it as one finds it."""
    monkeypatch.setattr(paths, "ROOT", tmp_path / "house")
    raw, place = tmp_path / "raw", tmp_path / where / "own.npz"
    raw.mkdir()
    place.parent.mkdir(parents=True, exist_ok=True)
    np.savez(place, x=BYTES, y=Y)
    told = {"raw": "own.npz", "house/mine": "mine/own.npz"}.get(where, str(place))
    assert np.array_equal(load(raw, 0, file=told).y, load(raw, 0, file=str(place)).y)
    np.savez(place, x=BYTES.reshape(len(BYTES), -1), y=Y)
    seen = "data/raw/own.npz" if where == "raw" else told
    with pytest.raises(InputError, match=rf"a = dict\(np.load\('{seen}'\)\)"):
        load(raw, 0, file=told)


def test_check_tells_what_lacks_without_reading_the_arrays(tmp_path):
    np.savez(tmp_path / "own.npz", x=BYTES, labels=Y)
    with pytest.raises(InputError, match="allowed y"):
        check(tmp_path, file="own")
    assert check(tmp_path, file="own", labels="labels") is None
