"""What a topic asks and claims stands in Spanish beside the English: all of it, with the same numbers and terms."""

import re
from collections import Counter

import pytest

from pipeline import paths, plugins
from pipeline.verdicts.topic import load

GLOSSARY = paths.ROOT / "docs" / "es" / "glosario.md"
WORDS = {  # numbers that sentences spell out; "one" is an article as well in both
    **{"three": 3, "four": 4, "five": 5, "six": 6, "eight": 8, "ten": 10, "tenfold": 10, "fifteen": 15, "twenty": 20},
    **{"tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "ocho": 8, "diez": 10, "quince": 15, "veinte": 20},
    **{"thousand": 1000, "mil": 1000},
}
PAIRS = [
    pytest.param(english, spanish, id=f"{name}.{what}")
    for name in plugins.names("topics")
    for what, english, spanish in [
        ("title", load(name).title, load(name).titulo),
        ("question", load(name).question, load(name).pregunta),
        *((claim.name, claim.sentence, claim.frase) for claim in load(name).claims),
    ]
]


STEMS = {  # what all forms of a term of the glossary have in common
    "recorte": "recort",
    "recortar": "recort",
    "agrupación": "agrupa",
    "agrupar": "agrupa",
    "totalmente conectada": "totalmente conectad",
    "completamente conectada": "completamente conectad",
    "densamente conectada": "densamente conectad",
}


def numbers(text, thousands, decimal):
    """How often each number occurs, in digits or in words."""
    figures = [
        float(found.replace(thousands, "").replace(decimal, ".")) for found in re.findall(r"\d+(?:[.,]\d+)*", text)
    ]
    return Counter([*figures, *(float(WORDS[word]) for word in re.findall(r"\w+", text.lower()) if word in WORDS)])


def in_english(text):
    return numbers(text, ",", ".")


def in_spanish(text):
    return numbers(text, ".", ",")


def terms():
    """(English words, Spanish words, words to avoid) of every row of the glossary."""
    lines = GLOSSARY.read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    rows = [tuple([_stem(word) for word in cell.split(",") if word.strip()] for cell in row) for row in cells]
    return [row for row in rows if len(row) == 3 and row[0] not in (["en inglés"], ["---"])]


def _stem(word):
    return STEMS.get(word.strip(), word.strip())


@pytest.mark.parametrize(("english", "spanish"), PAIRS)
def test_all_that_is_said_is_said_in_spanish_with_the_same_numbers(english, spanish):
    assert spanish and spanish != english
    assert in_spanish(spanish) == in_english(english)
    assert spanish[-1] == english[-1] or english[-1].isalpha()
    assert spanish.count("?") == spanish.count("¿")


def faults(english, spanish):
    """Where a Spanish text leaves the glossary."""
    left, right = english.lower(), spanish.lower()
    for words, ours, avoided in terms():
        if any(re.search(rf"\b{word}", left) for word in words) and not any(word in right for word in ours):
            yield f"{' or '.join(words)}: given {spanish!r}, allowed {' or '.join(ours)}"
        for word in avoided:
            if re.search(rf"\b{word}", right):
                yield f"given {word!r} in {spanish!r}, allowed {' or '.join(ours)}"


@pytest.mark.parametrize(("english", "spanish"), PAIRS)
def test_a_term_is_the_same_everywhere(english, spanish):
    assert list(faults(english, spanish)) == []


def test_the_tests_above_would_notice():
    assert in_english("After 2,500 steps, 0.04 of ten") == in_spanish("Tras 2500 pasos, 0,04 de diez")
    assert in_english("2,500") != in_spanish("2,500") and in_english("ten") != in_spanish("cien")
    assert list(faults("Overfitting hurts.", "El overfitting duele.")) != []
    assert list(faults("Overfitting hurts.", "El sobreajuste duele.")) == []
    assert len(terms()) > 25
