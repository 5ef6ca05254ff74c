"""A plan holds what decides the numbers and nothing else: code by its meaning, data by digest, settings resolved."""

from dataclasses import replace

import pytest

from pipeline import paths, records
from pipeline.errors import InputError
from pipeline.settings import params, plan
from pipeline.verdicts.topic import claims_digest, load

SOURCE = '''"""Why."""

def area(r):
    """Of a circle."""
    return 3.14 * r * r  # near enough
'''


@pytest.mark.parametrize(
    "changed",
    [
        SOURCE.replace("  # near enough", ""),
        SOURCE.replace("Of a circle.", "In square metres."),
        SOURCE.replace("3.14 * r * r", "(3.14 * r) * r"),
        "\n\n" + SOURCE,
        SOURCE.replace("def area(r)", "def area(r: float) -> float"),
        SOURCE.replace("def area", "import math\nfrom elsewhere import place\n\ndef area"),
        SOURCE.replace("    return", "    import math\n\n    return"),
        SOURCE.replace("def area", "if TYPE_CHECKING:\n    import keras\n\ndef area"),
    ],
)
def test_remarks_and_layout_mean_nothing(changed):
    assert plan.code_digest(changed) == plan.code_digest(SOURCE)


@pytest.mark.parametrize("changed", [SOURCE.replace("3.14", "3.1416"), SOURCE.replace("def area", "def field")])
def test_code_means_something(changed):
    assert plan.code_digest(changed) != plan.code_digest(SOURCE)


def test_what_a_topic_says_in_spanish_is_in_no_key():
    told = 'TOPIC = Topic(title="Memory", claims=(Claim(sentence="It fades."),))'
    spanish = told.replace('"Memory"', '"Memory", titulo="Memoria", pregunta="?"')
    spanish = spanish.replace('"It fades."', '"It fades.", frase="Se atenúa."')
    assert spanish != told and plan.code_digest(spanish) == plan.code_digest(told)
    assert plan.code_digest(told.replace("It fades.", "It stays.")) != plan.code_digest(told)
    claim = load("memory").claims[0]
    assert claims_digest([claim]) == claims_digest([replace(claim, frase="Otra cosa.")])


def test_every_version_of_python_reads_the_same_meaning():
    """Constants: another minor version, in which `ast` spells trees differently, must come to the same."""
    told = "class A(B):\n    x: int = 1\n\n    def f(self, *a, b=2.5, **c):\n"
    told += '        return f"{b:.3g} {a!r}" if c else [*a, None]\n'
    assert plan.code_digest(SOURCE)[:16] == "470ba58ecb9581f7" and plan.code_digest(told)[:16] == "b52f478536d4c20a"


def test_every_decisive_file_is_there_and_a_move_changes_no_key(smoke, monkeypatch, tmp_path):
    assert all((paths.PACKAGE / file).is_file() for file in plan.DECISIVE.values())
    before = plan.resolve(smoke, smoke.topics["memory"])
    moved = tmp_path / "elsewhere.py"
    moved.write_text((paths.PACKAGE / plan.DECISIVE["fit"]).read_text("utf-8"), "utf-8")
    monkeypatch.setitem(plan.DECISIVE, "fit", str(moved))
    assert plan.resolve(smoke, smoke.topics["memory"]) == before
    moved.write_text(moved.read_text("utf-8") + "\nx = 1\n", "utf-8")
    assert plan.resolve(smoke, smoke.topics["memory"]) != before


def test_a_written_plan_is_current(smoke, monkeypatch):
    plan.plan(smoke)
    found = plan.current(smoke, "imbalance")
    assert found["seeds"] == [200, 201] and found["profile"] == "smoke"
    smote = found["variants"]["smote"]
    assert smote["settings"]["view"] == "smote" and smote["settings"]["fit"]["momentum"] == 0.0
    assert "model.mlp" in smote["code"] and "model.convnet" not in smote["code"]
    assert smote["data_digests"] != found["variants"]["over"]["data_digests"]


def test_a_plan_older_than_its_data_or_settings_is_refused(smoke, monkeypatch):
    plan.plan(smoke)
    card = records.read_sealed(paths.card("credit", 200))
    card["digests"]["validation"] = "other"
    records.write_sealed(paths.card("credit", 200), card)
    with pytest.raises(InputError, match=r"data/plan/imbalance.json: given a plan older than .* run `dvc repro`"):
        plan.current(smoke, "imbalance")
    assert plan.current(smoke, "convolution")
    with pytest.raises(InputError, match=r"older|prepared from other settings"):
        plan.current(params.read(paths.PARAMS, profile="laptop"), "convolution")


def test_no_data_yet_says_what_to_do(house):
    with pytest.raises(InputError, match="given nothing, allowed prepared data: run `dvc repro`"):
        plan.plan(params.read(paths.PARAMS))


def test_an_unknown_topic_lists_what_exists(smoke):
    with pytest.raises(InputError, match="allowed convolution, imbalance"):
        plan.current(smoke, "gan")


def test_the_plan_of_a_topic_that_has_been_removed_goes(smoke):
    del smoke.topics["memory"]
    records.write_json(paths.plan("memory"), {"topic": "memory"})
    plan.plan(smoke)
    assert {file.stem for file in paths.PLAN.glob("*.json")} == set(smoke.topics)


def test_what_a_card_tells_is_asked_anew_for_scores_and_changes_no_plan(smoke):
    """DVC's stage `evaluate` depends on that file: scores that a change of cards made stale are made anew."""
    plan.plan(smoke)
    topic = "long_tail"
    before = paths.plan(topic).read_bytes(), paths.asked(topic).read_bytes()
    name = next(iter(smoke.topics[topic].variants.values())).data
    file = next(iter(sorted(paths.PREPARED.glob(f"{name}/*/card.json"))))
    of_draw = records.read_sealed(file)
    records.write_sealed(file, {**{key: of_draw[key] for key in of_draw if key != "seal"}, "findings": ["other"]})
    plan.plan(smoke)
    assert paths.plan(topic).read_bytes() == before[0] and paths.asked(topic).read_bytes() != before[1]
