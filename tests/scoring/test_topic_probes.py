"""A topic's probes: read in one place, and refused by the name of what is missing, without TensorFlow."""

import importlib
import inspect
import subprocess
import sys
import typing
from types import SimpleNamespace

import pytest

from pipeline import contracts, paths, plugins
from pipeline.errors import InputError
from pipeline.scoring import topic_probes

WHOLE = '''"""Why."""

APPLIES_TO = {"certainty": ("classify",)}
SERIES: dict = {"curve": {"applies_to": ("classify",), "x": "epoch", "y": "loss", "log": False}}


def certainty(run):
    return 1.0


@cache
def curve(run):
    return {}
'''


@pytest.fixture
def probes(tmp_path):
    def write(text):
        file = tmp_path / f"probes_{len(list(tmp_path.iterdir()))}.py"
        file.write_text(text)
        return file

    return write


@pytest.mark.parametrize("topic", plugins.names("topics"))
def test_every_topic_has_what_it_names_and_no_more(topic):
    record, probes = plugins.load("topics", topic).TOPIC, topic_probes.read(topic)
    assert plugins.topic_missing(topic) == []
    assert list(probes.metrics) == list(record.probes) and set(probes.applies_to) == set(record.probes)
    assert list(probes.series) == list(record.series) and set(probes.series_settings) == set(record.series)
    assert set(probes.diverged) | set(probes.before_training) <= set(record.probes)
    assert not set(probes.diverged) & set(probes.before_training)  # one value for a run that diverged, not two
    keys = set(typing.get_type_hints(contracts.SeriesSettings))
    assert all(set(settings) == keys for settings in probes.series_settings.values())


@pytest.mark.parametrize("topic", plugins.names("topics"))
def test_what_probes_take_and_give_is_that_of_the_contract(topic):
    probes = topic_probes.read(topic)
    kinds = [(contracts.Probe, probes.metrics.values()), (contracts.Series, probes.series.values())]
    for contract, functions in [*kinds, (contracts.Samples, [probes.samples] if probes.samples else [])]:
        for function in functions:
            assert list(inspect.signature(function).parameters) == ["run"]
            given, asked = (typing.get_type_hints(f)["return"] for f in (inspect.unwrap(function), contract.__call__))
            assert typing.get_origin(given) is dict if contract is contracts.Series else given == asked


@pytest.mark.parametrize("topic", plugins.names("topics"))
def test_what_is_read_is_what_the_file_says(topic):
    module, probes = importlib.import_module(f"pipeline.topics.{topic}.probes"), topic_probes.read(topic)
    constants = [vars(module).get(name, {}) for name in ("APPLIES_TO", "DIVERGED", "SERIES")]
    assert [probes.applies_to, probes.diverged, probes.series_settings] == constants
    assert probes.before_training == vars(module).get("BEFORE_TRAINING", ())
    assert all(vars(module)[name] is function for name, function in {**probes.metrics, **probes.series}.items())
    assert probes.samples is vars(module).get("samples")


def test_some_topic_has_samples_to_read_and_some_has_values_of_runs_that_diverged():
    assert topic_probes.read("recurrent_forms").samples and topic_probes.read("exploding").diverged
    assert "first_gradient" in topic_probes.read("exploding").before_training


def test_a_topic_without_a_file_measures_nothing(tmp_path, monkeypatch):
    topic = plugins.load("topics", "overfitting")
    monkeypatch.setattr(topic, "TOPIC", SimpleNamespace(probes=(), series=()))
    there = plugins.path
    monkeypatch.setattr(
        plugins, "path", lambda kind, name: tmp_path / "none.py" if "probes" in name else there(kind, name)
    )
    nothing = topic_probes.read("overfitting")
    assert nothing == topic_probes.TopicProbes() and nothing.samples is None
    assert not any([nothing.metrics, nothing.applies_to, nothing.diverged, nothing.before_training])
    assert not any([nothing.series, nothing.series_settings])


@pytest.mark.parametrize(
    ("applies_to", "suited"),
    [(("image",), True), (("digits",), True), (("text", "classify"), True), (("text", "tag"), False), ((), False)],
)
def test_a_probe_suits_a_run_by_kind_of_data_source_or_task(applies_to, suited):
    run = SimpleNamespace(card={"kind": "image", "source": "digits"}, settings={"task": "classify"})
    assert topic_probes.suits(applies_to, run) is suited


def test_nothing_is_missing_from_a_whole_file(probes):
    assert plugins.probes_missing(probes(WHOLE), ["certainty"], ["curve"]) == []


@pytest.mark.parametrize(
    ("changed", "missing"),
    [
        (WHOLE.replace("def certainty", "def sureness"), ["certainty(run)"]),
        (WHOLE.replace("def certainty(run)", "def certainty(model)"), ["certainty(run)"]),
        (WHOLE.replace('{"certainty"', '{"sureness"'), ["APPLIES_TO['certainty']"]),
        (WHOLE.replace("APPLIES_TO", "KINDS"), ["APPLIES_TO['certainty']"]),
        (WHOLE.replace("def curve", "def line"), ["curve(run)"]),
        (WHOLE.replace('{"curve"', '{"line"'), ["SERIES['curve']"]),
        ('"""Why."""\n', ["certainty(run)", "APPLIES_TO['certainty']", "curve(run)", "SERIES['curve']"]),
    ],
)
def test_what_is_missing_is_named(probes, changed, missing):
    assert plugins.probes_missing(probes(changed), ["certainty"], ["curve"]) == missing


def test_without_a_file_all_is_missing_and_with_nothing_named_nothing(tmp_path):
    assert plugins.probes_missing(tmp_path / "none.py", ["a"], []) == ["a(run)", "APPLIES_TO['a']"]
    assert plugins.probes_missing(tmp_path / "none.py", [], []) == []


def test_a_constant_that_is_computed_is_refused(probes, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    file = probes(WHOLE.replace('{"certainty": ("classify",)}', 'dict(certainty=("classify",))'))
    with pytest.raises(InputError, match=r"probes_0.py: APPLIES_TO: given an expression, allowed a literal"):
        plugins.probes_missing(file, ["certainty"], [])


def test_a_topic_that_lacks_something_is_refused_wherever_it_is_loaded(monkeypatch):
    topic = plugins.load("topics", "overfitting")
    monkeypatch.setattr(topic, "TOPIC", SimpleNamespace(probes=("onset", "sureness"), series=("curve",)))
    told = (
        "pipeline/topics/overfitting/probes.py: given no sureness(run), no APPLIES_TO['sureness'], no curve(run),"
        " no SERIES['curve']; allowed all that TOPIC names in probes and series: contracts.py says what each is for"
    )
    for load in (lambda: plugins.load("topics", "overfitting"), lambda: topic_probes.read("overfitting")):
        with pytest.raises(InputError) as caught:
            load()
        assert str(caught.value) == told


def test_the_refusal_needs_no_tensorflow():
    script = (
        "import sys, dataclasses, pipeline.topics.memory as topic, pipeline.__main__ as main\n"
        "topic.TOPIC = dataclasses.replace(topic.TOPIC, probes=(*topic.TOPIC.probes, 'sureness'))\n"
        "code = main.main(['check'])\n"
        "print(code, sorted({'tensorflow', 'keras'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=paths.ROOT, check=True)
    assert done.stdout.strip() == "2 []" and "topics/memory/probes.py: given no sureness(run)" in done.stderr
