"""The sentence on a user's data says what the verdicts say: no more where all is undecided, no less elsewhere."""

import pytest

from pipeline.report import sentence
from pipeline.report.language import Voice
from pipeline.verdicts.topic import Claim, Topic


def row(name, verdict, difference=0.0, low=None, high=None, **changes):
    told = {
        "words": f"doing {name}",
        "metric": "balanced_accuracy",
        "margin": 0.01,
        "seeds": 6,
        "baseline": [],
    } | changes
    claim = f"For churn, {told.pop('words')} raises the mean recall over classes (balanced accuracy)."
    spread = {
        "ci_low": difference - 0.02 if low is None else low,
        "ci_high": difference + 0.02 if high is None else high,
    }
    firmness = None if verdict == "undecided" else "firm"
    named = {"name": name, "better": name, "worse": "untouched", "claim": claim, "firmness": firmness}
    return named | {"verdict": verdict, "difference": difference} | spread | told


def said(*rows, own=True, lower=()):
    claims = tuple(
        Claim(
            name=each["name"],
            sentence=each["claim"],
            chapter="Your data",
            metric=each["metric"],
            better=each["better"],
            worse=each["worse"],
            margin=each["margin"],
            margin_because="as asked",
            higher_is_better=each["name"] not in lower,
        )
        for each in rows
    )
    return sentence.of_topic(Topic(title="Churn", question="", claims=claims, own=own), rows)


def test_what_won_is_told_with_its_interval_and_the_rest_by_its_verdict():
    rows = [
        row("weighted", "reproduced", 0.041, 0.022, 0.060),
        row("smote", "negligible", 0.001),
        row("focal", "negligible", -0.001),
    ]
    assert said(*rows) == (
        "For your data: doing weighted raises balanced accuracy by 0.041 (0.022 to 0.060), firm. Nothing else that was"
        " tried changes it by more than 0.01: doing smote and doing focal."
    )


def test_the_largest_comes_first_and_losses_are_losses():
    rows = [
        row("small", "reproduced", 0.03),
        row("large", "reproduced", 0.05),
        row("worse", "contradicted", -0.08, -0.11, -0.05),
    ]
    assert said(*rows) == (
        "For your data: doing large raises balanced accuracy by 0.050 (0.030 to 0.070), firm; doing small raises"
        " balanced accuracy by 0.030 (0.010 to 0.050), firm; doing worse lowers balanced accuracy by 0.080 (0.050 to"
        " 0.110), firm."
    )


def test_where_all_is_undecided_nothing_is_shown_to_help():
    rows = [row("weighted", "undecided", 0.09), row("over", "undecided", 0.05, seeds=12)]
    assert said(*rows) == (
        "For your data: nothing that was tried is shown to raise balanced accuracy. Undecided after 6 to 12 seeds:"
        " doing weighted and doing over."
    )


def test_a_loss_alone_is_no_help():
    assert said(row("under", "contradicted", -0.08, -0.11, -0.05)).startswith(
        "For your data: nothing that was tried is shown to raise balanced accuracy. Doing under lowers"
    )


FLOOR = "learning from the inputs, rather than always giving one answer,"


@pytest.mark.parametrize(
    ("verdict", "difference", "told"),
    [
        ("reproduced", 0.2, f"Learning{FLOOR[8:]} raises balanced accuracy by 0.200 (0.180 to 0.220), firm."),
        ("undecided", 0.01, f"Undecided is whether {FLOOR} raises balanced accuracy."),
        ("negligible", 0.001, f"Learning{FLOOR[8:]} changes balanced accuracy by no more than 0.01."),
    ],
)
def test_what_has_to_be_beaten_is_no_remedy(verdict, difference, told):
    floor = row("prior", verdict, difference, words=FLOOR, better="untouched", worse="prior")
    found = said(row("weighted", "undecided", 0.02), row("over", "undecided", 0.01), floor)
    assert found.startswith("For your data: nothing that was tried is shown to raise") and found.endswith(told)


def test_where_less_is_better_the_words_are_turned():
    one = row("weighted", "reproduced", 30.0, 20.0, 40.0, metric="cost", margin=5)
    assert (
        said(one, lower=("weighted",))
        == "For your data: doing weighted lowers cost by 30.000 (20.000 to 40.000), firm."
    )


def test_each_metric_has_its_own():
    rows = [row("weighted", "reproduced", 0.04), row("cheap", "undecided", 3.0, metric="cost", margin=5)]
    assert said(*rows, lower=("cheap",)) == (
        "For your data: doing weighted raises balanced accuracy by 0.040 (0.020 to 0.060), firm. Nothing that was tried"
        " is shown to lower cost. Undecided after 6 seeds: doing cheap."
    )


def test_words_with_commas_are_told_apart():
    rows = [row("a", "undecided", words="moving, turning and zooming"), row("b", "undecided")]
    assert said(*rows).endswith("moving, turning and zooming; doing b.")


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("For churn, the focal loss raises accuracy.", "the focal loss"),
        (
            "For rates, an L2 penalty of 0.001 on the weights lowers the squared error of x.",
            "an L2 penalty of 0.001 on the weights",
        ),
        (
            "For churn, learning from the inputs, rather than always giving one answer, raises accuracy.",
            "learning from the inputs, rather than always giving one answer",
        ),
        ("Wide nets are better.", "wide instead of narrow"),
    ],
)
def test_words_are_those_of_the_claim_or_names_of_variants(claim, words):
    assert sentence.words({"claim": claim, "better": "wide", "worse": "narrow"}) == words


def test_what_has_learnt_nothing_is_named():
    one = row("focal", "undecided", baseline=["untouched"])
    assert said(one).endswith(" No better than one answer for all, by the margin: untouched.")
    both = row("focal", "undecided", baseline=["untouched", "focal"])
    assert said(both).endswith(" No variant is better, by the margin, than one answer for all.")


def test_the_course_and_a_topic_without_verdicts_have_none():
    assert said(row("weighted", "reproduced", 0.04), own=False) == "" and said() == ""


def test_it_is_told_in_spanish_too():
    rows = [row("weighted", "reproduced", 0.041, 0.022, 0.060, words="weighting classes by their frequency")]
    rows += [row("smote", "undecided", 0.001, words="the focal loss")]
    assert Voice("es").say(said(*rows)) == (
        "Con tus datos: ponderar las clases por su frecuencia sube exhaustividad media de las clases en 0,041 (0,022 a"
        " 0,060), firme. Sin decidir tras 6 semillas: la pérdida focal."
    )
