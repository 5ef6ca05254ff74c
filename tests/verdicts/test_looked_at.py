"""Seeds that were published before a claim was written do not confirm it; those that were not do."""

from pipeline.verdicts.looked_at import is_fresh, with_publication


def published(first, last, **claims):
    return {"first_seed": first, "last_seed": last, "claims": {"memory": claims}}


def fresh(history, digest="new", seeds=range(100, 106), topic="memory"):
    return is_fresh(history, topic=topic, name="gru", digest=digest, seeds=seeds)


def test_a_claim_that_changed_after_its_seeds_were_published_is_not_fresh():
    history = [published(100, 111, gru="old")]
    assert not fresh(history)
    assert fresh(history, digest="old")


def test_that_it_was_published_since_makes_it_no_fresher():
    history = [published(100, 111, gru="old"), published(100, 111, gru="new")]
    assert not fresh(history)


def test_other_seeds_make_it_fresh_also_once_they_are_published():
    history = [published(100, 111, gru="old")]
    assert fresh(history, seeds=range(112, 118)) and not fresh(history, seeds=range(111, 117))
    after = with_publication(history, seeds=[113, 112, 117], claims={"memory": {"gru": "new"}})
    assert after[1:] == [published(112, 117, gru="new")]
    assert fresh(after, seeds=range(112, 118))


def test_a_claim_that_is_new_in_its_topic_was_written_after_all_of_it_and_other_topics_do_not_count():
    history = [published(100, 111, lstm="old")]
    assert not fresh(history)
    assert fresh(history, topic="exploding") and fresh([])


def test_the_same_publication_twice_is_one():
    history = with_publication([], seeds=[100], claims={"memory": {"gru": "a"}})
    assert with_publication(history, seeds=[100], claims={"memory": {"gru": "a"}}) == history
    assert len(with_publication(history, seeds=[100], claims={"memory": {"gru": "b"}})) == 2
    assert with_publication(history, seeds=[], claims={"memory": {"gru": "b"}}) == history
