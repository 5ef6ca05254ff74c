"""What a user, a colleague, a kill or a disk may have done to a project that has been through all stages."""

import re
import shutil

import project
from clone import change

from pipeline.records import read_json, read_sealed, write_json, write_sealed


def nothing_happened(place):
    pass


def fresh_clone(place):
    for name in ("prepared", "test", "plan", "runs", "results", "report"):
        shutil.rmtree(place / "data" / name)
    shutil.rmtree(place / ".aula")


def prepared_only(place):
    for name in ("plan", "runs", "results", "report"):
        shutil.rmtree(place / "data" / name)


def planned_only(place):
    for name in ("runs", "results", "report"):
        shutil.rmtree(place / "data" / name)


def not_evaluated(place):
    for name in ("results", "report"):
        shutil.rmtree(place / "data" / name)


def another_rate(place):
    change(place, lambda tree: tree["topics"]["imbalance"]["fit"].update(learning_rate=0.0123))


def another_rate_planned(place):
    another_rate(place)
    assert project.ask("plan") == 0


def another_split(place):
    change(place, lambda tree: [data.setdefault("split", {}).update(seed=7) for data in tree["data"].values()])


def another_split_prepared(place):
    another_split(place)
    assert project.ask("prepare") == 0


def another_split_planned(place):
    another_split_prepared(place)
    assert project.ask("plan") == 0


def another_profile(place):
    change(place, lambda tree: tree.update(profile="laptop", looks=1))
    another_rate(place)


def another_profile_planned(place):
    another_profile(place)
    change(place, lambda tree: tree.update(seeds=3))
    assert project.ask("prepare") == 0
    assert project.ask("plan") == 0


def one_seed_more(place):
    (place / "profiles" / "smoke.yaml").write_text("every_topic: {seeds: 3, looks: 1, fit: {epochs: 1}}\n")
    assert project.ask("prepare") == 0
    assert project.ask("plan") == 0


def one_topic_removed(place):
    change(place, lambda tree: tree["topics"].pop("convolution"))


def a_metric_less(place):
    change(place, lambda tree: tree["topics"]["imbalance"]["metrics"].pop())
    assert project.ask("plan") == 0


def card_cut(place):
    cut(next((place / "data/prepared").glob("*/*/card.json")))


def card_edited(place):
    for file in (place / "data/prepared").glob("*/*/card.json"):
        write_json(file, read_json(file) | {"duplicates_across_splits": 12345})


def cards_of_a_list(place):
    for file in (place / "data/prepared").glob("*/*/card.json"):
        file.write_text("[]")


def plan_cut(place):
    cut(place / "data/plan/imbalance.json")


def plan_edited(place):
    file = place / "data/plan/imbalance.json"
    write_json(file, read_json(file) | {"seeds": [0]})


def plan_of_nothing(place):
    (place / "data/plan/imbalance.json").write_bytes(b"")


def record_cut(place):
    cut(place / "data/runs/imbalance/untouched/200/run.json")


def record_of_a_number(place):
    (place / "data/runs/imbalance/untouched/200/run.json").write_text("3")


def history_edited(place):
    file = place / "data/runs/imbalance/untouched/200/history.csv"
    file.write_text(file.read_text().replace("1", "2", 1))


def model_edited(place):
    flip(place / "data/runs/imbalance/untouched/200/model.keras")


def model_gone(place):
    (place / "data/runs/imbalance/untouched/200/model.keras").unlink()


def folders_for_files(place):
    for name in ("data/plan/imbalance.json", "data/results/imbalance/origin.json"):
        (place / name).unlink()
        (place / name).mkdir()


def a_file_for_a_folder(place):
    shutil.rmtree(place / "data/plan")
    (place / "data/plan").write_text("")


def a_copy_of_raw_data(place):
    shutil.copy(place / "data/raw/digits.npz", place / "data/raw/digits.npz~")
    (place / "data/raw/digits.old").mkdir()


def the_same_data_by_another_name(place):
    """Of which only the name, and the test part, are not as they were."""
    change(place, lambda tree: [tree["data"].update(other=dict(tree["data"]["digits_tail"])), _learn_from_other(tree)])
    assert project.ask("prepare") == 0
    assert project.ask("plan") == 0


def _learn_from_other(tree):
    tree["topics"]["imbalance"]["data"] = "other"


def run_gone(place):
    shutil.rmtree(place / "data/runs/imbalance/untouched/200")


def runs_swapped(place):
    folder = place / "data/runs/imbalance/untouched"
    for source, target in (("200", "x"), ("201", "200"), ("x", "201")):
        (folder / source).rename(folder / target)


def training_examples_changed(place):
    for file in (place / "data/prepared").glob("*/*/fit/*.npz"):
        flip(file)


def held_out_examples_changed(place):
    for file in (place / "data/test").glob("*/*.npz"):
        flip(file)


def held_out_examples_gone(place):
    shutil.rmtree(place / "data/test")


def held_out_examples_of_validation(place):
    for file in (place / "data/test").glob("*/*.npz"):
        shutil.copy(place / "data/prepared" / file.parent.name / file.stem / "validation.npz", file)


def scores_edited(place):
    file = place / "data/results/imbalance/scores.csv"
    file.write_text(re.sub(r",0\.\d+,", ",0.999,", file.read_text(), count=1))


def scores_cut(place):
    cut(place / "data/results/imbalance/scores.csv")


def scores_of_another_topic(place):
    shutil.rmtree(place / "data/results/imbalance")
    shutil.copytree(place / "data/results/convolution", place / "data/results/imbalance")


def origin_gone(place):
    (place / "data/results/imbalance/origin.json").unlink()


def origin_forged(place):
    file = place / "data/results/imbalance/origin.json"
    write_sealed(file, read_sealed(file) | {"key": "0" * 64})


def claims_cut(place):
    cut(place / "data/report/claims.json")


def claims_forged(place):
    file = place / "data/report/claims.json"
    write_json(file, [row | {"verdict": "reproduced", "difference": 9.0} for row in read_json(file)])


def params_gone(place):
    (place / "params.yaml").unlink()


def params_empty(place):
    (place / "params.yaml").write_text("")


def params_binary(place):
    (place / "params.yaml").write_bytes(b"\xff\xfe\x00topics")


def params_cut_in_a_word(place):
    file = place / "params.yaml"
    file.write_text(file.read_text().replace("topics:", "topic:"))


def params_torn(place):
    (place / "params.yaml").write_text("topics: {imbalance: [")


def params_with_a_tab(place):
    (place / "params.yaml").write_text("topics:\n\timbalance: {}\n")


def params_twice_a_key(place):
    file = place / "params.yaml"
    file.write_text(file.read_text() + "\nprofile: laptop\n")


def params_a_folder(place):
    (place / "params.yaml").unlink()
    (place / "params.yaml").mkdir()


def profile_gone(place):
    (place / "profiles" / "smoke.yaml").unlink()


def profile_torn(place):
    (place / "profiles" / "smoke.yaml").write_text("every_topic: {")


def profile_unknown(place):
    change(place, lambda tree: tree.update(profile="huge"))


def asked_damaged(place):
    for file in (place / ".aula/asked").rglob("*.json"):
        target = file.parent.parent / "laptop" / file.name
        target.parent.mkdir(exist_ok=True)
        target.write_text("{")


def raw_file_changed(place):
    with (place / "data/raw/digits.npz").open("ab") as file:
        file.write(b"x")


def raw_file_gone(place):
    (place / "data/raw/digits.npz").unlink()


def cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))
