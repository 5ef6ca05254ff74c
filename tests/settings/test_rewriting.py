"""`dvc exp run -S` rewrites settings files: setting one value changes one line, comments and style survive."""

import difflib
import re
import shutil

import pytest
from dvc.exceptions import InvalidArgumentError
from dvc.utils.hydra import apply_overrides
from ruamel.yaml import YAML

from pipeline import paths
from pipeline.settings import params

FILES = ("params.yaml", "profiles/smoke.yaml", "profiles/full.yaml", "profiles/gpu.yaml")


def rewritten(tmp_path, name, *overrides):
    """Lines of a settings file before and after DVC set values in it, by the function that `-S` calls."""
    file = tmp_path / "rewritten.yaml"
    shutil.copy(paths.PARAMS.parent / name, file)
    apply_overrides(file, list(overrides))
    return [text.read_text("utf-8").splitlines() for text in (paths.PARAMS.parent / name, file)]


def scalars(block, *names):
    """Dotted keys and values of all numbers in a tree."""
    for name, item in block.items():
        if isinstance(item, dict):
            yield from scalars(item, *names, name)
        elif isinstance(item, int | float) and not isinstance(item, bool):
            yield ".".join((*names, name)), item


def number_of(text):
    return re.sub(r" {2,}#", "  #", text)  # DVC keeps the column of a comment, whatever the length of the value


@pytest.mark.parametrize("name", FILES)
def test_a_value_set_to_itself_changes_nothing(tmp_path, name):
    key, value = next(scalars(YAML(typ="safe").load((paths.PARAMS.parent / name).read_text("utf-8"))))
    before, after = rewritten(tmp_path, name, f"{key}={value}")
    assert before == after


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("topics.memory.fit.learning_rate=0.03", "      learning_rate: 0.03"),
        ("topics.memory.groups.order.fit.epochs=7", "        fit: {epochs: 7, epoch_steps: 20, learning_rate: 0.01}"),
        ("topics.exploding.variants.large.build.gain=3.5", "      large: {build: {gain: 3.5}}"),
        ("data.images.split.train=7", "    split: {validation: 200, test: 1000, train: 7}"),
        ("views.under.rebalance.sampler=over", "  under: {rebalance: {sampler: over}}"),
        ("profile=smoke", "profile: smoke  # smoke | laptop | full | gpu"),
    ],
)
def test_one_value_is_one_line(tmp_path, key, line):
    before, after = rewritten(tmp_path, "params.yaml", key)
    assert len(before) == len(after)
    (changed,) = [number_of(now) for then, now in zip(before, after, strict=True) if then != now]
    assert changed == line


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("topics.memory.fit.momentum=0.9", "      momentum: 0.9"),
        ("topics.memory.fit.patience=3", "      patience: 3"),
        ("topics.imbalance.groups.health.fit.patience=3", "        fit: {batch_size: 64, patience: 3}"),
    ],
)
def test_a_setting_left_at_its_default_is_added_by_a_plus_in_one_line(tmp_path, key, line):
    before, after = rewritten(tmp_path, "params.yaml", f"+{key}")
    changed = [item for item in difflib.ndiff(before, after) if item[0] in "+-"]
    assert [number_of(item[2:]) for item in changed if item[0] == "+"] == [line] and len(changed) <= 2
    with pytest.raises(InvalidArgumentError) as refused:
        rewritten(tmp_path, "params.yaml", key)
    assert f"use +{key}" in str(refused.value.__cause__)


@pytest.mark.parametrize("name", FILES)
def test_every_number_can_be_set_and_changes_one_line(tmp_path, name):
    """All at once, in as many lines as they stand in, so no value is written twice and none is lost."""
    tree = YAML(typ="safe").load((paths.PARAMS.parent / name).read_text("utf-8"))
    overrides = {key: 3 for key, _ in scalars(tree)}
    before, after = rewritten(tmp_path, name, *(f"{key}={value}" for key, value in overrides.items()))
    assert len(before) == len(after)
    assert dict(scalars(YAML(typ="safe").load("\n".join(after)))) == overrides
    comments = [[line.partition("#")[2] for line in lines] for lines in (before, after)]
    assert comments[0] == comments[1]


def test_what_dvc_writes_is_read(tmp_path):
    shutil.copytree(paths.PARAMS.parent / "profiles", tmp_path / "profiles")
    shutil.copy(paths.PARAMS, tmp_path / "params.yaml")
    apply_overrides(tmp_path / "params.yaml", ["topics.memory.fit.learning_rate=0.02"])
    variants = params.read(tmp_path / "params.yaml").topics["memory"].variants
    assert variants["gru"].fit["learning_rate"] == 0.02 and variants["plain"].fit["learning_rate"] == 0.003


def test_params_stays_short_and_has_no_anchors():
    """DVC's `-S` leaves the old value in the file where a value is anchored."""
    for name in FILES:
        text = (paths.PARAMS.parent / name).read_text("utf-8")
        assert not re.search(r"(^|[\s:\[{,])[&*][a-z]", re.sub(r"#.*", "", text))
    assert len(paths.PARAMS.read_text("utf-8").splitlines()) <= 760
