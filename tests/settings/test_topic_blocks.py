"""A block under `topics:` becomes variants with every setting, each from the layer that comes last."""

import pytest
from ruamel.yaml import YAML
from written_settings import GOOD, T, V, complaints, read, spoiled

from pipeline import plugins
from pipeline.settings.topic_blocks import Variant
from pipeline.verdicts.topic import load

CONVOLUTION = load("convolution").claims
SETTINGS = "data, view, model, task, precision, build, augment, fit"
NOT_FOR_SIGNALS = "given augmentation of data of kind 'signal', allowed image only"
TASKS = "classify, classify_at_once, classify_moved, generate"
FIT = {
    "epochs": 2,
    "batch_size": 64,
    "epoch_steps": None,
    "patience": None,
    "xla": False,
    "learning_rate": 1e-3,
    "optimizer": "adam",
    "momentum": 0.0,
    "global_clipnorm": None,
    "watch_gradients": False,
    "class_weight": None,
    "logit_adjustment": 0.0,
    "focal": 0.0,
    "label_smoothing": 0.0,
}
CONVNET = {"channels": 4, "kernels": [5, 3, 3], "pooling": "stride", "padding": "same", "head": "flatten"}


def topic(tmp_path, text=GOOD, **options):
    return read(tmp_path, text, **options).topics["convolution"]


def variant(tmp_path, changes, **options):
    """The variant `max`, which no group or model of its own has, with other settings."""
    return topic(tmp_path, spoiled(f"{V}.max", changes), **options).variants["max"]


def several(changes):
    text = GOOD
    for path, value in changes.items():
        text = spoiled(path, value, text=text)
    return text


def test_a_variant_has_every_setting(tmp_path):
    images = topic(tmp_path).variants["images_max"]
    assert images == Variant(
        name="images_max",
        task="classify",
        data="pictures",
        view="plain",
        model="convnet",
        precision="float32",
        build=CONVNET | {"initializer": "glorot_uniform", "pooling": images.build["pooling"]},
        augment={"shift": 0.1, "rotate": 0.0, "zoom": 0.0, "noise": 0.0},
        fit=FIT,
    )


def test_what_decides_its_numbers_is_all_but_its_name(tmp_path):
    stride = topic(tmp_path).variants["stride"]
    assert stride.settings() == {
        "task": "classify",
        "data": "signals",
        "view": "plain",
        "model": "convnet",
        "precision": "float32",
        "build": CONVNET | {"initializer": "glorot_uniform"},
        "augment": {},
        "fit": FIT,
    }
    assert list(stride.settings()) == ["task", "data", "view", "model", "precision", "build", "augment", "fit"]


def test_what_a_variant_says_counts(tmp_path):
    changed = variant(tmp_path, {"view": "over", "precision": "mixed_float16", "fit": {"epochs": 7}})
    assert (changed.view, changed.precision, changed.fit) == ("over", "mixed_float16", FIT | {"epochs": 7})
    assert variant(tmp_path, {"task": None, "group": None}).task == "classify"


@pytest.mark.parametrize(
    ("source", "task"), [("adding", "regress"), ("temporal_order", "classify"), ("accents", "tag")]
)
def test_the_task_follows_from_the_labels(tmp_path, source, task):
    data = {"source": source}
    models = {"regress": "recurrent", "classify": "recurrent", "tag": "tagger"}
    build = {"vocabulary": 27, "parameters": 900} if task == "tag" else {}
    text = several({"data.other": data, f"{V}.max": {"data": "other", "model": models[task], "build": build}})
    assert topic(tmp_path, text).variants["max"].task == task


def test_claims_that_compare_what_is_not_there_are_left_out_and_said(tmp_path):
    whole, text = topic(tmp_path), GOOD.replace("      stride: {build: {pooling: stride}}\n", "")
    fewer = topic(tmp_path, text)
    assert whole.left_out == {} and whole.note() == ""
    names = {"convolution", "locality", "combined_views", "sharing", "sharing_at_equal_parameters"}
    assert fewer.left_out.keys() == names and set(fewer.left_out.values()) == {("stride",)}
    assert fewer.note() == "topics.convolution: 5 claims are left out, as there is no variant stride"


def test_a_metric_that_only_claims_left_out_need_may_go(tmp_path):
    """Of the claims only `shifted_images` is about shifted_accuracy."""
    arms = [arm for claim in CONVOLUTION if claim.name == "shifted_images" for arm in (claim.better, claim.worse)]
    text = GOOD.replace("metrics: [accuracy, shifted_accuracy, ", "metrics: [accuracy, ")
    lines = [line for line in text.splitlines() if not line.startswith(f"      {arms[0]}:")]
    assert "shifted_images" in topic(tmp_path, "\n".join(lines)).left_out


def test_seeds_and_metrics_are_those_of_the_topic(tmp_path):
    assert topic(tmp_path).seeds == 6 and topic(tmp_path).metrics == ("accuracy", "shifted_accuracy", "near_over_far")
    assert topic(tmp_path, several({f"{T}.seeds": 3})).seeds == 3
    smoke = "every_topic: {seeds: 2, metrics: [brier, near_over_far, shifted_accuracy, accuracy]}"
    changed = topic(tmp_path, profile="smoke", smoke=smoke)
    assert changed.seeds == 2 and changed.metrics == ("brier", "near_over_far", "shifted_accuracy", "accuracy")


def test_without_metrics_accuracy_and_cross_entropy_are_measured(tmp_path):
    lines = complaints(tmp_path, spoiled(f"{T}.metrics", None, remove=True))
    assert lines == [
        f"params.yaml: {T}.metrics: given no 'near_over_far', allowed a list with it: needed by the claims near_pixels",
        f"params.yaml: {T}.metrics: given no 'shifted_accuracy', allowed a list with it:"
        " needed by the claims shifted_images",
    ]
    lines = complaints(tmp_path, spoiled(f"{T}.metrics", []))
    assert len(lines) == 3 and "given no 'accuracy', allowed" in lines[0] and "needed by the claims conv" in lines[0]


OF_TOPIC = f"{SETTINGS}, seeds, looks, metrics, groups, variants, title, question, claims, cost"
WRONG = [  # keys below the topic, changed, and what is said of the first of them
    ({"variants.max.task": "tag"}, f"given 'tag', allowed {TASKS} (labels: class)"),
    ({"variants.max.task": "x" * 99}, f"given '{'x' * 76}..., allowed {TASKS} (labels: class)"),
    ({"variants.max.data": "other"}, "given 'other', allowed pictures, signals"),
    ({"variants.max.data": 3}, "given 3, allowed text"),
    ({"variants.max.data": {"a": 1}}, "given a mapping, allowed text"),
    ({"variants.max.view": "turned"}, "given 'turned', allowed over, plain"),
    ({"variants.max.model": 3}, "given 3, allowed text"),
    ({"variants.max.group": "few", "groups": {"fewer": {}}}, "given 'few', allowed fewer (did you mean 'fewer'?)"),
    ({"variants.max.group": {"a": 1}}, "given a mapping, allowed text or null"),
    ({"variants.max.augment": {"shift": 0.1}}, NOT_FOR_SIGNALS),
    ({"variants.max.build.width": 3}, "given 'width', allowed channels, kernels, pooling, padding, initializer, head"),
    ({"variants.max.seeds": 3}, f"given 'seeds', allowed {SETTINGS}, group"),
    ({"variants.max": 3}, "given 3, allowed a mapping of the keys it changes; write {} for none"),
    ({"group": "few"}, f"given 'group', allowed {OF_TOPIC} (did you mean 'groups'?)"),
    ({"new_variants": {}}, f"given 'new_variants', allowed {OF_TOPIC} (did you mean 'variants'?)"),
    ({"groups.few": 3}, f"given 3, allowed a mapping with {SETTINGS}"),
    ({"groups.few.seeds": 3}, f"given 'seeds', allowed {SETTINGS}"),
]


@pytest.mark.parametrize(("changes", "expected"), WRONG)
def test_what_is_wrong_with_a_topic_is_one_line(tmp_path, changes, expected):
    lines = complaints(tmp_path, several({f"{T}.{key}": value for key, value in changes.items()}))
    assert lines == [f"params.yaml: {T}.{next(iter(changes))}: {expected}"]


@pytest.mark.parametrize(
    ("path", "value"),
    [(f"{T}.metrics", ["accuracy", "shifted_accuracy", "near_over_far", "shifted_acuracy"]), ("topics.convolutio", {})],
)
def test_a_metric_or_topic_that_does_not_exist_comes_with_the_nearest_that_does(tmp_path, path, value):
    (line,) = complaints(tmp_path, spoiled(path, value))
    nearest = "shifted_accuracy" if "metrics" in path else "convolution"
    assert line.startswith(f"params.yaml: {path}: given '") and line.endswith(f"(did you mean '{nearest}'?)")


def test_a_missing_model_or_data_set_is_said_of_each_variant_that_has_none(tmp_path):
    lines = complaints(tmp_path, spoiled(f"{T}.model", None, remove=True))
    without = [name for name, item in YAML(typ="safe").load(GOOD)["topics"]["convolution"]["variants"].items()
               if "model" not in item]  # fmt: skip
    assert lines == [f"params.yaml: {V}.{name}.model: given nothing, allowed text" for name in without]
    lines = complaints(tmp_path, spoiled(f"{T}.data", None, remove=True))
    assert f"params.yaml: {V}.stride.data: given nothing, allowed text" in lines and len(lines) == 10


def test_a_profiles_words_on_a_topic_are_checked_where_they_stand(tmp_path):
    for written, line in {
        "every_topic: {augment: {shift: 0.1}}": f"every_topic.augment: {NOT_FOR_SIGNALS}",
        "every_topic: {group: few}": f"every_topic.group: given 'group', allowed {SETTINGS}, seeds, looks, metrics",
        "topics: {convolution: {new_variants: {tiny: 3}}}": f"{T}.new_variants.tiny: given 3, allowed a mapping of"
        " the keys it changes; write {} for none",
        "topics: {convolution: {new_variants: {tiny: {fit: {epoch: 3}}}}}": f"{T}.new_variants.tiny.fit.epoch: given"
        f" 'epoch', allowed {', '.join(FIT)} (did you mean 'epochs'?)",
        "topics: {convolution: {seed: 3}}": f"{T}.seed: given 'seed', allowed {SETTINGS}, seeds, looks, metrics,"
        " groups, variants, new_variants (did you mean 'seeds'?)",
    }.items():
        assert complaints(tmp_path, smoke=written) == [f"profiles/smoke.yaml: {line}"]


def test_a_model_takes_no_build_of_a_layer_below_the_one_that_names_it(tmp_path):
    groups = {"few": {"model": "mlp", "build": {"width": 5}}, "wide": {"build": {"channels": 9}}}
    text = several({f"{T}.groups": groups, f"{V}.max": {"group": "few", "build": {"depth": 3}}})
    built = topic(tmp_path, text).variants["max"]
    assert (built.model, built.build["width"], built.build["depth"]) == ("mlp", 5, 3)
    text = several({f"{T}.groups": groups, f"{V}.max": {"group": "few", "model": "convnet"}})
    assert topic(tmp_path, text).variants["max"].build["channels"] != 4
    text = several({f"{T}.groups": groups, f"{V}.max": {"group": "wide"}})
    assert topic(tmp_path, text).variants["max"].build["channels"] == 9


def test_a_profile_changes_a_variant_of_its_own_and_may_name_its_group(tmp_path):
    text = several({f"{T}.groups": {"few": {"fit": {"epochs": 5}}}})
    full = "topics: {convolution: {new_variants: {tiny: {group: few, build: {channels: 1}}}}}"
    gpu = "extends: full\ntopics: {convolution: {variants: {tiny: {build: {channels: 2}}}}}"
    for profile, channels in (("full", 1), ("gpu", 2)):
        tiny = topic(tmp_path, text, profile=profile, full=full, gpu=gpu).variants["tiny"]
        assert (tiny.build["channels"], tiny.fit["epochs"]) == (channels, 5)


def test_a_variant_that_a_profile_leaves_out_stays_out_whatever_else_is_said_of_it(tmp_path):
    full = "topics: {convolution: {new_variants: {tiny: {}}, variants: {tiny: {fit: {epochs: 3}}}}}"
    gpu = "extends: full\ntopics: {convolution: {new_variants: {tiny: null}}}"
    assert topic(tmp_path, profile="full", full=full, gpu=gpu).variants["tiny"].fit["epochs"] == 3
    assert list(topic(tmp_path, profile="gpu", full=full, gpu=gpu).variants) == list(topic(tmp_path).variants)


def test_an_option_without_a_default_is_needed_in_one_layer_not_in_each(tmp_path, monkeypatch):
    model, path = tmp_path / "demanding.py", plugins.path
    options = 'channels: int, kernels: list[int] = [5], pooling: str = "max", head: str = "flatten"'
    model.write_text(f"def build(shape, outputs, *, {options}): ...")
    monkeypatch.setattr(plugins, "path", lambda *which: model if which == ("models", "convnet") else path(*which))
    built = {"channels": 4, "kernels": [5], "pooling": "stride", "head": "flatten"}
    assert topic(tmp_path).variants["stride"].build == built
    lines = complaints(tmp_path, spoiled(f"{T}.build", {}))
    assert lines == [f"params.yaml: {T}.build.channels: given nothing, allowed an integer"]


# A group that no variant names is checked as if one did


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ({"model": "convnett"}, "model: given 'convnett', allowed "),
        ({"model": "mlp", "build": {"channels": 3}}, "build.channels: given 'channels', allowed "),
        ({"build": {"chanels": 3}}, "build.chanels: given 'chanels', allowed "),
        ({"data": "nowhere"}, "data: given 'nowhere', allowed "),
        ({"view": "nowhere"}, "view: given 'nowhere', allowed "),
        ({"task": "regress"}, "task: given 'regress', allowed classify"),
        ({"fit": {"epoch": 3}}, "fit.epoch: given 'epoch', allowed "),
        ({"fit": {"epochs": 0}}, "fit.epochs: given 0, allowed an integer >= 1"),
        ({"augment": {"shifts": 1}}, "augment.shifts: given 'shifts', allowed "),
    ],
)
def test_what_is_wrong_in_a_group_that_no_variant_names(tmp_path, group, told):
    (line,) = complaints(tmp_path, spoiled(f"{T}.groups", {"spare": group}))
    assert line.startswith(f"params.yaml: {T}.groups.spare.{told}")


def test_a_group_that_no_variant_names_may_leave_all_to_the_topic(tmp_path):
    assert topic(tmp_path, spoiled(f"{T}.groups", {"spare": {}})).variants == topic(tmp_path).variants


def test_a_list_of_groups_is_refused(tmp_path):
    lines = complaints(tmp_path, spoiled(f"{V}.max", {"group": ["images"]}))
    assert lines == [f"params.yaml: {V}.max.group: given ['images'], allowed text or null"]
