"""A mistake in params.yaml or a profile is one line with file and key, what was given and what is allowed."""

import pytest
from written_settings import GOOD, T, V, complaints, read, spoiled

from pipeline.settings import params

WORDS = "allowed a mapping of the keys it changes; write {} for none"
NAMED = "allowed lower-case letters, digits and _, 64 at most"
TOP = (
    "allowed profile, language, seeds, first_seed, looks, budget_minutes, workers, executor, cluster, runs_per_gpu,"
    " gpus_per_run, run_minutes, same_on_every_processor, only, store, views, data, topics, sweeps"
)
METRICS = "metrics: [accuracy, shifted_accuracy, near_over_far]"
LISTS = "a0: &a0 [1, 2]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
NO_YAML = "allowed YAML 1.2, indented by spaces, not tabs"
ODD = {  # what was done: text to replace in params.yaml (or a profile), what is put there, all that is said
    "a number as a key": ("seeds: 6", "seeds: 6\n3: 4", f"params.yaml: 3: given the name 3, {NAMED}"),
    "nothing as a key": ("seeds: 6", "seeds: 6\n~: 4", f"params.yaml: nothing: given the name nothing, {NAMED}"),
    "true as a key": ("channels: 4", "true: 4", f"params.yaml: {T}.build.True: given the name True, {NAMED}"),
    "a list as a key": ("seeds: 6", "seeds: 6\n? [a]\n: 4", f"params.yaml: ('a',): given the name ('a',), {NAMED}"),
    "a key of two lines": (
        "seeds: 6",
        'seeds: 6\n"a\\nb": 4',
        f"params.yaml: 'a\\nb': given the name 'a\\nb', {NAMED}",
    ),
    "a capital": ("seeds: 6", "Seeds: 6", f"params.yaml: Seeds: given the name 'Seeds', {NAMED}"),
    "a long key": ("seeds: 6", f"{'x' * 64}y: 6", f"params.yaml: '{'x' * 64}y': given the name '{'x' * 64}y', {NAMED}"),
    "a known word misspelt": ("seeds: 6", "seed: 6", f"params.yaml: seed: given 'seed', {TOP} (did you mean 'seeds'?)"),
    "a tab": (
        "  signals:",
        "\tsignals:",
        f"params.yaml: syntax (line 5): given no YAML (found character that cannot start any token), {NO_YAML}",
    ),
    "two documents": (
        "data:\n",
        "---\ndata:\n",
        f"params.yaml: syntax (line 4): given no YAML (but found another document), {NO_YAML}",
    ),
    "an alias of nothing": (
        "seeds: 6",
        "seeds: *six",
        f"params.yaml: syntax (line 3): given no YAML (found undefined alias), {NO_YAML}",
    ),
    "a number that is none": (
        "seeds: 6",
        "seeds: !!int six",
        f"params.yaml: syntax: given no YAML (invalid literal for int() with base 10: 'six'), {NO_YAML}",
    ),
    "a long value": (
        "profile: laptop",
        f"profile: {'x' * 5000}",
        f"params.yaml: profile: given '{'x' * 76}..., allowed one of 'smoke', 'laptop', 'full', 'gpu'",
    ),
    "a long name": (
        "max: {view: over}",
        f"max: {{view: over, group: {'x' * 5000}}}",
        f"params.yaml: {V}.max.group: given '{'x' * 76}..., allowed none",
    ),
    "lists of lists that blow up": (
        "profile: laptop\n",
        LISTS,
        "params.yaml: a11: given too much or too deep, allowed 20000 values, 12 levels deep",
    ),
    "a list of all data": (
        "data:\n  signals:",
        "data: [a]\nmore:\n  signals:",
        f"params.yaml: more: given 'more', {TOP} (did you mean 'store'?)"
        "\nparams.yaml: data: given ['a'], allowed a mapping",
    ),
    "metrics twice": (
        METRICS,
        "metrics: [accuracy, shifted_accuracy, near_over_far, accuracy]",
        f"params.yaml: {T}.metrics: given 'accuracy' 2 times, allowed once",
    ),
    "metrics of one word": (
        METRICS,
        "metrics: accuracy",
        f"params.yaml: {T}.metrics: given 'accuracy', allowed a list, each item text",
    ),
    "a metric less": (
        METRICS,
        "metrics: [accuracy, near_over_far]",
        f"params.yaml: {T}.metrics: given no 'shifted_accuracy', allowed a list with it:"
        " needed by the claims shifted_images",
    ),
    "a list of variants": (
        GOOD.partition("    variants:")[2],
        " [mlp, stride]",
        f"params.yaml: {V}: given ['mlp', 'stride'], allowed a mapping",
    ),
    "a topic of nothing": (
        GOOD.partition("  convolution:")[2],
        "",
        f"params.yaml: {T}: given nothing, allowed a mapping with "
        "data, view, model, task, precision, build, augment, fit, seeds, looks, metrics, groups, variants, title,"
        " question, claims, cost",
    ),
    "a block of nothing": (
        "build: {channels: 4}",
        "build:",
        f"params.yaml: {T}.build: given nothing, allowed a mapping",
    ),
    "a list of options": (
        "load: {samples: 600}",
        "load: [600]",
        "params.yaml: data.signals.load: given [600], allowed a mapping",
    ),
    "another plain": (
        "plain: {}\n      turned",
        "plain: {augment: {shift: 0.1}}\n      turned",
        "params.yaml: data.pictures.views.plain: given the steps augment, allowed none:"
        " plain is the training split as it is",
    ),
    "a longer tail than head": (
        "split: {validation: 100, test: 100, seed: 0}",
        "split: {train: {head: 3, tail: 4}}",
        "params.yaml: data.signals.split.train: given a tail of 4 after a head of 3, allowed a tail that is no larger",
    ),
    "a view of no sampler": (
        "over: {rebalance: {sampler: over}}",
        "over: {rebalance: }",
        "params.yaml: data.signals.views.over.rebalance: given nothing, allowed a mapping with"
        " sampler, ratio, count, neighbours",
    ),
    "an unknown view in a list": (
        "views:\n      plain: {}\n      over: {rebalance: {sampler: over}}",
        "views: [overr]",
        "params.yaml: data.signals.views: given 'overr', allowed plain",
    ),
    "a number in a list of views": (
        "views:\n      plain: {}\n      over: {rebalance: {sampler: over}}",
        "views: [3]",
        "params.yaml: data.signals.views: given [3], allowed a list, each item text or a mapping",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_one_mistake_is_one_line(tmp_path, name):
    old, new, expected = ODD[name]
    assert GOOD.count(old) == 1
    assert complaints(tmp_path, GOOD.replace(old, new)) == expected.splitlines()


ODD_PROFILES = {  # a profile's whole text, all that is said
    "nothing": ("", ": the file: given nothing, allowed a mapping of settings"),
    "remarks alone": ("# later", ": the file: given nothing, allowed a mapping of settings"),
    "a list": ("- a", ": the file: given ['a'], allowed a mapping of settings"),
    "itself": ("extends: smoke", ": extends: given 'smoke', allowed a profile that does not extend smoke itself"),
    "a list of profiles": (
        "extends: [full]",
        ": extends: given ['full'], allowed one of 'smoke', 'full', 'gpu' or null",
    ),
    "laptop": ("extends: laptop", ": extends: given 'laptop', allowed one of 'smoke', 'full', 'gpu' or null"),
    "a topic of nothing": ("topics: {convolution: }", f": {T}: given nothing, {WORDS}"),
    "a list for a topic": ("topics: {convolution: [1]}", f": {T}: given [1], {WORDS}"),
    "a data set of nothing": ("data: {signals: }", f": data.signals: given nothing, {WORDS}"),
    "a fit of nothing": ("topics: {convolution: {fit: }}", f": {T}.fit: given nothing, allowed a mapping"),
    "a block twice": ("data: {}\ndata: {}", ": data (line 2): given twice in one block, allowed once: remove one"),
    "a misspelt block": (
        "every_topics: {}",
        ": every_topics: given 'every_topics', allowed extends, every_data, every_topic, data, topics"
        " (did you mean 'every_topic'?)",
    ),
}


@pytest.mark.parametrize("name", ODD_PROFILES)
def test_one_mistake_in_a_profile_is_one_line(tmp_path, name):
    text, expected = ODD_PROFILES[name]
    assert complaints(tmp_path, smoke=text) == [f"profiles/smoke.yaml{expected}"]


def test_a_profile_that_extends_what_extends_itself_is_not_blamed(tmp_path):
    assert complaints(tmp_path, full="extends: gpu", smoke="extends: full") == [
        "profiles/gpu.yaml: extends: given 'full', allowed a profile that does not extend full itself",
        "profiles/full.yaml: extends: given 'gpu', allowed a profile that does not extend gpu itself",
    ]


def test_a_profile_that_extends_a_file_that_is_missing_names_those_that_are_there(tmp_path):
    read(tmp_path)
    (tmp_path / "profiles" / "full.yaml").unlink()
    with pytest.raises(params.ParamsError) as caught:
        params.read(tmp_path / "params.yaml")
    assert caught.value.lines == ["profiles/gpu.yaml: extends: given 'full', allowed smoke"]


def test_mistakes_are_told_in_the_order_of_the_file(tmp_path):
    unknown = [f"k{i}" for i in range(9)]
    text = GOOD.replace("build: {channels: 4}", f"build: {{{', '.join(f'{key}: 1' for key in unknown)}}}")
    said = list(dict.fromkeys(line.split(": ")[1] for line in complaints(tmp_path, text)))
    assert said == [f"{T}.build.{key}" for key in unknown]


def test_without_data_or_topics_that_is_all_that_is_said(tmp_path):
    for part in ("data", "topics"):
        lines = complaints(tmp_path, spoiled(part, None, remove=True))
        assert lines == [f"params.yaml: {part}: given nothing, allowed a mapping"]
