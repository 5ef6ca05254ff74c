"""From a file to a served model: `predict`, `evaluate` and an answer over HTTP are the same to the last digit."""

import csv
import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from clone import ENVIRONMENT, add_own, answers, ask, change, tell

from pipeline import numerics

ROWS, SEEDS = 600, 2
KEPT = ("untouched", "weighted")
# The held-out rows of the run that answers, as lines of the file, and what `evaluate` takes its model to answer.
HELD_OUT = """
import json, sys
from pipeline import numerics
numerics.settle("portable")
from dataclasses import replace
from pipeline import paths, plugins
from pipeline.prediction.chosen import choose
from pipeline.preparation.identity import ids_of
from pipeline.preparation.split import split_rows
from pipeline.scoring import scored_runs
from pipeline.settings.params import read
from pipeline.settings.plan import current
from pipeline.training import runtime

settings = read()
chosen = choose(settings, "mine")
runtime.settle(settings.numerics)
data, draw = chosen.data, chosen.run["draw"]
raw = plugins.load("sources", data.source).load(paths.RAW, draw, **data.load)
split = replace(data.split, seed=data.split.seed + draw)
rows = split_rows(split, raw.y, "own", ids_of(raw.x), None, raw.class_names)["test"]
place = chosen.run["variant"], chosen.run["seed"]
run = next(run for run in scored_runs.runs_to_score(settings, current(settings, "mine")) if run.place == place)
finished = scored_runs.read_run(run, paths.run("mine", *place))
assert finished.test.y.tolist() == raw.y[rows].tolist()
print(json.dumps({"rows": rows.tolist(), "predicted": finished.predicted.tolist(), "variant": place[0]}))
"""


def text():
    """A table of all kinds of columns, with gaps, an id, and one class in four."""
    dice = np.random.default_rng(0)
    lines = ["id,age,income,job,since,Left"]
    for at in range(ROWS):
        leaves = dice.random() < 0.25
        age = "" if dice.random() < 0.1 else f"{dice.normal(40 + 8 * leaves, 9):.3f}"
        job = str(dice.choice(["sea", "farm", "mine"], p=[0.6, 0.2, 0.2] if leaves else [0.2, 0.4, 0.4]))
        since = np.datetime64("2020-01-01") + int(dice.integers(0, 900))
        lines.append(f"c{at:05d},{age},{dice.normal(2000, 300):.2f},{job},{since},{'Yes' if leaves else 'No'}")
    return lines


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """The project with a table added, through all stages in small."""
    place = tmp_path_factory.mktemp("answered") / "aula"
    return add_own(place, "\n".join(text()) + "\n", "--label", "Left", shrink=shrink)


def shrink(tree):
    topic = tree["topics"]["mine"]
    topic["groups"]["network"]["fit"].update(epochs=4, epoch_steps=8)
    topic["variants"] = {name: topic["variants"][name] for name in KEPT}
    topic["claims"] = [claim for claim in topic["claims"] if claim["name"] in KEPT]
    tree.update(seeds=SEEDS, looks=1)


@pytest.fixture(scope="module")
def held_out(house):
    """The rows of the test part as a file, what `evaluate` takes the model to answer, and what `predict` answers."""
    told = json.loads(tell(house, sys.executable, "-c", HELD_OUT).splitlines()[-1])
    lines = text()
    file = house / "held_out.csv"
    file.write_text("\n".join([lines[0], *(lines[row + 1] for row in told["rows"])]) + "\n")
    said = ask(house, "predict", "mine", str(file), "--raw", "--out", "answers.csv")
    with (house / "answers.csv").open(newline="") as answers:
        return file, told, list(csv.DictReader(answers)), said


def numbers(rows, kind):
    return np.array([[float(row[f"{kind}({name})"]) for name in ("No", "Yes")] for row in rows])


@pytest.mark.slow
def test_predict_answers_what_evaluate_scores_to_the_last_digit(held_out):
    _, told, answers, said = held_out
    assert np.array_equal(numbers(answers, "raw p"), np.array(told["predicted"]))
    assert f"mine: {told['variant']}, seed " in said and "temperature " in said
    assert list(answers[0])[:4] == ["row", "id", "Left", "predicted"]
    calibrated, raw = numbers(answers, "p"), numbers(answers, "raw p")
    assert not np.array_equal(calibrated, raw) and np.array_equal(calibrated.argmax(1), raw.argmax(1))


@pytest.mark.slow
def test_without_labels_and_with_the_columns_in_another_order(house, held_out, tmp_path):
    file, _, answers, _ = held_out
    rows = list(csv.DictReader(file.open(newline="")))
    with (tmp_path / "new.csv").open("w", newline="") as new:
        writer = csv.DictWriter(new, ["job", "since", "age", "income"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    ask(house, "predict", "mine", str(tmp_path / "new.csv"), "--out", str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="") as out:
        assert np.array_equal(numbers(list(csv.DictReader(out)), "p"), numbers(answers, "p"))


@pytest.mark.slow
def test_a_variant_answers_by_its_own_best_run(house, held_out):
    file, told, _, _ = held_out
    (other,) = {*KEPT} - {told["variant"]}
    shown = ask(house, "predict", "mine", str(file), "--variant", other)
    assert f"mine: {other}, seed " in shown and "and 130 more rows: --out writes all of them" in shown
    assert "--variant: given 'best', allowed untouched, weighted" in ask(
        house, "predict", "mine", str(file), "--variant", "best", code=2
    )


@pytest.mark.slow
def test_what_is_stale_answers_nothing(house, held_out):
    before = (house / "params.yaml").read_bytes()
    change(house, lambda tree: tree["topics"]["mine"]["groups"]["network"]["fit"].update(learning_rate=0.0123))
    for command in (["predict", "mine", str(held_out[0])], ["card", "mine"]):
        assert "data/plan/mine.json: given a plan older than params.yaml" in ask(house, *command, code=2)
    ask(house, "plan")
    assert "given 4 of other settings, code, data" in ask(house, "predict", "mine", str(held_out[0]), code=2)
    (house / "params.yaml").write_bytes(before)
    ask(house, "plan")


@pytest.mark.slow
def test_the_card_tells_data_scores_verdicts_and_limits(house):
    ask(house, "card", "mine", "--out", "card.md")
    text = (house / "card.md").read_text()
    metrics = json.loads((house / "data/results/mine/metrics.json").read_text())
    variant = next(name for name in KEPT if f"variant `{name}`, seed" in text)
    assert f"| mean recall over the classes | {metrics[variant]['balanced_accuracy']['mean']:.3f} |" in text
    for told in ("| id | category | 0 | 600 | left out |", "mine.csv, 600 examples of kind table", "temperature of "):
        assert told in text
    rows = json.loads((house / "data/report/claims.json").read_text())
    assert all(row["claim"] in text and f"**{row['verdict']}**" in text for row in rows)
    assert "| licence of the data | not known |" in text and "Scores are means over 2 seeds" in text
    (house / "data/raw/mine.card.md").write_text("| licence of the data | CC0 1.0 |\n")
    assert "| licence of the data | CC0 1.0 |" in ask(house, "card", "mine")
    (house / "data/raw/mine.card.md").unlink()


# Over HTTP


@pytest.fixture(scope="module")
def address(house, tmp_path_factory):
    """Where `mlflow models serve` answers, in a folder that knows nothing of the project."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mlflow = str(Path(sys.executable).parent / "mlflow")
    model = ["-m", "models:/aula-mine@best", "--env-manager", "local", "--port", str(port)]
    store = {"MLFLOW_TRACKING_URI": f"sqlite:///{house}/mlflow.db"} | numerics.variables("portable")
    folder = tmp_path_factory.mktemp("elsewhere")
    command = [mlflow, "models", "serve", *model]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT | store, stdout=log, stderr=log, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{port}"
        assert answers(f"{address}/ping", tries=240), (folder / "log").read_text()[-3000:]
        yield address, folder / "log"
    finally:
        server.terminate()
        server.wait(30)


def served(address, payload):
    body = json.dumps(payload).encode()
    request = urllib.request.Request(f"{address}/invocations", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["predictions"]


def raw_rows(file):
    """Rows as a client has them: numbers, words and dates, nothing where a cell is empty."""
    columns = {"age": float, "income": float, "job": str, "since": str}
    rows = csv.DictReader(file.open(newline=""))
    return [{name: kind(row[name]) if row[name] else None for name, kind in columns.items()} for row in rows]


@pytest.mark.slow
def test_raw_columns_over_http_get_the_same_answers(address, held_out):
    file, _, answers, _ = held_out
    rows = raw_rows(file)
    got = served(address[0], {"dataframe_records": rows})
    assert [row["predicted"] for row in got] == [row["predicted"] for row in answers]
    assert np.array_equal(numbers(got, "p"), numbers(answers, "p"))
    split = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
    assert served(address[0], {"dataframe_split": split}) == got


@pytest.mark.slow
def test_gaps_and_words_that_are_new_are_answered_and_logged(address, held_out):
    row = raw_rows(held_out[0])[0]
    assert len(served(address[0], {"dataframe_records": [dict.fromkeys(row)]})) == 1
    (answer,) = served(address[0], {"dataframe_records": [row | {"job": "moon", "more": 1}]})
    assert answer["p(No)"] + answer["p(Yes)"] == pytest.approx(1)
    assert "1 of 1 cells with words that training has not ('moon')" in address[1].read_text()
    with pytest.raises(urllib.error.HTTPError) as refused:
        served(address[0], {"dataframe_records": [{name: row[name] for name in ("age", "job")}]})
    assert refused.value.code == 400 and "income" in refused.value.read().decode()
    many = {"dataframe_records": [row | {"job": "moon"}] * 3}
    with pytest.raises(urllib.error.HTTPError) as refused:
        served(address[0], many)
    assert (
        refused.value.code == 400 and "3 of 3 cells with words that training has not" in refused.value.read().decode()
    )
    assert len(served(address[0], many | {"params": {"most_unseen": 1.0}})) == 3


@pytest.mark.slow
def test_the_package_has_names_types_and_no_path_of_this_machine(house):
    (model,) = [file.parent for file in (house / "mlartifacts").rglob("MLmodel")]
    text = (model / "MLmodel").read_text()
    assert '"name": "income"' in text.replace("\n", " ") and "p(Yes)" in text
    told = [file.read_text() for file in model.rglob("*") if file.suffix in (".json", ".py", ".yaml", ".txt", "")
            and file.is_file()]  # fmt: skip
    assert told and not any(str(house) in each for each in told)
    assert "pyarrow==" in (model / "requirements.txt").read_text()
