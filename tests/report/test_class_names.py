"""Names of classes on pages: short, and yet never two alike; what cannot be seen is spelt out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_files import VARIANTS, Page, known_topics, report, write_card, write_topic

from pipeline import paths
from pipeline.records import read_sealed, write_json, write_sealed
from pipeline.report import class_names

LONG = "a very long name of a class that ends in "


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["cuadrado pequeño", "dog"], ["cuadrado pequeño", "dog"]),
        (["x" * 18, "x" * 19], ["x" * 18, "x" * 17 + "…"]),
        ([f"{LONG}1", f"{LONG}2"], ["a very l…ends in 1", "a very l…ends in 2"]),
        ([f"a{'x' * 30}z", f"a{'x' * 40}z"], ["axxxxxxx…xxxxxxxxz (0)", "axxxxxxx…xxxxxxxxz (1)"]),
        (["cat", "cat ", " cat", "a  b"], ["cat", "cat␣", "␣cat", "a␣␣b"]),
        (["", "a\nb", "a\u202eb"], ["␣", "a\\nb", "a\\u202eb"]),
    ],
)
def test_names_are_short_visible_and_different(names, shown):
    assert class_names.shown(names) == shown


@given(st.lists(st.text(max_size=60), unique=True, max_size=8))
def test_different_names_are_shown_differently_and_in_print(names):
    shown = class_names.shown(names)
    assert len({*shown}) == len(names)
    assert all(name.isprintable() and name == name.strip() and name for name in shown)


@pytest.mark.parametrize("card", [{}, {"classes": 2}, {"classes": 2, "class_names": ["a"]}, {"class_names": ["a"]}])
def test_without_names_for_all_classes_there_are_none(card):
    assert class_names.of_card(card) == []


@pytest.fixture
def page(house, monkeypatch):
    """`(names)`: the page of a topic on data whose two classes have these names."""
    known_topics(monkeypatch)
    write_topic("convolution", VARIANTS)
    write_card("digits")
    write_json(paths.results("convolution") / "confusion.json", {variant: [[3, 1], [0, 4]] for variant in VARIANTS})

    def made(names):
        card = {key: item for key, item in read_sealed(paths.card("digits", 0)).items() if key != "class_names"}
        write_sealed(paths.card("digits", 0), card | ({"class_names": names} if names else {}))
        report()
        return (paths.REPORT / "index.html").read_text("utf-8")

    return made


def test_the_page_names_classes_in_matrices_and_tables(page):
    source = page(["<b>cat</b> & co", "pequeño"])
    for name in ("&lt;b&gt;cat&lt;/b&gt; &amp; co", "pequeño"):
        assert f'<th scope="row">{name}</th><td' in source and f'<th scope="col" class="n">{name}</th>' in source
    assert "<b>cat</b>" not in source and ">class 0<" not in source
    assert "pequeño" in Page(source).text


def test_without_names_the_page_has_codes(page):
    source = page([])
    assert '<th scope="row">1</th><td' in source and '<th scope="col" class="n">class 1</th>' in source
