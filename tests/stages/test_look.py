"""The look: seeds for what is undecided, none for what is decided or hopeless, and no more than the budget pays."""

import math
from dataclasses import replace

import pytest

from pipeline import paths
from pipeline.freshness import TopicState
from pipeline.records import SCORES, write_items, write_rows
from pipeline.settings import params, seeds
from pipeline.stages import look

TOPIC = "long_tail"


@pytest.fixture
def settings(house):
    settings = params.read(paths.PARAMS, profile="laptop")
    return replace(settings, topics={TOPIC: settings.topics[TOPIC]}, workers=1)


def state(settings, seconds=2.0):
    topic = settings.topics[TOPIC]
    counts = {name: len(of_variant) for name, of_variant in seeds.seeds_of(settings, topic).items()}
    planned = {name: {"data_digests": dict.fromkeys(map(str, range(count)))} for name, count in counts.items()}
    plan = {"topic": TOPIC, "profile": "laptop", "looks": seeds.looks(topic), "variants": planned}
    places = [(name, seed) for name, count in counts.items() for seed in range(count)]
    records = {place: {"duration_s": seconds} for place in places}
    return TopicState(topic=topic.topic, plan=plan, records=records, others={}, scores="current")


def score(settings, spread, gap=0.012):
    """Scores of every metric: variants `gap` apart, the same in all seeds but for `spread`."""
    topic, rows = settings.topics[TOPIC], []
    for place, name in enumerate(topic.variants):
        for seed in range(6):
            value = 0.5 + gap * place + spread * ((seed * 7 + place * 3) % 5 - 2)
            run = {"variant": name, "seed": 100 + seed, "status": "finished", "run_key": f"{name}{seed}"}
            rows += [{**run, "metric": metric, "value": value} for metric in topic.metrics]
    write_rows(paths.results(TOPIC) / "scores.csv", SCORES, rows)
    write_items(paths.results(TOPIC) / "items.npz", [])


def test_what_is_undecided_gets_twice_as_many(settings):
    score(settings, spread=0.004)
    (line,) = look.look(settings, [state(settings)])
    assert line.startswith(f"{TOPIC}: more seeds for claims that are undecided (")
    asked = seeds.asked_for(settings, settings.topics[TOPIC])
    assert asked and set(asked.values()) == {12}
    assert seeds.spent(settings, settings.topics[TOPIC]) == 2.0 * 6 * len(asked)


def test_what_is_decided_gets_none(settings):
    score(settings, spread=0.0001, gap=0.2)
    assert look.look(settings, [state(settings)]) == []
    assert not paths.looks(TOPIC).exists()


def test_the_budget_is_kept_and_what_was_spent_counts(settings):
    score(settings, spread=0.004)
    assert look.look(replace(settings, budget_minutes=0.0), [state(settings)]) == []
    dear = replace(settings, budget_minutes=1.0)  # 60 s: two arms of six runs of 2 s, or four
    look.look(dear, [state(dear)])
    spent = seeds.spent(dear, dear.topics[TOPIC])
    assert 0 < spent <= 60
    nearly = replace(dear, budget_minutes=spent / 60 + 0.01)
    assert look.look(nearly, [state(nearly)]) == []


def test_a_topic_of_one_look_and_one_without_scores_are_left_alone(settings):
    score(settings, spread=0.004)
    once = replace(settings, topics={TOPIC: replace(settings.topics[TOPIC], looks=1)})
    assert look.look(once, [state(once)]) == []
    assert look.look(settings, [replace(state(settings), scores="stale")]) == []


def test_what_a_topic_without_scores_has_spent_and_its_share_are_nobody_elses(settings, monkeypatch):
    """Else the others would get more seeds, and perhaps other verdicts, for the time that it has none."""
    shares = []
    monkeypatch.setattr(look, "_more", lambda settings, state, *, budget_s: shares.append(budget_s) or ({}, 0.0))
    monkeypatch.setattr(seeds, "spent", lambda settings, topic: 6.0)
    whole = replace(settings, budget_minutes=1.0)
    look.look(whole, [replace(state(whole), scores="stale"), state(whole)])
    look.look(whole, [state(whole), state(whole)])
    assert [share for share in shares if share < math.inf] == [24.0, 24.0, 48.0]


def test_what_a_topic_does_not_ask_for_goes_to_those_that_ask_for_more(settings, monkeypatch):
    """Wherever they stand."""
    wanted, shares = {2.0: 100.0, 3.0: 4.0, 5.0: 30.0}, {}

    def more(settings, state, *, budget_s):
        seconds = state.records["untouched", 0]["duration_s"]
        shares[seconds] = budget_s
        return {"untouched": 12}, min(wanted[seconds], budget_s)

    monkeypatch.setattr(look, "_more", more)
    monkeypatch.setattr(seeds, "spent", lambda settings, topic: 0.0)
    whole = replace(settings, budget_minutes=1.5)
    look.look(whole, [state(whole, seconds) for seconds in wanted])
    assert shares == {3.0: 30.0, 5.0: 43.0, 2.0: 56.0}
