"""Of very many seeds some are shown, and the page does not grow with their number."""

import itertools

import pytest
from report_files import VARIANTS, known_topics, report, source_of, write_topic

from pipeline.report import many


@pytest.mark.parametrize("count", [0, 1, many.SHOWN])
def test_as_many_as_a_course_asks_for_are_all_shown(count):
    assert many.some(range(count)) == list(range(count))
    assert many.spread([*range(count)][::-1]) == [*range(count)][::-1]


@pytest.mark.parametrize("count", [many.SHOWN + 1, 500, 10_000])
def test_of_more_some_are_shown_evenly_from_first_to_last(count):
    found = many.some(range(count))
    steps = {later - one for one, later in itertools.pairwise(found)}
    assert len(found) == many.SHOWN and (found[0], found[-1]) == (0, count - 1) and max(steps) - min(steps) <= 1
    assert many.spread([float(-each) for each in range(count)])[0] == 1.0 - count


def test_the_page_does_not_grow_with_the_number_of_seeds(house, monkeypatch):
    known_topics(monkeypatch)
    sizes = {}
    for seeds in (60, 240):
        write_topic(
            "convolution", VARIANTS, seeds=seeds, epochs=3, failed=[("mlp", seed) for seed in range(1, seeds, 2)]
        )
        report()
        text = source_of(house / "data" / "report")
        sizes[seeds] = len(text)
        assert f"Of the {seeds} seeds {many.SHOWN} are drawn, evenly spread" in text
        assert f"and {seeds - many.SHOWN} more" in text  # keys of runs
    assert sizes[240] < sizes[60] * 1.05
