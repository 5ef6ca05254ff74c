"""The report says everything the files say, the same way each time, and admits what is missing."""

import base64
import io
import json
import math
import re
import shutil
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from pipeline import paths, plugins
from pipeline.records import SCORES, Examples, read_rows, write_examples, write_json, write_rows
from pipeline.report import figures, formatting, page, plots
from pipeline.stages.judge import judge
from pipeline.stages.report import report as write_report
from pipeline.verdicts import intervals
from pipeline.verdicts.topic import Claim, Line, Sweep, Topic

CONTRACT = {
    *("topic", "claim", "source", "metric", "better", "worse", "margin", "seeds", "difference", "ci_low", "ci_high"),
    *("p_value", "probability_better", "verdict", "runs"),
}
VARIANTS = {"mlp": 0.70, "stride": 0.90, "max": 0.905}  # and their mean accuracy

COLUMNS = ("epoch", "loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy")


def claim(name, sentence, better="stride", worse="mlp", margin=0.05, **changed):
    given = {"chapter": "2 Convolution", "source": "Author (2000)", "metric": "accuracy"} | changed
    return Claim(name=name, sentence=sentence, better=better, worse=worse, margin=margin, **given)


CLAIMS = (
    claim("lead", "Convolution & pooling beat <b>everything</b>."),
    claim("reverse", "It is the other way round.", "mlp", "stride"),
    claim("pooling", "Max pooling is as good as stride.", "max", "stride"),
    claim("fine", "Max pooling is better than stride.", "max", "stride", 0.005),
)


def topic(claims=CLAIMS, title="Convolution | networks"):
    return Topic(title=title, question="What do <i>shared</i> weights buy?", claims=claims)


@pytest.fixture
def records(house, monkeypatch):
    """Topics by name, known to the report as if each had a module."""
    topics = {"convolution": topic()}
    monkeypatch.setattr(plugins, "load", lambda kind, name: SimpleNamespace(TOPIC=topics[name]))
    return topics


def key(name, variant, seed):
    return f"{name}-{variant}-{seed}".encode().hex()


def settings(variant, data):
    build = {"width": 64, "depth": 1} if variant == "mlp" else {"pooling": variant, "kernels": [5, 3]}
    fit = {"epochs": 12, "class_weight": None}
    return {"data": data, "view": "plain", "model": "mlp", "build": build, "augment": {}, "fit": fit}


def history(random, epochs):
    noise = random.normal(0, 0.01, (epochs, 2))
    rows = []
    for epoch in range(1, epochs + 1):
        train = 1.4 * math.exp(-epoch / 5) + abs(noise[epoch - 1, 0])
        valid = 0.5 + 0.9 * math.exp(-epoch / 3) + 0.02 * epoch + noise[epoch - 1, 1]
        values = (epoch, train + 0.1, valid, train, valid, 1 - train / 2, 1 - valid / 2)
        rows.append(dict(zip(COLUMNS, map(float, values), strict=True)))
    return rows


def write_topic(name, variants, seeds=6, epochs=12, metrics=("accuracy", "cross_entropy"), failed=(), data=None):
    """Files of one topic as the stages before the report leave them; `failed` holds pairs of variant and seed."""
    random = np.random.default_rng(sum(map(ord, name)))
    data = data or dict.fromkeys(variants, "digits")
    planned = {
        variant: {"settings": settings(variant, data[variant]), "data_digest": "d", "code": {}} for variant in variants
    }
    plan = {"topic": name, "profile": "laptop", "seeds": list(range(seeds)), "metrics": list(metrics)}
    write_json(paths.plan(name), plan | {"variants": planned})
    scores, curves = [], []
    for variant, mean in variants.items():
        histories = []
        for seed in range(seeds):
            lost = (variant, seed) in failed
            histories.append(history(random, 3 if lost else epochs))
            _write_run(name, variant, seed, settings(variant, data[variant]), histories[-1], lost)
            for at, metric in enumerate(metrics):
                value = None if lost else float(abs(mean - 0.3 * at) + random.normal(0, 0.006))
                names = {"variant": variant, "seed": seed, "metric": metric, "run_key": key(name, variant, seed)}
                scores.append(names | {"value": value, "status": "diverged" if lost else "finished"})
        curves += _curves(variant, histories)
    _write_results(name, scores, curves, {variant: [[48, 12], [3, 57]] for variant in variants})
    for one in set(data.values()):
        write_card(one)


def _write_run(name, variant, seed, given, rows, lost):
    folder = paths.run(name, variant, seed)
    write_rows(folder / "history.csv", COLUMNS, rows)
    record = {"run_key": key(name, variant, seed), "topic": name, "variant": variant, "seed": seed, "profile": "laptop"}
    record |= {"status": "finished", "reason": None, "settings": given, "data_digest": "d", "parameters": 5210}
    record |= {"epochs": len(rows), "best_epoch": 6, "duration_s": 3.21987, "started": 1.7e9, "device": "cpu"}
    record |= {"precision": "float32", "threads": 1, "versions": {"python": "3.12", "keras": "3.15.0"}}
    record |= {"host": "somebodys-laptop", "git_commit": "abcdef0123"}
    if lost:
        record |= {"status": "diverged", "reason": "the loss was <not> finite in epoch 3"}
    write_json(folder / "run.json", record)


def _curves(variant, histories):
    rows = []
    for at in range(min(map(len, histories))):
        for split, prefix in (("training", ""), ("validation", "val_")):
            names = {"objective": "cross_entropy", "accuracy": "accuracy"}
            means = {
                to: float(np.mean([one[at][prefix + column] for one in histories])) for to, column in names.items()
            }
            rows.append({"variant": variant, "epoch": at + 1, "split": split} | means)
    return rows


def _write_results(name, scores, curves, confusion):
    folder = paths.results(name)
    write_rows(folder / "scores.csv", SCORES, scores)
    write_rows(folder / "curves.csv", ("variant", "epoch", "split", "objective", "accuracy"), curves)
    table = {}
    for row in scores:
        table.setdefault(row["variant"], {}).setdefault(row["metric"], []).append(row["value"])
    metrics = {}
    for variant, found in table.items():
        for metric, values in found.items():
            sound = [value for value in values if value is not None]
            told = intervals.summary(sound) | {"failed": len(values) - len(sound)}
            metrics.setdefault(variant, {})[metric] = told
    write_json(folder / "metrics.json", metrics)
    write_json(folder / "confusion.json", confusion)


def write_card(data, classes=2):
    counts = [60] * classes
    view = {"counts": counts, "examples": sum(counts), "steps": {}, "digest": "d"}
    smote = view | {"steps": {"rebalance": {"sampler": "smote", "added": [0] * classes}}}
    card = {"data": data, "source": "digits", "kind": "image", "shape": [28, 28, 1], "classes": classes}
    card |= {
        "scale": {"kind": "standard", "mean": [0.5], "sd": [0.25]},
        "split": {"train": 120, "validation": 20, "test": 40, "seed": 0},
    }
    card |= {"counts": dict.fromkeys(("train", "validation", "test"), counts), "views": {"plain": view, "smote": smote}}
    write_json(paths.card(data), card | {"digests": {}, "raw": {}, "duplicates_across_splits": 4321})


def report():
    """As the command does: judge, then lay out."""
    judge()
    write_report()


@pytest.fixture
def written(records):
    """One topic with a run that diverged, reported."""
    write_topic("convolution", VARIANTS, failed=[("mlp", 2)])
    report()
    return paths.REPORT


class Page(HTMLParser):
    """Tags, ids, text and addresses of a page."""

    VOID = frozenset(["meta", "link", "input", "br", "use", "path", "line", "rect", "circle", "img", "hr"])

    def __init__(self, page):
        super().__init__()
        self.tags, self.ids, self.words, self.open, self.attributes = [], [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag, f"</{tag}> closes another tag"

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def read_page(folder):
    return Page((folder / "index.html").read_text("utf-8"))


def test_what_is_written(written):
    pictures = {f"pictures/convolution_{name}.svg" for name in ("curves", "scores")}
    assert files(written).keys() == {"claims.json", "index.html", "report.md"} | pictures


def test_the_same_files_give_the_same_bytes(written):
    first = files(written)
    shutil.rmtree(written)
    report()
    assert files(written) == first


def files(folder):
    """What each file under a folder holds."""
    found = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


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


def test_topics_are_judged_in_sorted_order(records):
    records["algebra"] = topic(CLAIMS[:1], "Algebra")
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
    assert f"{row['p_value']:.3f}" in text and f"{row['probability_better']:.2f} (" in text
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


def test_settings_are_escaped(records):
    write_topic("convolution", VARIANTS)
    plan = json.loads(paths.plan("convolution").read_text())
    plan["variants"]["mlp"]["settings"]["build"]["width"] = "<script>alert(1)</script>"
    write_json(paths.plan("convolution"), plan)
    report()
    assert read_page(paths.REPORT).tags.count("script") == 1


def test_failures_are_shown(written):
    text = read_page(written).text
    assert "Runs that failed" in text and "the loss was <not> finite in epoch 3" in text and "diverged" in text
    assert "Runs that failed" in (written / "report.md").read_text()


def test_without_failures_none_are_spoken_of(records):
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


def test_a_setting_that_only_one_variant_has_is_a_difference(records):
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


def test_many_classes_have_no_matrix(records):
    write_topic("convolution", VARIANTS)
    write_json(paths.results("convolution") / "confusion.json", {"mlp": []})  # `evaluate` keeps none of 40
    write_card("digits", classes=40)
    report()
    text = read_page(paths.REPORT).text
    assert "No confusion matrices" in text and "fewest a class" in text and "class 39" not in text


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
    assert "var(--plot-training)" in body and not any(colour in body for colour in plots.COLOURS.values())
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


def test_both_variants_means_stand_beside_what_the_source_reports(written):
    scores = json.loads((paths.results("convolution") / "metrics.json").read_text())
    source = (written / "index.html").read_text("utf-8")
    (row,) = re.findall(r'<tr><td><span class="badge reproduced">.*?</tr>', source, re.DOTALL)
    for variant in ("stride", "mlp"):
        assert f"<code>{variant}</code> {scores[variant]['accuracy']['mean']:.3f}" in row
    assert "Author (2000)" in row and 'href="#convolution-lead"' in row


def test_a_claim_names_the_runs_of_both_variants_and_how_to_find_them(written):
    source = (written / "index.html").read_text("utf-8")
    (claim,) = re.findall(r'<li class="claim" id="convolution-lead".*?</li>', source, re.DOTALL)
    for variant in ("stride", "mlp"):
        assert all(key("convolution", variant, seed)[: page.LETTERS] in claim for seed in range(6))
        assert f"tags.variant = '{variant}'" in claim


def test_a_claim_where_less_is_more_says_so(records):
    records["convolution"] = topic((claim("low", "Less.", metric="cross_entropy", higher_is_better=False),))
    write_topic("convolution", VARIANTS)
    report()
    assert "cross entropy, lower is better; 6 seeds" in read_page(paths.REPORT).text


def test_topics_stand_in_the_order_of_their_chapters(records):
    records["zebra"] = topic((claim("first", "One.", chapter="1 Neuron"),), "Zebra")
    for name in ("convolution", "zebra"):
        write_topic(name, VARIANTS)
    report()
    found = read_page(paths.REPORT)
    sections = [value for tag, name, value in found.attributes if tag == "section" and name == "id"]
    assert sections == ["ledger", "zebra", "convolution"]
    links = [value for tag, name, value in found.attributes if tag == "a" and name == "href"]
    assert links.index("#zebra") < links.index("#convolution")


def test_verdicts_are_counted_topic_by_topic(written):
    text = read_page(written).text
    overview = text[text.index("Convolution | networks ✓") :]
    assert re.match(r"Convolution \| networks ✓ \d reproduced ✕ \d contradicted ≈ 1 negligible", overview)


# Pictures of a topic's own


def change_histories(name, change):
    for file in paths.RUNS.glob(f"{name}/*/*/history.csv"):
        rows = [change(row) for row in read_rows(file)]
        write_rows(file, list(rows[0]), rows)


def test_the_objective_is_called_by_its_name(records):
    write_topic("convolution", VARIANTS)
    change_histories(
        "convolution", lambda row: {key.replace("cross_entropy", "squared_error"): row[key] for key in row}
    )
    report()
    text = read_page(paths.REPORT).text
    assert "Squared error" in text and "Mean squared error over the seeds" in text
    assert "Cross-entropy" not in text and "cross-entropy" not in text


def test_runs_without_an_objective_have_no_curves(records):
    write_topic("convolution", VARIANTS)
    change_histories("convolution", lambda row: {"epoch": row["epoch"], "d_loss": 0.7, "g_loss": 0.7})
    write_rows(paths.results("convolution") / "curves.csv", ("variant", "epoch", "split", "objective", "accuracy"), [])
    report()
    text = read_page(paths.REPORT).text
    assert "no objective" in text and "best epoch" not in text and "no histories" not in text


SERIES = ("variant", "seed", "series", "at", "value")


def write_series(name, series, value, variants=tuple(VARIANTS), seeds=6, ats=range(1, 6)):
    rows = [
        {"variant": variant, "seed": seed, "series": one, "at": at, "value": value(at) * (1 + 0.01 * seed)}
        for one in series
        for variant in variants
        for seed in range(seeds)
        for at in ats
    ]
    write_rows(paths.results(name) / "series.csv", SERIES, rows)


def test_series_are_drawn_in_pairs_with_words(records):
    records["memory"] = topic()
    write_topic("memory", VARIANTS)
    write_series("memory", ("gradient_start", "gradient_trained"), lambda at: 10.0**-at)
    report()
    found = read_page(paths.REPORT)
    labels = [value for tag, name, value in found.attributes if tag == "div" and name == "aria-label"]
    (label,) = [value for value in labels if value.startswith("stride: ")]
    assert "gradient of the last state, at the start 0.102 at lag 1" in label and "trained 0.102 at lag 1" in label
    assert "geometric mean" in found.text and "Across: lag" in found.text


def test_a_series_that_no_probe_describes_is_drawn_all_the_same(records):
    write_topic("convolution", VARIANTS)
    write_series("convolution", ("some_thing",), lambda at: at)
    report()
    assert "Some thing" in read_page(paths.REPORT).text


SWEEP = Sweep(
    x="units",
    y="accuracy (share)",
    lines=(
        Line(words="first", metric="accuracy", variants={100: "stride", 10: "mlp", 1000: "max", 5000: "nowhere"}),
        Line(words="second", metric="cross_entropy", variants={10: "mlp", 100: "stride"}),
    ),
)


def test_a_sweep_shows_the_scores_of_the_variants_there_are_in_order_of_its_number(records):
    records["convolution"] = Topic(title="Width", question="How wide?", claims=CLAIMS, sweeps=(SWEEP,))
    write_topic("convolution", VARIANTS, failed=[("max", 2)])
    report()
    found = read_page(paths.REPORT)
    (label,) = [value for _, name, value in found.attributes if name == "aria-label" and "(share): first" in value]
    ends = (
        r"first 0\.70\d at units 10, 0\.90\d at units 1000; second 0\.(?:39|40)\d at units 10, 0\.60\d at units 100\."
    )
    assert re.search(rf"accuracy \(share\): {ends}", label)
    assert "Scores over units" in found.text and "in powers of ten" in found.text


def test_a_sweep_without_scores_is_not_shown(records):
    elsewhere = Sweep(x="units", y="accuracy", lines=(Line(words="w", metric="accuracy", variants={1: "nowhere"}),))
    records["convolution"] = Topic(title="Width", question="How wide?", claims=CLAIMS, sweeps=(elsewhere,))
    write_topic("convolution", VARIANTS)
    report()
    assert "Scores over" not in read_page(paths.REPORT).text


def test_only_numbers_that_grow_by_steps_have_an_axis_of_powers():
    assert figures._uneven([4, 7, 11, 19, 52, 144, 400])
    assert not figures._uneven(range(1, 41)) and not figures._uneven([0, 1, 10, 100]) and not figures._uneven([1, 50])


def test_a_geometric_mean_leaves_out_what_has_no_logarithm():
    line = figures._line([1.0], [[0.01, 1.0, 0.0, math.inf]], log=True)
    assert line["mean"] == [pytest.approx(0.1)] and line["low"][0] < 0.1 < line["high"][0]


def write_samples(name, variant, shape, seed=0):
    images = np.random.default_rng(seed).normal(0, 1, (3, 64, *shape)).astype("float32")
    file = paths.run(name, variant, 0) / "samples.npz"
    np.savez(file, epochs=np.array([1, 5, 9]), images=images)
    return images


def images_of(folder):
    return re.findall(
        r'<img src="data:image/png;base64,([^"]+)"[^>]*alt="([^"]+)"', (folder / "index.html").read_text()
    )


def decoded(text):
    return Image.open(io.BytesIO(base64.b64decode(text)))


def test_samples_are_shown_still_and_moving(records):
    write_topic("convolution", VARIANTS)
    write_samples("convolution", "mlp", (28, 28, 1))
    write_samples("convolution", "max", (2,))
    report()
    (still, said), (points, _), (moving, all_said), _ = images_of(paths.REPORT)
    assert said == "64 samples of mlp, seed 0, after epoch 9" and all_said.endswith("after epochs 1, 5, 9 in turn")
    assert decoded(still).size == (224, 224) and decoded(points).size[0] == decoded(points).size[1] > 300
    assert decoded(moving).n_frames == 3 and getattr(decoded(still), "n_frames", 1) == 1
    source = (paths.REPORT / "index.html").read_text()
    assert source.count('prefers-reduced-motion: reduce)" srcset=') == 2


def test_a_grid_has_the_last_look_and_white_for_the_most(records):
    write_topic("convolution", VARIANTS)
    images = write_samples("convolution", "mlp", (28, 28, 1))
    report()
    shown = np.asarray(decoded(images_of(paths.REPORT)[0][0]).convert("L"), float)
    expected = (images[2, 9, :, :, 0] - images.min()) / (images.max() - images.min()) * 255
    np.testing.assert_allclose(shown[28:56, 28:56], expected, atol=9)


def test_points_stand_before_training_examples(records):
    write_topic("convolution", VARIANTS)
    write_samples("convolution", "mlp", (2,))
    write_examples(paths.fit_split("digits", "plain"), Examples(np.ones((9, 2), "float32"), np.zeros(9, "int64")))
    report()
    colours = decoded(images_of(paths.REPORT)[0][0]).convert("RGB").getcolors()
    assert {colour for _, colour in colours} == set(figures.DOTS.values())


def test_samples_that_are_not_numbers_do_not_stop_the_report(records):
    write_topic("convolution", VARIANTS)
    for variant, shape in (("mlp", (28, 28, 1)), ("max", (2,))):
        images = np.full((1, 64, *shape), np.nan, "float32")
        np.savez(paths.run("convolution", variant, 0) / "samples.npz", epochs=np.array([1]), images=images)
    report()
    assert len(images_of(paths.REPORT)) == 4


def test_training_images_are_shown_and_test_images_are_not(records):
    write_topic("convolution", VARIANTS)
    x = np.random.default_rng(0).random((30, 28, 28, 1)).astype("float32")
    write_examples(paths.fit_split("digits", "plain"), Examples(x, np.arange(30) % 2))
    paths.TEST.mkdir(parents=True)
    (paths.TEST / "digits.npz").write_bytes(b"not to be read")
    report()
    ((strip, said),) = images_of(paths.REPORT)
    assert decoded(strip).size == (56, 28) and said == "A training image of each of 2 classes (0 1) of digits"


def test_lines_that_models_wrote_can_be_read(records):
    write_topic("convolution", VARIANTS)
    write_json(paths.results("convolution") / "samples.json", {"mlp": ["123 -> 321 (right: 321)", "<b>: anna"]})
    report()
    source = (paths.REPORT / "index.html").read_text("utf-8")
    assert "<li>123 -&gt; 321 (right: 321)</li>" in source and "<li>&lt;b&gt;: anna</li>" in source
    assert "123 -\\> 321" in (paths.REPORT / "report.md").read_text("utf-8")


def test_pictures_give_the_same_bytes_too(records):
    write_topic("convolution", VARIANTS)
    write_samples("convolution", "mlp", (28, 28, 1))
    write_samples("convolution", "max", (2,))
    write_series("convolution", ("one", "two"), lambda at: at)
    report()
    first = (paths.REPORT / "index.html").read_bytes()
    report()
    assert (paths.REPORT / "index.html").read_bytes() == first


# What is missing


def test_before_anything_is_planned(records):
    report()
    assert "Nothing is planned yet" in read_page(paths.REPORT).text
    assert json.loads((paths.REPORT / "claims.json").read_text()) == []


def test_a_plan_alone(records):
    write_topic("convolution", VARIANTS)
    for folder in (paths.RUNS, paths.RESULTS, paths.PREPARED):
        shutil.rmtree(folder)
    report()
    text = read_page(paths.REPORT).text
    assert "no scores yet" in text and "no histories" in text and "no card of the data" in text
    assert text.count("not tested") >= 4 and "no accuracy of stride and mlp" in text
    assert json.loads((paths.REPORT / "claims.json").read_text()) == []
    assert not list(paths.PICTURES.glob("*.svg"))


def test_a_claim_whose_variant_has_no_scores_waits(records):
    write_topic("convolution", {"mlp": 0.7, "stride": 0.9})
    report()
    assert len(json.loads((paths.REPORT / "claims.json").read_text())) == 2
    text = read_page(paths.REPORT).text
    assert "no accuracy of max" in text and all(claim.sentence in text for claim in CLAIMS)
    assert "no accuracy of max" in (paths.REPORT / "report.md").read_text()


def test_a_single_seed_and_runs_that_all_failed(records):
    write_topic("convolution", VARIANTS, seeds=1, epochs=1, failed=[("mlp", 0)])
    report()
    text = read_page(paths.REPORT).text
    assert "no pair of runs to compare" in text and "no bounded interval" in text and "no interval" in text
    assert "nan" not in text.lower().split()


def test_pictures_of_topics_that_are_gone_go_too(written, records):
    paths.plan("convolution").unlink()
    report()
    assert not list(written.glob("*.svg"))


# Details


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.1234, "0.123"), (-0.5, "\N{MINUS SIGN}0.500"), (0.00012, "0.00012"), (123456.0, "1.23e+05"), (None, "–")],
)
def test_numbers_as_people_read_them(value, said):
    assert formatting.number(value) == said


def test_bounds_have_as_many_decimals_as_their_distance_calls_for():
    row = {"difference": 0.0203, "ci_low": 0.000474, "ci_high": 0.04012, "level": 0.983}
    assert page._difference(row) == {"value": "+0.020", "interval": "0.000 to 0.040 (98.3 %)"}


def test_zero_is_in_the_middle_of_every_forest_plot():
    row = {"difference": 0.2, "ci_low": 0.1, "ci_high": 0.3, "margin": 0.05}
    forest = page._forest(row)
    assert 50 < forest["low"] < forest["at"] < forest["high"] <= 100
    assert forest["at"] - 50 == pytest.approx(4 * forest["band"], abs=0.05)
    mirrored = page._forest({"difference": -0.2, "ci_low": -0.3, "ci_high": -0.1, "margin": 0.05})
    assert mirrored["at"] == pytest.approx(100 - forest["at"])
    assert mirrored["low"] == pytest.approx(100 - forest["high"])


def themes():
    """Colours of the page by theme."""
    style = (paths.PACKAGE / "report" / "report.css").read_text("utf-8")
    parts = style.split("prefers-color-scheme: dark")
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", part)) for part in parts)
    return {"light": light, "dark": dark}


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_marks_stand_out(theme):
    """WCAG 2.2, level AA: 4.5 to 1 for text, 3 to 1 for marks and controls."""
    of = themes()[theme]
    for text in ("ink", "soft", "link", "plot-ink", "plot-training", "plot-validation"):
        assert contrast(of[text], of["paper"]) >= 4.5, text
    assert contrast(of["ink"], of["heat"]) >= 4.5 and contrast(of["soft"], of["raised"]) >= 4.5
    for verdict in page.VERDICTS:
        assert contrast(of[verdict], of[f"tint-{verdict}"]) >= 4.5, verdict
        assert contrast(of[verdict], of["band"]) >= 3, verdict
    for mark in ("strong", *page.VERDICTS):
        assert contrast(of[mark], of["paper"]) >= 3, mark
