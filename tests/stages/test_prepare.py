"""Preparing: exact stratified splits, a scaler that saw the training part alone, views that touch nothing else."""

import csv
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from pipeline import paths, plugins
from pipeline.__main__ import prepare as prepare_command
from pipeline.errors import InputError
from pipeline.preparation.split import PARTS, split_rows
from pipeline.records import Examples, digest, read_examples, read_json
from pipeline.settings import params
from pipeline.settings.params import DataSettings, LongTail, Split
from pipeline.settings.seeds import draws
from pipeline.stages.prepare import prepare

VIEWS = {"plain": {}, "over": {"rebalance": {"sampler": "over"}}, "smote": {"rebalance": {"sampler": "smote"}}}
TABLE = DataSettings("own", "table", {"file": "own"}, "none", Split(20, 30, None, 0), VIEWS, 0)
DIGITS = DataSettings("digits", "digits", {}, "none", Split(200, 800, None, 0), {"plain": {}}, 0)


@pytest.fixture
def raw(house, monkeypatch):
    """A raw folder of one's own, with a table of 90 rows of class 0, 40 of class 1, 20 of class 2."""
    folder = house / "raw"
    folder.mkdir()
    monkeypatch.setattr(paths, "RAW", folder)
    random = np.random.default_rng(0)
    labels = random.permutation(np.repeat([0, 1, 2], [90, 40, 20]))
    write(folder / "own.csv", random.normal(5, [3.0, 200.0], (150, 2)), labels)
    return folder


def write(file, x, y):
    with file.open("w", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow([*(f"c{place}" for place in range(x.shape[1])), "class"])
        rows.writerows([*cells, label] for cells, label in zip(x.tolist(), y.tolist(), strict=True))


def numbers(raw):
    """The table as it stands in its file: inputs in float32, and labels."""
    table = plugins.load("sources", "table").load(raw, 0, file="own")
    return Examples(np.stack([column.cells for column in table.x], axis=1).astype(np.float32), table.y)


def made(settings):
    """Everything `prepare` wrote: training views, validation, test, card."""
    prepare(settings, [0])
    views = {view: read_examples(paths.fit_split(settings.name, view, 0)) for view in settings.views}
    validation, test = paths.validation_split(settings.name, 0), paths.test_split(settings.name, 0)
    return views, read_examples(validation), read_examples(test), read_json(paths.card(settings.name, 0))


def with_split(settings, **changes):
    return replace(settings, split=replace(settings.split, **changes))


def rows(examples):
    return {row.tobytes() for row in examples.x}


# Rows of the parts, by their numbers in the source


CLASSES = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [90, 40, 20]))
LABELS = {
    "classes": CLASSES,
    "numbers": CLASSES.astype(np.float32),
    "tokens": np.tile(CLASSES[:, None], 4),
}
every_kind = pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)


@every_kind
def test_no_row_is_in_two_parts_and_none_is_lost(labels):
    parts = split_rows(Split(20, 30, None, 0), labels, "key")
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 100, "validation": 20, "test": 30}
    assert sorted(np.concatenate([parts[part] for part in PARTS])) == list(range(150))


@every_kind
def test_a_cut_training_part_shares_no_row_either(labels):
    parts = split_rows(Split(0.2, 0.1, 40, 0), labels, "key")
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 40, "validation": 30, "test": 15}
    assert len(set(np.concatenate(list(parts.values())))) == 85


@every_kind
def test_the_seed_alone_decides_which_rows(labels):
    split = Split(20, 30, None, 7)
    first, again = split_rows(split, labels, "key"), split_rows(split, labels, "key")
    other = split_rows(replace(split, seed=8), labels, "key")
    for part in PARTS:
        assert np.array_equal(first[part], again[part]) and not np.array_equal(first[part], other[part])
    assert not np.array_equal(np.sort(first["test"]), np.arange(30)), "not drawn at random"


@every_kind
def test_the_rows_of_earlier_parts_stay_whatever_is_asked_of_later_ones(labels):
    split = Split(20, 30, None, 0)
    rows, more, cut = (
        split_rows(one, labels, "key") for one in (split, replace(split, validation=40), Split(20, 30, 50, 0))
    )
    assert np.array_equal(rows["test"], more["test"]) and np.array_equal(rows["test"], cut["test"])
    assert np.array_equal(rows["validation"], cut["validation"])


@pytest.mark.parametrize("kind", ["numbers", "tokens"])
@pytest.mark.parametrize(
    ("split", "told"),
    [
        (Split(20, 151, None, 0), "key.test: given 151, allowed 1 to the 150 examples that are left"),
        (Split(20, 0.001, None, 0), "key.test: given 0, allowed 1 to the 150"),
        (Split(121, 30, None, 0), "key.validation: given 121, allowed 1 to the 120"),
        (Split(120, 30, None, 0), "key.train: given 0, allowed 1 to the 0"),
        (Split(20, 30, 101, 0), "key.train: given 101, allowed 1 to the 100"),
        (Split(20, 30, LongTail(10, 5), 0), "key.train: given LongTail(head=10, tail=5), allowed 1 to the 100"),
    ],
)
def test_sizes_out_of_reach_are_refused_without_classes_too(kind, split, told):
    with pytest.raises(InputError) as caught:
        split_rows(split, LABELS[kind], "key")
    assert told in str(caught.value)


@every_kind
def test_the_files_hold_the_rows_of_their_part(house, monkeypatch, labels):
    """Each example carries its number, which no view changes: so it is seen where it went."""
    numbered = Examples(np.arange(150, dtype=np.float32)[:, None], labels)
    monkeypatch.setattr(plugins.load("sources", "table"), "load", lambda raw, seed, **_: numbered)
    views = {"plain": {}, "over": {"rebalance": {"sampler": "over"}}} if labels is CLASSES else {"plain": {}}
    fit, validation, test, card = made(replace(TABLE, views=views))
    expected = split_rows(TABLE.split, labels, "key")
    for part, examples in {"train": fit["plain"], "validation": validation, "test": test}.items():
        assert np.array_equal(examples.x[:, 0], expected[part])
        assert np.array_equal(examples.y, labels[expected[part]])
    held_out = {*validation.x[:, 0], *test.x[:, 0]}
    assert all(not held_out & set(examples.x[:, 0]) for examples in fit.values())
    assert card["duplicates_across_splits"] == 0


def test_a_source_whose_split_is_not_what_it_says_is_our_own_mistake(house, monkeypatch):
    monkeypatch.setattr(plugins.load("sources", "table"), "load", lambda raw, seed, **_: {"train": None})
    with pytest.raises(TypeError, match="table: its SPLIT is 'drawn', but load gives a dict"):
        prepare(TABLE, [0])


# Prepared files


def test_parts_are_disjoint_exact_stratified_and_complete(raw):
    views, validation, test, card = made(TABLE)
    train = views["plain"]
    assert [len(part) for part in (train, validation, test)] == [100, 20, 30]
    counts = [np.bincount(part.y).tolist() for part in (train, validation, test)]
    assert counts == [[60, 27, 13], [12, 5, 3], [18, 8, 4]]
    assert len(rows(train) | rows(validation) | rows(test)) == 150
    assert card["split"] == {"train": 100, "validation": 20, "test": 30, "seed": 0}
    assert card["counts"] == {"train": [60, 27, 13], "validation": [12, 5, 3], "test": [18, 8, 4]}
    assert card["duplicates_across_splits"] == 0


def test_rows_keep_their_labels(raw):
    whole = numbers(raw)
    label = {row.tobytes(): y for row, y in zip(whole.x, whole.y, strict=True)}
    views, validation, test, _ = made(TABLE)
    for part in (views["plain"], views["over"], validation, test):
        assert part.x.dtype == np.float32 and part.y.dtype == np.int64
        assert [label[row.tobytes()] for row in part.x] == part.y.tolist()


def test_shares_are_shares_of_all_examples(raw):
    _, validation, test, _ = made(with_split(TABLE, validation=0.2, test=0.3))
    assert (len(validation), len(test)) == (30, 45)


def test_the_test_part_stays_whatever_else_changes(raw):
    tests = []
    for changes in ({}, {"validation": 40}, {"train": 30}, {"train": LongTail(20, 5)}):
        tests.append(made(with_split(replace(TABLE, seed=len(tests)), **changes))[2])
    assert len({digest(test.x, test.y) for test in tests}) == 1
    assert digest(made(with_split(TABLE, seed=1))[2].x) != digest(tests[0].x)


def test_a_cut_training_part_is_stratified(raw):
    views, validation, test, card = made(with_split(TABLE, train=30))
    assert np.bincount(views["plain"].y).tolist() == card["counts"]["train"] == [18, 8, 4]
    assert (len(validation), len(test)) == (20, 30)


def test_a_long_tail_thins_the_training_part_alone(house):
    views, validation, test, _ = made(with_split(DIGITS, train=LongTail(400, 4)))
    assert np.bincount(views["plain"].y).tolist() == [400, 240, 144, 86, 52, 31, 19, 11, 7, 4]
    assert np.bincount(validation.y).tolist() == [20] * 10 and np.bincount(test.y).tolist() == [80] * 10
    assert (np.diff(views["plain"].y) < 0).any() and (np.diff(test.y) < 0).any(), "sorted by class"


def test_a_class_of_three_is_in_every_part(raw):
    write(raw / "own.csv", np.random.default_rng(1).random((203, 2)), np.repeat([0, 1], [200, 3]))
    views, validation, test, _ = made(with_split(TABLE, validation=0.1, test=0.1))
    assert [np.bincount(part.y)[1] for part in (views["plain"], validation, test)] == [1, 1, 1]


def test_tables_are_scaled_by_column_of_the_training_part(raw):
    plain, _, _, _ = made(TABLE)
    views, _, test, card = made(replace(TABLE, scale="standard"))
    x = plain["plain"].x.astype(float)
    assert np.allclose(card["scale"]["mean"], x.mean(0)) and np.allclose(card["scale"]["sd"], x.std(0))
    assert np.allclose(views["plain"].x.mean(0), 0, atol=1e-5) and np.allclose(views["plain"].x.std(0), 1, atol=1e-5)
    assert np.abs(test.x.mean(0)).max() > 1e-3, "scaled by the test part itself"
    assert test.x.dtype == np.float32


def test_the_scaler_never_sees_validation_or_test(raw):
    _, _, test, first = made(replace(TABLE, scale="standard"))
    held = rows(made(TABLE)[2])
    lines = (raw / "own.csv").read_text().splitlines()
    whole = numbers(raw)
    for place, row in enumerate(whole.x, start=1):
        if row.tobytes() in held:
            lines[place] = f"{1e6 + place},1e6,{whole.y[place - 1]}"
    (raw / "own.csv").write_text("\n".join(lines))
    _, _, spoilt, second = made(replace(TABLE, scale="standard"))
    assert first["scale"] == second["scale"] and first["views"] == second["views"]
    assert digest(spoilt.x) != digest(test.x) and (spoilt.x > 1000).all()


def test_signals_and_images_are_scaled_as_a_whole(house):
    signals = DataSettings("s", "mnist1d", {"samples": 200}, "standard", Split(40, 40, None, 0), {"plain": {}}, 0)
    views, _, _, card = made(signals)
    assert len(card["scale"]["mean"]) == 1 and np.isclose(views["plain"].x.std(), 1, atol=1e-5)
    assert card["shape"] == [40, 1] and card["kind"] == "signal" and card["classes"] == 10 and card["raw"] == {}


def test_a_constant_column_stays_finite(raw):
    write(
        raw / "own.csv", np.column_stack([np.random.default_rng(1).random(150), np.full(150, 0.1)]), np.arange(150) % 3
    )
    views, _, _, _ = made(replace(TABLE, scale="standard"))
    assert not views["plain"].x[:, 1].any()


def test_views_change_the_training_part_alone(raw):
    views, validation, test, card = made(TABLE)
    _, lone_validation, lone_test, lone = made(replace(TABLE, views={"plain": {}}))
    assert digest(validation.x, test.x) == digest(lone_validation.x, lone_test.x)
    assert card["digests"] == lone["digests"] and card["views"]["plain"] == lone["views"]["plain"]
    assert card["views"]["plain"]["digest"] == card["digests"]["train"] == digest(views["plain"].x, views["plain"].y)
    assert card["digests"]["test"] == digest(test.x, test.y)
    assert np.bincount(views["over"].y).tolist() == card["views"]["over"]["counts"] == [60] * 3
    assert card["views"]["smote"]["examples"] == len(views["smote"]) == 180
    assert card["views"]["smote"]["steps"]["rebalance"]["smote"] == 2 and card["views"]["plain"]["steps"] == {}
    assert not rows(views["over"]) & rows(test) and not rows(views["smote"]) & (rows(test) | rows(validation))


def test_a_views_bytes_depend_on_neither_its_name_nor_its_place(raw):
    before = made(TABLE)[3]["views"]
    turned = {"renamed": VIEWS["smote"], "over": VIEWS["over"], "plain": {}}
    after = made(replace(TABLE, views=turned))[3]["views"]
    assert after["renamed"] == before["smote"] and after["over"] == before["over"]
    assert not paths.fit_split("own", "smote", 0).exists(), "a view that is no more leaves no file"
    assert made(replace(TABLE, seed=1))[3]["views"]["smote"]["digest"] != before["smote"]["digest"]


def test_same_settings_same_bytes(raw):
    files = [paths.card("own", 0), paths.test_split("own", 0), paths.fit_split("own", "smote", 0)]
    prepare(TABLE, [0])
    first = [file.read_bytes() for file in files]
    shutil.rmtree(paths.PREPARED / "own")
    prepare(TABLE, [0])
    assert [file.read_bytes() for file in files] == first


def test_rows_that_repeat_go_into_one_part(raw):
    x = np.repeat(np.arange(90.0), 3)[:, None]
    write(raw / "own.csv", x, np.repeat(np.arange(90) % 3, 3))
    views, validation, test, card = made(TABLE)
    parts = [rows(part) for part in (views["plain"], validation, test)]
    assert [len(part) for part in parts] == [40, 20, 30] and len(set.union(*parts)) == 90
    assert [len(part) for part in (views["plain"], validation, test)] == [120, 60, 90]
    assert card["duplicates_across_splits"] == 0 and card["split"]["test"] == 90


def test_a_draw_has_examples_of_its_own_and_stays(raw):
    prepare(TABLE, [0, 1])
    first, second = (read_examples(paths.test_split("own", draw)) for draw in (0, 1))
    assert digest(first.x) != digest(second.x)
    file, other = paths.fit_split("own", "plain", 0), paths.fit_split("own", "plain", 1)
    written = file.stat().st_mtime_ns
    other.write_bytes(b"torn")
    prepare(TABLE, [0, 1])
    assert file.stat().st_mtime_ns == written, "what is whole is not made anew"
    assert len(read_examples(other)) == 100, "what is torn is"
    prepare(TABLE, [1])
    assert not file.exists() and not paths.test_split("own", 0).exists() and other.exists()


def test_an_input_has_the_same_id_in_every_draw(raw):
    prepare(replace(TABLE, scale="standard"), range(8))
    lines = (raw / "own.csv").read_text().splitlines()[1:]
    names = {}
    for draw in range(8):
        test = read_examples(paths.test_split("own", draw))
        card = read_json(paths.card("own", draw))
        x = test.x * np.array(card["scale"]["sd"]) + np.array(card["scale"]["mean"])
        for name, row in zip(test.ids.tolist(), np.round(x, 2), strict=True):
            names.setdefault(name, []).append(row)
    assert len(names) <= len(lines) and max(map(len, names.values())) > 1
    assert all(np.allclose(each, every[0], atol=0.02) for every in names.values() for each in every)


def test_the_card_names_the_raw_files_that_were_read(raw):
    (raw / "other.csv").write_text("a,class\n1,2\n")
    assert list(made(TABLE)[3]["raw"]) == ["own.csv"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"test": 148}, "data.own.split.test: given 148 of 150 examples in 3 classes, allowed 3 to 144"),
        ({"test": 2}, "data.own.split.test: given 2 of"),
        ({"validation": 0.001}, "data.own.split.validation: given 0 of 120"),
        ({"validation": 118}, "allowed 3 to 117"),
        ({"train": 101}, "data.own.split.train: given 101 of 100"),
        ({"train": 2}, "data.own.split.train: given 2 of 100"),
        ({"train": LongTail(61, 4)}, "data.own.split.train: given 61 examples of class 0, allowed at most the 60"),
        ({"train": LongTail(10, 40)}, "given 40 examples of class 2, allowed at most the 13"),
    ],
)
def test_sizes_out_of_reach_are_refused(raw, changes, told):
    with pytest.raises(InputError) as caught:
        prepare(with_split(TABLE, **changes), [0])
    assert told in str(caught.value)
    assert not paths.card("own", 0).exists()


def test_a_class_too_small_for_three_parts_is_named(raw):
    write(raw / "own.csv", np.random.default_rng(1).random((153, 2)), np.repeat([0, 1, 2], [150, 2, 1]))
    with pytest.raises(InputError, match=r"fewer than 3 examples: '1' \(2\), '2' \(1\); allowed at least one for each"):
        prepare(TABLE, [0])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"load": {"file": "gone"}}, "data.own.load: file: given 'gone', allowed"),
        ({"scale": "robust"}, "data.own.scale: given 'robust', allowed none, standard"),
        ({"views": {"v": {"rebalance": {"sampler": "over", "count": 5}}}}, "own.views.v.rebalance: count: given 5"),
        ({"views": {"v": {"augment": {"shift": 0.1}}}}, "data.own.views.v.augment: given data of kind table"),
        ({"views": {"v": {"polish": {}}}}, "given 'polish', allowed augment"),
        ({"source": "sky"}, "source: given 'sky', allowed"),
    ],
)
def test_what_a_user_can_get_wrong_is_named(raw, changes, told):
    with pytest.raises(InputError) as caught:
        prepare(replace(TABLE, **changes), [0])
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda e: e.take(np.flatnonzero(e.y > 0)), "given class 0"),
        (lambda e: e.take(np.flatnonzero(e.y < 2)), "allowed (3, 2), as before the view"),
        (lambda e: Examples(e.x[:, :1], e.y), "allowed (3, 2), as before the view"),
        (lambda e: Examples(e.x * np.nan, e.y), "not finite"),
    ],
)
def test_a_view_that_breaks_the_contract_is_refused(raw, spoil, told, monkeypatch):
    step = plugins.load("views", "rebalance")
    monkeypatch.setattr(step, "apply_to_features", lambda examples, seed, features, **settings: (spoil(examples), {}))
    with pytest.raises(InputError) as caught:
        prepare(TABLE, [0])
    assert told in str(caught.value) and "data.own.views.over" in str(caught.value)


def test_the_command_prepares_every_data_set_or_the_one_that_is_named(monkeypatch, capsys):
    given = []
    monkeypatch.setattr("pipeline.stages.prepare.prepare", lambda data, draws: given.append((data, draws)))
    settings = params.read(paths.PARAMS, profile="smoke")
    monkeypatch.setattr("sys.platform", "none that forks")  # in this process, one after the other
    assert prepare_command(settings, "digits") == 0
    assert given == [(settings.data["digits"], [200, 201])]
    assert prepare_command(settings, None) == 0
    assert {data.name: needed for data, needed in given[1:]} == draws(settings)
    assert capsys.readouterr().out.splitlines() == [f"prepared {name}" for name in ("digits", *settings.data)]
    with pytest.raises(InputError, match="given 'digit', allowed mnist1d, "):
        prepare_command(settings, "digit")


def test_preparing_imports_no_tensorflow(tmp_path):
    script = (
        "import sys, pathlib; from pipeline.settings.params import DataSettings, Split\n"
        "from pipeline import paths; from pipeline.stages import prepare\n"
        f"paths.PREPARED, paths.TEST = (pathlib.Path({str(tmp_path)!r}) / name for name in ('prepared', 'test'))\n"
        "views = {'smote': {'rebalance': {'sampler': 'smote'}}, 'more': {'augment': {'shift': 0.1}}}\n"
        "prepare.prepare(DataSettings('d', 'digits', {}, 'none', Split(20, 20, None, 0), views, 0), [0])\n"
        "print(sorted({'tensorflow', 'keras', 'mlflow', 'matplotlib'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", script], cwd=paths.ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
