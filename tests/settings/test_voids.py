"""No value of params.yaml is void in silence: check lists them all, a stage says which of the changed ones are."""

import shutil
import subprocess
import sys

import pytest
from clone import ENVIRONMENT
from dvc.utils.hydra import apply_overrides

from pipeline import paths
from pipeline.arguments import ADD
from pipeline.settings import params
from pipeline.settings.announcement import announce

NONE = "values have no effect (or not everywhere)"
CHECK = "`python -m pipeline check` lists all"
OWN_SEEDS = ("+topics.exploding.seeds=10", "+topics.overfitting.seeds=20")  # as written by hand


@pytest.fixture
def project(tmp_path):
    """The shipped settings files in a folder of their own, without Git."""
    shutil.copy(paths.PARAMS, tmp_path)
    shutil.copytree(paths.PARAMS.parent / "profiles", tmp_path / "profiles")
    return tmp_path


@pytest.fixture
def repository(project):
    """The same, committed."""
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Settings"]):
        subprocess.run(["git", *command], cwd=project, env=ENVIRONMENT, check=True)
    return project


def said(project, part, *overrides):
    """What a stage on `part` of params.yaml says once values are set as `dvc exp run -S` sets them."""
    if overrides:
        apply_overrides(project / "params.yaml", list(overrides))
    settings = params.read(project / "params.yaml")
    return announce(settings.voids, part, settings.profile, project / "params.yaml")


def voids(project, profile):
    return {void.place.key: void for void in params.read(project / "params.yaml", profile=profile).voids}


# What is known


def test_a_value_that_a_profile_sets_has_no_effect(project):
    void = voids(project, "full")["topics.memory.fit.epochs"]
    assert void.is_whole and void.by_profile and void.value == 24
    assert void.line() == "params.yaml: topics.memory.fit.epochs: 24 has no effect: profile full sets 50"
    assert voids(project, "gpu")["data.ring.load.deviation"].line().endswith("has no effect: profile full sets 0.02")
    assert voids(project, "gpu")["topics.memory.fit.epochs"].line().endswith("has no effect: profile gpu sets 200")


def test_a_value_that_groups_and_variants_set_has_none_on_these(project):
    line = voids(project, "laptop")["topics.imbalance.fit.learning_rate"].line()
    assert line == (
        "params.yaml: topics.imbalance.fit.learning_rate: 0.002 has no effect on 7 of 22 variants:"
        " group credit sets 0.005, group gaussians sets 0.005"
    )
    void = voids(project, "laptop")["topics.memory.fit.learning_rate"]
    assert {"memory.plain", "memory.order_gru"} < set(void.reasons) and "memory.gru" not in void.reasons
    assert not void.is_whole and not void.by_profile
    assert {"variant plain sets 0.003", "group order sets 0.01"} < set(void.reasons.values())


def test_another_model_takes_no_build(project):
    reasons = voids(project, "laptop")["topics.convolution.build.channels"].reasons
    assert reasons["convolution.mlp"] == "variant mlp names model mlp"
    assert reasons["convolution.local_narrow"] == "variant local_narrow sets 8"
    assert reasons["convolution.images_max"] == "group images sets 16" and "convolution.stride" not in reasons


def test_what_is_said_of_seeds_is_said_of_topics(project):
    apply_overrides(project / "params.yaml", list(OWN_SEEDS))
    line = voids(project, "laptop")["seeds"].line()
    assert line.startswith("params.yaml: seeds: 6 has no effect on 5 of 9 topics: topic imbalance sets 10")
    assert voids(project, "smoke")["seeds"].line() == "params.yaml: seeds: 6 has no effect: profile smoke sets 2"
    assert voids(project, "smoke")["topics.exploding.seeds"].is_whole


def test_a_group_that_no_variant_names_has_no_effect(project):
    file = project / "params.yaml"
    file.write_text(file.read_text().replace("group: copy", "view: plain"))
    line = voids(project, "laptop")["topics.memory.groups.copy.fit.epochs"].line()
    assert line == "params.yaml: topics.memory.groups.copy.fit.epochs: 4 has no effect: no variant names group copy"


def test_views_that_no_data_set_lists_and_data_that_no_variant_names_have_none(project):
    file = project / "params.yaml"
    text = file.read_text().replace(
        "\ndata:\n", "\n  turned: {augment: {rotate: 0.1}}\n\ndata:\n  more: {source: digits}\n", 1
    )
    file.write_text(text)
    for profile in ("smoke", "laptop", "full"):
        known = voids(project, profile)
        assert (
            known["views.turned"].line() == "params.yaml: views.turned: all of it has no effect: no data set lists it"
        )
        assert known["data.more"].line() == (
            "params.yaml: data.more: all of it has no effect: no variant of any profile learns from it"
        )
        assert not {"views.smote", "data.grid", "data.digits"} & known.keys()


def test_a_group_in_whose_place_a_profile_puts_another_has_none(project):
    (project / "profiles" / "smoke.yaml").write_text("topics: {memory: {variants: {order_gru: {group: copy}}}}\n")
    key = "topics.memory.variants.order_gru.group"
    assert voids(project, "smoke")[key].line() == f"params.yaml: {key}: order has no effect: profile smoke sets copy"
    assert key not in voids(project, "laptop")


def test_values_with_effect_are_not_named(project):
    assert not {"topics.memory.fit.batch_size", "data.ring.load.samples"} & voids(project, "laptop").keys()
    assert "topics.memory.fit.batch_size" not in voids(project, "full")


def test_void_values_change_no_setting_and_the_others_do(project):
    """By trial, in the full profile: several void values at once, then one that counts."""
    known, before = voids(project, "full"), params.read(project / "params.yaml", profile="full")
    void = ["topics.memory.fit.epochs", "topics.exploding.groups.order.fit.epochs", "data.images.split.train", "seeds"]
    for keys, is_void in (
        (void, True),
        (["topics.overfitting.fit.epochs"], False),
        (["data.vowels.load.validation"], False),
    ):
        assert {key in known and known[key].is_whole for key in keys} == {is_void}
        apply_overrides(project / "params.yaml", [f"{key}=3" for key in keys])
        after = params.read(project / "params.yaml", profile="full")
        assert ((before.data, before.topics) == (after.data, after.topics)) == is_void
        before = after


def test_under_laptop_no_shipped_value_is_wholly_void(project):
    assert not [void.line() for void in params.read(project / "params.yaml", profile="laptop").voids if void.is_whole]


# What is said


def test_the_shipped_file_is_quiet_under_laptop(repository):
    assert said(repository, "") == said(repository, "topics.imbalance") == said(repository, "data") == []


def test_a_changed_value_that_the_profile_sets_is_said(repository):
    first, rest = said(repository, "topics.memory", "profile=full", "topics.memory.fit.epochs=5")
    assert first == "params.yaml: topics.memory.fit.epochs: 5 has no effect: profile full sets 50"
    assert rest == f"params.yaml: 12 more {NONE} in profile full: {CHECK}"


def test_a_changed_value_that_some_variants_set_is_said(repository):
    (line,) = said(repository, "topics.imbalance", "topics.imbalance.fit.learning_rate=0.01")
    assert line.startswith(
        "params.yaml: topics.imbalance.fit.learning_rate: 0.01 has no effect on 7 of 22 variants: group credit sets"
    )


def test_a_stage_speaks_of_its_own_part_alone(repository):
    overrides = ("profile=full", "topics.memory.fit.epochs=5", "data.ring.load.samples=50")
    assert said(repository, "topics.exploding", *overrides) == [f"params.yaml: 6 {NONE} in profile full: {CHECK}"]
    first, rest = said(repository, "data")
    assert (
        first == "params.yaml: data.ring.load.samples: 50 has no effect: profile full sets 20000" and "33 more" in rest
    )
    assert [line.split(": ")[1] for line in said(repository, "")[:2]] == [
        "data.ring.load.samples",
        "topics.memory.fit.epochs",
    ]
    assert said(repository, "data.vowels") == []


def test_a_changed_number_of_seeds_concerns_each_topic_with_its_own(repository):
    (line,) = said(repository, "topics.exploding", "seeds=5", *OWN_SEEDS)
    assert line.startswith("params.yaml: seeds: 5 has no effect on 5 of 9 topics")
    assert said(repository, "topics.convolution") == []


def test_without_git_five_are_said_and_the_others_counted(project):
    lines = said(project, "topics.memory", "profile=full")
    assert len(lines) == 6 and lines[-1] == f"params.yaml: 21 more {NONE} in profile full: {CHECK}"
    assert all(line.startswith("params.yaml: ") for line in lines)


def test_a_committed_file_that_does_not_parse_counts_as_no_git(repository):
    good = (repository / "params.yaml").read_text()
    (repository / "params.yaml").write_text("a: [")
    subprocess.run(["git", "commit", "-qam", "Break"], cwd=repository, env=ENVIRONMENT, check=True)
    (repository / "params.yaml").write_text(good)
    assert len(said(repository, "topics.memory")) == 6  # five, and how many more there are


def command(project, *words):
    """(stdout, stderr) of a command of ours on the settings in `project`."""
    script = (
        "import sys; from pathlib import Path; from pipeline import paths, __main__ as line\n"
        f"paths.PARAMS = Path({str(project / 'params.yaml')!r})\n"
        "for folder in ('PREPARED', 'PLAN'): setattr(paths, folder, Path(paths.PARAMS.parent / folder))\n"
        "line.main(sys.argv[1:]); print('tensorflow' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, *words], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    return ran.stdout.splitlines(), ran.stderr.splitlines()


def test_check_lists_all_of_them(project):
    out, err = command(project, "check")
    lines = [void.line() for void in params.read(project / "params.yaml").voids]
    assert (
        out == [out[0], *lines, ADD, "False"] and out[0].startswith("params.yaml is sound: profile laptop") and not err
    )


def test_a_stage_says_it_first_on_stderr(repository):
    apply_overrides(repository / "params.yaml", ["profile=smoke", "topics.imbalance.fit.epochs=5"])
    _, err = command(repository, "plan")
    assert err[0] == "params.yaml: topics.imbalance.fit.epochs: 5 has no effect: profile smoke sets 1"
    assert err[1].endswith(f"{NONE} in profile smoke: {CHECK}") and "run `dvc repro`" in err[2]
