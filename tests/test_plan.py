"""A plan holds what decides the numbers and nothing else: code by its meaning, data by digest, settings resolved."""

import pytest

from pipeline import params, paths, plan, records

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
    ],
)
def test_remarks_and_layout_mean_nothing(changed):
    assert plan.meaning(changed) == plan.meaning(SOURCE)


@pytest.mark.parametrize("changed", [SOURCE.replace("3.14", "3.1416"), SOURCE.replace("def area", "def field")])
def test_code_means_something(changed):
    assert plan.meaning(changed) != plan.meaning(SOURCE)


def test_a_written_plan_is_current(smoke, monkeypatch):
    plan.plan(smoke)
    found = plan.current(smoke, "imbalance")
    assert found["seeds"] == [0, 1] and found["profile"] == "smoke"
    smote = found["variants"]["smote"]
    assert smote["settings"]["view"] == "smote" and smote["settings"]["fit"]["momentum"] == 0.0
    assert "models/mlp.py" in smote["code"] and "models/convnet.py" not in smote["code"]
    assert smote["data_digest"] != found["variants"]["over"]["data_digest"]


def test_a_plan_older_than_its_data_or_settings_is_refused(smoke, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", paths.DATA.parent)
    plan.plan(smoke)
    card = records.read_json(paths.card("yeast5"))
    card["digests"]["validation"] = "other"
    records.write_json(paths.card("yeast5"), card)
    with pytest.raises(ValueError, match=r"data/plan/imbalance.json: given a plan older than .* run `dvc repro`"):
        plan.current(smoke, "imbalance")
    assert plan.current(smoke, "convolution")
    with pytest.raises(ValueError, match="older"):
        plan.current(params.read(paths.PARAMS, profile="laptop"), "convolution")


def test_no_data_yet_says_what_to_do(house):
    with pytest.raises(ValueError, match="run `dvc repro` first"):
        plan.plan(params.read(paths.PARAMS))


def test_an_unknown_topic_lists_what_exists(smoke):
    with pytest.raises(ValueError, match="allowed convolution, imbalance"):
        plan.current(smoke, "gan")
