"""Pictures show what the numbers say, and the same numbers give the same bytes."""

import math
import re

import numpy as np
import pytest
from matplotlib.figure import Figure

from pipeline.report import plots, score_plots, style, svg
from pipeline.report.language import Voice


def history(seed, epochs=12, best=5):
    """A run that overfits: the training loss falls, the validation loss is lowest at epoch `best`."""
    noise = np.random.default_rng(seed).normal(0, 0.004, epochs)
    return [
        {
            "epoch": float(epoch),
            "objective": 1.5 * math.exp(-epoch / 4) + abs(noise[epoch - 1]),
            "val_objective": 0.5 + 0.01 * (epoch - best) ** 2,
        }
        for epoch in range(1, epochs + 1)
    ]


def curves(histories):
    """Rows of curves.csv as text cells, as they are read from disk."""
    rows = []
    for at in range(min(map(len, histories))):
        for split, column in plots.SPLITS.items():
            mean = np.mean([one[at][column] for one in histories])
            rows.append({"epoch": str(at + 1), "split": split, "objective": repr(float(mean)), "accuracy": "0.5"})
    return rows


HISTORIES = [history(seed) for seed in range(3)]


def panel(title="mlp", group="digits", histories=HISTORIES):
    return {"title": title, "group": group, "curves": curves(histories), "histories": histories}


def only_panel(**changed):
    (figure,) = plots.overfitting_panels([panel() | changed])
    return figure


def row(variant="mlp", group="digits", **changed):
    return {
        "variant": variant, "group": group, "values": [0.7, 0.72, 0.74], "mean": 0.72, "ci_low": 0.67, "ci_high": 0.77,
        "failed": 0,
    } | changed  # fmt: skip


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def drawings():
    return {
        "panel": only_panel(),
        "grid": plots.overfitting_grid([panel(), panel("max")]),
        "scores": score_plots.scores([row(), row("max", failed=1)], "accuracy"),
    }


@pytest.mark.parametrize("suffix", ["svg", "png"])
@pytest.mark.parametrize("name", list(drawings()))
def test_the_same_numbers_give_the_same_bytes(tmp_path, name, suffix):
    files = [tmp_path / place / f"{name}.{suffix}" for place in ("first", "second")]
    for file in files:
        svg.save(drawings()[name], file)
    assert files[0].read_bytes() == files[1].read_bytes() and files[0].stat().st_size > 1000
    assert [file.name for file in files[0].parent.iterdir()] == [f"{name}.{suffix}"]


def test_settings_of_the_user_change_nothing(tmp_path):
    import matplotlib

    svg.save(drawings()["scores"], tmp_path / "a" / "x.svg")
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red"}):
        svg.save(drawings()["scores"], tmp_path / "b" / "x.svg")
    assert (tmp_path / "a" / "x.svg").read_bytes() == (tmp_path / "b" / "x.svg").read_bytes()


def test_a_picture_holds_no_date_and_text_as_text(tmp_path):
    svg.save(drawings()["grid"], tmp_path / "grid.svg")
    text = (tmp_path / "grid.svg").read_text()
    assert "<dc:date>" not in text and "matplotlib.org" not in text
    assert ">max</text>" in text and ">validation</text>" in text


def test_two_pictures_share_no_ids(tmp_path):
    ids = []
    for name in ("one", "two"):
        svg.save(drawings()["grid"], tmp_path / f"{name}.svg")
        ids.append(set(re.findall(r' id="([^"]+)"', (tmp_path / f"{name}.svg").read_text())))
    assert ids[0] and not ids[0] & ids[1]


def test_another_kind_of_file_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"given 'x.gif', allowed .*\.png or \.svg"):
        svg.save(Figure(), tmp_path / "x.gif")


def test_seeds_are_thin_lines_and_their_mean_is_a_thick_one():
    (axes,) = only_panel().axes
    for split in plots.SPLITS:
        lines = [
            line for line in axes.lines if line.get_color() == style.COLOURS[split] and len(line.get_xdata()) == 12
        ]
        thick = [line for line in lines if line.get_linewidth() > 1.5]
        assert len(lines) == 4 and len(thick) == 1
        expected = np.mean([[epoch[plots.SPLITS[split]] for epoch in one] for one in HISTORIES], axis=0)
        np.testing.assert_allclose(thick[0].get_ydata(), expected)


def test_the_best_epoch_is_the_lowest_mean_validation_loss():
    assert plots.best(curves(HISTORIES)) == (5, pytest.approx(0.5))
    figure = only_panel()
    assert "5" in texts(figure)
    dots = [line for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert [tuple(dot.get_xdata()) for dot in dots] == [(5,)]


def test_a_loss_that_is_not_finite_is_no_best_epoch():
    broken = [row | {"objective": "nan"} for row in curves(HISTORIES)]
    assert plots.best(broken) is None and plots.best([]) is None
    lost = [*history(0, epochs=3), {"epoch": 4.0, "objective": math.inf, "val_objective": math.nan}]
    only_panel(curves=curves([lost]), histories=[lost, []]).draw_without_rendering()


def test_without_any_epoch_the_panel_says_so():
    assert "no epoch finished" in texts(only_panel(curves=[], histories=[[], []]))


def test_the_grid_has_one_panel_per_variant_four_in_a_row():
    figure = plots.overfitting_grid([panel(f"v{at}") for at in range(9)])
    assert len(figure.axes) == 9
    assert len({round(axes.get_position().x0, 4) for axes in figure.axes}) == 4
    assert len({round(axes.get_position().y0, 4) for axes in figure.axes}) == 3


def test_each_variant_has_a_figure_of_its_own():
    figures = plots.overfitting_panels([panel("mlp"), panel("max")])
    assert [figure.axes[0].get_title(loc="left") for figure in figures] == ["mlp", "max"]


@pytest.mark.parametrize("draw", [plots.overfitting_panels, lambda panels: [plots.overfitting_grid(panels)]])
def test_panels_on_the_same_data_share_their_vertical_axis(draw):
    high = [[row | {"val_objective": 9.0} for row in history(0)]]
    figures = draw([panel("a"), panel("b", histories=high), panel("c", group="other")])
    tops = [axes.get_ylim()[1] for figure in figures for axes in figure.axes]
    assert tops[0] == tops[1] > 9 > tops[2]


def test_short_paths_go_the_same_way():
    long = "M 10.04 0 L 12.349999 -3.5 \nL 12.25 0.04 \nL 100 200 "
    assert svg._short_path(long) == "M10 0l2.3-3.5l-.1 3.5l87.8 200"
    assert svg._short_path("M 1 1 L 2 1 L 2 2 z") == "M1 1l1 0l0 1z"
    assert svg._short_path("M 0 3 C 0.795609 3 1.5 2.68 2.04 2 z") == "M0 3 C.8 3 1.5 2.7 2 2 z"


def test_a_band_lies_behind_each_mean():
    band = {"x": [1.0, 2.0, 3.0], "low": [0.1, 0.2, math.nan], "high": [0.5, 0.6, 0.7]}
    (figure,) = plots.overfitting_panels([panel() | {"bands": {"training": band}}])
    (shade,) = figure.axes[0].patches
    np.testing.assert_allclose(shade.get_xy()[:4], [[1, 0.1], [2, 0.2], [2, 0.6], [1, 0.5]])


def test_the_gap_is_drawn_between_both_ends():
    (axes,) = only_panel().axes
    (gap,) = [line for line in axes.lines if list(line.get_xdata()) == [12, 12]]
    ends = [float(row["objective"]) for row in curves(HISTORIES)[-2:]]
    assert list(gap.get_ydata()) == pytest.approx(ends)


def test_the_objective_is_named():
    assert plots.overfitting_grid([panel()]).axes[0].get_ylabel() == "cross-entropy"
    assert plots.overfitting_grid([panel() | {"objective": "squared error"}]).axes[0].get_ylabel() == "squared error"


def test_an_exploded_epoch_calls_for_powers_of_ten():
    wild = [[{"epoch": 1.0, "objective": 1e5, "val_objective": 1e5}, *history(0)[1:]]]
    for histories, scale in ((HISTORIES, "linear"), (wild, "log")):
        (figure,) = plots.overfitting_panels([panel(histories=histories)])
        assert figure.axes[0].get_yscale() == scale
        assert plots.reaches_far([panel(histories=histories)]) is (scale == "log")
    assert not plots.reaches_far([]) and not plots.reaches_far([panel(histories=[[]])])


def series(title="mlp", group="digits", values=(1.0, 0.1, 0.01), lines=1):
    low, high = [value / 2 for value in values], [value * 2 for value in values]
    line = {"x": [1, 10, 100], "mean": list(values), "low": low, "high": high}
    return {"title": title, "group": group, "lines": [line] * lines}


def test_series_stand_before_those_of_their_group():
    figures = plots.series_panels([series("a", lines=2), series("b"), series("c", "other")], log_x=True, log_y=True)
    own = [[line for line in figure.axes[0].lines if line.get_linewidth() == 2] for figure in figures]
    behind = [[line for line in figure.axes[0].lines if line.get_linewidth() < 1] for figure in figures]
    assert list(map(len, own)) == [2, 1, 1] and list(map(len, behind)) == [1, 2, 0]
    assert [line.get_color() for line in own[0]] == [style.COLOURS["training"], style.COLOURS["validation"]]
    assert figures[0].axes[0].get_ylim() == figures[1].axes[0].get_ylim()
    assert all(figure.axes[0].get_xscale() == figure.axes[0].get_yscale() == "log" for figure in figures)


@pytest.mark.parametrize(
    "values", [(0.0, 0.0, 0.0), (math.nan, math.nan, math.nan), (-1.0, 2.0, 5.0), (1e-45, 1, 1e30)]
)
@pytest.mark.parametrize("log", [False, True])
def test_series_of_any_numbers_can_be_drawn(tmp_path, values, log):
    (figure,) = plots.series_panels([series(values=values)], log_x=False, log_y=log)
    svg.save(figure, tmp_path / "x.svg")


def test_powers_of_ten_are_written_short():
    labels = [plots._power(value) for value in (1e-12, 0.01, 0.1, 1.0, 1000.0, 1e5, 0.0)]
    assert labels == ["10⁻¹²", "0.01", "0.1", "1", "1000", "10⁵", ""]


@pytest.mark.parametrize("width", [score_plots.WIDE, score_plots.NARROW])
def test_scores_are_as_wide_as_asked(width):
    assert score_plots.scores([row()], "accuracy", width).get_size_inches()[0] * 72 == pytest.approx(width)


def test_scores_show_every_seed_the_mean_and_its_interval():
    (axes,) = score_plots.scores([row()], "accuracy").axes
    drawn = [list(line.get_xdata()) for line in axes.lines]
    assert [0.7, 0.72, 0.74] in drawn and [0.67, 0.77] in drawn and [0.72] in drawn
    assert axes.get_xlabel() == "accuracy"


@pytest.mark.parametrize(
    ("voice", "told", "axis"),
    [
        (None, "\u2013, \u2715 3", "accuracy"),
        (Voice("en"), "no score, 3 failed", "accuracy"),
        (Voice("es"), "sin medida, 3 fallos", "exactitud"),
    ],
)
def test_scores_say_what_is_missing(voice, told, axis):
    rows = [
        row("broken", values=[], mean=None, ci_low=None, ci_high=None, failed=3),
        row("single", ci_low=None, ci_high=None),
    ]
    figure = score_plots.scores(rows, "accuracy", voice=voice)
    assert told in texts(figure) and figure.axes[0].get_xlabel() == axis


def test_several_data_sets_are_named():
    assert {"digits", "yeast"} <= set(texts(score_plots.scores([row(), row("b", "yeast")], "accuracy")))
    assert "digits" not in texts(score_plots.scores([row(), row("b")], "accuracy"))


@pytest.mark.parametrize("colour", style.COLOURS.values())
@pytest.mark.parametrize("paper", [0.0, 1.0])
def test_colours_stand_out_on_white_and_on_black(colour, paper):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    light = float(np.dot(linear, [0.2126, 0.7152, 0.0722]))
    high, low = max(light, paper), min(light, paper)
    assert (high + 0.05) / (low + 0.05) >= 3
