"""Tables of a user's own, from file to prepared examples: nothing is fitted on held-out rows, and all is told."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.preparation import encoder
from pipeline.raw_data import RawData
from pipeline.records import digest, read_examples, read_json
from pipeline.settings.params import DataSettings, Split
from pipeline.stages.prepare import prepare

VIEWS = {"plain": {}, "smote": {"rebalance": {"sampler": "smote"}}}
OWN = DataSettings("own", "table", {"file": "own"}, "standard", Split(0.2, 0.2, None, 0), VIEWS, 0)
HEADER = ("age", "job", "day", "class")


@pytest.fixture
def raw(house, monkeypatch):
    """A raw folder of one's own, with a table of all kinds of columns, with gaps, one class in four."""
    folder = house / "raw"
    folder.mkdir()
    monkeypatch.setattr(paths, "RAW", folder)
    write(folder, mixed())
    return folder


def mixed(rows=200, seed=0):
    random = np.random.default_rng(seed)
    return [
        [
            "" if random.random() < 0.1 else f"{random.normal(40, 9):.4f}",
            str(random.choice(["sea", "farm", "mine", "?"])),
            str(np.datetime64("2024-01-01") + int(random.integers(0, 300))),
            "rare" if place % 4 == 0 else "common",
        ]
        for place in range(rows)
    ]


def write(folder, rows, header=HEADER):
    with (folder / "own.csv").open("w", newline="") as opened:
        csv.writer(opened).writerows([header, *rows])


def made(settings=OWN):
    """{part: examples}, {view: examples} and the card."""
    prepare(settings, [0])
    files = {"validation": paths.validation_split("own", 0), "test": paths.test_split("own", 0)}
    views = {view: read_examples(paths.fit_split("own", view, 0)) for view in settings.views}
    parts = {part: read_examples(file) for part, file in files.items()} | {"train": views["plain"]}
    return parts, views, read_json(paths.card("own", 0))


def loaded(raw, **settings):
    return plugins.load("sources", "table").load(raw, 0, file="own", **settings)


def rows_of(raw, settings=OWN):
    """Row numbers of the parts, as `prepare` draws them."""
    from pipeline.preparation.identity import ids_of
    from pipeline.preparation.split import split_rows

    table = loaded(raw, **{key: value for key, value in settings.load.items() if key != "file"})
    return split_rows(settings.split, table.y, "key", ids_of(table.x), table.groups)


# What is fitted


def test_the_card_has_all_that_encodes_the_rows_again(raw):
    parts, _, card = made()
    fitted = encoder.from_json(card["encoder"])
    x, _ = fitted.apply(loaded(raw).x)
    for part, rows in rows_of(raw).items():
        assert parts[part].x.tobytes() == x.astype(np.float32)[rows].tobytes()
    assert card["class_names"] == ["common", "rare"] and card["labels"] == "class"
    assert [feature["name"] for feature in card["features"]] == [
        *("age", "age is missing", "job=farm", "job=mine", "job=sea", "job is missing", "day"),
    ]
    assert [row["column"] for row in card["columns"]] == list(HEADER) and card["shape"] == [7]
    train = card["gaps"]["train"]
    assert train["age"]["missing"] == int(parts["train"].x[:, 1].sum()) > 0


def test_held_out_rows_change_no_byte_of_training(raw):
    _, before, first = made()
    for part in ("validation", "test"):
        rows = mixed()
        for row in rows_of(raw)[part]:
            rows[row][:3] = [str(1000 + row), ("sea", "farm", "moon")[row % 3], ""]
        write(raw, rows)
        _, after, second = made()
        for view in VIEWS:
            assert digest(before[view].x, before[view].y) == digest(after[view].x, after[view].y)
        assert first["encoder"] == second["encoder"] and first["digests"][part] != second["digests"][part]
        told = f"column 'job': {len(rows_of(raw)[part]) // 3 + 1} cells of {part} have words that training has not"
        assert any(finding.startswith(told[:13]) and f"cells of {part}" in finding for finding in second["findings"])
        write(raw, mixed())


def test_a_gap_that_training_does_not_know_is_told(raw):
    rows = [[cell or "40.5", *more] for cell, *more in mixed()]
    write(raw, rows)
    test = rows_of(raw)["test"]
    rows[test[0]][0] = ""
    write(raw, rows)
    _, _, card = made()
    assert "column 'age': 1 cells of test are missing, none of training" in card["findings"]
    assert card["gaps"]["test"]["age"] == {"missing": 1}


@pytest.mark.parametrize(
    "cells", [[1700003861955 + 37 * place for place in range(300)], [20000000 + place % 5 for place in range(300)]]
)
def test_large_numbers_keep_their_digits(raw, cells):
    random = np.random.default_rng(0)
    cells = random.permutation(cells)
    write(raw, [[cell, place / 7, "ab"[random.integers(2)]] for place, cell in enumerate(cells)], ("c", "x", "class"))
    settings = replace(OWN, views={"plain": {}})
    parts, _, card = made(settings)
    mean, sd = card["scale"]["mean"][0], card["scale"]["sd"][0]
    for part, rows in rows_of(raw).items():
        exact = ((cells[rows] - mean) / sd).astype(np.float32)
        assert np.array_equal(parts[part].x[:, 0], exact) and len(np.unique(exact)) == len(np.unique(cells[rows]))
    with pytest.raises(
        InputError, match=r"own.scale: given none, and numbers of more digits than float32 has in column"
    ):
        made(replace(settings, scale="none"))


def test_numbers_that_float32_has_no_room_for(raw):
    rows = [[place % 37 * 1e-3, "ab"[place % 2]] for place in range(74)]
    write(raw, rows, ("x", "class"))
    rows[rows_of(raw)["test"][0]][0] = 1e200
    write(raw, rows, ("x", "class"))
    with pytest.raises(InputError, match="given numbers in column 'x' that are too far from the others"):
        made()


# Who is where


def test_a_group_is_in_one_part(raw):
    random = np.random.default_rng(0)
    rows = [[f"p{place // 5}", f"{random.normal():.3f}", "ab"[place // 5 % 2]] for place in range(200)]
    write(raw, rows, ("who", "x", "class"))
    settings = replace(OWN, load={"file": "own", "group": "who"}, views={"plain": {}})
    parts, _, card = made(settings)
    assert card["groups"] == {"train": 24, "validation": 8, "test": 8} and card["shape"] == [1]
    where = rows_of(raw, settings)
    assert sum(len({rows[row][0] for row in where[part]}) for part in where) == 40
    assert [len(part) for part in (parts["train"], parts["validation"], parts["test"])] == [120, 40, 40]


def test_equal_rows_are_in_one_part_and_told(raw):
    rows = mixed(60)
    write(raw, rows + rows[:30] + [[*row[:3], "rare"] for row in rows[30:40] if row[3] == "common"])
    parts, _, card = made()
    held = [{row.tobytes() for row in parts[part].x} for part in ("train", "validation", "test")]
    assert not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2]) and card["duplicates_across_splits"] == 0
    told = " ".join(card["findings"])
    assert "rows are copies of others: they stay in one part" in told and "rows are there with different labels" in told


def test_rows_that_are_nearly_all_equal_cannot_be_split(raw):
    write(raw, [[20000000 + place % 2, ("even", "odd")[place % 2]] for place in range(100)], ("c", "class"))
    with pytest.raises(InputError, match=r"fewer than 3 different examples: 'even' \(1\), 'odd' \(1\)"):
        made()


def test_a_class_that_is_too_small_is_named_with_what_to_do(raw):
    write(raw, [*mixed(), ["1", "sea", "2024-01-01", "comet"], ["2", "sea", "2024-01-01", "comet"]])
    with pytest.raises(InputError, match=r"fewer than 3 examples: 'comet' \(2\);.*put classes together under one name"):
        made()


# Leaks


def nearest(parts):
    """Share of test rows whose nearest training row has their class."""
    test, train = parts["test"], parts["train"]
    distance = ((test.x[:, None] - train.x[None]) ** 2).sum(2)
    return np.mean(train.y[distance.argmin(1)] == test.y)


@pytest.mark.parametrize("name", ["n", "customer_id", ""])
@pytest.mark.parametrize("step", [1, 7])
def test_a_row_number_tells_nothing_of_noise(raw, name, step):
    """Rows sorted by class, as exports often are: with the row number a network knows the class."""
    random = np.random.default_rng(0)
    cells = [[7_000_000 + step * place, f"{random.normal():.3f}", "abc"[place // 100]] for place in range(300)]
    write(raw, cells, (name, "x", "class"))
    parts, _, card = made(replace(OWN, views={"plain": {}}))
    assert abs(nearest(parts) - 1 / 3) < 0.15 and card["shape"] == [1]
    kept = replace(OWN, load={"file": "own", "columns": {name or "column_1": "number"}}, views={"plain": {}})
    assert nearest(made(kept)[0]) > 0.5, "with it, it is known"


@pytest.mark.parametrize("spell", [str, "class {}".format, "0{}".format, lambda code: 10 * code])
def test_a_copy_of_the_label_is_refused(raw, spell):
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, 90)
    write(raw, [[spell(code), f"{random.normal():.3f}", "xyz"[code]] for code in codes], ("kind", "x", "class"))
    with pytest.raises(InputError, match=r"column 'kind': given one value for each class, .* no copy of the label"):
        made()


# Beside classes and columns


def test_numbers_to_predict(raw):
    random = np.random.default_rng(0)
    rows = [[f"{random.normal():.3f}", "uv"[place % 2], f"{random.normal(9):.4f}"] for place in range(100)]
    write(raw, rows, ("x", "w", "price"))
    settings = replace(OWN, load={"file": "own", "label": "price", "labels": "number"}, views={"plain": {}})
    parts, _, card = made(settings)
    assert card["labels"] == "number" and card["classes"] == 0 and "class_names" not in card
    assert parts["train"].y.dtype == np.float32 and len(parts["train"]) == 60
    assert sorted(np.concatenate([part.y for part in parts.values()])) == sorted(np.float32(row[2]) for row in rows)
    with pytest.raises(InputError, match=r"smote.rebalance: rebalance: given numbers to predict, allowed classes"):
        made(replace(settings, views=VIEWS))


def test_numbers_to_predict_that_float32_would_round_are_refused(raw):
    """Milliseconds of one day differ in digits that it has no room for; of many years they do not."""
    load = {"file": "own", "label": "price", "labels": "number"}
    settings = replace(OWN, load=load, views={"plain": {}})
    random = np.random.default_rng(0)
    for spread, is_refused in ((1e5, True), (1e11, False)):
        rows = [[f"{random.normal():.3f}", str(int(1.7e12 + spread * random.random()))] for _ in range(100)]
        write(raw, rows, ("x", "price"))
        if is_refused:
            with pytest.raises(
                InputError, match=r"load: given numbers to predict that float32 rounds \(17000000.* would"
            ):
                made(settings)
        else:
            made(settings)


def test_skewed_numbers_to_predict_are_told(raw, capsys):
    random = np.random.default_rng(0)
    rows = [[f"{random.normal():.3f}", f"{random.lognormal(sigma=2):.4f}"] for _ in range(300)]
    write(raw, rows, ("x", "price"))
    made(replace(OWN, load={"file": "own", "label": "price", "labels": "number"}, views={"plain": {}}))
    assert "own: numbers to predict are skewed: one row in a hundred has" in capsys.readouterr().out


@pytest.mark.parametrize("scale", ["none", "standard"])
def test_steps_behind_a_sequences_end_are_0_and_count_for_nothing(raw, monkeypatch, scale):
    random = np.random.default_rng(0)
    lengths = random.integers(1, 9, 50)
    steps = np.arange(8) < lengths[:, None]
    x = np.where(steps[:, :, None], random.normal([5, -700], [1, 90], (50, 8, 2)), 0)
    given = RawData(x=x, y=np.arange(50) % 2, lengths=lengths, class_names=("a", "b"), groups=np.arange(50) // 2)
    source = plugins.load("sources", "table")
    monkeypatch.setattr(source, "load", lambda raw, seed, **_: given)
    monkeypatch.setattr(source, "KIND", "sequence")
    parts, _, card = made(replace(OWN, scale=scale, views={"plain": {}}))
    ends = {part: (examples.x != 0).any(2).sum(1) for part, examples in parts.items()}
    assert sorted(np.concatenate(list(ends.values()))) == sorted(lengths) and card["class_names"] == ["a", "b"]
    known = parts["train"].x[(parts["train"].x != 0).any(2)]
    if scale == "standard":
        assert np.allclose(known.mean(0), 0, atol=1e-5) and np.allclose(known.std(0), 1, atol=1e-5)
    else:
        assert known.min() < -500


def test_findings_are_told_each_time_a_line_each(raw, capsys):
    write(raw, [[place, *row] for place, row in enumerate(mixed())], ("id", *HEADER))
    _, _, card = made()
    first = capsys.readouterr().out
    prepare(OWN, [0])
    assert capsys.readouterr().out == first == "".join(f"own: {finding}\n" for finding in card["findings"])
    assert len(card["findings"]) == 2 and "own: column 'id': left out (`drop`): it counts the rows" in first


def test_data_that_come_with_the_project_smell_of_nothing(house, capsys):
    for name in ("credit", "health"):
        prepare(replace(OWN, name=name, load={"file": name}, views={"plain": {}}), [0])
    assert capsys.readouterr().out == ""


def test_a_file_elsewhere_is_known_by_its_digest(raw, tmp_path):
    place = tmp_path / "My table.csv"
    place.write_bytes((raw / "own.csv").read_bytes())
    settings = replace(OWN, load={"file": str(place)})
    first = made(settings)[2]
    assert list(first["raw"]) == [place.name]
    write(raw, mixed(seed=1))
    place.write_bytes((raw / "own.csv").read_bytes())
    assert made(settings)[2]["key"] != first["key"]


def test_same_table_same_bytes(raw):
    assert made()[2] == made()[2]
    first = made()[2]
    for file in paths.draws("own"):
        (paths.card("own", 0) if file.is_dir() else file).unlink()
    assert made()[2] == first
