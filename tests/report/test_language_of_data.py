"""What is said of a user's own data is said in Spanish as well: questions, claims, findings, columns, failures."""

import re

import messages
import pytest

from pipeline import freshness
from pipeline.operations import own_topic
from pipeline.operations.own_topic import OwnData
from pipeline.report import cards
from pipeline.report.language import Voice
from pipeline.sources import table

SPANISH = Voice("es")
FINDINGS = {  # module: its functions that give lines on data
    "preparation.raw_parts": ("_copies", "_surprises"),
    "raw_data": ("on_numbers",),
    "operations.own_topic": ("notes",),
    "sources._findings": ("of_left_out", "of_column"),
    "sources._picture_findings": ("of_skipped", "of_pictures", "of_pixels"),
    "sources._class_names": ("look_alikes", "unevenness"),
    "sources._labels": ("_odd",),
    "sources.recordings": ("_findings",),
}


def data(kind="table", label="Churn", counts=None):
    counts = {"no": 900, "yes": 100} if counts is None else counts
    told = {"name": "customers", "source": "table", "load": {}, "kind": kind, "label": label, "examples": 1000}
    return OwnData(**told, counts=counts, different=counts)


OWN = [data(), data(label=""), data(counts={}), data(counts={}, label=""), data("sequence", counts={}), data("image")]


@pytest.mark.parametrize("own", OWN)
def test_a_topic_of_own_data_is_asked_and_claims_in_spanish(own):
    topic = own_topic.topic_block(own)
    told = SPANISH.known(topic["question"])
    assert told.startswith("¿") and not re.search(r"\b(better|which|the)\b", told)
    for claim in topic["claims"]:
        frase = SPANISH.known(claim["sentence"])
        assert frase.startswith("Con customers, ") and " sube " in frase
        assert not re.search(r"\b(the|of|with|by|instead|from)\b", frase), frase


def found():
    code = messages.read()
    for name, functions in FINDINGS.items():
        module = code.modules[f"pipeline.{name}"]
        for function in functions:
            for text in messages.Reader(code, module, None)._any_of([(module, module.functions[function])]):
                yield from (re.sub(r"(\.\.\.)+", "7", line) for line in text.splitlines() if messages.words(line) > 3)


LINES = sorted({*found()})


def test_lines_of_every_kind_are_found():
    assert len(LINES) > 25


@pytest.mark.parametrize("line", LINES)
def test_each_finding_is_known(line):
    """Of a column too, whose name stands in front of most."""
    assert any(SPANISH.known(each) != each for each in (line, line.replace("7: ", "column '7': ", 1)))


def test_columns_and_what_is_not_current_are_known():
    becomes = [f"{words}{gaps}" for kind, words in table.BECOMES.items() for gaps in ("", table.GAPS[kind])]
    for text in (*becomes, *table.ASIDE, *(f"3 {words}" for words in freshness.RUNS_IN_WORDS.values())):
        assert SPANISH.known(text) != text, text
    counts = ", ".join(f"{count} {words}" for count, words in enumerate(freshness.RUNS_IN_WORDS.values(), start=2))
    told = SPANISH.known(f"{counts} (of 10 planned runs): `python -m pipeline train own`")
    assert told.startswith("2 sin entrenar, o dañados; 3 de otros") and "4 de otro perfil (de 10" in told
    assert told.endswith(": `python -m pipeline train own`")
    for words in freshness.SCORES_IN_WORDS.values():
        assert "medidas" in SPANISH.known(f"{words}: `python -m pipeline evaluate own`")


@pytest.mark.parametrize(
    "reason",
    [
        "the loss was not finite in epoch 3",
        "no result within 60 s of work, 2 times",
        "its process needed more memory than its share, 2 times",
        "the system killed its process, as memory ran out",
        "its process was killed by SIGKILL",
        "its process ended with exit code 3",
        "it needed more memory than there is (ResourceExhaustedError: OOM)",
    ],
)
def test_why_a_run_failed_is_known(reason):
    told = SPANISH.known(reason)
    assert told != reason and not re.search(r"\b(times|its|the|was)\b", told)


def test_names_of_the_users_stay():
    assert SPANISH.known("Which remedy against rare classes serves class of test?").endswith("class de test?")
    assert SPANISH.known("column 'test': the same in all rows: to leave it out set `drop: [test]`").endswith("[test]`")


def test_what_a_view_has_done_is_said_in_a_sentence():
    notes = {"target": 12_000, "under": 0, "over": 2, "smote": 7, "smote_k_reduced": 1, "untouched": 1}
    told = cards._of_view({"rebalance": notes})
    assert told.startswith("12,000 examples a class (filled up by copies: 2; filled up by SMOTE: 7;")
    assert SPANISH.say(told).startswith("12\u202f000 ejemplos por clase (completadas con copias: 2;")
    unknown = cards._of_view({"mirror": {"mirrored": 25}})
    assert unknown == "mirror: mirrored: 25" == SPANISH.say(unknown)
    assert cards._of_view({}) == ""


def test_a_scale_is_said_with_numbers_of_the_language():
    told = cards._scaling({"kind": "standard", "mean": [0.5, 1.5], "sd": [1.0, 2.0]})
    assert SPANISH.known(told) == "estándar (media: 0,500 1,500, desviación: 1,000 2,000)"
    assert [voice.known(cards._scaling({"kind": "none"})) for voice in (Voice("en"), SPANISH)] == [
        "not at all",
        "ninguna",
    ]
