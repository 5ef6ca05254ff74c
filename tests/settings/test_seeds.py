"""Seeds of variants: a first look for all, half as many again for rates, and what later looks have asked for."""

from dataclasses import replace

import pytest

from pipeline import paths, plugins
from pipeline.settings import params, seeds

TOPIC = "exploding"


@pytest.fixture
def settings(house):
    return params.read(paths.PARAMS, profile="laptop")


@pytest.fixture
def topic(settings):
    return settings.topics[TOPIC]


def rated():
    claims = plugins.load("topics", TOPIC).TOPIC.claims
    return {arm for claim in claims if claim.kind == "rate" for arm in (claim.better, claim.worse)}


def test_the_first_look_has_half_as_many_seeds_again_for_rates(settings, topic):
    counts = {name: len(of_variant) for name, of_variant in seeds.seeds_of(settings, topic).items()}
    assert rated() and counts == {name: 9 if name in rated() else 6 for name in topic.variants}
    one = replace(topic, looks=1)
    assert {len(of_variant) for of_variant in seeds.seeds_of(settings, one).values()} == {6}


def test_seeds_begin_beyond_those_for_exploring(settings, topic):
    for of_variant in seeds.seeds_of(settings, topic).values():
        assert of_variant == list(range(200, 200 + len(of_variant)))
    others = seeds.seeds_of(replace(settings, first_seed=0), topic)
    assert all(of_variant[0] == 0 for of_variant in others.values())


def test_each_look_takes_twice_as_many_pairs(topic):
    assert seeds.looks(topic) == {"means": [6, 12, 24], "rates": [9, 18, 36]}
    assert seeds.looks(replace(topic, looks=2, seeds=5)) == {"means": [5, 10], "rates": [8, 15]}
    assert seeds.looks(replace(topic, looks=1, seeds=2)) == {"means": [2], "rates": [2]}


def test_what_a_look_asks_for_is_had_and_adds_up(settings, topic):
    first, second, *_ = topic.variants
    seeds.ask(settings, topic, {first: 12}, 30.0)
    seeds.ask(settings, topic, {second: 18}, 12.5)
    found = seeds.seeds_of(settings, topic)
    assert (len(found[first]), len(found[second])) == (12, 18) and seeds.spent(settings, topic) == 42.5
    data = settings.data[topic.variants[first].data]
    assert set(range(200, 212)) <= set(seeds.draws(settings)[data.name])


@pytest.mark.parametrize("change", ["rate", "data", "seeds", "first"])
def test_it_is_of_the_settings_that_it_was_asked_under(settings, topic, change):
    first, variant = next(iter(topic.variants.items()))
    seeds.ask(settings, topic, {first: 12}, 30.0)
    if change == "rate":
        other = replace(variant, fit={**variant.fit, "learning_rate": 0.5})
        topic = replace(topic, variants={**topic.variants, first: other})
    elif change == "data":
        block = replace(settings.data[variant.data], seed=7)
        settings = replace(settings, data={**settings.data, variant.data: block})
    elif change == "seeds":
        topic = replace(topic, seeds=5)
    else:
        settings = replace(settings, first_seed=300)
    assert seeds.asked_for(settings, topic) == {} and seeds.spent(settings, topic) == 0


def test_a_torn_file_asks_for_nothing(settings, topic):
    seeds.ask(settings, topic, {next(iter(topic.variants)): 12}, 30.0)
    text = paths.looks(TOPIC).read_text()
    paths.looks(TOPIC).write_text(text.replace("12", "24"))
    assert seeds.asked_for(settings, topic) == {}


def test_data_without_draws_of_their_own_have_one(settings, topic):
    name = next(iter(topic.variants.values())).data
    block = replace(settings.data[name], redraw=False)
    assert (block.draw(205), settings.data[name].draw(205)) == (0, 205)
    alone = replace(settings, data={name: block}, topics={TOPIC: replace(topic, variants=of_data(topic, name))})
    assert seeds.draws(alone) == {name: [0]}


def of_data(topic, name):
    return {variant.name: variant for variant in topic.variants.values() if variant.data == name}


def test_data_that_nothing_learns_from_have_their_first_draw(settings):
    assert set(map(tuple, seeds.draws(replace(settings, topics={})).values())) == {(200,)}
