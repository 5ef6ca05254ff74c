"""A trial is the project in a folder of its own: what is changed and run there leaves the project as it was."""

import pytest

from pipeline import paths, trial
from pipeline.errors import InputError


@pytest.fixture(scope="module")
def own():
    return trial.Trial()


def test_it_has_the_settings_the_code_and_the_raw_data(own):
    for name in ("params.yaml", "profiles/smoke.yaml", "pipeline/__main__.py"):
        assert (own.folder / name).read_bytes() == (paths.ROOT / name).read_bytes()
    assert (own.folder / "data" / "raw").resolve() == paths.RAW.resolve()
    assert not (own.folder / "data" / "prepared").exists()


def test_what_is_changed_and_added_there_is_not_changed_here(own, capsys):
    before = paths.PARAMS.read_bytes()
    own.change(profile="smoke", seeds=2)
    lines = "".join(f"{place / 7:.3f},{place % 5},{'ab'[place % 2]}\n" for place in range(300))
    (own.folder / "mine.csv").write_text("x,y,class\n" + lines)
    own.run("add", "mine.csv", "--only")
    assert "data.mine and topics.mine were added" in capsys.readouterr().out
    after = (own.folder / "params.yaml").read_text("utf-8")
    assert "\nseeds: 2  # runs" in after and "\nprofile: smoke  #" in after and "\n  mine:" in after
    assert paths.PARAMS.read_bytes() == before
    with pytest.raises(InputError, match="name: given 'mine', which data:, topics: or"):
        own.run("add", "mine.csv")


def test_a_key_without_a_line_is_refused(own):
    with pytest.raises(InputError, match="given no line for 'runs_per_gpu', allowed a key that stands at its top"):
        own.change(runs_per_gpu=2)


def test_what_was_not_run_has_no_results(own):
    with pytest.raises(InputError, match="metric: given 'accuracy', allowed one that exploding has results of"):
        own.scores("exploding", "accuracy")
    assert own.verdicts("exploding").rows


def test_it_goes_with_its_object():
    other = trial.Trial()
    folder = other.folder
    del other
    assert not folder.exists()
