"""Exercises in both languages: right answers are right, each typical wrong one is told what is wrong with it."""

import re

import pytest

from pipeline.lessons import exercise
from pipeline.lessons.answers import Answers
from pipeline.lessons.lesson import LETTERS, Lesson
from pipeline.report.language import LANGUAGES

ALL = [(lesson, name) for lesson in exercise.lessons() for name in exercise.of_lesson(lesson).exercises]
IN_BOTH = [(*each, language) for each in ALL for language in LANGUAGES]
NUMBER = re.compile(r"\d+(?:\.\d+)?")
KINDS = ("question", "hint", "solution")


def of(lesson, name):
    return exercise.of_lesson(lesson).exercises[name]


def texts(one):
    """Every text of an exercise or a prediction, as a pair."""
    yield from (getattr(one, kind) for kind in (*KINDS, "after") if hasattr(one, kind))
    yield from (text for option in one.options for text in (option.text, option.because))
    yield from (slip.because for slip in getattr(one, "slips", ()))


def everything():
    for lesson in exercise.lessons():
        asked = exercise.of_lesson(lesson)
        yield from (*asked.predictions.values(), *asked.exercises.values())


def test_every_lesson_has_a_prediction_and_three_exercises_of_its_name():
    for lesson in exercise.lessons():
        asked = exercise.of_lesson(lesson)
        assert asked.predictions and [*asked.exercises] == [f"{lesson}-{at}" for at in (1, 2, 3)]
        assert all(name.startswith(f"{lesson}-") for name in asked.predictions)


def test_no_key_of_a_file_is_passed_over():
    from ruamel.yaml import YAML

    def keys(node):
        if isinstance(node, dict):
            for key, value in node.items():
                yield key
                yield from keys(value) if key not in ("options", "values") else keys([*value.values()])
        elif isinstance(node, list):
            for value in node:
                yield from keys(value)

    known = {*exercise.SPANISH, *exercise.SPANISH.values()}
    known |= {"formula", "predictions", "exercises", "name", "answer", "within", "options", "slips", "values"}
    for file in exercise.FOLDER.glob("*.yaml"):
        assert set(keys(YAML(typ="safe").load(file.read_text("utf-8")))) <= known, file.name


def test_whatever_is_said_is_said_in_both_languages_with_the_same_numbers():
    for one in everything():
        for text in texts(one):
            english, spanish = text["en"], text["es"]
            assert bool(english) == bool(spanish), (one.name, text)
            spanish = re.sub(r"(?<=\d),(?=\d)", ".", re.sub(r";", ",", spanish))
            english = re.sub(r"(?<=\d),(?=\d{3})", "", english)
            assert sorted(NUMBER.findall(english)) == sorted(NUMBER.findall(spanish)), (one.name, text)
            assert re.findall(r"[{`][^}`]+[}`]", english) == re.findall(r"[{`][^}`]+[}`]", spanish), (one.name, text)
        assert one.question["en"] and one.question["es"] != one.question["en"]


def test_numbers_have_a_hint_and_choices_a_reason_for_every_wrong_one():
    for lesson, name in ALL:
        one = of(lesson, name)
        assert one.solution["en"], name
        if one.options:
            wrong = [option for option in one.options if f'"{option.key}"' != one.answer]
            assert len(wrong) == len(one.options) - 1 and all(option.because["en"] for option in wrong), name
        else:
            assert one.hint["en"] and len(one.slips) >= 2, name


def test_some_answer_of_every_topic_follows_from_its_results():
    """And it is not typed in: it asks for means, differences or verdicts."""
    for lesson in exercise.lessons():
        if lesson not in ("sweeps", "own_data"):
            answers = [one.answer for one in exercise.of_lesson(lesson).exercises.values()]
            assert any(re.search(r"\b(mean|difference|verdict)\(", answer) for answer in answers), lesson


@pytest.mark.parametrize(("lesson", "name", "language"), IN_BOTH)
def test_the_right_answer_is_right_however_it_is_written(lesson, name, language):
    one, asking = of(lesson, name), Lesson(lesson, language=language)
    value = Answers(lesson).work_out(one.answer)
    written = [value, f" {value} ", str(value)]
    if one.options:
        at = [option.key for option in one.options].index(value)
        written += [LETTERS[at], f"{LETTERS[at].upper()})", one.options[at].text[language]]
    else:
        written += [f"{value:.6e}".replace(".", ","), f"{100 * value!r}%", f"{value}".replace("-", "\N{MINUS SIGN}")]
    for answer in written:
        reply = asking.check(name, answer)
        assert reply.is_right, answer
    shown = reply.lines[1]
    assert "{" not in shown and shown == asking.solution(name).lines[1]


@pytest.mark.parametrize(("lesson", "name", "language"), IN_BOTH)
def test_a_typical_wrong_answer_is_told_what_is_wrong(lesson, name, language):
    one, asking = of(lesson, name), Lesson(lesson, language=language)
    for option in one.options:
        if option.because["en"]:
            reply = asking.check(name, option.text[language])
            assert reply.is_right is False and reply.lines[1] == option.because[language]
    for slip in one.slips:
        reply = asking.check(name, Answers(lesson).work_out(slip.answer))
        assert reply.is_right is False and reply.lines[1] == slip.because[language], slip.answer


@pytest.mark.parametrize("language", LANGUAGES)
def test_any_other_answer_gets_the_hint(language):
    one, asking = of("memory", "memory-1"), Lesson("memory", language=language)
    assert asking.check("memory-1", 12345).lines[1] == one.hint[language]
    assert asking.check("memory-1", float("nan")).is_right is False
    for answer in ("a lot", "1/2/3", "0,1,2"):
        told = {"en": "Answer with a number.", "es": "Responde con un número."}[language]
        assert asking.check("memory-1", answer).lines[0] == told
    told = Lesson("sweeps", language=language).check("sweeps-3", "z")
    assert told.is_right is False and "a, b, c, d" in told.lines[0]


def test_what_goes_wrong_with_any_number_is_told():
    asking = Lesson("convolution")
    right = Answers("convolution").work_out(of("convolution", "convolution-3").answer)
    assert "sign" in asking.check("convolution-3", -right).lines[1]
    assert "percent" in asking.check("convolution-3", 100 * right).lines[1]
