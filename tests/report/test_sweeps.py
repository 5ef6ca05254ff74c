"""The page of a sweep: what it says and draws while it goes on and once it is over, bad trials and few trials too."""

import json
import re

import pytest

from pipeline import paths
from pipeline.records import write_bytes, write_json
from pipeline.report import sweeps
from pipeline.report.sweep_plots import Axis, Point, limits, scatters

SPACE = [
    {"path": "fit.learning_rate", "low": 0.001, "high": 1.0, "log": True, "when": {}},
    {"path": "build.pooling", "any": ["stride", "max"], "when": {}},
]


def told(number, end, score):
    scores = {} if score is None else {"0": score - 0.01, "1": score + 0.01}
    values = (
        {} if number == 0 else {"fit.learning_rate": 0.002 * number, "build.pooling": ("stride", "max")[number % 2]}
    )
    reason = None if score is not None else "seed 0: the loss was not finite in epoch <1>"
    return {"number": number, "values": values, "end": end, "scores": scores, "score": score, "reason": reason}


TRIALS = [
    told(0, "complete", 0.5),
    told(1, "complete", 0.4),
    told(2, "diverged", None),
    told(3, "stopped", 0.9),
    *(told(number, "complete", 0.3 + number / 100) for number in range(4, 12)),
]
FINALS = {
    "finalists": [
        {"trial": 0, "values": {}, "search": 0.5, "fresh": 0.52, "scores": {}, "reason": None},
        {"trial": 4, "values": TRIALS[4]["values"], "search": 0.34, "fresh": 0.4, "scores": {}, "reason": None},
        {
            "trial": 5,
            "values": TRIALS[5]["values"],
            "search": 0.35,
            "fresh": None,
            "scores": {},
            "reason": "seed 100: no",
        },
    ],
    "chosen": 4,
    "optimism": 0.06,
    "mean_optimism": 0.07,
    "comparison": 2,
    "error": 0.005,
    "conclusion": "better than stride",
    "verdict": {"metric": "cross_entropy", "difference": 0.12, "ci_low": 0.1, "ci_high": 0.14, "verdict": "reproduced"},
    "adoption": {
        "block": {"topics": {"convolution": {"variants": {"small_found": {"group": "wide", "fit": {"patience": 3}}}}}},
        "view": "plain",
        "listed": "",
        "refusal": "",
    },
}


@pytest.fixture
def write(house):
    """Write data/sweeps/small, over or not."""

    def written(trials=TRIALS, finals=FINALS, **more):
        ends = [trial["end"] for trial in trials]
        summary = {
            "sweep": "small",
            "topic": "convolution",
            "variant": "stride",
            "profile": "laptop",
            "metric": "val_cross_entropy",
            "highest": False,
            "search": "tpe",
            "planned": 12,
            "trials": len(trials),
            "ends": {end: ends.count(end) for end in dict.fromkeys(ends)},
            "ended_by": None,
            "runs": 20,
            "seconds": 90.0,
            "space": SPACE,
            "own": {"fit.learning_rate": 0.01, "build.pooling": "stride"},
            "best": trials[1] if len(trials) > 1 else None,
            "finals": finals,
            "importance": None,
        }
        write_json(paths.sweep("small") / "sweep.json", summary | more)
        lines = "".join(json.dumps(trial) + "\n" for trial in trials)
        write_bytes(paths.sweep("small") / "trials.jsonl", lines.encode())

    return written


def test_once_it_is_over(write):
    write()
    page = sweeps.page("small")
    for said in ("better than stride", "0.120 (0.100 to 0.140; reproduced)", "10 scored with every seed", "1 diverged"):
        assert said in page
    assert "trial 4, chosen" in page and "seed 100: no" in page
    assert "      small_found:\n        group: wide\n" in page and "--adopt</code> writes it" in page
    assert "in epoch &lt;1&gt;" in page and "1.5 minutes of training" in page
    assert (
        "on average over the 2 finalists" in page
        and "Below 0 the search was too pessimistic" in page
        and "chosen among them by its fresh score" in page
    )
    assert "This is comparison 2 of this sweep on test data." in page and "it may use 0.5 %" in page
    assert "no choice was made by" not in page and "read once" not in page
    assert page.count("<svg") == 2 + 2 + 2 + 1 + 1  # the wide ones once more for a phone
    assert page == sweeps.page("small")


def test_adopting_is_offered_where_it_works(write):
    adoption = FINALS["adoption"] | {"view": "small_found", "listed": "data.credit.views"}
    write(finals=FINALS | {"adoption": adoption})
    assert "<code>data.credit.views</code> lists <code>small_found</code> then." in sweeps.page("small")
    write(finals=FINALS | {"adoption": adoption | {"refusal": "sweep small: given <fit.epochs> 4"}})
    page = sweeps.page("small")
    assert "--adopt</code> does not write it" in page and "given &lt;fit.epochs&gt; 4" in page
    assert "small_found:" in page and "--adopt</code> writes" not in page


def test_a_budget_that_ended_the_search_is_said(write):
    write(ended_by="budget", planned=40)
    said = "<code>budget_minutes</code> ended the search: 40 trials were planned."
    assert said in sweeps.page("small") and "había 40 intentos previstos" in sweeps.page("small", "es")
    write()
    assert "budget_minutes" not in sweeps.page("small")


def test_in_spanish(write):
    """Words and numbers; what went wrong with a run as far as it is known."""
    write()
    page = sweeps.page("small", "es")
    for said in ("mejor que stride", "0,120 (de 0,100 a 0,140; reproducida)", "10 puntuados con todas las semillas"):
        assert said in page
    assert "intento 4, elegido" in page and "1,5 minutos de cálculo" in page and '<html lang="es">' in page
    assert "Esta es la comparación 2 de esta búsqueda con datos de prueba." in page and "puede usar el 0,5 %" in page
    assert "finita en la época &lt;1&gt;" in page and "The block" not in page and "Best so far" not in page
    write(finals=None)
    assert "Está en marcha: 12 de 12 intentos, el mejor hasta ahora es el intento 1" in sweeps.page("small", "es")


HIDDEN = re.compile(r'<style>.*?</style>|<pre>.*?</pre>|<code>.*?</code>|<span lang="en">.*?</span>', re.S)
ENGLISH = {"the", "of", "and", "is", "are", "in", "by", "to", "with", "trial", "trials", "seed", "seeds", "search"}
ENGLISH |= {"fresh", "cross", "entropy", "validation", "better", "lower", "higher", "best", "score", "runs", "sweep"}


def read_words(page):
    """Words of a page that are read or hovered over: no settings, no block to paste, no line of a run."""
    hovered = " ".join(re.findall(r'aria-label="([^"]*)"', page))
    text = re.sub(r"<[^>]*>", " ", HIDDEN.sub(" ", page)) + hovered
    return set(re.findall(r"[a-záéíóúñ]+", re.sub(r"(fit|build)\.[a-z_.]+|\w+\.csv", " ", text).lower()))


@pytest.mark.parametrize("finals", [FINALS, None])
@pytest.mark.parametrize("importance", [None, {"fit.learning_rate": 0.25, "build.pooling": 0.75}])
def test_a_spanish_page_has_no_english_word(write, finals, importance):
    write(finals=finals, importance=importance, ended_by="budget")
    english, spanish = (read_words(sweeps.page("small", language)) for language in ("en", "es"))
    assert ENGLISH & english and not ENGLISH & spanish
    assert {"entropía", "intento"} <= spanish and not {"entropía", "intento", "semillas"} & english


def test_pictures_are_in_the_language_of_the_page(write):
    write()
    words = {language: re.findall(r">([^<>]+)</text>", sweeps.page("small", language)) for language in ("en", "es")}
    assert len(words["en"]) == len(words["es"])
    assert {"trial", "search", "fresh seeds", "trial 4", "cross-entropy (validation)"} <= {*words["en"]}
    assert {"intento", "búsqueda", "semillas nuevas", "intento 4", "entropía cruzada (validación)"} <= {*words["es"]}
    assert not {*words["es"]} & {"trial", "search", "fresh seeds", "trial 4"} and "stride" in words["es"]


def test_why_a_trial_is_bad_is_said_in_spanish_where_that_is_known(write):
    write([TRIALS[0], {**TRIALS[2], "reason": "seed 0: the loss was not finite in epoch 1"}], None)
    page = sweeps.page("small", "es")
    assert "semilla 0: la pérdida dejó de ser finita en la época 1" in page and "the loss was" not in page


def test_while_it_goes_on(write):
    write(finals=None)
    page = sweeps.page("small")
    assert "It is going on: 12 of 12 trials, the best so far is trial 1" in page and "The block to paste" not in page


def test_with_a_single_trial_or_none_that_is_good(write):
    write([TRIALS[0]], None)
    assert "<svg" in sweeps.page("small")
    write([{**TRIALS[2], "number": 0, "values": {}}], None)
    assert "1 diverged" in sweeps.page("small")


def test_with_a_single_setting(write):
    write(space=SPACE[:1])
    assert "The two that matter most" not in sweeps.page("small")


def test_importance_is_shown_where_it_is_known(write):
    write(importance={"fit.learning_rate": 0.25, "build.pooling": 0.75})
    assert sweeps.of("small").importance == [("build.pooling", 0.75), ("fit.learning_rate", 0.25)]
    assert "75 %" in sweeps.page("small")


def test_what_is_damaged_or_not_asked_for_is_left_out(write):
    write()
    assert [page.summary["sweep"] for page in sweeps.read(["small", "gone"])] == ["small"] and sweeps.read([]) == []
    (paths.sweep("small") / "sweep.json").write_text("{", "utf-8")
    assert sweeps.read(["small"]) == []


def test_places_on_an_axis():
    rate = Axis(path="a", low=0.01, high=1.0, log=True)
    assert [round(rate.place({"a": value}), 6) for value in (0.01, 0.1, 1.0, 5.0)] == [0.0, 0.5, 1.0, 1.0]
    assert rate.place({}) is None
    choice = Axis(path="b", any=("x", "y", "z"))
    assert [choice.place({"b": value}) for value in ("x", "y", "z", "w")] == [0.0, 0.5, 1.0, None]


def test_null_is_a_value_and_is_spelled_as_in_params(write):
    """The shipped sweep `remedies` tries it: `fit.class_weight: {any: [null, balanced]}`."""
    weight = {"path": "fit.class_weight", "any": [None, "balanced"], "when": {}}
    trials = [
        {**trial, "values": {"fit.class_weight": (None, "balanced")[trial["number"] % 2]}} if trial["number"] else trial
        for trial in TRIALS
    ]
    write(trials, space=[weight, SPACE[1]], own={"fit.class_weight": None, "build.pooling": "stride"})
    axis = sweeps._axis(weight)
    points = [sweeps._point(trial, {"own": {"fit.class_weight": None}}) for trial in trials]
    assert axis.any == ("null", "balanced") and [axis.place(point.values) for point in points[:3]] == [0.0, 1.0, 0.0]
    assert Axis(path="a", any=("true", "[5, 3]")).place({"a": [5, 3]}) == 1.0
    assert sweeps._strength(axis, points) > 0
    page = sweeps.page("small")
    assert ">null</text>" in page and "None" not in page
    assert sweeps._block({"finals": {"adoption": {"block": {"fit": {"class_weight": None}}}}}).endswith(": null\n")


def test_every_seed_of_a_choice_is_drawn_inside_the_picture():
    """Trials of one value lie side by side: at either end some were cut away."""
    pooling = Axis(path="build.pooling", any=("stride", "max"))
    points = [
        Point(number=at, score=0.1, seeds=(0.1,), is_complete=True, values={"build.pooling": ("stride", "max")[at % 2]})
        for at in range(1, 30)
    ]
    (axes,) = scatters(points, [pooling], highest=False)[0].axes
    drawn = [line.get_xdata()[0] for line in axes.lines]
    assert min(drawn) < 0 and max(drawn) > 1  # else nothing is tried
    assert axes.get_xlim()[0] < min(drawn) and max(drawn) < axes.get_xlim()[1]


def test_the_axis_of_scores_ends_where_few_scores_reach():
    points = [
        Point(number=number, score=score, seeds=(score,), is_complete=True, values={})
        for number, score in enumerate([0.1, 0.2, 0.3, 1e6])
    ]
    low, high = limits(points, highest=False)
    assert low < 0.1 and 0.3 < high < 1
    low, high = limits(points[:3], highest=True)
    assert low < 0.1 and 0.3 < high < 0.4
