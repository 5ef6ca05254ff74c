"""Predictions beside what happened, questions, and what a lesson refuses or cannot answer."""

import pytest

from pipeline import notebook, paths
from pipeline.lessons.lesson import Lesson


def plain(reply):
    return repr(reply)


@pytest.mark.parametrize("dots", [..., None, "", "...", " "])
def test_dots_show_the_question_and_what_to_choose_from(dots):
    reply = Lesson("memory", language="es").predict("memory-slowest", dots)
    assert reply.lines[0].endswith("¿Qué línea caerá más despacio?") and "en lugar de los puntos" in reply.lines[1]
    assert ("a", "simple") in reply.rows and ("d", "LSTM, b = 5") in reply.rows and reply.is_right is None
    assert Lesson("memory").check("memory-1", dots).lines[0].startswith("Along its cell")


@pytest.mark.parametrize(
    ("said", "happened", "told"),
    [
        ("plain", "plain", "It came as you said."),
        ("a", "plain", "It came as you said."),
        ("LSTM", "plain", "It came otherwise than you said."),
        ("the one with b = 5", "LSTM, b = 5", "It came otherwise than you said."),
    ],
)
def test_what_was_said_stands_beside_what_happened(said, happened, told):
    lesson = Lesson("memory")
    lesson.predict("memory-slowest", said)
    reply = lesson.happened("memory-slowest", happened)
    assert reply.lines[1] == told and len(reply.rows) == 2
    assert reply.rows[0][0] == "you said" and reply.rows[1] == ("what happened", happened)
    assert "plain" in reply.rows[0][1] or said not in ("a", "plain")


@pytest.mark.parametrize(("said", "is_close"), [("2,2", True), (2.3, True), ("0", False), ("a lot", None)])
def test_a_number_that_was_said_may_be_a_tenth_off(said, is_close):
    lesson = Lesson("sweeps", language="es")
    lesson.predict("sweeps-luck", said)
    reply = lesson.happened("sweeps-luck", 2.25)
    assert reply.rows[1][1] == "2,25"
    told = {True: "Ha salido como dijiste.", False: "Ha salido de otro modo."}
    assert [line for line in reply.lines if line in told.values()] == ([told[is_close]] if is_close is not None else [])


def test_without_a_prediction_nothing_is_compared():
    reply = Lesson("memory").happened("memory-slowest", "GRU")
    assert reply.rows[0] == ("you said", "nothing") and len(reply.lines) == 2


def test_options_are_understood_in_the_readers_language():
    lesson = Lesson("convolution", language="es")
    lesson.predict("convolution-shuffled", "La convolución (stride).")
    assert lesson.happened("convolution-shuffled", "stride").lines[1] == "Ha salido como dijiste."


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda lesson: lesson.check("memory-9", 1),
            "exercise: given 'memory-9', allowed memory-1, memory-2, memory-3",
        ),
        (lambda lesson: lesson.solution("memory"), "exercise: given 'memory', allowed"),
        (lambda lesson: lesson.predict("memory-1", 1), "prediction: given 'memory-1', allowed memory-slowest"),
        (lambda lesson: lesson.happened("x", 1), "prediction: given 'x', allowed"),
        (lambda lesson: Lesson("memories"), "lesson: given 'memories', allowed .*memory"),
    ],
)
def test_a_slip_is_named(ask, message):
    with pytest.raises(ValueError, match=message):
        ask(Lesson("memory"))


def test_without_results_it_says_what_brings_them(house):
    """Arithmetic needs none."""
    lesson = Lesson("memory", language="es")
    reply = lesson.check("memory-3", 12.8)
    assert (
        reply.is_right is None and "make repro" in reply.lines[0] and "make repro" in plain(lesson.solution("memory-3"))
    )
    assert lesson.check("memory-1", "0,143").is_right


def test_answers_follow_the_results_that_the_notebook_shows(monkeypatch):
    """Not what was once published: with other results another number is right."""
    rows = [{"name": "lstm_gradient", "difference": -2.0, "verdict": "contradicted"}]
    found = notebook.Results(paths.published("memory"), rows, "")
    monkeypatch.setattr(notebook, "results", lambda topic: found)
    assert Lesson("memory").check("memory-3", 100).is_right and not Lesson("memory").check("memory-3", 12.8).is_right


def test_replies_are_html_and_plain_text():
    reply = Lesson("overfitting").predict("overfitting-random", "<b>0.9</b> of `all`")
    assert "&lt;b&gt;0.9" in reply._repr_html_() and "<code>all</code>" in reply._repr_html_()
    assert "<b>0.9</b> of `all`" in plain(reply)
