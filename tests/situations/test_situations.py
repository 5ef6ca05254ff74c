"""Odd situations and what each command answers: an exit code and a line; never a traceback, nothing half written."""

import json

import happened
import project
import pytest

from pipeline.records import read_json

PREPARE, OTHER_DATA = "given nothing, allowed prepared data: run `dvc repro`", "given data prepared from other settings"
OLDER, NOT_THE_PLANS = "given a plan older than", "allowed those of the plan only"
DAMAGED = "given a damaged file"
NOTHING = "run `dvc repro`"
SAME = ""  # nothing on stderr that matters


ONE, OTHER = "imbalance", "convolution"
WRONG_PARAMS = dict.fromkeys(
    (
        "check",
        "prepare",
        "plan",
        f"train {ONE}",
        f"evaluate {ONE}",
        "judge",
        "report",
        "claims",
        "results",
        "runs list",
    ),
    2,
)
# {situation: {command: (exit code, what one of its lines says)}}
ROWS = {
    happened.nothing_happened: {
        "check": (0, "params.yaml is sound: profile smoke, 2 topics, 8 runs"),
        "prepare": (0, "prepared digits_tail"),
        "plan": (0, SAME),
        f"train {ONE}": (0, SAME),
        "judge": (0, "claims: "),
        "report": (0, "data/report/index.html: "),
        "claims": (0, "claims: "),
        f"claims {ONE} --json": (0, '"topic": "imbalance"'),
        "claims memory": (2, f"topic: given 'memory', allowed {ONE}, {OTHER}"),
        "results": (2, "results: given profile smoke, allowed laptop"),
        "runs list": (0, f"{ONE}: 4 of 4 runs done"),
        "runs prune": (0, "removed 0 folders"),
        "train memory": (2, f"topic: given 'memory', allowed {ONE}, {OTHER}"),
        "evaluate memory": (2, f"topic: given 'memory', allowed {ONE}, {OTHER}"),
        "prepare credit": (2, "data: given 'credit', allowed"),
        f"predict {ONE} nowhere.csv": (2, "file: given 'nowhere.csv', which is not there"),
        f"predict {ONE} README.md": (2, "given digits, which makes its examples or knows its files by name"),
        f"predict {ONE} README.md --variant best": (2, "--variant: given 'best', allowed untouched, adjusted"),
        f"predict {ONE} README.md --most-unseen 2": (2, "--most-unseen: given 2, allowed a share from 0 to 1"),
        f"predict {ONE} README.md --out docs/../README.md": (
            2,
            "--out: given 'docs/../README.md', which is to be",
        ),
        "predict memory README.md": (2, f"topic: given 'memory', allowed {ONE}, {OTHER}"),
        "predict": (2, "the following arguments are required: topic, file"),
        f"card {ONE}": (0, "| licence of the data | CC BY-SA 3.0"),
        "card memory": (2, f"topic: given 'memory', allowed {ONE}, {OTHER}"),
        "card": (2, "the following arguments are required: topic"),
        "reproduce zz": (2, "run: given 'zz' (0 runs start so), allowed the start of one key"),
        "train": (2, "the following arguments are required: topic"),
        "trian": (2, "invalid choice: 'trian'"),
    },
    happened.fresh_clone: {
        "check": (0, "params.yaml is sound"),
        "plan": (2, PREPARE),
        f"train {ONE}": (2, PREPARE),
        f"evaluate {ONE}": (2, PREPARE),
        "judge": (2, PREPARE),
        "report": (2, PREPARE),
        "claims": (2, PREPARE),
        "results": (2, PREPARE),
        "runs list": (2, PREPARE),
        "runs prune": (2, PREPARE),
        f"predict {ONE} README.md": (2, PREPARE),
        f"card {ONE}": (2, PREPARE),
        "reproduce 3f": (2, "none yet: run `dvc repro`"),
    },
    happened.prepared_only: {
        f"train {ONE}": (2, OLDER),
        f"evaluate {ONE}": (2, OLDER),
        "judge": (2, OLDER),
        "report": (2, OLDER),
        "claims": (2, OLDER),
        "results": (2, OLDER),
        "runs list": (0, f"{ONE}: 4 of 4 runs done"),
    },
    happened.planned_only: {
        f"evaluate {ONE}": (2, NOT_THE_PLANS),
        f"evaluate {OTHER}": (2, "given 4 not trained"),
        f"predict {ONE} README.md": (2, "given 4 not trained"),
        f"card {ONE}": (2, "given 4 not trained"),
        "report": (2, f"{ONE}: left out: 4 not trained"),
        "judge": (2, "given no scores that are current"),
        "claims": (2, "given no verdicts, allowed any once there are some"),
        "results": (2, f"given no present results of {ONE}, {OTHER}"),
    },
    happened.not_evaluated: {
        "report": (2, f"{ONE}: left out: no scores: `python -m pipeline evaluate {ONE}`"),
        "claims": (2, "given no verdicts"),
        "results": (2, "given no present results"),
        f"card {ONE}": (2, f"data/results/{ONE}: given no scores, allowed those of now"),
    },
    happened.another_rate: {
        f"train {ONE}": (2, OLDER),
        f"evaluate {ONE}": (2, OLDER),
        "report": (0, f"{ONE}: left out: data/plan/{ONE}.json: given a plan older than"),
        "claims": (0, f"{ONE}: left out: data/plan/{ONE}.json"),
        f"claims {ONE}": (2, f"topic: given '{ONE}', allowed {OTHER}"),
        f"predict {ONE} README.md": (2, OLDER),
        f"card {ONE}": (2, OLDER),
        "runs list": (0, f"{ONE}: 0 of 4 runs done"),
    },
    happened.another_rate_planned: {
        f"evaluate {ONE}": (2, "given 4 of other settings, code, data, libraries or device"),
        "report": (0, f"{ONE}: left out: 4 of other settings, code, data, libraries or device"),
        "judge": (0, f"{ONE}: left out: 4 of other settings"),
        "claims": (0, f"{ONE}: left out"),
        "results": (2, f"given no present results of {ONE}, allowed"),
        "runs prune": (0, "removed 8 folders"),  # of four runs, and of what they scored
    },
    happened.another_split: {
        "plan": (2, OTHER_DATA),
        f"train {ONE}": (2, OTHER_DATA),
        f"evaluate {ONE}": (2, OTHER_DATA),
        "report": (2, OTHER_DATA),
        "runs prune": (2, OTHER_DATA),
    },
    happened.another_split_prepared: {
        f"train {ONE}": (2, OLDER),
        f"evaluate {ONE}": (2, OLDER),
        "report": (2, OLDER),
        "claims": (2, OLDER),
    },
    happened.another_split_planned: {
        f"evaluate {ONE}": (2, NOT_THE_PLANS),
        "report": (2, "given no scores that are current"),
        "claims": (2, "given no verdicts"),
    },
    happened.another_profile: {
        f"evaluate {ONE}": (2, OLDER),
        f"train {ONE}": (2, OLDER),
        "report": (2, OLDER),
        "claims": (2, OLDER),
    },
    happened.another_profile_planned: {
        f"evaluate {ONE}": (2, "of another profile (of 6 planned runs), allowed those of the plan only"),
        "report": (2, "of another profile (of 6 planned runs)"),
        "claims": (2, "given no verdicts"),
        "results": (2, "given no present results"),
        "runs prune": (0, "removed 0 folders"),
        "runs prune --present-only": (0, "removed"),
    },
    happened.one_seed_more: {
        f"evaluate {ONE}": (2, "given 2 not trained"),
        "report": (2, f"{ONE}: left out: 2 not trained"),
        "runs list": (0, f"{ONE}: 4 of 6 runs done"),
    },
    happened.one_topic_removed: {
        "report": (0, "data/report/index.html: "),
        "claims": (0, "claims: "),
        f"train {OTHER}": (2, f"topic: given '{OTHER}', allowed {ONE}"),
        f"claims {OTHER}": (2, f"topic: given '{OTHER}', allowed {ONE}"),
    },
    happened.a_metric_less: {
        "report": (0, f"{ONE}: left out: scores of other runs, data or code"),
        f"card {ONE}": (2, "given scores of other runs, data or code, allowed those of now"),
        "claims": (0, f"{ONE}: left out: scores of other runs, data or code"),
    },
    happened.card_cut: {
        "plan": (2, DAMAGED),
        f"train {ONE}": (2, "card.json: given a damaged file"),
        "check": (0, "is sound"),
    },
    happened.card_edited: {
        "plan": (2, "its content does not fit its seal"),
        "report": (2, DAMAGED),
        f"evaluate {ONE}": (2, DAMAGED),
    },
    happened.cards_of_a_list: {"plan": (2, DAMAGED), "report": (2, DAMAGED), "runs prune": (2, DAMAGED)},
    happened.plan_cut: {
        f"train {ONE}": (2, OLDER),
        f"evaluate {ONE}": (2, OLDER),
        "report": (0, f"{ONE}: left out"),
        "plan": (0, SAME),
    },
    happened.plan_edited: {
        f"train {ONE}": (2, OLDER),
        f"evaluate {ONE}": (2, OLDER),
        "claims": (0, f"{ONE}: left out"),
    },
    happened.plan_of_nothing: {f"train {ONE}": (2, OLDER), "judge": (0, f"{ONE}: left out")},
    happened.record_cut: {
        f"evaluate {ONE}": (2, "given 1 not trained"),
        "report": (0, f"{ONE}: left out"),
    },
    happened.record_of_a_number: {f"evaluate {ONE}": (2, "1 not trained"), "claims": (0, f"{ONE}: left out")},
    happened.history_edited: {f"evaluate {ONE}": (2, "1 not trained, or damaged"), "report": (0, f"{ONE}: left out")},
    happened.model_edited: {f"evaluate {ONE}": (2, "1 not trained, or damaged"), "judge": (0, f"{ONE}: left out")},
    happened.model_gone: {f"evaluate {ONE}": (2, "1 not trained, or damaged"), f"train {ONE}": (0, SAME)},
    happened.folders_for_files: {f"train {ONE}": (2, "given a folder in a file's place"), "claims": (2, "move it")},
    happened.a_file_for_a_folder: {"plan": (2, "a file in a folder's"), "report": (2, "move it")},
    happened.a_copy_of_raw_data: {f"train {ONE}": (0, SAME), "claims": (0, "claims: ")},
    happened.the_same_data_by_another_name: {
        f"evaluate {ONE}": (2, "given 4 of other settings, code, data, libraries or device"),
        "claims": (0, f"{ONE}: left out"),
    },
    happened.run_gone: {
        f"evaluate {ONE}": (2, "1 not trained"),
        "report": (0, f"{ONE}: left out"),
        f"train {ONE}": (0, SAME),
    },
    happened.runs_swapped: {
        f"evaluate {ONE}": (2, "2 of other settings, code, data, libraries or device"),
        "report": (0, f"{ONE}: left out"),
    },
    happened.training_examples_changed: {
        f"train {ONE}": (2, "data/prepared/"),
        f"evaluate {ONE}": (2, "data/prepared/"),
    },
    happened.held_out_examples_changed: {f"evaluate {ONE}": (2, "data/test/"), f"train {ONE}": (0, SAME)},
    happened.held_out_examples_gone: {
        f"evaluate {ONE}": (2, "given nothing, allowed prepared examples"),
        f"train {ONE}": (0, SAME),
    },
    happened.held_out_examples_of_validation: {f"evaluate {ONE}": (2, "given other examples than its card tells")},
    happened.scores_edited: {
        "report": (0, f"{ONE}: left out: no scores"),
        "claims": (0, f"{ONE}: left out"),
        "results": (2, ONE),
    },
    happened.scores_cut: {"report": (0, f"{ONE}: left out: no scores"), "judge": (0, f"{ONE}: left out")},
    happened.scores_of_another_topic: {"report": (0, f"{ONE}: left out"), "claims": (0, f"{ONE}: left out")},
    happened.origin_gone: {"report": (0, f"{ONE}: left out: no scores"), "claims": (0, f"{ONE}: left out: no scores")},
    happened.origin_forged: {"report": (0, f"{ONE}: left out: scores of other runs"), "judge": (0, f"{ONE}: left out")},
    happened.claims_cut: {"report": (0, "index.html: "), "judge": (0, "claims: "), "claims": (0, "claims: ")},
    happened.claims_forged: {"report": (0, "index.html: "), "claims": (0, "claims: ")},
    happened.params_gone: {command: (code, "params.yaml") for command, code in WRONG_PARAMS.items()},
    happened.params_empty: {command: (code, "params.yaml") for command, code in WRONG_PARAMS.items()},
    happened.params_binary: {command: (code, "params.yaml") for command, code in WRONG_PARAMS.items()},
    happened.params_cut_in_a_word: {command: (code, "params.yaml") for command, code in WRONG_PARAMS.items()},
    happened.params_torn: {
        "check": (2, "params.yaml"),
        f"train {ONE}": (2, "params.yaml"),
        "report": (2, "params.yaml"),
    },
    happened.params_with_a_tab: {"check": (2, "params.yaml"), f"train {ONE}": (2, "params.yaml")},
    happened.params_twice_a_key: {"check": (2, "params.yaml"), "plan": (2, "profile")},
    happened.params_a_folder: {"check": (2, "params.yaml"), "report": (2, "params.yaml")},
    happened.profile_gone: {"check": (2, "profiles/smoke.yaml"), "report": (2, "profiles/smoke.yaml")},
    happened.profile_torn: {"check": (2, "profiles/smoke.yaml"), f"train {ONE}": (2, "profiles/smoke.yaml")},
    happened.profile_unknown: {"check": (2, "given 'huge', allowed"), "runs list": (2, "given 'huge', allowed")},
    happened.asked_damaged: {
        "runs prune": (2, "in profile laptop, whose runs would be dropped"),
        "runs list": (0, f"{ONE}: 4 of 4 runs done"),
    },
    happened.raw_file_changed: {
        "plan": (2, OTHER_DATA),
        f"train {ONE}": (2, OTHER_DATA),
        f"evaluate {ONE}": (2, OTHER_DATA),
        "report": (0, f"{ONE}: left out: data/prepared/digits_tail/200: {OTHER_DATA}"),
        f"predict {ONE} README.md": (2, OTHER_DATA),
        f"card {ONE}": (2, OTHER_DATA),
    },
    happened.raw_file_gone: {"prepare": (2, "digits"), "plan": (2, OTHER_DATA), f"evaluate {ONE}": (2, OTHER_DATA)},
}
TABLE = [(change, command, *told) for change, rows in ROWS.items() for command, told in rows.items()]


def test_the_table_has_more_than_120_rows():
    assert len(TABLE) >= 120


@pytest.mark.parametrize(
    ("change", "command", "code", "told"), TABLE, ids=[f"{row[0].__name__}: {row[1]}" for row in TABLE]
)
def test_situation(place, capsys, change, command, code, told):
    change(place)
    capsys.readouterr()
    before = project.files(place)
    found = project.ask(command)
    output = capsys.readouterr()
    lines = [line for line in (output.out + output.err).splitlines() if told in line]
    assert found == code, output.out + output.err
    assert lines or not told, output.out + output.err
    assert "Traceback" not in output.err
    if code == 2:
        assert project.files(place) == before, "a refused command has written"


def test_what_is_left_out_is_nowhere_on_the_page(place, capsys):
    happened.another_rate_planned(place)
    assert project.ask("report") == 0
    rows = read_json(place / "data/report/claims.json")
    assert rows and {row["topic"] for row in rows} == {OTHER}
    page = (place / "data/report/report.md").read_text("utf-8")
    assert "Left out: 4 of other settings, code, data, libraries or device" in page


def test_published_results_stay_those_of_laptop(place):
    before = {name: content for name, content in project.files(place).items() if "published" in name}
    assert before and project.ask("report") == 0 and project.ask("results") == 2
    assert {name: content for name, content in project.files(place).items() if "published" in name} == before


def test_claims_are_judged_from_the_scores_and_not_from_what_a_file_says(place, capsys):
    honest = read_json(place / "data/report/claims.json")
    happened.claims_forged(place)
    assert project.ask("claims --json") == 0
    assert json.loads(capsys.readouterr().out) == honest
    assert project.ask("report") == 0 and read_json(place / "data/report/claims.json") == honest


def test_every_situation_stands_in_the_table():
    helpers = {happened.cut, happened.flip, happened.change, happened._learn_from_other}
    known = {item for item in vars(happened).values() if getattr(item, "__module__", "") == happened.__name__}
    assert known - helpers == set(ROWS)
