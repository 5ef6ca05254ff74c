"""Tables: ours as published, the user's own with every fault named by line and column."""

import numpy as np
import pytest

from pipeline import paths
from pipeline.errors import InputError
from pipeline.sources.table import load

HEADER = "a,b,class\n"


def own(folder, text, file="own"):
    (folder / f"{file}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load(folder, 0, file=file)


@pytest.mark.parametrize(
    ("file", "columns", "negative", "positive"),
    [
        *(("yeast5", 8, 1440, 44), ("abalone19", 10, 4142, 32)),
        *(("credit", 3, 9667, 333), ("health", 10, 5816, 92)),
    ],
)
def test_shipped_tables(file, columns, negative, positive):
    examples = load(paths.RAW, 0, file=file)
    assert examples.x.shape == (negative + positive, columns)
    assert np.bincount(examples.y).tolist() == [negative, positive]


def test_abalone_has_one_sex_a_row():
    assert (load(paths.RAW, 0, file="abalone19").x[:, :3].sum(1) == 1).all()


@pytest.mark.parametrize("file", ["credit", "health"])
def test_no_row_of_a_table_that_claims_rest_on_stands_in_two_parts(file):
    inputs = load(paths.RAW, 0, file=file).x
    assert len(np.unique(inputs, axis=0)) == len(inputs)


def test_numbers_stay_and_words_become_codes_in_alphabetical_order(tmp_path):
    examples = own(tmp_path, HEADER + "1,2.5,dog\n\n-3e2, 4 ,cat\n0,0,dog\n")
    assert examples.x.tolist() == [[1, 2.5], [-300, 4], [0, 0]]
    assert examples.y.tolist() == [1, 0, 1]


def test_whole_number_classes_are_sorted_by_value(tmp_path):
    assert own(tmp_path, HEADER + "1,1,10\n1,1,9\n1,1,2\n").y.tolist() == [2, 1, 0]


def test_a_byte_order_mark_and_windows_lines_do_no_harm(tmp_path):
    assert own(tmp_path, b"\xef\xbb\xbfa,b,class\r\n1,2,x\r\n3,4,y\r\n").x.shape == (2, 2)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a,b,kind\n1,2,3\n", "line 1: given the header 'a,b,kind', allowed a last column 'class'"),
        ("", "line 1: given the header '', allowed"),
        (HEADER, "given no rows"),
        (HEADER + "1,2,x\n1,,y\n", "line 3, column 'b': given '', allowed a finite number"),
        (HEADER + "nan,2,x\n", "line 2, column 'a': given 'nan'"),
        (HEADER + "1,2,x\n1,-inf,x\n", "line 3, column 'b': given '-inf'"),
        (HEADER + "1e39,2,x\n", "line 2, column 'a': given '1e39'"),
        (HEADER + "one,2,x\n", "line 2, column 'a': given 'one'"),
        (HEADER + "1,2\n", "line 2: given 2 cells, allowed 3"),
        (HEADER + "1,2,x\n1,2,x\n", "column 'class': given only 'x'"),
        (HEADER + "1,2,x\n1,2,\n", "column 'class': given nothing"),
        (b"a,b,class\n\xff\xfe,1,2\n", "allowed comma-separated text in UTF-8"),
    ],
)
def test_faults_are_named(tmp_path, text, told):
    with pytest.raises(InputError) as caught:
        own(tmp_path, text)
    assert told in str(caught.value) and "own.csv" in str(caught.value)


@pytest.mark.parametrize("file", ["absent", "../own", "own.csv", "Own", "", "own\n"])
def test_only_names_in_the_folder_are_allowed_and_all_are_told(tmp_path, file):
    own(tmp_path, HEADER + "1,2,x\n3,4,y\n")
    with pytest.raises(InputError, match=r"allowed a table in data/raw.*: own$"):
        load(tmp_path, 0, file=file)
