"""The shipped settings resolve to those that all published runs were made with: their keys follow from them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from pipeline.settings import params

# Digests of the settings as they were when params.yaml spelt everything out. A setting that is changed on purpose
# changes the digest of its data set or variant here: put the new one in its place.
REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text("utf-8"))


def plain(value):
    """Settings as nested plain values."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value) if field.compare}
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def digest(value):
    return hashlib.sha256(json.dumps(plain(value), sort_keys=True).encode()).hexdigest()[:12]


def digests(settings):
    """{"data.yeast5": digest, "topics.memory.variants.gru": digest, ...}"""
    found = {f"data.{name}": digest(block) for name, block in settings.data.items()}
    for name, topic in settings.topics.items():
        found |= {f"topics.{name}.seeds": topic.seeds, f"topics.{name}.metrics": digest(topic.metrics)}
        found |= {f"topics.{name}.variants.{arm}": digest(variant) for arm, variant in topic.variants.items()}
    return found


def expected(profile):
    found = {f"data.{name}": value for name, value in REFERENCE[profile]["data"].items()}
    for name, topic in REFERENCE[profile]["topics"].items():
        found |= {f"topics.{name}.{key}": topic[key] for key in ("seeds", "metrics")}
        found |= {f"topics.{name}.variants.{arm}": value for arm, value in topic["variants"].items()}
    return found


@pytest.mark.parametrize("profile", params.PROFILES)
def test_no_data_set_and_no_variant_has_other_settings(profile):
    present, before = digests(params.read(profile=profile)), expected(profile)
    assert {key for key in present.keys() | before.keys() if present.get(key) != before.get(key)} == set()


@pytest.mark.parametrize("profile", params.PROFILES)
def test_the_order_is_the_same(profile):
    assert list(digests(params.read(profile=profile))) == list(expected(profile))


def test_a_changed_setting_would_be_named():
    import dataclasses

    settings = params.read(profile="laptop")
    topic = settings.topics["memory"]
    gru = dataclasses.replace(topic.variants["gru"], fit=dict(topic.variants["gru"].fit) | {"learning_rate": 0.03})
    topics = dict(settings.topics) | {
        "memory": dataclasses.replace(topic, variants=dict(topic.variants) | {"gru": gru})
    }
    changed, before = digests(dataclasses.replace(settings, topics=topics)), expected("laptop")
    assert [key for key in before if changed[key] != before[key]] == ["topics.memory.variants.gru"]
