"""What the notebooks call: disjoint parts, a variant trained on them, and results as tables, pictures and curves."""

import math

import numpy as np
import pytest

from pipeline import notebook, paths, plugins
from pipeline.freshness import TopicState
from pipeline.raw_data import Column, RawData
from pipeline.records import Examples, write_json, write_rows
from pipeline.settings import params
from pipeline.sources import table
from pipeline.verdicts.topic import load

TOPIC = "activations"
CLAIMS = plugins.load("topics", TOPIC).TOPIC.claims


def examples(count, seed=0):
    """Tiny images of ten classes in turn; each image holds its own number, so that it can be told apart."""
    random = np.random.default_rng(seed)
    x = random.random((count, 4, 4, 1), dtype=np.float32)
    x[:, 0, 0, 0] = np.arange(count)
    return Examples(x, np.arange(count) % 10)


def numbers(part):
    return set(part.x[:, 0, 0, 0].astype(int).tolist())


# Parts


def test_parts_have_the_sizes_asked_for_and_share_no_example():
    parts = notebook.drawn(examples(100), train=50, validation=20, test=30, seed=0)
    assert {name: len(part) for name, part in parts.items()} == {"train": 50, "validation": 20, "test": 30}
    assert len(set.union(*map(numbers, parts.values()))) == 100
    for part in parts.values():
        np.testing.assert_array_equal(part.y, part.x[:, 0, 0, 0].astype(int) % 10)


def test_the_seed_alone_decides_what_is_drawn():
    first, again, other = (
        notebook.drawn(examples(100), train=50, validation=20, test=20, seed=seed)["train"] for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.x, again.x)
    assert numbers(first) != numbers(other)


def test_too_few_examples_are_shared_out():
    parts = notebook.drawn(examples(50), train=50, validation=20, test=30, seed=0)
    assert {name: len(part) for name, part in parts.items()} == {"train": 25, "validation": 10, "test": 15}


def test_an_empty_part_is_refused():
    with pytest.raises(ValueError, match="train, validation, test: given 50, 0, 10, allowed 1 or more of each"):
        notebook.drawn(examples(100), train=50, validation=0, test=10, seed=0)


def test_a_table_of_numbers_is_taken_as_it_stands():
    parts = notebook.drawn(table.load(paths.RAW, 0, file="credit"), train=400, validation=200, test=400, seed=0)
    assert parts["train"].x.dtype == np.float32 and parts["train"].x.ndim == 2 and len(parts["test"]) == 400
    assert set(np.unique(parts["train"].y)) <= {0, 1}


def test_a_table_of_words_or_with_gaps_is_refused():
    gaps = Column(name="age", kind="number", cells=np.array([1.0, np.nan]))
    words = Column(name="job", kind="category", cells=np.array(["a", None], object))
    for column in (gaps, words):
        with pytest.raises(ValueError, match="given a table with words, dates or gaps, allowed numbers alone"):
            notebook.drawn(RawData(x=(column,), y=np.arange(2)), train=1, validation=1, test=1, seed=0)


# In Spanish


def test_verdicts_are_told_in_the_readers_language(house):
    rows = [judged(CLAIMS[0]), judged(CLAIMS[1], verdict="contradicted", failed=2, ci_low=-9.0, ci_high=-8.0)]
    write_json(paths.PUBLISHED / "claims.json", rows)
    table = notebook.verdicts(TOPIC, language="es")
    assert table.title.startswith(f"{len(CLAIMS)} afirmaciones: 1 reproducida, 1 contradicha, ")
    assert "resultados publicados" in table.title and table.head[-1] == "veredicto"
    assert (
        CLAIMS[0].frase in table.rows[0][0] and "+4,500" in table.rows[0][3] and "+4,000 a +5,000" in table.rows[0][3]
    )
    assert "<b>reproducida</b>" in table.rows[0] and table.rows[2][-1] == "sin probar"
    assert "make repro" in repr(notebook.scores(TOPIC, "accuracy", language="es"))


def test_numbers_of_a_picture_are_written_by_language(house):
    write_json(
        paths.published(TOPIC) / "metrics.json",
        {"one": {"accuracy": {"mean": 0.5, "ci_low": 0.4, "ci_high": 0.6, "failed": 0}}},
    )
    write_rows(paths.published(TOPIC) / "scores.csv", ("variant", "seed", "metric", "value"), [])
    assert ">0,500<" in notebook.scores(TOPIC, "accuracy", language="es")._repr_svg_()


# Runs


@pytest.fixture
def small(house, monkeypatch):
    """The shipped settings in the smoke profile."""
    settings = params.read(profile="smoke")
    monkeypatch.setattr(params, "read", lambda profile=None, every_topic=True: settings)
    notebook._settings.cache_clear()
    yield house
    notebook._settings.cache_clear()


def parts():
    return notebook.drawn(examples(120), train=80, validation=20, test=20, seed=0)


def test_a_run_is_the_variant_trained_on_the_parts_given(small):
    run = notebook.run(TOPIC, "relu_2", parts(), seed=3, epochs=7, epoch_steps=1, build={"width": 5})
    assert run.settings["build"]["activation"] == "relu" and run.settings["build"]["width"] == 5
    assert [row["epoch"] for row in run.history] == [1]  # seven, but for the smoke profile
    assert run.record["status"] == "finished" and run.record["outputs"] == 10
    assert run.predicted.shape == (20, 10) and run.predicted.sum(1) == pytest.approx(1)
    before, after = (model.get_weights()[0] for model in (run.start(), run.model))
    assert before.shape == after.shape == (16, 5) and np.abs(before - after).max() > 0
    assert run.priors.sum() == pytest.approx(1) and run.card["kind"] == "image"
    assert not list(small.rglob("*"))  # nothing under data/


def test_the_same_seed_gives_the_same_history(small):
    first, again, other = (
        notebook.run(TOPIC, "relu_2", parts(), seed=seed, epoch_steps=1).history for seed in (0, 0, 1)
    )
    assert first == again and first != other


def test_the_variants_view_changes_the_training_part_alone(small):
    given = parts()
    rows = np.concatenate([np.flatnonzero(given["train"].y == 0)[:2], np.flatnonzero(given["train"].y == 1)[:6]])
    given["train"] = given["train"].take(rows)
    run = notebook.run("imbalance", "over", given, seed=0)
    assert np.bincount(run.training.y).tolist() == [6, 6] and len(run.test) == 20
    assert run.card["counts"]["train"] == [2, 6]  # as before the view


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"topic": "activation"}, "topic: given 'activation', allowed .*activations"),
        ({"variant": "relu_3"}, "variant: given 'relu_3', allowed .*relu_2"),
        ({"epoch": 3}, "fit: given 'epoch', allowed .*epochs"),
        ({"build": {"widht": 3}}, "build: given 'widht', allowed .*width"),
    ],
)
def test_a_slip_is_named(small, arguments, message):
    with pytest.raises(ValueError, match=message):
        notebook.run(**({"topic": TOPIC, "variant": "relu_2", "parts": parts(), "seed": 0} | arguments))


def test_larger_profiles_are_left_to_the_pipeline(monkeypatch):
    large = params.read(profile="gpu")
    monkeypatch.setattr(
        params, "read", lambda profile=None, every_topic=True: {None: large, "laptop": "the laptop's"}[profile]
    )
    for cached in (notebook._settings, notebook._small):
        cached.cache_clear()
    assert notebook._small(0) == "the laptop's"
    for cached in (notebook._settings, notebook._small):
        cached.cache_clear()


# Results


def judged(claim, **more):
    row = {"topic": TOPIC, "name": claim.name, "difference": 4.5, "ci_low": 4.0, "ci_high": 5.0, "level": 0.99}
    row |= {"claim": claim.sentence, "metric": claim.metric, "better": claim.better, "worse": claim.worse}
    return row | {"margin": claim.margin, "seeds": 6, "failed": 0, "verdict": "reproduced"} | more


def test_verdicts_show_each_claim_with_its_interval(house):
    rows = [judged(CLAIMS[0]), judged(CLAIMS[1], verdict="contradicted", failed=2, ci_low=-9.0, ci_high=-8.0)]
    write_json(paths.PUBLISHED / "claims.json", [*rows, judged(CLAIMS[2]) | {"topic": "another"}])
    scores = {CLAIMS[0].better: {CLAIMS[0].metric: {"mean": -0.25}}}
    write_json(paths.published(TOPIC) / "metrics.json", scores)
    table = notebook.verdicts(TOPIC)
    counts = f"1 reproduced, 1 contradicted, {len(CLAIMS) - 2} not tested"
    assert table.title == f"{len(CLAIMS)} claims: {counts} ({notebook.PUBLISHED})"
    first, second, third = table.rows[:3]
    assert "+4.500" in first[3] and "99 %: +4.000 to +5.000" in first[3] and "<b>reproduced</b>" in first
    assert f"{CLAIMS[0].better}: −0.250<br>{CLAIMS[0].worse}: –" in first[2]
    assert "6 (2 left out)" in second and "−9.000 to −8.000" in second[3] and "<b>contradicted</b>" in second
    assert third[-1] == "not tested"


def test_present_results_come_before_published_ones(house, monkeypatch):
    """And nothing is said of them, as they are the reader's own."""
    write_json(paths.published(TOPIC) / "samples.json", {"one": ["published"]})
    write_json(paths.results(TOPIC) / "samples.json", {"one": ["present"]})
    assert notebook.samples(TOPIC) == {"one": ["published"]}
    state = TopicState(topic=load(TOPIC), plan={"topic": TOPIC}, records={}, others={}, scores="current")
    monkeypatch.setattr(notebook, "_state", lambda topic: state)
    monkeypatch.setattr(notebook, "judged", lambda states: [])
    assert notebook.samples(TOPIC) == {"one": ["present"]} and notebook.results(TOPIC).label == ""
    stale = TopicState(topic=load(TOPIC), plan={"topic": TOPIC}, records={}, others={}, scores="stale")
    monkeypatch.setattr(notebook, "_state", lambda topic: stale)
    assert notebook.samples(TOPIC) == {"one": ["published"]}


def test_a_claim_without_a_bounded_interval_says_so(house):
    write_json(paths.PUBLISHED / "claims.json", [judged(CLAIMS[0], ci_low=None, ci_high=None, verdict="undecided")])
    assert "no bounded interval" in notebook.verdicts(TOPIC).rows[0][3]


def test_tables_are_html_and_plain_text():
    table = notebook.Table("a < b", ("x",), [["<b>1 &lt; 2</b>"]])
    assert "<p>a &lt; b</p>" in table._repr_html_() and "<b>1 &lt; 2</b>" in table._repr_html_()
    assert repr(table).splitlines()[0] == "a < b" and "1 < 2" in repr(table) and "<b>" not in repr(table)


def test_without_results_every_one_says_what_brings_them(house):
    assert "make repro" in notebook.verdicts(TOPIC).title and len(notebook.verdicts(TOPIC).rows) == len(CLAIMS)
    assert "make repro" in repr(notebook.scores(TOPIC, "accuracy"))
    assert (
        not notebook.series(TOPIC, "gradient_start") and not notebook.samples(TOPIC) and not notebook.curves(TOPIC, "a")
    )


def test_scores_are_a_picture_of_the_variants_asked_for(house):
    score = {"mean": 0.5, "ci_low": 0.4, "ci_high": 0.6, "failed": 0}
    write_json(paths.published(TOPIC) / "metrics.json", {name: {"accuracy": score} for name in ("one", "two")})
    rows = [
        {"variant": name, "seed": seed, "metric": "accuracy", "value": 0.5}
        for name in ("one", "two")
        for seed in (0, 1)
    ]
    write_rows(paths.published(TOPIC) / "scores.csv", ("variant", "seed", "metric", "value"), rows)
    both, one = (
        notebook.scores(TOPIC, "accuracy")._repr_svg_(),
        notebook.scores(TOPIC, "accuracy", ["one"])._repr_svg_(),
    )
    assert both.lstrip().startswith("<?xml") or both.lstrip().startswith("<svg")
    assert ">one<" in both and ">two<" in both and ">one<" in one and ">two<" not in one
    assert "make repro" in repr(notebook.scores(TOPIC, "unheard_of"))


def test_series_are_medians_in_the_order_of_their_places(house):
    points = [(0, 2, 10.0), (0, 1, 1.0), (1, 1, 3.0), (2, 1, 100.0), (1, 2, 30.0)]
    rows = [{"variant": "one", "seed": seed, "series": "reach", "at": at, "value": value} for seed, at, value in points]
    rows += [{"variant": "one", "seed": 0, "series": "other", "at": 1, "value": math.pi}]
    write_rows(paths.published(TOPIC) / "series.csv", ("variant", "seed", "series", "at", "value"), rows)
    places, values = notebook.series(TOPIC, "reach")["one"]
    assert places.tolist() == [1, 2] and values.tolist() == [3, 20]


def test_curves_are_those_of_the_variant_by_split(house):
    columns = ("variant", "epoch", "split", "objective", "accuracy")
    rows = [
        {"variant": variant, "epoch": epoch, "split": split, "objective": epoch * factor, "accuracy": 0.5}
        for variant in ("one", "two")
        for epoch in (1, 2)
        for split, factor in (("training", 1), ("validation", 10))
    ]
    write_rows(paths.published(TOPIC) / "curves.csv", columns, rows)
    found = notebook.curves(TOPIC, "one")
    assert {split: [line.tolist() for line in lines] for split, lines in found.items()} == {
        "training": [[1, 2], [1, 2]],
        "validation": [[1, 2], [10, 20]],
    }
