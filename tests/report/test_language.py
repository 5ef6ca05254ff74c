"""Whatever the page says has its translation, with the same values and terms; numbers are written by language."""

import io
import re
from typing import get_args

import jinja2
import pytest
from babel.messages.extract import extract
from jinja2.ext import extract_from_ast

from pipeline import contracts, paths, plugins
from pipeline.report import language, metric_words, pilots
from pipeline.report.language import NumberText, Voice, both, either, listed, phrase, word
from pipeline.settings import params
from pipeline.verdicts.topic import load

REPORT = paths.PACKAGE / "report"
SPANISH = Voice("es")


def in_templates():
    """Messages of t("...") in the templates of the page."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    for file in sorted(REPORT.glob("*.j2")):
        for _, _, message in extract_from_ast(environment.parse(file.read_text("utf-8")), gettext_functions=("t",)):
            yield message[0] if isinstance(message, tuple) else message


def in_code():
    """Messages of `phrase`, `word` and `marked` in the code of the page and of the lessons."""
    spoken = ("notebook.py", "prediction/model_card.py")
    files = [
        *REPORT.glob("*.py"),
        *(paths.PACKAGE / "lessons").glob("*.py"),
        *(paths.PACKAGE / each for each in spoken),
    ]
    for file in sorted(files):
        keywords = {"phrase": None, "word": None, "marked": None}
        yield from (message for _, message, _, _ in extract("python", io.BytesIO(file.read_bytes()), keywords=keywords))


def of_topics():
    """Chapters, axes and lines, which topics say in English alone."""
    for name in plugins.names("topics"):
        topic = load(name)
        for claim in topic.claims:
            yield from (claim.chapter, claim.chapter.partition(":")[0])
            yield from filter(None, [claim.published])
        for sweep in topic.sweeps:
            yield from (sweep.x, sweep.y, *(line.words for line in sweep.lines))
        if (paths.PACKAGE / "topics" / name / "probes.py").exists():
            for axes in plugins.constant("topics", f"{name}/probes", "SERIES", {}).values():
                yield from (axes["x"], axes["y"])


def of_contracts():
    for words in (contracts.Verdict, contracts.Firmness, contracts.OpenReason, contracts.Status, contracts.Kind):
        yield from get_args(words)
    yield from ("claimed better", "claimed worse", "published", "pilot")
    yield from (
        "claim",
        "metric",
        "mean of the one and the other",
        "difference",
        "margin",
        "seeds",
        "verdict",
    )  # notebook.verdicts


NAMES = {"ReLU", "failed"}  # the same in both


@pytest.mark.parametrize("messages", [in_templates, in_code, of_topics, of_contracts])
def test_every_message_has_its_translation(messages):
    known, asked = language.messages_of("es"), {message for message in messages() if isinstance(message, str)}
    assert len(asked) > 15
    assert sorted(message for message in asked - NAMES if message not in known) == []


def test_nothing_is_translated_that_nobody_says():
    said = {*in_templates(), *in_code(), *of_topics(), *of_contracts()}
    kept = {message for message in language.messages_of("es") if message not in said}
    kinds = (language.OF_FILES, language.OF_TERMINAL, "of the help")  # the last: tests/test_help.py
    of_others = {message for _, message in language._patterns("es", kinds)}
    assert kept - of_others == set()


VALUES = re.compile(r"\{\w+\}|<[^>]+>")


@pytest.mark.parametrize("message", sorted(language.messages_of("es")))
def test_a_translation_has_the_same_values_and_is_whole(message):
    told = language.messages_of("es")[message]
    assert told and sorted(VALUES.findall(told)) == sorted(VALUES.findall(message))
    english = re.sub(r"(\d),(\d{3})\b", r"\1\2", message)  # thousands, which Spanish parts by a narrow blank, if at all
    spanish = told.replace("\u202f", "")
    figures = [re.findall(r"\d+", VALUES.sub("", text)) for text in (english, spanish)]
    assert figures[0] == figures[1]


def test_there_is_a_voice_for_each_language():
    assert get_args(contracts.Language) == language.LANGUAGES == tuple(language.OWN_NAMES)


def test_every_metric_of_a_topic_is_told_in_both_languages():
    settings = params.read(every_topic=True)
    asked = {metric for topic in settings.topics.values() for metric in topic.metrics}
    asked |= {claim.metric for topic in settings.topics.values() for claim in topic.claims}
    for metric in sorted(asked):
        english, spanish = (metric_words.words(metric, name) for name in language.LANGUAGES)
        assert all(english) and all(spanish) and english.meaning != spanish.meaning, metric
    assert metric_words.words("my_own", "es") == ("my own", "", "")
    assert metric_words.words("val_accuracy", "es")[:2] == ("exactitud (validación)", "proporción")


@pytest.mark.parametrize(
    ("english", "spanish"),
    [
        ("0.25", "0,25"),
        ("\u22121.5", "\u22121,5"),
        ("1,234", "1234"),
        ("12,345.6", "12\u202f345,6"),
        ("99.8 %", "99,8 %"),
        ("007", "007"),
        ("2026", "2026"),
    ],
)
def test_numbers_are_written_by_language(english, spanish):
    assert SPANISH.number(english) == spanish and Voice("en").number(english) == english


def test_what_is_said_knows_its_values():
    said = phrase("{low} to {high}", low=NumberText("0.1"), high=NumberText("0.2"))
    assert said == "0.1 to 0.2" and SPANISH.say(said) == "0,1 a 0,2"
    assert both(["a", "b", "c"]) == "a, b and c" and SPANISH.say(both(["a", "b", "c"])) == "a, b y c"
    assert SPANISH.say(either(["1", "2"])) == "1 o 2" and SPANISH.say(listed([word("recall")])) == "exhaustividad"
    assert SPANISH.say("recall") == "recall", "what is not said by us stays"


def test_files_are_understood_by_the_messages_that_made_them():
    assert SPANISH.known("last look") == "última mirada"
    assert SPANISH.known("training, smote") == "entrenamiento, smote"
    assert SPANISH.known("123 -> 321 (right: 321)") == "123 -> 321 (correcto: 321)"
    assert SPANISH.known("standard (mean: 0.500, sd: 0.250)") == "estándar (media: 0,500, desviación: 0,250)"
    told = SPANISH.known("For churn, the focal loss raises the mean recall over classes (balanced accuracy).")
    assert told == "Con churn, la pérdida focal sube la exhaustividad media de las clases."
    assert SPANISH.known("whatever {this} is") == "whatever {this} is" and Voice("en").known("test") == "test"


def test_values_of_a_message_are_shown_and_not_obeyed():
    assert SPANISH.marked("Scores of {title}", title="<b>") == "Medidas de &lt;b&gt;"


def test_pilots_are_told_without_an_english_word():
    told = [pilots.told(claim.pilot, SPANISH) for name in plugins.names("topics") for claim in load(name).claims]
    english = {
        "seeds",
        "against",
        "by",
        "the",
        "of",
        "runs",
        "steps",
        "at",
        "to",
        "with",
        "in",
        "over",
        "from",
        "and",
        "is",
    }
    for line in filter(None, told):
        assert not english & set(re.findall(r"[a-z]+", line)) and not re.search(r"\d\.\d", line), line
    assert pilots.told("seeds 0 to 2: 1.5 against 2", Voice("en")) == "seeds 0 to 2: 1.5 against 2"
