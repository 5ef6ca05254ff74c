"""The printed sheet: two A4 pages in both languages, from current or published results, the same bytes each time."""

import re
import sys

import pytest

from pipeline import __main__, notebook, paths
from pipeline.freshness import TopicState
from pipeline.lessons import exercise, handout
from pipeline.report.language import LANGUAGES, Voice
from pipeline.settings import params
from pipeline.verdicts.topic import load

try:
    import typst
except ImportError:
    typst = None
needs_typst = pytest.mark.skipif(typst is None, reason="no Typst: `make handout` brings it")


@pytest.fixture(scope="module")
def settings():
    return params.read(profile="laptop", every_topic=True)


def sheet(settings, topic, language, folder):
    return handout._sheet(settings.topics[topic], "laptop", Voice(language), folder)


@pytest.mark.parametrize("topic", [name for name in exercise.lessons() if name not in ("sweeps", "own_data")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_on_the_sheet_in_the_language_asked_for(settings, topic, language, tmp_path):
    told, known = sheet(settings, topic, language, tmp_path), load(topic)
    assert told["question"] == (known.pregunta if language == "es" else known.question) and told["formula"]
    assert told["differing"] and told["experiment"] and (tmp_path / told["picture"]).is_file()
    assert [row["sentence"] for row in told["claims"]] == [
        claim.frase if language == "es" else claim.sentence for claim in known.claims
    ]
    assert [one["question"] for one in told["exercises"]] == [
        one.question[language] for one in exercise.of_lesson(topic).exercises.values()
    ]
    assert f"notebooks/{'es/' if language == 'es' else ''}{topic}.ipynb" in told["solutions"]
    decimal = {"en": r"\d\.\d", "es": r"\d,\d"}[language]
    assert all(re.search(decimal, row["difference"]) for row in told["claims"] if re.search(r"\d\d", row["difference"]))


def test_results_are_the_published_ones_until_there_are_current_ones(settings, tmp_path, monkeypatch):
    """Which is said of them; those of one's own need no word."""
    for name in ("RESULTS", "PLAN"):  # whatever whoever runs the tests has trained
        monkeypatch.setattr(paths, name, tmp_path / name)
    assert "publicados" in sheet(settings, "memory", "es", tmp_path)["notes"][0]
    own = notebook.results("memory")
    monkeypatch.setattr(notebook, "results", lambda topic: notebook.Results(own.folder, own.judgements[:1], ""))
    told = sheet(settings, "memory", "es", tmp_path)
    assert told["notes"] == [] and told["claims"][0]["verdict"] == "reproducida"
    assert {row["verdict"] for row in told["claims"][1:]} == {"sin probar"}


def test_stale_results_of_ones_own_are_named(settings, house, monkeypatch):
    assert handout._left_out(settings, "memory") == []
    paths.results("memory").mkdir(parents=True)
    (reason,) = handout._left_out(settings, "memory")
    assert reason.startswith("memory: left out: ")
    state = TopicState(topic=load("memory"), plan={"topic": "memory"}, records={}, others={}, scores="stale")
    monkeypatch.setattr(handout, "current", lambda settings, topic: state.plan)
    monkeypatch.setattr(handout.freshness, "state", lambda settings, plan: state)
    assert "scores of other runs, data or code" in handout._left_out(settings, "memory")[0]


def test_without_typst_one_line_says_what_brings_it(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ValueError, match=r"typst: given none, .*: `make handout TOPIC=memory` brings it"):
        handout.handout(settings, "memory", "en")


def test_a_topic_that_there_is_not_is_refused(settings):
    with pytest.raises(ValueError, match="topic: given 'memories', allowed"):
        handout.handout(settings, "memories", "en")


@needs_typst
@pytest.mark.parametrize(
    ("topic", "language"),
    [("memory", "es"), *(pytest.param(topic, "en", marks=pytest.mark.slow) for topic in ("imbalance", "long_tail"))],
)
def test_it_is_two_pages_and_the_same_bytes_twice(settings, topic, language):
    first, again = (handout.handout(settings, topic, language)[0] for _ in range(2))
    assert first == again and first.startswith(b"%PDF")
    assert re.search(rb"/Count 2\b", first) or len(re.findall(rb"/Type\s*/Page\b", first)) == 2


@needs_typst
def test_claims_that_do_not_fit_are_counted(settings, tmp_path, monkeypatch):
    told = sheet(settings, "memory", "en", tmp_path)
    monkeypatch.setattr(handout, "SIZES", handout.SIZES[-1:])
    pdf = handout._laid_out(told | {"claims": told["claims"] * 4}, tmp_path)
    assert pdf.startswith(b"%PDF") and "more claims are on the page" in (tmp_path / "handout.json").read_text("utf-8")


@needs_typst
def test_the_command_writes_where_it_is_told_to(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(handout, "SIZES", handout.SIZES[-1:])
    file = tmp_path / "new" / "sheet.pdf"
    assert __main__.main(["handout", "long_tail", "--language", "es", "--out", str(file)]) == 0
    assert file.read_bytes().startswith(b"%PDF") and f"{file}: two pages on long_tail" in capsys.readouterr().out


def test_its_lock_holds_the_version_that_is_declared():
    assert re.search(r"^typst==0\.15\.\d+ ", (paths.ROOT / "requirements-handout.lock").read_text("utf-8"), re.M)
    assert 'handout = ["typst==0.15.*"]' in (paths.ROOT / "pyproject.toml").read_text("utf-8")
