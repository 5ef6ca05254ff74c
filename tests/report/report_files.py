"""The files of a topic as the stages before the report leave them, and the page as a reader gets it."""

import base64
import io
import math
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
from PIL import Image

from pipeline import paths, plugins
from pipeline.freshness import TopicState
from pipeline.records import SCORES, read_json, read_rows, write_items, write_json, write_rows, write_sealed
from pipeline.settings.plan import places
from pipeline.stages.judge import judge
from pipeline.stages.report import report as write_report
from pipeline.verdicts import intervals
from pipeline.verdicts.topic import Claim, Topic, load

VARIANTS = {"mlp": 0.70, "stride": 0.90, "max": 0.905}  # and their mean accuracy

SERIES = ("variant", "seed", "series", "at", "value")
COLUMNS = ("epoch", "loss", "val_loss", "cross_entropy", "val_cross_entropy", "accuracy", "val_accuracy")


def claim(name, sentence, better="stride", worse="mlp", margin=0.05, **changed):
    given = {"chapter": "2 Convolution", "published": "Author (2000)", "metric": "accuracy"} | changed
    given["margin_because"] = "the sentence says how much"
    return Claim(name=name, sentence=sentence, better=better, worse=worse, margin=margin, **given)


CLAIMS = (
    claim(
        "lead",
        "Convolution & pooling beat <b>everything</b>.",
        frase="La convolución y el agrupamiento ganan a <b>todo</b>.",
    ),
    claim("reverse", "It is the other way round.", "mlp", "stride", frase="Es al revés."),
    claim("pooling", "Max pooling is as good as stride.", "max", "stride", frase="La máxima va tan bien como el paso."),
    claim("fine", "Max pooling is better than stride.", "max", "stride", 0.005, frase="La máxima gana al paso."),
)


def topic(claims=CLAIMS, title="Convolution | networks"):
    return Topic(
        title=title,
        titulo=f"En español: {title}",
        question="What do <i>shared</i> weights buy?",
        pregunta="¿Qué aportan los pesos <i>compartidos</i>?",
        claims=claims,
    )


def known_topics(monkeypatch):
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
        variant: {
            "settings": settings(variant, data[variant]),
            "claims": {},
            "draws": {str(seed): 0 for seed in range(seeds)},
            "data_digests": {str(seed): "d" for seed in range(seeds)},
            "code": {},
        }
        for variant in variants
    }
    looks = {"means": [max(2, seeds)], "rates": [max(2, seeds)]}
    plan = {
        "topic": name,
        "profile": "laptop",
        "numerics": "portable",
        "looks": looks,
        "seeds": list(range(seeds)),
        "metrics": list(metrics),
    }
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
    record |= {
        "draw": 0,
        "status": "finished",
        "reason": None,
        "settings": given,
        "data_digest": "d",
        "parameters": 5210,
    }
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
    write_json(folder / "samples.json", {})
    write_rows(folder / "series.csv", SERIES, [])
    write_items(folder / "items.npz", [])
    write_json(folder / "trivial.json", {})


def write_card(data, classes=2, **changed):
    counts = [60] * classes
    view = {"counts": counts, "examples": sum(counts), "steps": {}, "digest": "d"}
    smote = view | {"steps": {"rebalance": {"sampler": "smote", "added": [0] * classes}}}
    card = {"data": data, "draw": 0, "source": "digits", "kind": "image", "shape": [28, 28, 1], "classes": classes}
    card |= {
        "scale": {"kind": "standard", "mean": [0.5], "sd": [0.25]},
        "split": {"train": 120, "validation": 20, "test": 40, "seed": 0},
    }
    card |= {"counts": dict.fromkeys(("train", "validation", "test"), counts), "views": {"plain": view, "smote": smote}}
    write_sealed(paths.card(data, 0), card | {"digests": {}, "raw": {}, "duplicates_across_splits": 4321} | changed)


def states():
    """Of every planned topic, as if its files were current wherever there are any."""
    return [_state(read_json(file)) for file in sorted(paths.PLAN.glob("*.json"))]


def _state(plan):
    name = plan["topic"]
    files = {place: paths.run(name, *place) / "run.json" for place in places(plan)}
    records = {place: read_json(file) for place, file in files.items() if file.exists()}
    others = {place: "missing" for place in places(plan) if place not in records}
    scores = "current" if (paths.results(name) / "scores.csv").exists() else "missing"
    return TopicState(topic=load(name), plan=plan, records=records, others=others, scores=scores)


def report(language="auto"):
    """As the command does: judge, then lay out."""
    write_report(states(), judge(states()), language)


def change_histories(name, change):
    for file in paths.RUNS.glob(f"{name}/*/*/history.csv"):
        rows = [change(row) for row in read_rows(file)]
        write_rows(file, list(rows[0]), rows)


def write_series(name, series, value, variants=tuple(VARIANTS), seeds=6, ats=range(1, 6)):
    rows = [
        {"variant": variant, "seed": seed, "series": one, "at": at, "value": value(at) * (1 + 0.01 * seed)}
        for one in series
        for variant in variants
        for seed in range(seeds)
        for at in ats
    ]
    write_rows(paths.results(name) / "series.csv", SERIES, rows)


def write_samples(name, variant, shape, seed=0):
    images = np.random.default_rng(seed).normal(0, 1, (3, 64, *shape)).astype("float32")
    file = paths.run(name, variant, 0) / "samples.npz"
    np.savez(file, epochs=np.array([1, 5, 9]), images=images)
    return images


def images_of(folder):
    found = re.findall(
        r'aria-label="([^"]+)"[^>]*><span class="drawn" data-picture="\d+"><img src="data:image/png;base64,([^"]+)"',
        source_of(folder),
    )
    return [(picture, words) for words, picture in found]


def decoded(text):
    return Image.open(io.BytesIO(base64.b64decode(text)))


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


def source_of(folder):
    """The page in the language that it opens in: without the other one, which waits in a template."""
    text = (folder / "index.html").read_text("utf-8")
    return re.sub(r'<template id="other".*?</template>', "", text, flags=re.DOTALL)


def read_page(folder):
    return Page(source_of(folder))


def files(folder):
    """What each file under a folder holds."""
    found = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}
