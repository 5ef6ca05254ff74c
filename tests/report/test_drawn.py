"""Pictures are told apart by the scores that they were drawn from."""

import demo_topic
import pytest

from pipeline import paths
from pipeline.report import drawn


def test_pictures_are_of_the_scores_they_were_drawn_from(house):
    demo_topic.evaluate()
    drawn.note()
    assert drawn.is_of_present(demo_topic.TOPIC, otherwise=False)
    demo_topic.evaluate(accuracy=0.5)
    assert not drawn.is_of_present(demo_topic.TOPIC, otherwise=True)


@pytest.mark.parametrize("otherwise", [True, False])
def test_where_nobody_wrote_it_down(house, otherwise):
    demo_topic.evaluate()
    assert drawn.is_of_present(demo_topic.TOPIC, otherwise) is otherwise


def test_a_topic_without_scores_has_no_pictures(house):
    paths.PICTURES.mkdir(parents=True)
    drawn.note()
    assert not drawn.is_of_present("another", otherwise=True)
