"""params.yaml: sound settings are read as YAML 1.2 and resolved; fifty ways of spoiling it are refused, by key."""

import subprocess
import sys

import pytest
from ruamel.yaml import YAML
from written_settings import FULL, GOOD, GPU, SMOKE, T, V, complaints, read, spoiled

from pipeline import paths, plugins
from pipeline.settings import params


def test_the_shipped_file_is_sound_for_every_profile():
    for profile in params.PROFILES:
        assert params.read(paths.PARAMS, profile=profile).profile == profile


def test_yaml_1_2_numbers_and_words(tmp_path):
    settings = read(tmp_path)
    assert settings.topics["convolution"].variants["mlp"].fit["learning_rate"] == 1e-3
    (line,) = complaints(tmp_path, GOOD.replace("shuffled: {model: mlp}", "shuffled: {model: mlp, view: no}", 1))
    assert "given 'no'" in line  # text in YAML 1.2, not false


def test_defaults_are_filled_in_and_a_variant_changes_only_what_it_names(tmp_path):
    variants = read(tmp_path).topics["convolution"].variants
    assert variants["stride"].build == {
        "channels": 4,
        "kernels": [5, 3, 3],
        "pooling": "stride",
        "padding": "same",
        "initializer": "glorot_uniform",
        "head": "flatten",
    }
    assert variants["stride"].fit == variants["average"].fit
    assert variants["stride"].fit["batch_size"] == 64


def test_another_model_starts_with_its_own_build(tmp_path):
    variants = read(tmp_path).topics["convolution"].variants
    assert variants["mlp"].build["width"] == 8
    assert variants["mlp_shuffled"].build["width"] == 64


def test_a_profile_is_laid_on_last(tmp_path):
    settings = read(tmp_path, profile="smoke")
    assert {name: (block.seed, block.load.get("samples")) for name, block in settings.data.items()} == {
        "signals": (3, 60),
        "pictures": (3, None),
    }
    smoke = settings.topics["convolution"]
    assert smoke.seeds == 2
    assert {variant.fit["epochs"] for variant in smoke.variants.values()} == {1}
    assert smoke.variants["max"].fit["batch_size"] == 7
    assert read(tmp_path).topics["convolution"].seeds == 6


def test_settings_are_frozen(tmp_path):
    with pytest.raises(AttributeError):
        read(tmp_path).profile = "full"


def test_data_and_topics_are_enough_and_the_rest_has_defaults(tmp_path):
    least = GOOD.replace("profile: laptop\nseeds: 6\n", "")
    settings = read(tmp_path, least)
    assert (settings.profile, settings.workers, settings.runs_per_gpu, settings.run_minutes) == (
        "laptop",
        "auto",
        1,
        60,
    )
    assert (settings.numerics, settings.language) == ("portable", "auto")
    assert settings.topics["convolution"].seeds == 6 and list(settings.data) == ["signals", "pictures"]


def test_several_gpus_a_run_are_told_of_every_variant_that_learns_step_by_step(tmp_path):
    """One is told nowhere: it changes no number, and so no key."""
    assert all("gpus_per_run" not in variant.settings() for variant in variants(read(tmp_path)))
    several = read(tmp_path, f"gpus_per_run: 2\n{GOOD}")
    assert several.gpus_per_run == 2
    assert all(variant.settings()["gpus_per_run"] == 2 for variant in variants(several))
    fitted = GOOD.replace("model: mlp, build: {width: 8}", "model: prior, task: classify_at_once, fit: {epochs: 1}")
    fitted = fitted.replace("fit: {epochs: 2, learning_rate: 1e-3}", "fit: {epochs: 2}")
    assert fitted != GOOD
    alone = read(tmp_path, f"gpus_per_run: 2\n{fitted}").topics["convolution"].variants["mlp"]
    assert "gpus_per_run" not in alone.settings()  # fitted at once, where one device is all it takes


def variants(settings):
    return [variant for topic in settings.topics.values() for variant in topic.variants.values()]


def test_gpus_cannot_be_shared_and_put_together_at_once(tmp_path):
    text = f"gpus_per_run: 2\nruns_per_gpu: 3\n{GOOD}"
    line = "params.yaml: gpus_per_run: given 2 with runs_per_gpu: 3, allowed one of the two above 1"
    assert complaints(tmp_path, text) == [line]


def test_several_gpus_a_run_are_refused_on_nodes_which_give_one(tmp_path):
    line = "params.yaml: gpus_per_run: given 2 with executor: ray, allowed 1, or executor: local"
    assert complaints(tmp_path, f"gpus_per_run: 2\nexecutor: ray\n{GOOD}") == [line]


def test_what_the_top_of_the_file_says_counts(tmp_path):
    top = "profile: smoke\nlanguage: es\nseeds: 5\nworkers: 3\nruns_per_gpu: 2\nrun_minutes: 7\n"
    top += "same_on_every_processor: false\n"
    settings = read(tmp_path, GOOD.replace("profile: laptop\nseeds: 6\n", top))
    assert (settings.profile, settings.workers, settings.runs_per_gpu, settings.run_minutes) == ("smoke", 3, 2, 7)
    assert (settings.numerics, settings.language) == ("native", "es")
    assert read(tmp_path, GOOD.replace("seeds: 6", "seeds: 5")).topics["convolution"].seeds == 5


SPOILED = [
    ("profile", "laptp", "profile: given 'laptp', allowed one of 'smoke', 'laptop', 'full', 'gpu'"),
    ("profile", 3, "profile: given 3"),
    ("profile", None, "profile: given nothing"),
    ("language", "fr", "language: given 'fr', allowed one of 'auto', 'es', 'en'"),
    ("seeds", 0, "seeds: given 0, allowed an integer >= 1"),
    ("seeds", 2.5, "seeds: given 2.5, allowed an integer"),
    ("seeds", True, "seeds: given True, allowed an integer"),
    ("seeds", "six", "seeds: given 'six'"),
    ("workers", "many", "workers: given 'many', allowed 'auto' or an integer >= 1"),
    ("run_minutes", 0, "run_minutes: given 0, allowed a number > 0"),
    ("same_on_every_processor", "yes", "same_on_every_processor: given 'yes', allowed true or false"),
    ("seed", 3, "seed: given 'seed', allowed"),
    ("data", None, "data: given nothing, allowed a mapping"),
    ("topics", [], "topics: given [], allowed a mapping"),
    ("data.signals", 3, "data.signals: given 3, allowed a mapping"),
    ("data.signals.source", "mnist", "data.signals.source: given 'mnist', allowed"),
    ("data.signals.source", "../x", "data.signals.source: given '../x', allowed"),
    ("data.signals.source", 1, "data.signals.source: given 1, allowed text"),
    ("data.signals.load.samples", -5, "data.signals.load.samples: given -5, allowed an integer >= 1"),
    (
        "data.signals.load.sample",
        5,
        "data.signals.load.sample: given 'sample', allowed samples, shuffled (did you mean",
    ),
    ("data.signals.load", "x", "data.signals.load: given 'x', allowed a mapping"),
    ("data.signals.scale", "minmax", "data.signals.scale: given 'minmax', allowed one of 'none', 'standard'"),
    ("data.signals.split.validation", 1.5, "data.signals.split.validation: given 1.5"),
    ("data.signals.split.test", -1, "data.signals.split.test: given -1"),
    ("data.signals.split.test", float("nan"), "data.signals.split.test: given nan"),
    ("data.signals.split.test", 0.0, "data.signals.split: given an empty validation or test part"),
    ("data.pictures.split.test", 0.9, "data.pictures.split: given validation and test shares that add up to 1.1"),
    ("data.signals.split.train", {"head": 5}, "data.signals.split.train.tail: given nothing, allowed an integer"),
    ("data.signals.split.seed", -1, "data.signals.split.seed: given -1, allowed an integer >= 0"),
    ("data.signals.split.shuffle", 1, "data.signals.split.shuffle: given 'shuffle', allowed validation"),
    ("data.signals.views.over", None, "data.signals.views.over: given nothing, allowed a mapping of steps"),
    ("data.signals.views.over", {"rebalanse": {}}, "data.signals.views.over.rebalanse: given 'rebalanse', allowed"),
    ("data.signals.views.over", {"augment": {}}, "data.signals.views.over.augment: given a step on data of kind"),
    (
        "data.signals.views.over.rebalance.sampler",
        "smoote",
        "views.over.rebalance.sampler: given 'smoote', allowed one",
    ),
    ("data.signals.views.over.rebalance.k", 3, "views.over.rebalance.k: given 'k', allowed"),
    ("data.pictures.views.turned.augment.copies", 0, "views.turned.augment.copies: given 0, allowed an integer >= 1"),
    ("data.Signals", {}, "data.Signals: given the name 'Signals', allowed lower-case"),
    (
        "topics.convolutions",
        {},
        "topics.convolutions: given 'convolutions', allowed activations, adversarial, convolution",
    ),
    (f"{T}.data", "signal", f"{T}.data: given 'signal', allowed pictures, signals (did you mean 'signals'?)"),
    (f"{T}.model", "convnett", f"{T}.model: given 'convnett', allowed boosted_trees, convnet"),
    (f"{T}.view", "smote", f"{T}.view: given 'smote', allowed over, plain"),
    (f"{T}.metrics", ["acuracy"], f"{T}.metrics: given 'acuracy', allowed"),
    (f"{T}.metrics", "accuracy", f"{T}.metrics: given 'accuracy', allowed a list, each item text"),
    (f"{T}.fit.epochs", -3, f"{T}.fit.epochs: given -3, allowed an integer >= 1"),
    (f"{T}.fit.epochs", "3", f"{T}.fit.epochs: given '3', allowed an integer >= 1"),
    (f"{T}.fit.epochs", 10**9, f"{T}.fit.epochs: given 1000000000"),
    (f"{T}.fit.epoch", 3, f"{T}.fit.epoch: given 'epoch', allowed epochs"),
    (f"{T}.fit.learning_rate", float("nan"), f"{T}.fit.learning_rate: given nan, allowed a number > 0"),
    (f"{T}.fit.learning_rate", float("inf"), f"{T}.fit.learning_rate: given inf"),
    (f"{T}.fit.optimizer", "adamw2", f"{T}.fit.optimizer: given 'adamw2', allowed one of"),
    (
        f"{T}.fit.class_weight",
        "balance",
        f"{T}.fit.class_weight: given 'balance', allowed one of 'balanced', 'effective' or null",
    ),
    (f"{T}.fit", None, f"{T}.fit: given nothing"),
    (f"{T}.build.width", 3, f"{T}.build.width: given 'width', allowed channels"),
    (f"{T}.build.kernels", [3, -1], f"{T}.build.kernels: given [3, -1], allowed a list, each item an integer >= 1"),
    (f"{V}.mlp.build.width", 10**9, f"{V}.mlp.build.width: given 1000000000"),
    (f"{V}.mlp.build.dropout", 1.0, f"{V}.mlp.build.dropout: given 1.0, allowed a number >= 0 and < 1"),
    (f"{V}.mlp", None, f"{V}.mlp: given nothing, allowed a mapping of the keys it changes"),
    (f"{V}.mlp.fits", {}, f"{V}.mlp.fits: given 'fits', allowed"),
    (f"{V}.mlp.augment", {"shift": 0.1}, f"{V}.mlp.augment: given augmentation of data of kind 'signal'"),
    (f"{V}.images_max.augment.shift", 2, f"{V}.images_max.augment.shift: given 2, allowed a number >= 0 and < 1"),
    (f"{T}.variants", {}, f"{V}: given none, allowed at least one variant"),
    (f"{T}.seeds", -1, f"{T}.seeds: given -1"),
    (f"{T}.profiles", {}, f"{T}.profiles: given 'profiles', allowed data"),
    (f"{T}.groups", {"few": {"group": "x"}}, f"{T}.groups.few.group: given 'group', allowed data"),
    (f"{V}.max.group", "fow", f"{V}.max.group: given 'fow', allowed none"),
    (f"{V}.max.group", 3, f"{V}.max.group: given 3, allowed text or null"),
    ("views", {"under": 3}, "views.under: given 3, allowed a mapping of steps"),
    (
        "views",
        {"under": {"rebalance": {"sampler": "undr"}}},
        "views.under.rebalance.sampler: given 'undr', allowed one",
    ),
    ("views", {"under": {"rebalanse": {}}}, "views.under.rebalanse: given 'rebalanse', allowed"),
    ("data.signals.views", ["plain", "under"], "data.signals.views: given 'under', allowed plain"),
    ("data.signals.views", "plain", "data.signals.views: given 'plain', allowed a list, each item text or a mapping"),
]


@pytest.mark.parametrize(("path", "value", "expected"), SPOILED, ids=[f"{path}={value}" for path, value, _ in SPOILED])
def test_a_spoiled_value_is_refused_by_key(tmp_path, path, value, expected):
    lines = complaints(tmp_path, spoiled(path, value))
    assert any(line.startswith("params.yaml: ") and expected in line for line in lines), lines
    assert all(": given " in line and ", allowed " in line for line in lines), lines


@pytest.mark.parametrize("path", [f"{T}.data", f"{T}.model", "data.signals.source", "data"])
def test_a_missing_key_is_named(tmp_path, path):
    lines = complaints(tmp_path, spoiled(path, None, remove=True))
    assert any(path.rsplit(".")[-1] in line for line in lines), lines


S = "profiles/smoke.yaml"
SPOILED_PROFILES = [
    ("smoke", "topics.convolution.fit.epochs", -3, f"{S}: {T}.fit.epochs: given -3, allowed an integer >= 1"),
    ("smoke", "every_topic.fit.epochs", -3, f"{S}: every_topic.fit.epochs: given -3, allowed an integer >= 1"),
    ("smoke", "every_topic.seeds", 0, f"{S}: every_topic.seeds: given 0, allowed an integer >= 1"),
    ("smoke", "every_topic.fit.epoch", 3, f"{S}: every_topic.fit.epoch: given 'epoch', allowed epochs"),
    ("smoke", "every_topic.variants", {}, f"{S}: every_topic.variants: given 'variants', allowed data"),
    ("smoke", "every_data.split.test", -1, f"{S}: every_data.split.test: given -1"),
    ("smoke", "data.signals.load.samples", -5, f"{S}: data.signals.load.samples: given -5, allowed an integer >= 1"),
    ("smoke", "data.signals.source", "mnist", f"{S}: data.signals.source: given 'mnist', allowed"),
    ("smoke", "data.signal", {}, f"{S}: data.signal: given 'signal', allowed signals, pictures (did you mean"),
    ("smoke", "topics.memory", {}, f"{S}: topics.memory: given 'memory', allowed convolution"),
    ("smoke", f"{V}.maxx.fit.epochs", 3, f"{S}: {V}.maxx: given 'maxx', allowed mlp, mlp_shuffled"),
    ("smoke", f"{V}.max", None, f"{S}: {V}.max: given nothing, allowed a mapping of the keys it changes"),
    ("smoke", f"{T}.groups.few", {}, f"{S}: {T}.groups.few: given 'few', allowed none"),
    ("smoke", f"{T}.new_variants.max", {}, f"{S}: {T}.new_variants.max: given 'max', allowed a name that is new"),
    ("smoke", f"{T}.new_variants.tiny", None, f"{S}: {T}.new_variants.tiny: given nothing, allowed a mapping: there"),
    ("smoke", f"{T}.new_variants.tiny", {"fits": {}}, f"{S}: {T}.new_variants.tiny.fits: given 'fits', allowed"),
    ("smoke", f"{T}.lr", 1, f"{S}: {T}.lr: given 'lr', allowed"),
    ("smoke", "seeds", 3, f"{S}: seeds: given 'seeds', allowed extends, every_data, every_topic, data, topics"),
    ("gpu", "extends", "ful", "profiles/gpu.yaml: extends: given 'ful', allowed one of 'smoke', 'full', 'gpu' or null"),
    (
        "full",
        "extends",
        "gpu",  # which extends full
        "profiles/full.yaml: extends: given 'gpu', allowed a profile that does not extend gpu itself",
    ),
]


@pytest.mark.parametrize(
    ("profile", "path", "value", "expected"),
    SPOILED_PROFILES,
    ids=[f"{name}:{path}" for name, path, *_ in SPOILED_PROFILES],
)
def test_a_spoiled_profile_is_refused_by_file_and_key_whatever_profile_is_chosen(
    tmp_path, profile, path, value, expected
):
    text = {"smoke": SMOKE, "full": FULL, "gpu": GPU}[profile]
    lines = complaints(tmp_path, **{profile: spoiled(path, value, text=text)})
    assert any(line.startswith(expected) for line in lines), lines
    assert all(": given " in line and ", allowed " in line for line in lines), lines


def test_a_value_that_is_wrong_is_refused_even_where_nothing_comes_of_it(tmp_path):
    """A topic's value that every variant sets anew, and one of a group's that a profile takes the place of."""
    text = GOOD.replace("fit: {epochs: 2, learning", "fit: {momentum: -1, epochs: 2, learning")
    for name in YAML(typ="safe").load(GOOD)["topics"]["convolution"]["variants"]:
        text = spoiled(f"{V}.{name}.fit.momentum", 0.5, text=text)
    assert complaints(tmp_path, text) == [f"params.yaml: {T}.fit.momentum: given -1, allowed a number >= 0 and < 1"]


def test_a_file_that_is_no_profile_is_refused(tmp_path):
    lines = complaints(tmp_path, smok="every_topic: {seeds: 3}", laptop="every_topic: {seeds: 3}")
    assert [line.partition(", allowed ")[0] for line in lines] == [
        "profiles/laptop.yaml: the file: given 'laptop.yaml'",
        "profiles/smok.yaml: the file: given 'smok.yaml'",
    ]


def test_a_profile_whose_file_is_missing_is_refused_once_it_is_chosen(tmp_path):
    (tmp_path / "params.yaml").write_text(GOOD, encoding="utf-8")
    assert params.read(tmp_path / "params.yaml").profile == "laptop"
    with pytest.raises(params.ParamsError, match=r"^profiles/full.yaml: given no readable file"):
        params.read(tmp_path / "params.yaml", profile="full")


# Layers


GROUPED = spoiled(
    f"{T}.groups", {"few": {"fit": {"epochs": 5, "batch_size": 5, "patience": 5}, "build": {"channels": 5}}}
)
GROUPED = spoiled(f"{V}.max", {"group": "few", "fit": {"batch_size": 6}}, text=GROUPED)
GROUPED = spoiled(f"{V}.images_mlp", {"group": "few", "model": "mlp", "data": "pictures"}, text=GROUPED)


def arm(settings, name):
    variant = settings.topics["convolution"].variants[name]
    return {"channels": variant.build.get("channels")} | {
        key: variant.fit[key] for key in ("epochs", "batch_size", "patience")
    }


def test_topic_then_group_then_variant(tmp_path):
    settings = read(tmp_path, GROUPED)
    assert arm(settings, "stride") == {"channels": 4, "epochs": 2, "batch_size": 64, "patience": None}
    assert arm(settings, "max") == {"channels": 5, "epochs": 5, "batch_size": 6, "patience": 5}


def test_a_variant_with_another_model_takes_no_build_of_its_group(tmp_path):
    assert arm(read(tmp_path, GROUPED), "images_mlp")["channels"] is None


def test_in_a_profile_the_order_is_the_same_and_all_of_it_comes_after_params(tmp_path):
    smoke = """
every_topic: {fit: {epochs: 11, batch_size: 11, patience: 11}, build: {}}
topics:
  convolution:
    fit: {batch_size: 12, patience: 12}
    groups: {few: {fit: {patience: 13}}}
    variants: {stride: {fit: {patience: 14}}}
"""
    settings = read(tmp_path, GROUPED, profile="smoke", smoke=smoke)
    assert arm(settings, "max") == {"channels": 5, "epochs": 11, "batch_size": 12, "patience": 13}
    assert arm(settings, "stride") == {"channels": 4, "epochs": 11, "batch_size": 12, "patience": 14}
    assert arm(settings, "local") == {"channels": 25, "epochs": 11, "batch_size": 12, "patience": 12}


def test_a_profile_adds_variants_after_the_others_and_one_that_extends_it_leaves_them_out(tmp_path):
    full = "topics: {convolution: {fit: {epochs: 9}, new_variants: {tiny: {build: {channels: 1}}, other: {}}}}"
    gpu = "extends: full\ntopics: {convolution: {new_variants: {tiny: null}}}"
    of = {name: read(tmp_path, profile=name, full=full, gpu=gpu) for name in params.PROFILES}
    names = {name: list(settings.topics["convolution"].variants) for name, settings in of.items()}
    assert names["full"] == [*names["laptop"], "tiny", "other"] and names["gpu"] == [*names["laptop"], "other"]
    assert names["smoke"] == names["laptop"]
    assert arm(of["full"], "tiny")["channels"] == 1 and arm(of["gpu"], "other")["epochs"] == 9


def test_views_are_listed_by_name_or_defined_on_the_spot(tmp_path):
    text = spoiled("views", {"under": {"rebalance": {"sampler": "under"}}})
    text = spoiled("data.signals.views", ["under", "plain"], text=text.replace("view: over", "view: under"))
    views = read(tmp_path, text).data["signals"].views
    assert (
        set(views) == {"plain", "under"} and views["plain"] == {} and views["under"]["rebalance"]["sampler"] == "under"
    )
    assert set(read(tmp_path).data["pictures"].views) == {"plain", "turned"}


def test_a_named_view_that_data_cannot_have_is_named_where_it_is_written(tmp_path):
    text = spoiled("views", {"turned": {"augment": {"rotate": 10}}})
    text = spoiled("data.signals.views", ["turned"], text=text.replace("view: over", "view: turned"))
    (line,) = complaints(tmp_path, text)
    assert line == "params.yaml: views.turned.augment: given a step on data of kind 'signal', allowed image only"


# Plugins that lack something


@pytest.mark.parametrize(
    ("kind", "name", "module", "message"),
    [
        ("sources", "mnist1d", 'KIND, LABELS = "signal", "class"\n\ndef load(raw, seed): ...', "given no SPLIT"),
        ("models", "convnet", "def construct(shape, outputs): ...", "given no build(shape, outputs)"),
        ("views", "rebalance", 'KINDS = ("signal",)', "given no apply(examples, seed)"),
        ("tasks", "classify", 'LABELS = ("class",)', "given no OBJECTIVE, no "),
    ],
)
def test_a_plugin_that_lacks_something_is_refused(tmp_path, monkeypatch, kind, name, module, message):
    there = plugins.path
    file = tmp_path / "lacking.py"
    file.write_text(module)
    monkeypatch.setattr(plugins, "path", lambda *which: file if which == (kind, name) else there(*which))
    plugins.faults.cache_clear()
    try:
        lines = complaints(tmp_path)
    finally:
        plugins.faults.cache_clear()
    (line,) = lines
    assert line.startswith(f"pipeline/{kind}/{name}.py: {message}")


# Files


BROKEN = {
    "duplicate key": (GOOD.replace("seeds: 6", "seeds: 6\nseeds: 7"), "seeds (line 4): given twice"),
    "unbalanced bracket": (GOOD + "\nmore: [1, 2", "syntax"),
    "a tab": (GOOD.replace("  signals:", "\tsignals:"), "syntax"),
    "a list": ("- 1\n- 2\n", "the file: given"),
    "empty": ("", "the file: given nothing"),
    "an object": (GOOD + "\nmore: !!python/object:os.system {}\n", "syntax"),
    "aliases that blow up": (
        "a0: &a0 [1, 2]\n" + "".join(f"a{i}: &a{i} {{x: *a{i - 1}, y: *a{i - 1}}}\n" for i in range(1, 40)),
        "too much or too deep",
    ),
    "an alias of itself": ("a: &a {b: *a}\n", ""),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused(tmp_path, name):
    text, expected = BROKEN[name]
    lines = complaints(tmp_path, text)
    assert any(expected in line for line in lines), lines


def test_bytes_that_are_not_text(tmp_path):
    (tmp_path / "params.yaml").write_bytes(b"\xff\xfe\x00profile")
    with pytest.raises(params.ParamsError, match="UTF-8"):
        params.read(tmp_path / "params.yaml")


def test_every_error_is_told_at_once(tmp_path):
    text = spoiled(f"{T}.fit.epochs", -3).replace("seeds: 6", "seeds: 0")
    assert len(complaints(tmp_path, text)) == 2


def test_the_command_refuses_with_code_2_without_traceback_or_tensorflow(tmp_path):
    script = (
        "import sys; from pathlib import Path; from pipeline import paths, __main__ as m;"
        f"paths.PARAMS = Path({str(tmp_path / 'params.yaml')!r}); code = m.main(['check']);"
        "heavy = {'tensorflow', 'keras', 'mlflow', 'matplotlib', 'sklearn', 'imblearn', 'pandas'} & set(sys.modules);"
        "print('heavy', sorted(heavy)); sys.exit(code)"
    )
    (tmp_path / "params.yaml").write_text(spoiled(f"{T}.fit.epochs", -3), encoding="utf-8")
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=paths.ROOT, check=False)
    assert told.returncode == 2, told.stderr
    assert told.stderr.splitlines()[0] == f"params.yaml: {T}.fit.epochs: given -3, allowed an integer >= 1"
    assert told.stdout.strip() == "heavy []"
