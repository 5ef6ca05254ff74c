"""The page of results says for every claim what was published, what came out, and what is missing."""

import re
from types import SimpleNamespace

import pytest

from pipeline import freshness, paths, plugins
from pipeline.errors import InputError
from pipeline.freshness import TopicState
from pipeline.records import read_json, write_json
from pipeline.report import formatting, results
from pipeline.stages.evaluate import summarise
from pipeline.verdicts.rules import judge
from pipeline.verdicts.topic import Claim, Topic

MEANS = {"stride": 0.9, "mlp": 0.7, "max": 0.9}


def claim(name, better="stride", worse="mlp", **changed):
    given = {
        "chapter": "2 Convolution",
        "published": "Author (2000): 94 % | 68 %",
        "metric": "accuracy",
        "margin": 0.05,
        "margin_because": "the sentence says how much",
    }
    return Claim(name=name, sentence=f"The claim {name}.", better=better, worse=worse, **(given | changed))


PAIR = (claim("lead"), claim("same", "max"))
TOPICS = {
    "second": Topic(title="Convolution", question="What do *shared* weights buy?", claims=PAIR),
    "first": Topic(title="Activations", question="Do they?", claims=(claim("early", chapter="1 Neuron"),)),
}


@pytest.fixture
def home(house, monkeypatch):
    """Two topics, known as if each had a module, and a house to write docs/results.md in."""
    monkeypatch.setattr(plugins, "names", lambda kind: sorted(TOPICS))
    monkeypatch.setattr(plugins, "load", lambda kind, name: SimpleNamespace(TOPIC=TOPICS[name]))
    monkeypatch.setattr(paths, "ROOT", house)
    return house


def rows(seeds=6, lost=()):
    names = [(variant, seed) for variant in MEANS for seed in range(seeds)]
    return [
        {
            "variant": variant,
            "seed": seed,
            "metric": "accuracy",
            "value": None if (variant, seed) in lost else MEANS[variant] + 0.001 * (seed % 3) * (variant == "stride"),
            "status": "diverged" if (variant, seed) in lost else "finished",
            "run_key": f"{variant}{seed}",
        }
        for variant, seed in names
    ]


def judged(**options):
    """Files as evaluate and report leave them, for the topic `second`."""
    scores = rows(**options)
    write_json(paths.PUBLISHED / "claims.json", judge("second", TOPICS["second"].claims, scores))
    write_json(paths.published("second") / "metrics.json", summarise(scores))


def page(home):
    results.lay_out()
    return (home / "docs" / "results.md").read_text("utf-8")


def cells(text, sentence):
    line = next(line for line in text.splitlines() if line.startswith(f"| {sentence} "))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_a_claim_stands_beside_its_source(home):
    judged()
    text = page(home)
    row_cells = cells(text, "The claim lead.")
    assert row_cells[1:4] == ["Author (2000): 94 % \\| 68 %", "", "`accuracy`"]
    assert row_cells[4].startswith("`stride` 0.901 (0.900 to 0.902)") and row_cells[5].startswith("`mlp` 0.700")
    assert re.fullmatch(r"\+0\.2010 \(\+0\.\d{4} to \+0\.\d{4}, 9\d(\.\d)? %\)", row_cells[6])
    assert row_cells[7:] == ["**reproduced**", "6"]
    assert text.index("## Activations") < text.index("## Convolution")  # in the order of the chapters
    assert "What do \\*shared\\* weights buy?" in text


def test_lower_is_better_is_said(home, monkeypatch):
    topic = Topic(title="T", question="Q?", claims=(claim("low", higher_is_better=False),))
    monkeypatch.setitem(TOPICS, "second", topic)
    assert cells(page(home), "The claim low.")[3] == "`accuracy`, lower is better"


def test_failed_runs_are_counted(home):
    judged(lost=[("mlp", 2)])
    assert cells(page(home), "The claim lead.")[8] == "6 (1 left out)"


def test_a_single_seed_has_no_interval(home):
    judged(seeds=1)
    row_cells = cells(page(home), "The claim lead.")
    assert (
        row_cells[4] == "`stride` 0.900"
        and row_cells[6] == "+0.200 (no bounded interval)"
        and row_cells[7] == "**undecided**"
    )


def test_no_pair_is_said(home):
    judged(seeds=1, lost=[("stride", 0)])
    row_cells = cells(page(home), "The claim lead.")
    assert row_cells[4] == "`stride` –" and row_cells[6] == "no pair of runs"


def test_what_no_file_knows_is_not_tested(home):
    text = page(home)
    assert "3 not tested." in text and cells(text, "The claim early.")[6:] == ["–", "**not tested**", "–"]
    judged()
    text = page(home)
    assert re.search(r"^2 reproduced, 1 not tested\.$", text, re.MULTILINE)
    assert cells(text, "The claim early.")[7] == "**not tested**"


def run(variant, seconds, status="finished"):
    return {"variant": variant, "status": status, "profile": "laptop", "device": "cpu", "duration_s": seconds}


def test_times_are_row_cells_where_runs_are_known(home):
    judged()
    assert "## Time" not in page(home)
    runs = [run("mlp", seconds) for seconds in (1.0, 2.0, 9.0)] + [run("max", None, "failed")]
    write_json(paths.PUBLISHED / "times.json", [results._time("second", runs)])
    text = page(home)
    assert cells(text, "`second`") == ["`second`", "laptop", "cpu", "2", "4", "1", "2.0", "9.0", "12"]
    assert "`first`" not in text


def test_the_same_files_give_the_same_bytes(home):
    judged()
    write_json(paths.PUBLISHED / "times.json", [results._time("second", [run("mlp", 1.5)])])
    assert page(home) == page(home)
    tables = [line for line in page(home).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in tables[:-3]} == {10}


def test_every_shipped_topic_has_one_row_per_claim(house, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", house)
    text = page(house)
    for name in plugins.names("topics"):
        for one in plugins.load("topics", name).TOPIC.claims:
            assert f"| {formatting.cell(one.sentence)} |" in text


def state(name, scores="current", records=()):
    plan = {"topic": name, "profile": "laptop", "numerics": "portable", "variants": {}, "seeds": []}
    return TopicState(
        topic=TOPICS[name],
        plan=plan,
        records={(record["variant"], place): record for place, record in enumerate(records)},
        others={},
        scores=scores,
    )


def settings(profile="laptop", left_out=()):
    topics = {name: SimpleNamespace(topic=topic) for name, topic in TOPICS.items()}
    return SimpleNamespace(profile=profile, topics=topics, left_out=tuple(left_out))


def present(accuracy):
    """Results of both topics, as `evaluate` leaves them."""
    for name in TOPICS:
        write_json(
            paths.results(name) / "metrics.json",
            {"stride": {"accuracy": {"mean": accuracy, "ci_low": None, "ci_high": None}}},
        )
        write_json(paths.results(name) / "confusion.json", {})


def test_published_are_the_results_of_all_topics_and_what_was_there_before_goes(home):
    present(0.5)
    (paths.results("first") / "scores.csv.373.draft").write_text("a kill left it behind")
    write_json(paths.published("gone") / "metrics.json", {})
    rows = [{"topic": "second", "name": "other"}]
    results.publish(settings(), [state("first"), state("second", records=[run("mlp", 2.0)])], rows)
    assert read_json(paths.published("second") / "metrics.json")["stride"]["accuracy"]["mean"] == 0.5
    assert read_json(paths.PUBLISHED / "claims.json") == rows and freshness.published_profile() == "laptop"
    assert [time["median"] for time in read_json(paths.PUBLISHED / "times.json")] == ["–", "2.0"]
    assert not paths.published("gone").exists() and not (paths.published("first") / "confusion.json").exists()
    assert not list(paths.PUBLISHED.glob("*/*.draft")), "Git would leave it out, and every clone would lack it"
    assert (home / "docs" / "results.md").exists() and not list(paths.DATA.glob("*.draft"))


@pytest.mark.parametrize(
    ("profile", "states", "message"),
    [
        ("laptop", [state("first"), state("second", "stale")], "given no present results of second, allowed those of"),
        (
            "laptop",
            [state("first")],
            "given no present results of second, allowed .*: run `dvc repro`",
        ),
        ("smoke", [state("first"), state("second")], "given profile smoke, allowed laptop, of which data/published is"),
    ],
)
def test_neither_half_a_course_nor_another_profile_takes_the_place_of_what_is_published(home, profile, states, message):
    present(0.5)
    results.publish(settings(), [state("first"), state("second")], [])
    before = {file: file.read_bytes() for file in sorted(home.rglob("*")) if file.is_file()}
    with pytest.raises(InputError, match=message):
        results.publish(settings(profile), states, [])
    assert {file: file.read_bytes() for file in sorted(home.rglob("*")) if file.is_file()} == before


def test_a_short_table_goes_between_the_marks_of_the_readmes_and_nothing_else_changes(home):
    judged()
    for name in ("README.md", "README.es.md"):
        (home / name).write_text(f"# Title\n\n{results.BEGIN}\nold\n{results.END}\n\nMore.\n", "utf-8")
    page(home)
    english, spanish = ((home / name).read_text("utf-8") for name in ("README.md", "README.es.md"))
    assert english.startswith("# Title\n") and english.endswith("\nMore.\n") and "old" not in english
    row = next(line for line in english.splitlines() if line.startswith("| `second`"))
    assert row == (
        "| `second` | The claim lead. | `accuracy` | `stride` 0.901, `mlp` 0.700 | **reproduced** | reproduced × 2 |"
    )
    assert "`stride` 0,901, `mlp` 0,700 | **reproducida** | reproducida × 2 |" in spanish
    again = english
    page(home)
    assert (home / "README.md").read_text("utf-8") == again


def test_a_readme_without_marks_is_left_alone(home):
    (home / "README.md").write_text("# Title\n")
    page(home)
    assert (home / "README.md").read_text() == "# Title\n" and not (home / "README.es.md").exists()


def test_publishing_without_a_published_topic_that_only_leaves_out_is_refused(home):
    write_json(paths.published("third") / "metrics.json", {})
    states = [state(name) for name in TOPICS]
    with pytest.raises(InputError, match="given `only` without third, allowed all topics that are in data/published"):
        results.publish(settings(left_out=["third", "fourth"]), states, [])
    assert (paths.published("third") / "metrics.json").exists()
