"""A plugin that breaks its contract is refused by its file and the name of what is wrong, before it is imported."""

import importlib
import inspect
import re
import types

import pytest

from pipeline import paths, plugin_files, plugins
from pipeline.errors import InputError

WHOLE = {
    "sources": 'KIND = "table"\nLABELS = "class"\nSPLIT = "drawn"\n\n\ndef load(raw, seed, *, rows: int = 5): ...\n',
    "views": 'KINDS = ("table",)\n\n\ndef apply(examples, seed, *, share: Share = 0.5):\n    ...\n',
    "models": "def build(shape, outputs, *, units: Count, rate: float = 0):\n    ...\n",
    "tasks": "\n".join(
        [
            'LABELS = ("class",)',
            'OBJECTIVE = "cross_entropy"',
            "def outputs(training, validation): ...",
            "def compile(model, training, steps_per_execution=1, jit_compile=False, *, focal: float = 0.0): ...",
            "def measure(model, x, y): ...",
            "def predict(model, x, rows=5): ...",
            "def saved(model): ...",
            "def watchers(model, epochs): ...",
        ]
    ),
}
NAMES = "int, float, bool, str, list, dict, Literal and those of number_types.py"
KINDS = "'image' or 'signal' or 'table' or 'sequence' or 'text' or 'points'"
LABELS = "'class' or 'number' or 'tokens'"
BROKEN = {  # kind, what is replaced, by what, what is said
    "a word for a tuple": ("views", '("table",)', '"table"', f"KINDS: given 'table', allowed a tuple of {KINDS}"),
    "an unknown word": (
        "views",
        '("table",)',
        '("tables",)',
        "KINDS: given ('tables',), allowed a tuple of 'image' or",
    ),
    "an empty tuple": ("views", '("table",)', "()", f"KINDS: given (), allowed a tuple of {KINDS}, at least one"),
    "nothing for a tuple": ("views", '("table",)', "None", "KINDS: given None, allowed a tuple of 'image' or"),
    "a kind that there is not": ("sources", '"table"', '"tables"', f"KIND: given 'tables', allowed {KINDS}"),
    "labels that there are not": ("sources", '"class"', '"wordz"', f"LABELS: given 'wordz', allowed {LABELS}"),
    "a split that there is not": ("sources", '"drawn"', '"cut"', "SPLIT: given 'cut', allowed 'drawn' or 'given'"),
    "a computed constant": ("sources", '"table"', 'str("table")', "KIND: given an expression, allowed a literal"),
    "labels as one word": ("tasks", '("class",)', '"class"', f"LABELS: given 'class', allowed a tuple of {LABELS}"),
    "an unknown objective": (
        "tasks",
        '"cross_entropy"',
        '"hinge"',
        "OBJECTIVE: given 'hinge', allowed 'cross_entropy' or 'squared_error' or None",
    ),
    "no star": ("models", "*, ", "", "build: given units, rate before the *, allowed shape, outputs there"),
    "one more before the star": ("models", "*", "depth, *", "build: given depth before the *, allowed shape, outputs"),
    "one that has a default": ("models", "*", "depth=3, *", "build: given depth before the *, allowed shape, outputs"),
    "one that nobody gives": ("tasks", "rows=5", "rows", "predict: given rows before the *, allowed model, x there"),
    "no type": ("models", "units: Count", "units", "build: units: given no type, allowed one, such as Count or float"),
    "a type misspelt": (
        "models",
        "Count",
        "Cuont",
        f"build: units: given the type Cuont, allowed what is made of {NAMES}",
    ),
    "a type that cannot be": (
        "models",
        "Count",
        "3 + 'a'",
        "build: units: given the type 3 + 'a', allowed what is made",
    ),
    "a computed default": ("models", "= 0", "= 1 / 3", "build: rate: given the default 1 / 3, allowed a literal"),
    "a default of another type": (
        "models",
        "= 0",
        "= 'a'",
        "build: rate: given the default 'a', allowed one of its own",
    ),
    "the main function from elsewhere": (
        "models",
        "def build(shape, outputs, *, units: Count, rate: float = 0):\n    ...",
        "build = other.build",
        "build: given another module's, allowed a definition here: its keywords are what users set",
    ),
    "no such function": (
        "models",
        "build",
        "construct",
        "given no build(shape, outputs); contracts.py says what each is",
    ),
    "no Python": ("models", "def", "dfe", "given invalid syntax in line 1, allowed Python"),
}


@pytest.fixture
def written(tmp_path, monkeypatch):
    """`(kind, text)`: the plugin `own` of that kind, as if it lay in its folder."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "PACKAGE", tmp_path / "pipeline")

    def write(kind, text):
        file = plugins.path(kind, "own")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    plugins.faults.cache_clear()
    yield write
    plugins.faults.cache_clear()


@pytest.mark.parametrize("kind", WHOLE)
def test_a_plugin_that_keeps_its_contract_has_no_fault(written, kind):
    written(kind, WHOLE[kind])
    assert plugins.faults(kind, "own") == () and plugins.missing(kind, "own") == []


@pytest.mark.parametrize("case", BROKEN)
def test_what_breaks_a_contract_is_told_by_file_and_name(written, case):
    kind, old, new, told = BROKEN[case]
    assert old in WHOLE[kind]
    written(kind, WHOLE[kind].replace(old, new, 1))
    (line,) = plugins.faults(kind, "own")
    assert line.startswith(f"pipeline/{kind}/own.py: {told}")
    with pytest.raises(InputError, match=f"^{re.escape(line)}$"):
        plugins.load(kind, "own")


def test_bytes_that_are_no_text_are_told(written):
    written("models", b"# \xff\n" + WHOLE["models"].encode())
    assert plugins.faults("models", "own") == (
        "pipeline/models/own.py: given bytes that are not UTF-8 at 2, allowed UTF-8",
    )


def test_several_faults_are_several_lines(written):
    written("sources", WHOLE["sources"].replace('"table"', '"tables"').replace('"class"', "3").replace("*, ", ""))
    assert [line.split(": ")[1] for line in plugins.faults("sources", "own")] == ["KIND", "LABELS", "load"]


@pytest.mark.parametrize("kind", ["sources", "views", "models", "tasks"])
def test_all_that_is_shipped_keeps_its_contract(kind):
    assert [fault for name in plugins.names(kind) for fault in plugins.faults(kind, name)] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('"""Why."""\n', "given no TOPIC, allowed TOPIC = Topic(...): verdicts/topic.py says of what"),
        ("TOPIC = (\n", "given '(' was never closed in line 1, allowed Python"),
    ],
)
def test_a_topic_without_a_record_is_refused(written, text, told):
    written("topics/own", "").with_name("__init__.py").write_text(text)
    assert plugins.topic_faults("own") == [f"pipeline/topics/own/__init__.py: {told}"]
    with pytest.raises(InputError, match=f"^pipeline/topics/own/__init__.py: {re.escape(told)}$"):
        plugins.load("topics", "own")


def test_what_users_may_set_is_read_from_the_keywords(written):
    written("models", WHOLE["models"])
    settings = plugins.settings("models", "own")
    assert list(settings) == ["units", "rate"] and settings["units"].required
    assert settings["rate"] == plugin_files.Setting(float, 0)


def test_an_unknown_name_lists_what_exists(written):
    written("models", WHOLE["models"])
    for kind, told in (("models", "model: given 'none', allowed own"), ("topics", "topic: given 'none', allowed ")):
        with pytest.raises(InputError, match=f"^{told}: name one of these$"):
            plugins.load(kind, "none")


def test_a_constant_that_is_not_there_is_our_own_mistake(written):
    written("models", WHOLE["models"])
    assert plugins.constant("models", "own", "AXES", ()) == ()
    with pytest.raises(LookupError, match="has no constant AXES"):
        plugins.constant("models", "own", "AXES")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library' in line 1"),
        ("\nLOST = nowhere\n", "NameError: name 'nowhere' is not defined in line 2"),
        ("raise RuntimeError('two\\nlines')\n", "RuntimeError: two lines in line 1"),
    ],
)
def test_a_plugin_that_cannot_be_imported_is_told_by_file(monkeypatch, tmp_path, text, told):
    """It keeps its contract: only when it is imported can this be known."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "own.py").write_text(text + WHOLE["models"])
    monkeypatch.setattr(importlib.import_module("pipeline.models"), "__path__", [str(tmp_path / "models")])
    monkeypatch.setattr(paths, "PACKAGE", tmp_path)
    with pytest.raises(InputError, match=f"^pipeline/models/own.py: given {re.escape(told)}, allowed what can be"):
        plugins.imported("models.own")


def test_our_own_mistake_in_what_a_plugin_imports_stays_ours(monkeypatch):
    def broken(module):
        raise KeyError("ours")

    monkeypatch.setattr(importlib, "import_module", broken)
    with pytest.raises(KeyError):
        plugins.imported("models.mlp")


def test_null_bytes_are_told(written):
    written("models", WHOLE["models"].encode() + b"\0")
    assert plugins.faults("models", "own")[0].startswith("pipeline/models/own.py: given ")


def test_a_task_is_scored_as_itself_or_as_it_says():
    told = {name: plugins.scored_as(name) for name in plugins.names("tasks")}
    assert {name: scored for name, scored in told.items() if name != scored} == {
        "classify_at_once": "classify",
        "classify_moved": "classify",
        "regress_at_once": "regress",
        "regress_scaled": "regress",
    }


SEQUENTIAL = {
    "with an input": "keras.Sequential([keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(outputs)])",
    "without one": "keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(outputs)])",
}


@pytest.mark.parametrize("case", SEQUENTIAL)
def test_a_sequential_model_becomes_functional_with_the_same_weights(case):
    """Saving asks a model for its `input`, and did so after all of the training."""
    import keras
    import numpy as np

    module = types.ModuleType("own", "A doc.")
    exec(f"import keras\ndef build(shape, outputs, width=3):\n    return {SEQUENTIAL[case]}", module.__dict__)
    keras.utils.set_random_seed(3)
    own = module.build((2, 2), 4)
    own.build((None, 2, 2))
    keras.utils.set_random_seed(3)
    built = plugins._building_functional(module)
    model = built.build((2, 2), 4)
    assert model.input.shape == (None, 2, 2) and model.output.shape == (None, 4)
    x = np.arange(8, dtype="float32").reshape(2, 2, 2)
    np.testing.assert_array_equal(model(x), own(x))
    assert list(inspect.signature(built.build).parameters) == ["shape", "outputs", "width"]


def test_any_other_model_is_left_as_it_is():
    import keras

    inputs = keras.Input((2,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    module = types.ModuleType("own")
    module.build = lambda shape, outputs: model
    assert plugins._building_functional(module).build((2,), 1) is model
