"""Which seeds each variant has: those of the first look, and what later looks at its claims have asked for."""

from collections.abc import Mapping
from typing import Any

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import digest, read_sealed, write_sealed
from pipeline.settings.params import Settings, TopicSettings, Variant

RATE_PAIRS = 1.5  # times as many as for means: all runs against none are to be enough at the first look


def seeds_of(settings: Settings, topic: TopicSettings) -> dict[str, list[int]]:
    """{variant: its seeds}, the first of which is `first_seed`: 0 to 9 are for exploring, 100 and up for confirming."""
    more = asked_for(settings, topic)
    counts = {name: max(pairs, more.get(name, 0)) for name, pairs in first_look(topic).items()}
    return {name: list(range(settings.first_seed, settings.first_seed + count)) for name, count in counts.items()}


def looks(topic: TopicSettings) -> dict[str, list[int]]:
    """Pairs at each look at the topic's claims, on means and on rates: twice as many as at the one before."""
    sizes = [topic.seeds * 2**look for look in range(topic.looks)]
    return {"means": sizes, "rates": [pairs(size, is_rate=topic.looks > 1) for size in sizes]}


def first_look(topic: TopicSettings) -> dict[str, int]:
    """{variant: seeds of the first look}: `seeds`, half as many again for one that a claim on a rate compares."""
    rated = _rated(topic) if topic.looks > 1 else set()
    return {name: pairs(topic.seeds, is_rate=name in rated) for name in topic.variants}


def pairs(seeds: int, *, is_rate: bool) -> int:
    """Pairs of the first look at a claim."""
    return round(RATE_PAIRS * seeds) if is_rate else seeds


def _rated(topic: TopicSettings) -> set[str]:
    return {arm for claim in topic.claims if claim.kind == "rate" for arm in (claim.better, claim.worse)}


def asked_for(settings: Settings, topic: TopicSettings) -> Mapping[str, int]:
    """{variant: seeds} that looks at the topic's claims have asked for; none if they were of other settings."""
    seeds: Mapping[str, int] = _read(settings, topic).get("seeds", {})
    return seeds


def spent(settings: Settings, topic: TopicSettings) -> float:
    """Seconds of training that these cost."""
    return float(_read(settings, topic).get("seconds", 0.0))


def ask(settings: Settings, topic: TopicSettings, more: Mapping[str, int], seconds: float) -> None:
    """Have `more` seeds of variants, {variant: seeds in all}, which cost `seconds` of training."""
    seeds = dict(asked_for(settings, topic)) | dict(more)
    record = {"key": _key(settings, topic), "seeds": seeds, "seconds": spent(settings, topic) + seconds}
    write_sealed(paths.looks(topic.name), record)


def _read(settings: Settings, topic: TopicSettings) -> dict[str, Any]:
    try:
        found = read_sealed(paths.looks(topic.name))
    except (FileNotFoundError, NotADirectoryError, InputError):
        return {}
    return found if found.get("key") == _key(settings, topic) else {}


def _key(settings: Settings, topic: TopicSettings) -> str:
    """Digest of what the looks at a topic belong to: its variants, their data and how many seeds begin."""
    variants = {name: variant.settings() for name, variant in topic.variants.items()}
    data = {name: _data(settings, variant) for name, variant in topic.variants.items()}
    return digest(variants, data, first_look(topic), settings.first_seed)


def _data(settings: Settings, variant: Variant) -> list[Any]:
    block = settings.data[variant.data]
    views = {name: {step: dict(options) for step, options in steps.items()} for name, steps in block.views.items()}
    return [block.source, dict(block.load), block.scale, block.seed, block.redraw, views]


def draws(settings: Settings) -> dict[str, list[int]]:
    """{data set: the draws of it that some variant learns from}; one that nothing learns from has its first."""
    found: dict[str, set[int]] = {name: set() for name in settings.data}
    for topic in settings.topics.values():
        for name, seeds in seeds_of(settings, topic).items():
            block = settings.data[topic.variants[name].data]
            found[block.name] |= {block.draw(seed) for seed in seeds}
    first = settings.first_seed
    return {name: sorted(of_data or {settings.data[name].draw(first)}) for name, of_data in found.items()}
