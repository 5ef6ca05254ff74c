"""Pictures of a topic show its files, still and moving, each with words for those who do not see it."""

import math
import re

import numpy as np
import pytest
from report_files import (
    CLAIMS,
    VARIANTS,
    change_histories,
    decoded,
    images_of,
    known_topics,
    read_page,
    report,
    source_of,
    topic,
    write_samples,
    write_series,
    write_topic,
)

from pipeline import paths
from pipeline.records import Examples, read_sealed, write_examples, write_json, write_rows, write_sealed
from pipeline.report import facts, lines, pixels
from pipeline.verdicts.topic import Line, Sweep, Topic


@pytest.fixture
def topics(house, monkeypatch):
    return known_topics(monkeypatch)


def test_the_objective_is_called_by_its_name(topics):
    write_topic("convolution", VARIANTS)
    change_histories(
        "convolution", lambda row: {key.replace("cross_entropy", "squared_error"): row[key] for key in row}
    )
    report()
    text = read_page(paths.REPORT).text
    assert "Squared error" in text and "Mean squared error over the seeds" in text
    assert "Cross-entropy (nats)" not in text and "cross-entropy (nats)" not in text


def test_runs_without_an_objective_have_no_curves(topics):
    write_topic("convolution", VARIANTS)
    change_histories("convolution", lambda row: {"epoch": row["epoch"], "d_loss": 0.7, "g_loss": 0.7})
    write_rows(paths.results("convolution") / "curves.csv", ("variant", "epoch", "split", "objective", "accuracy"), [])
    report()
    text = read_page(paths.REPORT).text
    assert "no objective" in text and "best epoch" not in text and "no histories" not in text


def test_series_are_drawn_in_pairs_with_words(topics):
    topics["memory"] = topic()
    write_topic("memory", VARIANTS)
    write_series("memory", ("gradient_start", "gradient_trained"), lambda at: 10.0**-at)
    report()
    found = read_page(paths.REPORT)
    labels = [value for tag, name, value in found.attributes if tag == "div" and name == "aria-label"]
    (label,) = [value for value in labels if value.startswith("stride: ")]
    assert "gradient of the last state, at the start 0.102 at lag 1" in label and "trained 0.102 at lag 1" in label
    assert "geometric mean" in found.text and "Across: lag" in found.text


def test_a_series_that_no_probe_describes_is_drawn_all_the_same(topics):
    write_topic("convolution", VARIANTS)
    write_series("convolution", ("some_thing",), lambda at: at)
    report()
    assert "Some thing" in read_page(paths.REPORT).text


SWEEP = Sweep(
    x="units",
    y="accuracy (share)",
    lines=(
        Line(words="first", metric="accuracy", variants={100: "stride", 10: "mlp", 1000: "max", 5000: "nowhere"}),
        Line(words="second", metric="cross_entropy", variants={10: "mlp", 100: "stride"}),
    ),
)


def test_a_sweep_shows_the_scores_of_the_variants_there_are_in_order_of_its_number(topics):
    topics["convolution"] = Topic(title="Width", question="How wide?", claims=CLAIMS, sweeps=(SWEEP,))
    write_topic("convolution", VARIANTS, failed=[("max", 2)])
    report()
    found = read_page(paths.REPORT)
    (label,) = [value for _, name, value in found.attributes if name == "aria-label" and "(share): first" in value]
    ends = (
        r"first 0\.70\d at units 10, 0\.90\d at units 1000; second 0\.(?:39|40)\d at units 10, 0\.60\d at units 100\."
    )
    assert re.search(rf"accuracy \(share\): {ends}", label)
    assert "Scores over units" in found.text and "in powers of ten" in found.text


def test_a_sweep_without_scores_is_not_shown(topics):
    elsewhere = Sweep(x="units", y="accuracy", lines=(Line(words="w", metric="accuracy", variants={1: "nowhere"}),))
    topics["convolution"] = Topic(title="Width", question="How wide?", claims=CLAIMS, sweeps=(elsewhere,))
    write_topic("convolution", VARIANTS)
    report()
    assert "Scores over" not in read_page(paths.REPORT).text


def test_only_numbers_that_grow_by_steps_have_an_axis_of_powers():
    assert lines.needs_log_axis([4, 7, 11, 19, 52, 144, 400])
    assert (
        not lines.needs_log_axis(range(1, 41))
        and not lines.needs_log_axis([0, 1, 10, 100])
        and not lines.needs_log_axis([1, 50])
    )


def test_a_geometric_mean_leaves_out_what_has_no_logarithm():
    line = lines.mean_line([1.0], [[0.01, 1.0, 0.0, math.inf]], log=True)
    assert line["mean"] == [pytest.approx(0.1)] and line["low"][0] < 0.1 < line["high"][0]


def test_samples_of_all_looks_stand_below_each_other(topics):
    write_topic("convolution", VARIANTS)
    write_samples("convolution", "mlp", (28, 28, 1))
    write_samples("convolution", "max", (2,))
    report()
    (images, said), (points, _) = images_of(paths.REPORT)
    assert said == "64 samples of mlp, seed 0"
    assert decoded(images).size == (224, 3 * 224) and 3 * decoded(points).size[0] == decoded(points).size[1] > 900
    source = source_of(paths.REPORT)
    assert source.count('data-epochs="1 5 9"') == 2 and 'max="2"' in source


def test_a_grid_has_the_last_look_and_white_for_the_most(topics):
    write_topic("convolution", VARIANTS)
    images = write_samples("convolution", "mlp", (28, 28, 1))
    report()
    shown = np.asarray(decoded(images_of(paths.REPORT)[0][0]).convert("L"), float)[2 * 224 :]
    expected = (images[2, 9, :, :, 0] - images.min()) / (images.max() - images.min()) * 255
    np.testing.assert_allclose(shown[28:56, 28:56], expected, atol=9)


def test_points_stand_before_training_examples(topics):
    write_topic("convolution", VARIANTS)
    write_samples("convolution", "mlp", (2,))
    write_examples(paths.fit_split("digits", "plain", 0), Examples(np.ones((9, 2), "float32"), np.zeros(9, "int64")))
    report()
    colours = decoded(images_of(paths.REPORT)[0][0]).convert("RGB").getcolors()
    assert {colour for _, colour in colours} == set(pixels.POINT_COLOURS.values())


def test_samples_that_are_not_numbers_do_not_stop_the_report(topics):
    write_topic("convolution", VARIANTS)
    for variant, shape in (("mlp", (28, 28, 1)), ("max", (2,))):
        images = np.full((1, 64, *shape), np.nan, "float32")
        np.savez(paths.run("convolution", variant, 0) / "samples.npz", epochs=np.array([1]), images=images)
    report()
    assert len(images_of(paths.REPORT)) == 2


def test_training_images_are_shown_and_test_images_are_not(topics):
    write_topic("convolution", VARIANTS)
    x = np.random.default_rng(0).random((30, 28, 28, 1)).astype("float32")
    write_examples(paths.fit_split("digits", "plain", 0), Examples(x, np.arange(30) % 2))
    paths.TEST.mkdir(parents=True)
    (paths.TEST / "digits.npz").write_bytes(b"not to be read")
    report()
    ((strip, said),) = images_of(paths.REPORT)
    assert decoded(strip).size == (56, 28) and said == "A training image of each of 2 classes (0 1) of digits"
    assert "MNIST, Y. LeCun and C. Cortes, CC BY-SA 3.0" in (paths.REPORT / "index.html").read_text("utf-8")


def test_large_pictures_in_colour_are_thinned_and_named(topics):
    write_topic("convolution", VARIANTS)
    card = read_sealed(paths.card("digits", 0)) | {"class_names": ["eins", "zwei"]}
    write_sealed(paths.card("digits", 0), card)
    x = np.random.default_rng(0).random((6, 200, 150, 3)).astype("float32")
    write_examples(paths.fit_split("digits", "plain", 0), Examples(x, np.arange(6) % 2))
    report()
    ((strip, said),) = images_of(paths.REPORT)
    assert decoded(strip).size == (100, 67) and said == "A training image of each of 2 classes (eins, zwei) of digits"


def test_lines_that_models_wrote_can_be_read(topics):
    write_topic("convolution", VARIANTS)
    write_json(paths.results("convolution") / "samples.json", {"mlp": ["123 -> 321 (right: 321)", "<b>: anna"]})
    report()
    source = (paths.REPORT / "index.html").read_text("utf-8")
    assert "<li>123 -&gt; 321 (right: 321)</li>" in source and "<li>&lt;b&gt;: anna</li>" in source
    assert "123 -\\> 321" in (paths.REPORT / "report.md").read_text("utf-8")


def test_pictures_give_the_same_bytes_too(topics):
    write_topic("convolution", VARIANTS)
    write_samples("convolution", "mlp", (28, 28, 1))
    write_samples("convolution", "max", (2,))
    write_series("convolution", ("one", "two"), lambda at: at)
    report()
    first = (paths.REPORT / "index.html").read_bytes()
    report()
    assert (paths.REPORT / "index.html").read_bytes() == first


def test_values_that_are_no_numbers_are_left_out():
    cells = ("0.5", "", "nan", "inf", "0.25")
    rows = [{"variant": "one", "metric": "accuracy", "value": cell} for cell in cells]
    rows += [
        {"variant": "two", "metric": "accuracy", "value": "1.0"},
        {"variant": "one", "metric": "f1", "value": "1.0"},
    ]
    assert facts.finite_scores(rows, "one", "accuracy") == [0.5, 0.25]
    assert facts.finite_scores(rows, "three", "accuracy") == []


def test_the_reach_of_points_can_be_set():
    looks = np.array([[[1.0, 0.0], [100.0, 0.0]]])
    half, (picture,) = pixels.SQUARE // 2, pixels.scatters(looks, reach=2.0)
    sample = list(pixels.POINT_COLOURS).index("sample")
    assert picture.getpixel((half + half // 2, half)) == picture.getpixel((pixels.SQUARE - 1, half)) == sample
