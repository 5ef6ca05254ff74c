"""Noise of a user's own stays at chance by the pipeline's order, and would not by the usual slips beside it."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from pipeline import paths, plugins
from pipeline.errors import InputError
from pipeline.preparation import encoder
from pipeline.records import read_examples, read_json
from pipeline.settings.params import DataSettings, Split
from pipeline.stages.prepare import prepare

OWN = DataSettings("own", "table", {"file": "own"}, "standard", Split(0.1, 0.3, None, 0), {"plain": {}}, 0)
DRAWS = range(4)
CLOSE = 0.08  # four standard errors of a mean over the draws, with 250 test rows each, and a bit


@pytest.fixture
def raw(house, monkeypatch):
    """A raw folder of one's own."""
    monkeypatch.setattr(paths, "RAW", house / "raw")
    paths.RAW.mkdir()
    return paths.RAW


def write(raw, header, rows):
    with (raw / "own.csv").open("w", newline="") as opened:
        csv.writer(opened).writerows([header, *rows])


def parts(settings):
    """(training, test) of each draw."""
    prepare(settings, DRAWS)
    name = settings.name
    return [
        (read_examples(paths.fit_split(name, "plain", draw)), read_examples(paths.test_split(name, draw)))
        for draw in DRAWS
    ]


def found(of_draws, kind):
    """Mean balanced accuracy over the draws, by a nearest neighbour (which knows copies) or by trees (which do not)."""
    from sklearn.metrics import balanced_accuracy_score
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.tree import DecisionTreeClassifier

    scores = []
    for train, test in of_draws:
        learner = KNeighborsClassifier(1) if kind == "neighbour" else DecisionTreeClassifier(random_state=0)
        scores.append(balanced_accuracy_score(test.y, learner.fit(train.x, train.y).predict(test.x)))
    return float(np.mean(scores))


def noise(rows=800, seed=0):
    """A table of all kinds of columns, with gaps and words that hardly repeat, which knows nothing of the class."""
    dice = np.random.default_rng(seed)
    labels = dice.permutation(np.arange(rows) % 2)
    return [
        [
            "" if dice.random() < 0.2 else f"{dice.normal(40, 9):.4f}",
            "" if dice.random() < 0.2 else f"town {dice.integers(0, 90)}",
            str(np.datetime64("2024-01-01") + int(dice.integers(0, 900))),
            f"{dice.lognormal(sigma=3):.5f}",
            ["no", "yes"][label],
        ]
        for label in labels
    ]


HEADER = ("age", "town", "day", "income", "class")


@pytest.mark.parametrize("kind", ["neighbour", "tree"])
def test_gaps_words_and_dates_tell_nothing_of_noise(raw, kind):
    write(raw, HEADER, noise())
    assert abs(found(parts(OWN), kind) - 0.5) < CLOSE


def test_what_fills_and_encodes_is_of_the_training_rows_alone(raw):
    """Other numbers and words in the test rows change no byte of what is fitted, nor of the training part."""
    rows = noise(400)
    write(raw, HEADER, rows)
    ((train, test), *_), before = parts(OWN), read_json(paths.card("own", 0))
    ours = {row.tobytes() for row in test.x}
    fitted = encoder.from_json(before["encoder"])
    table = plugins.load("sources", "table").load(paths.RAW, 0, file="own")
    encoded = fitted.apply(table.x)[0].astype(np.float32)
    held = [place for place, row in enumerate(encoded) if row.tobytes() in ours]
    assert len(held) == len(test)
    for place in held:
        rows[place][:4] = [
            f"{1e6 + place}",
            f"elsewhere {place % 5}",
            f"2030-01-{place % 28 + 1:02d}",
            f"{9e9 + place}",
        ]
    write(raw, HEADER, rows)
    ((again, moved), *_), after = parts(OWN), read_json(paths.card("own", 0))
    if set(held) == _held(after, moved):
        assert after["encoder"] == before["encoder"] and np.array_equal(again.x, train.x)
    else:  # equal rows are split together, and so the draw follows from what rows hold
        pytest.fail("the draw of the split follows from what rows hold")


def _held(card, test):
    table = plugins.load("sources", "table").load(paths.RAW, 0, file="own")
    encoded = encoder.from_json(card["encoder"]).apply(table.x)[0].astype(np.float32)
    ours = {row.tobytes() for row in test.x}
    return {place for place, row in enumerate(encoded) if row.tobytes() in ours}


@pytest.mark.parametrize("copies", [2, 4])
def test_a_table_that_was_oversampled_tells_nothing_of_noise(raw, copies):
    """Half of its rows are there several times, as after oversampling: copies stay in one part."""
    rows = noise(500)
    rows = [row for row in rows for _ in range(copies if row[-1] == "yes" else 1)]
    write(raw, HEADER, rows)
    assert abs(found(parts(OWN), "neighbour") - 0.5) < CLOSE
    assert any("rows are copies of others" in line for line in read_json(paths.card("own", 0))["findings"])


def people(count=80, visits=10, seed=0):
    """Visits of people who look alike each time: a class each, drawn at random, that nothing tells but who it is."""
    dice = np.random.default_rng(seed)
    own, labels = dice.normal(size=(count, 6)), dice.permutation(np.arange(count) % 2)
    rows = []
    for visit in range(count * visits):
        who = visit % count
        cells = [f"{cell:.4f}" for cell in own[who] + dice.normal(size=6) / 10]
        rows.append([f"person {who}", *cells, ["no", "yes"][labels[who]]])
    return rows


def test_rows_of_one_person_tell_nothing_of_noise_if_they_are_a_group_and_all_if_not(raw):
    write(raw, ("who", *"abcdef", "class"), people())
    grouped = replace(OWN, load={"file": "own", "group": "who"})
    apart = replace(OWN, load={"file": "own", "drop": ["who"]})
    assert abs(found(parts(grouped), "neighbour") - 0.5) < 2 * CLOSE  # of 24 people in a test part
    assert found(parts(apart), "neighbour") > 0.9


@pytest.mark.parametrize(
    "copy",
    [
        lambda label, place: {"no": 0, "yes": 1}[label],
        lambda label, place: {"no": "stays", "yes": "goes"}[label],
        lambda label, place: {"no": "2024-01-01", "yes": "2025-01-01"}[label],
    ],
    ids=["a code", "a word", "a date"],
)
def test_a_copy_of_the_label_is_refused_in_every_form(raw, copy):
    rows = [[copy(row[-1], place), *row] for place, row in enumerate(noise(300))]
    write(raw, ("left", *HEADER), rows)
    with pytest.raises(InputError, match=r"column 'left'"):
        parts(OWN)


def test_numbers_that_may_have_been_measured_are_told_where_they_tell_the_class(raw, capsys):
    write(raw, ("dose", *HEADER), [[{"no": "1.5", "yes": "-3"}[row[-1]], *row] for row in noise(300)])
    parts(OWN)
    assert "column 'dose': one value for each class, as a copy of the label has" in capsys.readouterr().out


def test_a_row_number_of_sorted_classes_tells_nothing_of_noise(raw):
    rows = sorted(noise(), key=lambda row: row[-1])
    write(raw, ("id", *HEADER), [[1000 + place, *row] for place, row in enumerate(rows)])
    assert abs(found(parts(OWN), "tree") - 0.5) < CLOSE
    kept = replace(OWN, load={"file": "own", "columns": {"id": "number"}})
    assert found(parts(kept), "tree") > 0.9, "which is what is left out"


def test_steps_of_one_recording_are_in_one_part(raw):
    """As recordings they are an example each; as rows of a table they are known by their neighbours in time."""
    dice = np.random.default_rng(0)
    rows = []
    for series in range(120):
        level = dice.normal(size=4) * 5
        steps = level + dice.normal(size=(8, 4)) / 9
        rows += [[f"s{series}", at, *(f"{x:.4f}" for x in step), "ab"[series % 2]] for at, step in enumerate(steps)]
    write(raw, ("series", "step", *"wxyz", "class"), rows)
    asked = {"file": "own", "series": "series", "step": "step", "label": "class"}
    load = {name: setting.default for name, setting in plugins.settings("sources", "recordings").items()} | asked
    flat = [
        [replace(part, x=part.x.reshape(len(part), -1)) for part in pair]
        for pair in parts(replace(OWN, source="recordings", load=load))
    ]
    assert abs(found(flat, "neighbour") - 0.5) < 2 * CLOSE
    assert found(parts(replace(OWN, load={"file": "own", "drop": ["series", "step"]})), "neighbour") > 0.9


@pytest.mark.parametrize("group", ["person", None])
def test_recordings_of_a_group_stand_in_one_part(raw, group):
    """Sixty people with four recordings each, whose numbers tell who they are."""
    rows = [
        (f"s{at}", step, f"p{at // 4}", 10 * (at // 4) + (at + step) % 7, "ab"[at % 2])
        for at in range(240)
        for step in range(3)
    ]
    write(raw, ("who", "at", "person", "u", "kind"), rows)
    load = {"file": "own", "series": "who", "step": "at", "label": "kind"}
    load |= {"group": group} if group else {"drop": ["person"]}
    of_draws = parts(replace(OWN, source="recordings", load=load, scale="none"))
    people = [[{*(part.x[:, 0, 0] // 10).tolist()} for part in both] for both in of_draws]
    assert all(bool(train & test) == (group is None) and train and test for train, test in people)
