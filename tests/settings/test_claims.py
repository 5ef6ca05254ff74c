"""Claims in params.yaml: what makes none is named with file and key, all at once; a topic needs no folder for them."""

import pytest
from ruamel.yaml import YAML
from written_settings import GOOD, complaints, read, spoiled

from pipeline.errors import InputError
from pipeline.settings import claims, params, plan
from pipeline.verdicts.topic import Claim, load

CLAIM = {"name": "wide", "sentence": "Wide is better.", "metric": "accuracy", "better": "wide", "worse": "narrow"}
OWN = {
    "data": "signals",
    "model": "mlp",
    "metrics": ["accuracy", "cross_entropy", "squared_error", "diverged", "epochs"],
    "variants": {"narrow": {"build": {"width": 4}}, "wide": {}},
    "claims": [CLAIM],
}
PLACE = "params.yaml: topics.churn.claims.wide"
OF_CLASSES = ", ".join(claims.metrics_of("classify", ()))
KEYS = ", ".join(claims.CLAIM)
WRONG = {  # what is changed in the claim (None: left out): the lines that are said
    "no name": ({"name": None}, ["params.yaml: topics.churn.claims.0.name: given nothing, allowed text"]),
    "no sentence": ({"sentence": None}, [f"{PLACE}.sentence: given nothing, allowed text"]),
    "an empty sentence": ({"sentence": " "}, [f"{PLACE}.sentence: given ' ', allowed what is claimed, in words"]),
    "no metric": ({"metric": None}, [f"{PLACE}.metric: given nothing, allowed text"]),
    "no side": ({"better": None}, [f"{PLACE}.better: given nothing, allowed text"]),
    "no other side": ({"worse": None}, [f"{PLACE}.worse: given nothing, allowed text"]),
    "a name with blanks": (
        {"name": "Wide nets"},
        ["params.yaml: topics.churn.claims.0.name: given 'Wide nets', allowed a-z, 0-9 and _ (at least one)"],
    ),
    "a number for a name": ({"name": 3}, ["params.yaml: topics.churn.claims.0.name: given 3, allowed text"]),
    "a variant that is not there": (
        {"better": "wise"},
        [f"{PLACE}.better: given 'wise', allowed narrow, wide (did you mean 'wide'?)"],
    ),
    "both that are not there": (
        {"better": "wise", "worse": "tiny"},
        [
            f"{PLACE}.better: given 'wise', allowed narrow, wide (did you mean 'wide'?)",
            f"{PLACE}.worse: given 'tiny', allowed narrow, wide",
        ],
    ),
    "one variant twice": ({"worse": "wide"}, [f"{PLACE}.better, worse: given 'wide' twice, allowed two variants"]),
    "a metric that is not there": (
        {"metric": "acuracy"},
        [f"{PLACE}.metric: given 'acuracy', allowed {OF_CLASSES} (did you mean 'accuracy'?)"],
    ),
    "a metric of numbers": (
        {"metric": "squared_error", "margin": 1, "margin_because": "x"},
        [f"{PLACE}.metric: given 'squared_error', allowed {OF_CLASSES}"],
    ),
    "a margin of another size": (
        {"margin": 0.02},
        [
            f"{PLACE}.margin: given 0.02, allowed that of verdicts/margins.py, 0.01: leave it out, or say in"
            " margin_because why it is another"
        ],
    ),
    "a margin of nothing": ({"margin": 0}, [f"{PLACE}.margin: given 0, allowed a number > 0 or null"]),
    "a margin in words": ({"margin": "small"}, [f"{PLACE}.margin: given 'small', allowed a number > 0 or null"]),
    "no margin of a metric that has none": (
        {"metric": "epochs"},
        [f"{PLACE}.margin: given none, allowed a number: verdicts/margins.py has none of epochs"],
    ),
    "a margin of a rate of one": (
        {"metric": "diverged", "kind": "rate", "margin": 1.0, "margin_because": "x"},
        [f"{PLACE}.margin: given 1.0, allowed below 1 for a rate"],
    ),
    "a rate as a mean": (
        {"metric": "diverged"},
        [f"{PLACE}.kind: given 'mean', allowed rate: diverged is 0 or 1 for each run"],
    ),
    "a mean as a rate": (
        {"kind": "rate"},
        [f"{PLACE}.kind: given 'rate', allowed mean or ratio: accuracy is not 0 or 1 for each run"],
    ),
    "another kind": ({"kind": "median"}, [f"{PLACE}.kind: given 'median', allowed one of 'mean', 'rate', 'ratio'"]),
    "another word": (
        {"expects": "better"},
        [f"{PLACE}.expects: given 'better', allowed one of 'reproduced', 'contradicted', 'negligible', 'undecided'"],
    ),
    "a direction in words": (
        {"higher_is_better": "yes"},
        [f"{PLACE}.higher_is_better: given 'yes', allowed true or false or null"],
    ),
    "a key that is not there": (
        {"beter": "wide"},
        [f"{PLACE}.beter: given 'beter', allowed {KEYS} (did you mean 'better'?)"],
    ),
    "three at once": (
        {"beter": "x", "metric": "acuracy", "expects": "more"},
        [
            f"{PLACE}.beter: given 'beter', allowed {KEYS} (did you mean 'better'?)",
            f"{PLACE}.expects: given 'more', allowed one of 'reproduced', 'contradicted', 'negligible', 'undecided'",
            f"{PLACE}.metric: given 'acuracy', allowed {OF_CLASSES} (did you mean 'accuracy'?)",
        ],
    ),
}


def text(block=OWN, **changes):
    return spoiled("topics.churn", block | changes)


def topic(tmp_path, block=OWN, **changes):
    return read(tmp_path, text(block, **changes)).topics["churn"]


@pytest.mark.parametrize(("change", "lines"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_a_claim_is_said_where_it_stands(tmp_path, change, lines):
    claim = {key: value for key, value in (CLAIM | change).items() if value is not None}
    assert complaints(tmp_path, text(claims=[claim])) == lines


def test_faults_of_all_claims_are_said_at_once(tmp_path):
    two = [CLAIM | {"metric": "acuracy"}, CLAIM | {"name": "other", "worse": "tiny"}]
    lines = complaints(tmp_path, text(claims=two))
    assert [line.split(": ")[1] for line in lines] == [
        "topics.churn.claims.wide.metric",
        "topics.churn.claims.other.worse",
    ]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("wide", "topics.churn.claims: given 'wide', allowed a list, each item a value"),
        ({"wide": CLAIM}, "topics.churn.claims: given a mapping, allowed a list, each item a value"),
        (["wide"], f"topics.churn.claims.0: given 'wide', allowed a mapping with {KEYS}"),
        (
            [CLAIM, CLAIM],
            "topics.churn.claims.wide.name: given 'wide', allowed a name that no other claim of the topic has",
        ),
        ([CLAIM, None], f"topics.churn.claims.1: given nothing, allowed a mapping with {KEYS}"),
    ],
)
def test_claims_are_a_list_of_mappings_each_with_a_name_of_its_own(tmp_path, given, line):
    assert complaints(tmp_path, text(claims=given)) == [f"params.yaml: {line}"]


def test_a_metric_that_claims_are_about_must_be_measured(tmp_path):
    (line,) = complaints(tmp_path, text(metrics=["cross_entropy"]))
    assert line.startswith("params.yaml: topics.churn.metrics: given no 'accuracy', allowed a list with it")


def test_a_topic_without_a_folder_asks_what_params_says(tmp_path):
    found = topic(tmp_path, title="Churn", question="Who leaves?").topic
    assert (found.title, found.question, found.probes, found.series) == ("Churn", "Who leaves?", (), ())
    (claim,) = found.claims
    assert claim == Claim(**CLAIM, chapter="Your data") and claim.margin == 0.01 and claim.higher_is_better
    assert topic(tmp_path).topic.title == "Churn" and topic(tmp_path, claims=[]).claims == ()


def test_a_topic_without_folder_and_claims_is_a_slip_of_the_pen(tmp_path):
    block = {key: value for key, value in OWN.items() if key != "claims"}
    (line,) = complaints(tmp_path, spoiled("topics.convolutoin", block))
    assert line.startswith("params.yaml: topics.convolutoin: given 'convolutoin', allowed activations, adversarial, ")
    assert line.endswith(", or any name with claims: below it ([] for none) (did you mean 'convolution'?)")


def test_claims_of_params_come_behind_those_of_the_module(tmp_path):
    one = {"name": "mine", "sentence": "s", "metric": "accuracy", "better": "max", "worse": "mlp"}
    found = read(tmp_path, spoiled("topics.convolution.claims", [one])).topics["convolution"]
    assert found.claims[:-1] == load("convolution").claims and found.claims[-1].name == "mine"
    assert found.topic.question == load("convolution").question
    taken = one | {"name": found.claims[0].name}
    (line,) = complaints(tmp_path, spoiled("topics.convolution.claims", [taken]))
    assert line.endswith("allowed a name that no other claim of the topic has")


@pytest.mark.parametrize(
    ("metric", "higher"), [("accuracy", True), ("cross_entropy", False), ("gap", False), ("balanced_accuracy", True)]
)
def test_a_claim_that_does_not_say_so_takes_the_better_direction_of_its_metric(tmp_path, metric, higher):
    block = OWN | {"metrics": [metric]}
    assert topic(tmp_path, block, claims=[CLAIM | {"metric": metric}]).claims[0].higher_is_better is higher
    told = CLAIM | {"metric": metric, "higher_is_better": not higher}
    assert topic(tmp_path, block, claims=[told]).claims[0].higher_is_better is not higher


def test_a_claim_on_a_variant_of_another_profile_is_left_out_and_said(tmp_path):
    block = text(claims=[CLAIM | {"better": "huge"}])
    full = "topics: {churn: {new_variants: {huge: {build: {width: 512}}}}}"
    here = read(tmp_path, block, full=full).topics["churn"]
    assert here.left_out == {"wide": ("huge",)} and "no variant huge" in here.note()
    assert read(tmp_path, block, full=full, profile="full").topics["churn"].left_out == {}


@pytest.mark.parametrize("word", ["claims", "title", "question"])
def test_a_profile_says_nothing_of_what_a_topic_asks(tmp_path, word):
    (line, *_) = complaints(tmp_path, text(), full=f"topics: {{churn: {{{word}: []}}}}")
    assert line.startswith(f"profiles/full.yaml: topics.churn.{word}: given '{word}', allowed ")


# only


def only(tmp_path, names, block=GOOD):
    return read(tmp_path, spoiled("only", names, text=block))


def test_without_only_all_topics_are_there(tmp_path):
    settings = read(tmp_path, text())
    assert list(settings.topics) == ["convolution", "churn"] and settings.left_out == ()


def test_only_leaves_the_other_topics_out_and_the_data_that_no_topic_learns_from(tmp_path):
    settings = only(tmp_path, ["churn"], text())
    assert list(settings.topics) == ["churn"] and settings.left_out == ("convolution",)
    assert list(settings.data) == ["signals"]
    assert list(only(tmp_path, ["churn", "convolution"], text()).topics) == ["convolution", "churn"]


def test_a_topic_that_only_leaves_out_is_refused_with_the_word(tmp_path):
    settings = only(tmp_path, ["churn"], text())
    with pytest.raises(InputError, match=r"'convolution', which `only` in params.yaml leaves out, allowed churn"):
        plan.require_topic(settings, "convolution")
    with pytest.raises(InputError, match=r"^topic: given 'chrun', allowed churn$"):
        plan.require_topic(settings, "chrun")
    plan.require_topic(settings, "churn")
    plan.require_topic(settings, None)


def test_lessons_read_every_topic(tmp_path):
    only(tmp_path, ["churn"], text())
    settings = params.read(tmp_path / "params.yaml", every_topic=True)
    assert list(settings.topics) == ["convolution", "churn"] and settings.left_out == ()


def test_what_only_leaves_out_is_checked_all_the_same(tmp_path):
    block = spoiled("topics.convolution.fit.epochs", -1, text=text())
    lines = complaints(tmp_path, spoiled("only", ["churn"], text=block))
    assert lines == ["params.yaml: topics.convolution.fit.epochs: given -1, allowed an integer >= 1"]


def test_values_without_effect_are_told_of_the_topics_that_count(tmp_path):
    block = spoiled("topics.convolution.groups", {"few": {"fit": {"epochs": 3}}}, text=text())
    assert any(void.place.key.startswith("topics.convolution") for void in read(tmp_path, block).voids)
    voids = only(tmp_path, ["churn"], block).voids
    assert not [void for void in voids if void.place.key.startswith(("topics.convolution", "data.pictures"))]


@pytest.mark.parametrize(
    ("given", "lines"),
    [
        ([], ["params.yaml: only: given an empty list, allowed one topic or more of convolution; no such key for all"]),
        (["convolutio"], ["params.yaml: only: given 'convolutio', allowed convolution (did you mean 'convolution'?)"]),
        (["memory"], ["params.yaml: only: given 'memory', allowed convolution"]),
        ("convolution", ["params.yaml: only: given 'convolution', allowed a list, each item text or null"]),
        ([3], ["params.yaml: only: given [3], allowed a list, each item text or null"]),
        (["convolution"] * 2, ["params.yaml: only: given 'convolution' 2 times, allowed once"]),
    ],
)
def test_what_only_may_name(tmp_path, given, lines):
    assert complaints(tmp_path, spoiled("only", given)) == lines


def test_the_shipped_settings_read_the_same_written_or_not():
    assert "only" not in YAML(typ="safe").load(GOOD)
