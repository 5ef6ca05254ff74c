"""`add` takes in a file of a user: what it holds is shown, two blocks are written, and a mistake is one line."""

import re
from typing import Literal

import numpy as np
import pytest
from PIL import Image
from ruamel.yaml import YAML
from shipped import NAMES, committed

from pipeline import __main__ as command_line
from pipeline import paths, plugin_files, plugins
from pipeline.errors import InputError
from pipeline.number_types import Count
from pipeline.operations import add, own_topic, signals
from pipeline.raw_data import Column, RawData, on_numbers
from pipeline.records import Examples
from pipeline.report import terminal
from pipeline.settings import params

CARD = {
    "column": "Tenure",
    "kind": "number",
    "missing": 3,
    "distinct": 72,
    "example": "[bold]48",
    "becomes": "a number; gaps: the median, and a 1",
}
SETTING = plugin_files.Setting(str | None)
HEAD = ",".join(f"c{place}" for place in range(3)) + ",class"


def table(rows=400, share=0.25, words=("no", "yes")):
    dice = np.random.default_rng(0)
    labels = [words[place < share * rows] for place in range(rows)]
    cells = [",".join(f"{cell:.3f}" for cell in row) for row in dice.normal(size=(rows, 3))]
    return "\n".join([HEAD, *(f"{row},{label}" for row, label in zip(cells, labels, strict=True))]) + "\n"


@pytest.fixture
def place(house, monkeypatch):
    """A project with the shipped settings and a file to add, and commands that are asked in it."""
    for name in NAMES:
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        (house / name).write_text(committed(name), encoding="utf-8")
    monkeypatch.setattr(paths, "PARAMS", house / "params.yaml")
    monkeypatch.setattr(paths, "ROOT", house)
    monkeypatch.setattr(paths, "RAW", house / "data" / "raw")
    monkeypatch.setattr(signals, "stop_in_order", lambda: None)
    (house / "data" / "raw").mkdir(parents=True)
    (house / "data" / "raw" / "churn.csv").write_text(table())
    monkeypatch.chdir(house)
    return house


def ask(*words):
    try:
        return command_line.main(["add", *words])
    except SystemExit as stop:
        return stop.code


def read(place):
    return YAML(typ="safe").load((place / "params.yaml").read_text("utf-8"))


def source(monkeypatch, loaded, kind="table", settings=("file", "label", "group", "target")):
    """Have every source be one that takes these settings, and gives what is `loaded`, whatever the file."""
    known, asked = dict.fromkeys(settings, SETTING), {}

    class Plugin:
        @staticmethod
        def load(raw, seed, **options):
            asked.update(options)
            if isinstance(loaded, Exception):
                raise loaded
            return loaded

    monkeypatch.setattr(plugins, "settings", lambda of, name: known)
    monkeypatch.setattr(plugins, "names", lambda of: ["table", "archive", "folder", "recordings"])
    monkeypatch.setattr(plugins, "load", lambda of, name: Plugin)
    monkeypatch.setattr(plugins, "constant", lambda of, name, word, default=None: kind)
    return asked


def raw(counts=(300, 100), names=("No", "Yes"), x=None, **options):
    y = np.repeat(np.arange(len(counts)), counts)
    return RawData(x=np.zeros((len(y), 4)) if x is None else x, y=y, class_names=names, **options)


# What is written


def test_a_file_becomes_a_block_of_data_and_a_topic_that_are_sound(place, capsys):
    assert ask("data/raw/churn.csv") == 0
    tree, settings = read(place), params.read(paths.PARAMS)
    assert tree["data"]["churn"] == {
        "source": "table",
        "load": {"file": "churn"},
        "scale": "standard",
        "split": {"validation": 0.2, "test": 0.35},  # 36 of the 100 that say yes
        "views": {name: {"rebalance": {"sampler": name}} for name in ("under", "over", "smote")},
    }
    assert list(settings.topics["churn"].variants) == [
        *("untouched", "under", "over", "smote", "weighted", "adjusted", "moved", "focal", "prior", "boosted"),
    ]
    claims = {claim.name: claim for claim in settings.topics["churn"].claims}
    assert list(claims) == list(settings.topics["churn"].variants)[1:]
    assert {claim.metric for claim in claims.values()} == {"balanced_accuracy"}
    assert {claim.worse for name, claim in claims.items() if name != "prior"} == {"untouched"}
    assert (claims["prior"].better, claims["prior"].worse) == ("untouched", "prior")
    assert claims["focal"].expects == "negligible"
    assert claims["weighted"].sentence.startswith("For churn, weighting classes by their frequency raises")
    said = capsys.readouterr().out
    assert "churn: 400 examples (table, 3), 2 classes" in said
    assert "next: `python -m pipeline repro evaluate@churn`" in said


def test_no_other_byte_of_params_changes(place):
    before = (place / "params.yaml").read_bytes().splitlines(keepends=True)
    assert ask("data/raw/churn.csv") == 0
    after = (place / "params.yaml").read_bytes().splitlines(keepends=True)
    added = [line for line in after if line not in before]
    assert len(added) > 20
    left = iter(after)
    assert all(line in left for line in before), "every line of before, in its order"
    text = b"".join(after)
    start = text.index(b"\n  churn:  # 400 examples (table, 3), 2 classes\n")
    assert text.index(b"\ntopics:") > start and text.count(b"\n  churn:") == 2


def test_a_second_file_comes_behind_the_first_and_the_first_stays(place):
    assert ask("data/raw/churn.csv") == 0
    between = (place / "params.yaml").read_text()
    assert ask("data/raw/churn.csv", "--name", "again") == 0
    after = (place / "params.yaml").read_text()
    first = between[between.index("  churn:  #") : between.index("\n\ntopics:")]
    assert first in after and list(read(place)["data"])[-2:] == ["churn", "again"]
    assert list(read(place)["topics"])[-2:] == ["churn", "again"]
    assert params.read(paths.PARAMS).topics["again"].variants.keys() >= {"untouched", "smote"}


def test_a_dry_run_shows_the_blocks_and_writes_nothing(place, capsys):
    before = (place / "params.yaml").read_bytes()
    assert ask("data/raw/churn.csv", "--dry-run") == 0
    said = capsys.readouterr().out
    assert (place / "params.yaml").read_bytes() == before
    block = said[said.index("data:\n") : said.index("nothing was written")]
    shown = YAML(typ="safe").load(block)
    assert ask("data/raw/churn.csv") == 0
    assert shown["data"]["churn"] == read(place)["data"]["churn"]
    assert shown["topics"]["churn"] == read(place)["topics"]["churn"]


@pytest.mark.slow
def test_only_switches_the_others_off(place, capsys):
    assert ask("data/raw/churn.csv", "--only") == 0
    settings = params.read(paths.PARAMS)
    assert list(settings.topics) == ["churn"] and list(settings.data) == ["churn"]
    assert "next: `python -m pipeline repro`: " in capsys.readouterr().out
    assert ask("data/raw/churn.csv", "--name", "again") == 0
    assert list(params.read(paths.PARAMS).topics) == ["churn", "again"]
    assert ask("data/raw/churn.csv", "--name", "third", "--only") == 0
    assert list(params.read(paths.PARAMS).topics) == ["third"]


@pytest.mark.parametrize(
    ("where", "spelt"),
    [
        ("data/raw/churn.csv", "churn"),
        ("data/raw/Churn 2.csv", "data/raw/Churn 2.csv"),
        ("data/raw/churn.tsv", "data/raw/churn.tsv"),
        ("mine/churn.csv", "mine/churn.csv"),
        ("../elsewhere/churn.csv", None),
    ],
)
def test_a_file_is_named_as_it_can_be_found_again(place, monkeypatch, where, spelt):
    asked = source(monkeypatch, raw())
    file = place / where
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    found = add.understand(where, None, {})
    assert asked["file"] == found.data.load["file"] == (spelt or str(file.resolve()))


def test_settings_of_the_command_are_those_of_the_source(place, monkeypatch):
    asked = source(monkeypatch, raw())
    add.understand("data/raw/churn.csv", None, {"label": "Churn", "group": "id", "series": None, "target": "class"})
    assert {name: asked[name] for name in ("label", "group", "target")} == {
        "label": "Churn",
        "group": "id",
        "target": "class",
    }


def test_a_source_may_call_the_kind_of_its_labels_otherwise(place, monkeypatch):
    asked = source(monkeypatch, raw(), settings=("file", "labels"))
    add.understand("data/raw/churn.csv", None, {"target": "number"})
    assert asked["labels"] == "number"


@pytest.mark.parametrize(
    ("name", "series", "expected"),
    [
        ("a.csv", None, "table"),
        ("a.TSV", None, "table"),
        ("a.parquet", None, "table"),
        ("a.npz", None, "archive"),
        ("a.npy", None, "archive"),
        ("a.csv", "id", "recordings"),
        ("pictures", None, "folder"),
    ],
)
def test_a_source_follows_from_the_file(place, monkeypatch, name, series, expected):
    source(monkeypatch, raw(), settings=("file", "series"))
    (place / name).mkdir() if name == "pictures" else (place / name).write_text("")
    assert add.understand(name, None, {"series": series}).data.source == expected


def test_pictures_of_several_sizes_are_brought_to_one_which_is_written_down_and_said(place):
    for at, shape in enumerate([(90, 60), (96, 60), (120, 64), (70, 50)] * 2):
        (place / "pictures" / "ab"[at % 2]).mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(at).integers(0, 255, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(place / "pictures" / "ab"[at % 2] / f"{at}.png")
    found = add.understand("pictures", None, {})
    assert found.data.load["size"] == [32, 21] and found.shape == (32, 21, 1)  # the middle is 90 by 60
    assert "pictures of 4 sizes (height x width: 70 x 50: 2, 90 x 60: 2, " in found.findings[0]
    assert "all are brought to 32 x 21 (`size`)" in found.findings[0]
    asked = add.understand("pictures", "other", {}, ["size=[8, 8]"])
    assert asked.shape == (8, 8, 1) and "brought to" not in asked.findings[0]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Telco Churn (2).csv", "telco_churn_2"),
        ("Año.csv", "a_o"),
        ("x" * 80 + ".csv", "x" * 64),
        ("churn.final.csv", "churn_final"),
    ],
)
def test_a_name_follows_from_the_file(place, monkeypatch, file, name):
    source(monkeypatch, raw())
    (place / file).write_text("")
    assert add.understand(file, None, {}).data.name == name


# What is compared


def own(counts=(300, 100), kind="table", **options):
    names = [f"class {place}" for place in range(len(counts))]
    facts = {"name": "mine", "source": "table", "load": {}, "label": "Price"}
    facts["counts"] = facts["different"] = dict(zip(names, counts, strict=True))
    return own_topic.OwnData(kind=kind, examples=sum(counts) or 900, **facts | options)


@pytest.mark.parametrize(
    ("counts", "test", "metric", "expects"),
    [
        ((893, 307), 0.25, "balanced_accuracy", "reproduced"),
        ((400, 110), 0.3, "balanced_accuracy", "reproduced"),
        ((400, 90), 0.35, "balanced_accuracy", "reproduced"),
        ((400, 80), 0.4, "balanced_accuracy", "reproduced"),
        ((400, 40), 0.4, "accuracy", "negligible"),
        ((300, 280), 0.25, "balanced_accuracy", "negligible"),
        ((300, 290, 310), 0.25, "balanced_accuracy", "negligible"),
        ((900, 400, 200), 0.25, "balanced_accuracy", "reproduced"),
    ],
)
def test_a_claim_is_on_recalls_where_the_test_part_can_carry_it(counts, test, metric, expects):
    data = own(counts)
    claims = {claim["name"]: claim for claim in own_topic.topic_block(data)["claims"]}
    assert own_topic.data_block(data)["split"]["test"] == test
    assert (claims["weighted"]["metric"], claims["weighted"]["expects"]) == (metric, expects)
    assert claims["focal"]["expects"] == "negligible"
    assert bool(own_topic.notes(data)) == (metric == "accuracy")
    assert own_topic.topic_block(data)["metrics"][0] == metric


@pytest.mark.parametrize(
    ("kind", "model", "some", "none"),
    [
        ("table", "mlp", "smote", "augmented"),
        ("image", "convnet", "augmented", "nothing"),
        ("signal", "convnet", "over", "augmented"),
        ("sequence", "recurrent", "weighted", "over"),
    ],
)
def test_what_is_compared_suits_the_kind_of_data(kind, model, some, none):
    block = own_topic.topic_block(own(kind=kind))
    assert block["groups"]["network"]["model"] == model
    assert some in block["variants"] and none not in block["variants"] and "prior" in block["variants"]
    assert ("boosted" in block["variants"]) == (kind == "table")
    compared = {claim["better"] for claim in block["claims"]} | {claim["worse"] for claim in block["claims"]}
    assert compared == block["variants"].keys() == {claim["name"] for claim in block["claims"]} | {"untouched"}
    assert ("views" in own_topic.data_block(own(kind=kind))) == (kind != "sequence")


@pytest.mark.parametrize("counts", [(893, 307), (5000, 100), (40, 40), (30000, 2000)])
def test_all_variants_take_about_as_many_steps(counts):
    data = own(counts)
    fit = own_topic.topic_block(data)["groups"]["network"]["fit"]
    few = fit | own_topic.topic_block(data)["variants"]["under"]["fit"]
    left = len(counts) * round(min(counts) * (1 - 0.2 - data.test))
    steps = few["epochs"] * min(few["epoch_steps"], -(-left // few["batch_size"]))
    assert 300 <= fit["epochs"] * fit["epoch_steps"] < 340
    assert 300 <= steps < 360 or few["epochs"] == own_topic.MOST_EPOCHS


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("table", ["plain", "dropout", "penalty", "prior", "boosted"]),
        ("image", ["plain", "dropout", "penalty", "prior"]),
        ("sequence", ["plain", "dropout", "penalty", "prior"]),
    ],
)
def test_a_number_to_predict_is_scaled_and_measured_by_what_is_explained(place, monkeypatch, kind, names):
    prices = np.linspace(0, 12, 900)
    source(monkeypatch, RawData(x=np.zeros((900, 4)), y=prices, card={"label": "Price"}), kind=kind)
    found = add.understand("data/raw/churn.csv", "prices", {})
    block = own_topic.topic_block(found.data)
    assert list(block["variants"]) == names and block["metrics"] == ["r2", "absolute_error", "squared_error"]
    assert block["groups"]["network"]["task"] == "regress_scaled"
    assert block["variants"]["prior"]["task"] == "regress_at_once"
    claims = {claim["name"]: claim for claim in block["claims"]}
    assert {claim["metric"] for claim in claims.values()} == {"r2"} and list(claims) == names[1:]
    assert (claims["prior"]["better"], claims["prior"]["worse"]) == ("plain", "prior")
    assert claims["dropout"]["sentence"].endswith("the share of the variance of Price that is explained (R2).")
    assert "views" not in own_topic.data_block(found.data) and not found.findings


def test_numbers_of_which_few_are_far_from_the_others_are_pointed_out(place, monkeypatch):
    dice = np.random.default_rng(0)
    for y, skewed in ((dice.lognormal(sigma=1.5, size=900), True), (dice.normal(size=900), False)):
        source(monkeypatch, RawData(x=np.zeros((900, 4)), y=y))
        found = add.understand("data/raw/churn.csv", "prices", {})
        assert bool(found.findings) is skewed
    assert "one row in a hundred has" in on_numbers(dice.lognormal(sigma=1.5, size=900))[0]
    assert on_numbers(np.full(900, 3.0)) == on_numbers(np.arange(900)) == []


def test_many_classes_have_fewer_trees():
    assert "build" not in own_topic.topic_block(own((90,) * 10))["variants"]["boosted"]
    assert own_topic.topic_block(own((90,) * 11))["variants"]["boosted"]["build"] == {"trees": 30}


def test_copies_and_groups_do_not_make_a_class_large(place, monkeypatch):
    x = np.zeros((400, 2))
    x[:300, 0] = np.arange(300)
    x[300:, 0] = np.arange(100) % 10
    source(monkeypatch, raw(x=x))
    found = add.understand("data/raw/churn.csv", "mine", {})
    assert found.data.different == {"No": 300, "Yes": 10} and found.data.counts == {"No": 300, "Yes": 100}
    assert not found.data.has_enough and found.findings[0].startswith("90 examples are copies of others")
    source(monkeypatch, raw(groups=np.arange(400) // 2))
    assert add.understand("data/raw/churn.csv", "mine", {}).data.different == {"No": 150, "Yes": 50}
    cells = (Column("a", "category", np.array(["x", None] * 200, object)), Column("b", "number", np.full(400, np.nan)))
    source(monkeypatch, raw(x=cells))
    assert add.understand("data/raw/churn.csv", "mine", {}).data.different == {"No": 2, "Yes": 2}


LOADED = {
    "a word": (["decimal=,"], {"decimal": ","}),
    "a list": (["drop=[a, b]"], {"drop": ["a", "b"]}),
    "a number": (["longest=30"], {"longest": 30}),
    "several": (["decimal=.", "longest=3"], {"decimal": ".", "longest": 3}),
    "a sign of YAML": (["decimal=}"], "--load: decimal: given '}', allowed one of '.', ',' or null"),
    "of another type": (["longest=long"], "--load: longest: given 'long', allowed an integer >= 1 or null"),
    "one that there is not": (
        ["longst=3"],
        "--load: longst: given 'longst', allowed file, decimal, longest, drop (did",
    ),
    "no value": (["decimal"], "--load: given 'decimal', allowed a setting and its value, such as --load decimal=,"),
}


@pytest.mark.parametrize(("more", "expected"), LOADED.values(), ids=LOADED)
def test_any_setting_of_the_source_can_be_given(place, monkeypatch, more, expected):
    asked = source(monkeypatch, raw())
    types = {"file": str, "decimal": Literal[".", ","] | None, "longest": Count | None, "drop": list[str]}
    known = {name: plugin_files.Setting(kind, None) for name, kind in types.items()}
    monkeypatch.setattr(plugins, "settings", lambda of, name: known)
    if isinstance(expected, str):
        with pytest.raises(InputError, match=f"^{re.escape(expected)}"):
            add.understand("data/raw/churn.csv", "mine", {}, more)
        return
    found = add.understand("data/raw/churn.csv", "mine", {}, more)
    assert {name: asked[name] for name in expected} == expected and expected.items() <= found.data.load.items()


# What is shown


def test_columns_classes_and_findings_are_shown_as_they_are(place, monkeypatch, capsys):
    source(monkeypatch, raw(card={"columns": [CARD]}, findings=("id: unique: left out [red]",)))
    found = add.understand("data/raw/churn.csv", None, {})
    terminal.show_understood(found.summary, found.columns, found.data.counts, found.findings)
    said = capsys.readouterr().out
    for word in ("column", "becomes", "Tenure", "number", "72", "[bold]48", "a number; gaps: the median, and a 1"):
        assert word in said
    assert re.search(r"Yes +100 +25.0%", said) and "- id: unique: left out [red]" in said


def test_very_many_classes_are_cut_in_the_middle(capsys):
    terminal.show_understood("many", (), {f"class {place}": 5 for place in range(300)}, ())
    said = capsys.readouterr().out
    assert "class 38" in said and "and 261 more" in said and "class 39" not in said


def test_a_source_of_plain_arrays_is_understood_as_well(place, monkeypatch):
    source(monkeypatch, Examples(np.zeros((90, 8, 8, 1)), np.arange(90) % 3), kind="image")
    found = add.understand("data/raw/churn.csv", "pictures", {})
    assert found.summary == "pictures: 90 examples (image, 8 x 8 x 1), 3 classes"
    assert found.data.counts == {"0": 30, "1": 30, "2": 30} and found.columns == ()


# What is refused


REFUSED = {  # the words of the command: what the one line says
    "no such file": (["data/raw/chrun.csv"], "file: given 'data/raw/chrun.csv', which is not there, allowed a file or"),
    "its neighbours": (["data/raw/x.csv"], "that is: 2026.csv, churn.csv"),
    "no such folder": (["nowhere/at/all"], "file: given 'nowhere/at/all', which is not there"),
    "an empty name": ([""], "file: given '', which is not there"),
    "a text document": (["notes.docx"], "file: given 'notes.docx', allowed .csv, .tsv, .txt, .parquet, .npz, .npy, or"),
    "no ending": (["noending"], "file: given 'noending', allowed .csv"),
    "a name that is taken by data": (["data/raw/churn.csv", "--name", "digits"], "name: given 'digits', which data:"),
    "one that a topic has": (["data/raw/churn.csv", "--name", "memory"], "name: given 'memory', which data:"),
    "one that a topic has in capitals": (["data/raw/churn.csv", "--name", "Memory"], "name: given 'memory', which"),
    "a name of digits": (["data/raw/churn.csv", "--name", "2026"], "name: given '2026', allowed one that begins with"),
    "a name of nothing": (["data/raw/churn.csv", "--name", "(_)"], "name: given '(_)', allowed one that begins with"),
    "a file of digits": (["data/raw/2026.csv"], "name: given '2026', allowed one that begins with a letter"),
    "no header": (["data/raw/plain.csv"], "plain.csv"),
    "an empty file": (["data/raw/empty.csv"], "empty.csv"),
    "a single class": (["data/raw/one.csv"], "one.csv"),
    "no archive": (["data/raw/torn.npz"], "torn.npz"),
    "a series of an archive": (["data/raw/torn.npz", "--label", "y"], "--label: given 'y' for the source archive"),
    "a target of a word": (["data/raw/churn.csv", "--target", "price"], "invalid choice: 'price'"),
    "no file": ([], "the following arguments are required: file"),
    "an option that there is not": (["data/raw/churn.csv", "--lable", "x"], "--lable"),
}


@pytest.mark.parametrize(("words", "line"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_one_line_and_nothing_is_written(place, capsys, words, line):
    for name, text in {"2026": table(), "plain": "1,2\n3,4\n", "empty": "", "one": table(words=("a", "a"))}.items():
        (place / "data" / "raw" / f"{name}.csv").write_text(text)
    (place / "data" / "raw" / "torn.npz").write_bytes(b"PK\x03\x04")
    (place / "notes.docx").write_text("")
    (place / "noending").write_text("")
    before = (place / "params.yaml").read_bytes()
    assert ask(*words) == 2
    said = capsys.readouterr().err
    assert line in said and "Traceback" not in said
    assert (place / "params.yaml").read_bytes() == before


FORMS = {  # params.yaml as someone may write it: what is refused of it
    "topics in braces": ("data:\n  a: {source: ring}\ntopics: {}\n", "topics: given a block in braces"),
    "data in braces": ("data: {a: {source: ring}}\ntopics:\n  b: {}\n", "data: given a block in braces"),
    "no data": ("topics:\n  b: {}\n", "data: given a block in braces, or none"),
    "empty topics": ("data:\n  a: {source: ring}\ntopics:\n", "topics: given a block in braces, or none"),
}


@pytest.mark.parametrize(("text", "line"), FORMS.values(), ids=FORMS)
def test_a_form_that_cannot_be_added_to_is_refused(place, monkeypatch, text, line):
    source(monkeypatch, raw())
    found = add.understand("data/raw/churn.csv", "mine", {})
    paths.PARAMS.write_text(text)
    with pytest.raises(InputError, match=re.escape(f"params.yaml: {line}")):
        add.write(found, alone=False)
    assert paths.PARAMS.read_text() == text


def test_a_source_refuses_in_its_own_words_with_the_file_named(place, monkeypatch):
    source(monkeypatch, InputError("line 3: given 1_25, allowed a number\nline 9: given x, allowed a number"))
    with pytest.raises(InputError) as refused:
        add.understand("data/raw/churn.csv", "mine", {})
    assert str(refused.value).splitlines() == [
        "churn.csv: line 3: given 1_25, allowed a number",
        "churn.csv: line 9: given x, allowed a number",
    ]


def test_what_a_source_needs_is_asked_for(place, monkeypatch):
    source(monkeypatch, raw())
    needed = {"file": SETTING, "series": SETTING, "label": plugin_files.Setting(str, required=True)}
    monkeypatch.setattr(plugins, "settings", lambda of, name: needed)
    with pytest.raises(InputError, match="--label: given nothing, allowed names of columns: recordings needs them"):
        add.understand("data/raw/churn.csv", "mine", {"series": "id"})


def test_data_of_a_kind_without_a_model_is_refused(place, monkeypatch):
    source(monkeypatch, raw(), kind="text")
    with pytest.raises(InputError, match="given data of kind text, allowed table, image, signal, sequence"):
        add.understand("data/raw/churn.csv", "mine", {})


def test_values_that_the_blocks_set_have_no_void_but_that_of_fewer_rows(place):
    assert ask("data/raw/churn.csv", "--only") == 0
    voids = params.read(paths.PARAMS).voids
    assert [void.place.key for void in voids] == ["topics.churn.groups.network.fit.epochs"]
