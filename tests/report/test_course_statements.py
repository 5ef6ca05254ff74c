"""The course's statements are one source in two languages: pages of docs/, the walk on the page, numbers and links."""

import re
from collections import Counter

import pytest

from pipeline import paths
from pipeline.report import course

ALL = course.statements()


@pytest.mark.parametrize("language", course.PAGES)
def test_pages_have_the_tables_of_now(language):
    text = (paths.ROOT / course.PAGES[language]).read_text("utf-8")
    assert course.laid_out(text, language) == text, "run `python -m pipeline results`"
    assert all(f"| {one.number} | *{one.term}* | {one.says[language]} |" in text for one in ALL)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.number)
def test_a_statement_has_the_same_numbers_and_names_in_both_languages(one):
    for told in (one.says, one.tried):
        english, spanish = (
            Counter(re.findall(r"\d+", told[name].replace("4,251", "4251").replace("2,000", "2000")))
            for name in ("en", "es")
        )
        assert english == spanish
    names = [course.NAME.findall(one.tried[language]) for language in ("en", "es")]
    assert names[0] == names[1] == list(one.names)
    assert bool(one.remark("en")) == bool(one.remark("es"))
    assert one.says["en"] != one.says["es"] or re.search(r"[=(]", one.says["en"])


def test_links_to_errors_lead_to_a_heading_of_their_page():
    for language, name in course.PAGES.items():
        text = (paths.ROOT / name).read_text("utf-8")
        titles = re.findall(r"^#+ (.+)$", text, re.M)
        anchors = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
        linked = re.findall(r"\(#([^)]+)\)", text)
        assert len(linked) == 3 and set(linked) <= anchors, language


def test_a_remark_is_told_without_marks_of_markdown():
    remarks = {one.number: one.remark("en") for one in ALL if one.remark("en")}
    assert remarks["2.3"] == "An error: who proposed the convolutional network"
    assert remarks["5.15"].startswith("convolution.lead_gone: a network") and "1.1" not in remarks
