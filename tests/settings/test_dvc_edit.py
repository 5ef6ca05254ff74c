"""`dvc exp run -S` changes one line of params.yaml, and leaves comments and style alone."""

import shutil

import pytest
from clone import copy_house, tell

from pipeline import paths

EDITS = [
    "topics.memory.fit.learning_rate=0.5",
    "topics.imbalance.groups.yeast5.fit.epochs=77",
    "data.ring.load.samples=9",
]


@pytest.mark.parametrize("edit", EDITS)
def test_one_value_changes_one_line(tmp_path, edit):
    from dvc.utils.hydra import apply_overrides

    file = tmp_path / "params.yaml"
    shutil.copy(paths.PARAMS, file)
    apply_overrides(file, [edit])
    before, after = paths.PARAMS.read_text().splitlines(), file.read_text().splitlines()
    changed = [line for line, old in zip(after, before, strict=True) if line != old]
    assert len(changed) == 1 and edit.rpartition("=")[2] in changed[0]


def test_it_stays_short():
    assert len(paths.PARAMS.read_text().splitlines()) <= 520


@pytest.mark.slow
def test_dvc_itself_takes_the_edit(tmp_path):
    house = copy_house(tmp_path / "aula")
    assert "Running stage 'prepare'" in tell(house, "dvc", "exp", "run", "--dry", "-S", EDITS[0], "prepare")
