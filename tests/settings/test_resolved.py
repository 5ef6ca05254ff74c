"""The shipped settings resolve to those that the runs so far were made of: a digest of each data set and variant."""

import dataclasses
import hashlib
import json
from pathlib import Path

import pytest

from pipeline.settings import params

REFERENCE = json.loads((Path(__file__).parent / "resolved.json").read_text())


def plain(item):
    if dataclasses.is_dataclass(item):
        return {field.name: plain(getattr(item, field.name)) for field in dataclasses.fields(item)}
    if isinstance(item, dict):
        return {name: plain(value) for name, value in item.items()}
    return [plain(value) for value in item] if isinstance(item, list | tuple) else item


def digest(item):
    return hashlib.sha256(json.dumps(plain(item), sort_keys=True).encode()).hexdigest()[:16]


@pytest.mark.parametrize("profile", REFERENCE)
def test_data_sets_and_variants_are_as_they_were_and_in_their_order(profile):
    settings, reference = params.read(profile=profile), REFERENCE[profile]
    assert {name: digest(block) for name, block in settings.data.items()} == reference["data"]
    assert list(settings.topics) == list(reference["topics"])
    for name, topic in settings.topics.items():
        then = reference["topics"][name]
        assert (topic.seeds, digest(topic.metrics)) == (then["seeds"], then["metrics"]), name
        assert {arm: digest(variant) for arm, variant in topic.variants.items()} == then["variants"], name
        assert list(topic.variants) == list(then["variants"]), name
