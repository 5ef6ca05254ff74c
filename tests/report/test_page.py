"""The page says everything the files say, the same way each time, and obeys nothing that others wrote."""

import json
import re
import shutil

import pytest
from report_files import (
    CLAIMS,
    VARIANTS,
    claim,
    files,
    key,
    known_topics,
    read_page,
    report,
    source_of,
    topic,
    write_card,
    write_topic,
)

from pipeline import paths
from pipeline.records import write_json
from pipeline.report.claims import RUN_KEY_DIGITS
from pipeline.report.style import COLOURS

CONTRACT = {
    *("topic", "claim", "source", "metric", "better", "worse", "margin", "seeds", "difference", "ci_low", "ci_high"),
    *("p_value", "probability_better", "verdict", "runs"),
}


@pytest.fixture
def topics(house, monkeypatch):
    return known_topics(monkeypatch)


@pytest.fixture
def written(topics):
    """One topic with a run that diverged, reported."""
    write_topic("convolution", VARIANTS, failed=[("mlp", 2)])
    report()
    return paths.REPORT


def test_what_is_written(written):
    pictures = {f"pictures/convolution_{name}.svg" for name in ("curves", "scores")}
    assert files(written).keys() == {"claims.json", "index.html", "report.md", "pictures/drawn_from.json"} | pictures


def test_the_same_files_give_the_same_bytes(written):
    first = files(written)
    shutil.rmtree(written)
    report()
    assert files(written) == first


def test_times_places_and_people_are_left_out(written, house):
    first = files(written)
    for file in paths.RUNS.glob("*/*/*/run.json"):
        record = json.loads(file.read_text())
        write_json(file, record | {"duration_s": 99.5, "started": 1.8e9, "host": "elsewhere", "git_commit": "0" * 40})
    report()
    assert files(written) == first
    assert not any(str(place).encode() in content for place in (house, paths.ROOT) for content in first.values())


def test_claims_keep_the_contract(written):
    rows = json.loads((written / "claims.json").read_text())
    assert [row["claim"] for row in rows] == [claim.sentence for claim in CLAIMS]
    assert all(CONTRACT | {"chapter", "level", "failed"} <= row.keys() for row in rows)
    assert [row["verdict"] for row in rows[:3]] == ["reproduced", "contradicted", "negligible"]
    assert rows[0]["runs"]["better"] == [key("convolution", "stride", seed) for seed in range(6)]


def test_topics_are_judged_in_sorted_order(topics):
    topics["algebra"] = topic(CLAIMS[:1], "Algebra")
    for name in ("convolution", "algebra"):
        write_topic(name, VARIANTS)
    report()
    rows = json.loads((paths.REPORT / "claims.json").read_text())
    assert [row["topic"] for row in rows] == ["algebra"] + 4 * ["convolution"]


def test_every_claim_is_on_the_page_with_what_it_rests_on(written):
    found = read_page(written)
    for row in json.loads((written / "claims.json").read_text()):
        assert row["claim"] in found.text and row["source"] in found.text and row["chapter"] in found.text
    assert found.text.count("P(better)") == 4
    assert ("li", "data-verdict", "contradicted") in found.attributes
    assert sum(tag == "svg" and value == "img" for tag, name, value in found.attributes if name == "role") == 5


def test_what_a_claim_compares_and_found_is_in_numbers(written):
    row = json.loads((written / "claims.json").read_text())[0]
    text = read_page(written).text
    assert f"+{row['difference']:.3f}" in text and f"{row['ci_low']:.3f} to {row['ci_high']:.3f}" in text
    assert row["p_value"] < 0.001 and "p (margin) < 0.001" in text
    assert f"{row['probability_better']:.2f} (" in text and "again firm" in text
    assert "6 seeds, 1 left out (a run failed)" in text


def test_nothing_is_loaded_from_elsewhere(written):
    source = (written / "index.html").read_text("utf-8")
    assert "http:" not in source and "https:" not in source and "//" not in re.sub(r"<script>.*</script>", "", source)
    loads = [
        (tag, name, value) for tag, name, value in read_page(written).attributes if name in ("src", "href", "action")
    ]
    assert all(value.startswith(("#", "data:")) for _, _, value in loads), loads
    assert "default-src 'none'" in source


def test_the_page_is_well_formed(written):
    found = read_page(written)
    assert found.open == []
    assert len(found.ids) == len(set(found.ids)) > 0
    named = [value[1:] for _, name, value in found.attributes if name == "href" and value.startswith("#")]
    source = (written / "index.html").read_text("utf-8")
    assert set(named) | set(re.findall(r"url\(#([^)]+)\)", source)) <= set(found.ids)


def test_what_others_wrote_is_shown_and_not_obeyed(written):
    source = (written / "index.html").read_text("utf-8")
    for raw in ("<b>everything</b>", "<i>shared</i>", "<not>"):
        assert raw not in source
    assert "Convolution &amp; pooling beat &lt;b&gt;everything&lt;/b&gt;." in source


def test_settings_are_escaped(topics):
    write_topic("convolution", VARIANTS)
    plan = json.loads(paths.plan("convolution").read_text())
    plan["variants"]["mlp"]["settings"]["build"]["width"] = "<script>alert(1)</script>"
    write_json(paths.plan("convolution"), plan)
    report()
    assert "<script>alert(1)</script>" not in source_of(paths.REPORT)
    assert read_page(paths.REPORT).tags.count("script") == 3


def test_failures_are_shown(written):
    text = read_page(written).text
    assert "Runs that failed" in text and "the loss was <not> finite in epoch 3" in text and "diverged" in text
    assert "Runs that failed" in (written / "report.md").read_text()


def test_without_failures_none_are_spoken_of(topics):
    write_topic("convolution", VARIANTS)
    report()
    assert "Runs that failed" not in read_page(paths.REPORT).text + (paths.REPORT / "report.md").read_text()


def test_only_settings_that_differ_are_columns(written):
    source = (written / "index.html").read_text("utf-8")
    headers = re.findall(r'<th scope="col">([^<]+)</th>', source)
    assert "build.pooling" in headers
    assert not {"data", "view", "build.width", "build.kernels", "fit.epochs", "fit.class_weight"} & set(headers)
    for name, value in {"fit.epochs": "12", "build.kernels": "[5, 3]", "build.width": "64"}.items():
        assert f'<th scope="row">{name}</th><td>{value}</td>' in source


def test_a_setting_that_only_one_variant_has_is_a_difference(topics):
    write_topic("convolution", VARIANTS)
    plan = json.loads(paths.plan("convolution").read_text())
    plan["variants"]["max"]["settings"]["augment"] = {"shift": 0.1}
    write_json(paths.plan("convolution"), plan)
    report()
    source = (paths.REPORT / "index.html").read_text("utf-8")
    assert '<th scope="col">augment.shift</th>' in source and "<td>0.1</td>" in source


def test_scores_cost_data_and_how_to_repeat_it(written):
    text = read_page(written).text
    assert "18 of 18 planned runs" in text and "dvc repro" in text
    assert f"python -m pipeline reproduce {key('convolution', 'mlp', 0)[:10]}" in text and "run_key" in text
    assert "image from digits , shape 28 × 28 × 1, 2 classes, scaled: standard (mean: 0.500, sd: 0.250)" in text
    assert "4,321 different inputs occur in more than one" in text
    assert "rebalance: sampler: smote, added: 0 0" in text
    stats = json.loads((paths.results("convolution") / "metrics.json").read_text())["max"]["accuracy"]
    assert f"{stats['mean']:.3f}" in text and f"{stats['ci_low']:.3f} to {stats['ci_high']:.3f}" in text


def test_confusions_are_shares_of_the_true_class(written):
    source = (written / "index.html").read_text("utf-8")
    assert '<td style="--s:80">80</td><td style="--s:20">20</td><td class="total">60</td>' in source


def test_many_classes_have_no_matrix(topics):
    write_topic("convolution", VARIANTS)
    write_json(paths.results("convolution") / "confusion.json", {"mlp": []})  # `evaluate` keeps none of 40
    write_card("digits", classes=40)
    report()
    text = read_page(paths.REPORT).text
    assert "No confusion matrices" in text and "fewest a class" in text and "class 39" not in text


def test_a_users_table_is_shown_with_its_columns_and_what_smells(topics):
    write_topic("convolution", VARIANTS)
    column = {"column": "<zip>", "kind": "category", "missing": 1234, "distinct": 9, "example": "08001"}
    plain = {"column": "id", "kind": None, "missing": None, "distinct": None, "example": None, "becomes": "left out"}
    columns = [column | {"becomes": "a 0 or 1 for each word"}, plain]
    write_card("digits", columns=columns, findings=["column 'id': left out (`drop`): it counts the rows <1 to 9>"])
    report()
    text = read_page(paths.REPORT).text
    for told in ("<zip>", "1,234", "08001", "a 0 or 1 for each word", "left out", "it counts the rows <1 to 9>"):
        assert told in text
    assert "1 finding on" in text


def test_pictures_have_alternative_texts_and_follow_the_theme(written):
    found = read_page(written)
    labels = [value for tag, name, value in found.attributes if tag == "div" and name == "aria-label"]
    for variant in VARIANTS:
        (label,) = [value for value in labels if value.startswith(f"Training and validation curves of {variant},")]
        assert re.search(
            r"cross-entropy \(nats\) by epoch: validation is lowest, 0\.\d+, in epoch \d+ of \d+; at", label
        )
    source = (written / "index.html").read_text("utf-8")
    body = source[source.index("</style>") :]
    rules = source[source.index("<style>", source.index("</style>")) : source.index("</head>")]
    assert "var(--plot-training)" in rules and not any(colour in rules + body for colour in COLOURS.values())
    assert body.count('<svg aria-hidden="true"') == len(VARIANTS) + 2  # panels of curves; scores, wide and narrow


def test_markdown_has_the_ledger_and_the_scores(written):
    text = (written / "report.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(rows) == 4 and "Convolution & pooling beat \\<b\\>everything\\</b\\>." in rows[0]
    tables = [line for line in text.splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in tables]
    assert (widths[:6], widths[6:11], widths[11:]) == (6 * [13], 5 * [6], 5 * [8])  # claims, scores, curves
    assert "Author (2000)" in text and "python -m pipeline reproduce" in text
    assert "## Convolution \\| networks" in text


def test_markdown_is_in_spanish_where_the_page_opens_in_it(written):
    """Numbers and verdicts as well; the tables keep their shape."""
    english = (written / "report.md").read_text("utf-8")
    report("es")
    spanish = (written / "report.md").read_text("utf-8")
    assert "## Afirmaciones" in spanish and "**reproducida**" in spanish and "Fuente: Author (2000)" in spanish
    assert "| veredicto | afirmación |" in spanish and "## Claims" not in spanish and "held-out" not in spanish
    assert re.search(r"\| [\d]+,\d{3} \(", spanish) and not re.search(r"\| [\d]+\.\d{3} \(", spanish)
    shapes = [
        [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
        for text in (english, spanish)
    ]
    assert shapes[0] == shapes[1]


def test_both_variants_means_stand_beside_what_the_source_reports(written):
    """Of the runs that the verdict is of: a pair that is lost counts for neither."""
    (row,) = (each for each in json.loads(paths.CLAIMS.read_text()) if each["name"] == "lead")
    source = (written / "index.html").read_text("utf-8")
    claim = claim_of(source, "convolution/lead")
    for variant, side in (("stride", "better"), ("mlp", "worse")):
        mean = f"{row['means'][side]:.3f}"
        assert f'<code>{variant}</code> <span class="soft">claimed {side}</span></th><td class="n">{mean}</td>' in claim
    assert "Author (2000)" in claim and 'href="#convolution/lead"' in claim


def claim_of(source, name):
    """The first of a claim's places on the page: in the language that it opens in."""
    return re.findall(rf'<li class="claim" id="{name}".*?</li>', source, re.DOTALL)[0]


def test_a_claim_says_how_to_find_its_runs_and_the_page_names_them(written):
    source = (written / "index.html").read_text("utf-8")
    claim = claim_of(source, "convolution/lead")
    for variant in ("stride", "mlp"):
        assert all(key("convolution", variant, seed)[:RUN_KEY_DIGITS] in source for seed in range(6))
        assert f"tags.variant = '{variant}'" in claim


def test_a_claim_where_less_is_more_says_so(topics):
    topics["convolution"] = topic((claim("low", "Less.", metric="cross_entropy", higher_is_better=False),))
    write_topic("convolution", VARIANTS)
    report()
    found = read_page(paths.REPORT).text
    assert ", lower is better; 6 seeds" in found and "mean of -log p of the true answer" in found


def test_topics_stand_in_the_order_of_their_chapters(topics):
    topics["zebra"] = topic((claim("first", "One.", chapter="1 Neuron"),), "Zebra")
    for name in ("convolution", "zebra"):
        write_topic(name, VARIANTS)
    report()
    found = read_page(paths.REPORT)
    sections = [value for tag, name, value in found.attributes if tag == "section" and name == "id"]
    assert sections == ["claims", "zebra", "convolution", "course"]
    links = [value for tag, name, value in found.attributes if tag == "a" and name == "href"]
    assert links.index("#zebra") < links.index("#convolution")


def test_verdicts_are_counted_topic_by_topic(written):
    text = read_page(written).text
    assert re.search(r"shared</i> weights buy\? ✓ \d reproduced ✕ \d contradicted ≈ 1 negligible", text)
