"""The blocks that `add` writes for a user's data: what is compared, how long it trains, what each claim says."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FEWEST = 30  # test examples of a class behind a claim on its recall: see settings/held_out.py
UNEVEN = 1.5  # times as many examples in the largest class as in the smallest: what rebalances has something to do
STEPS = 300  # of an optimizer, in every variant
TESTS = (0.25, 0.3, 0.35, 0.4)
VALIDATION = 0.2
MOST_EPOCHS = 40
MODELS: Mapping[str, dict[str, Any]] = {
    "table": {"model": "mlp", "build": {"width": 32, "depth": 1}},
    "image": {"model": "convnet", "build": {"channels": 8, "kernels": [5, 3]}},
    "signal": {"model": "convnet", "build": {"channels": 16, "kernels": [5, 3]}},
    "sequence": {"model": "recurrent", "build": {"cell": "gru", "parameters": 4000, "masked": True}},
}
RESAMPLED = ("table", "image", "signal")  # kinds that views/rebalance.py can change
AUGMENTED = {"augment": {"shift": 0.06, "rotate": 8, "zoom": 0.1}}


@dataclass(frozen=True, kw_only=True)
class OwnData:
    """What decides the blocks: source and `load`, `counts` by class (of numbers: none), `variance` of numbers.

    `different` are the counts without copies, or of groups: these are split, and decide how large a part becomes.
    """

    name: str
    source: str
    load: Mapping[str, Any]
    kind: str
    label: str
    examples: int
    counts: Mapping[str, int]
    different: Mapping[str, int]
    variance: float

    @property
    def rarest(self) -> int:
        """Different examples of the smallest class."""
        return min(self.different.values())

    @property
    def test(self) -> float:
        """Share of the test part: the smallest in which the rarest class has enough examples, if there is one."""
        enough = (share for share in TESTS if math.floor(share * self.rarest) > FEWEST) if self.counts else iter(TESTS)
        return next(enough, TESTS[-1] if self.counts else TESTS[0])

    @property
    def has_enough(self) -> bool:
        """Whether the test part can hold enough examples of each class for a claim on recalls."""
        return math.floor(self.test * self.rarest) > FEWEST

    @property
    def is_uneven(self) -> bool:
        """Whether a class is so much smaller than another that rebalancing has something to do."""
        return max(self.counts.values()) >= UNEVEN * min(self.counts.values())


def data_block(data: OwnData) -> dict[str, Any]:
    """The block under `data:`."""
    block: dict[str, Any] = {"source": data.source, "load": dict(data.load)}
    block |= {"scale": "standard"} if data.kind in ("table", "sequence") else {}
    block["split"] = {"validation": VALIDATION, "test": data.test}
    if data.counts and data.kind in RESAMPLED:
        block["views"] = {sampler: {"rebalance": {"sampler": sampler}} for sampler in ("under", "over", "smote")}
    return block


def topic_block(data: OwnData) -> dict[str, Any]:
    """The block under `topics:`."""
    variants = _variants(data) if data.counts else _variants_of_numbers()
    return {
        "title": data.name.replace("_", " ").capitalize(),
        "question": _question(data),
        "data": data.name,
        **MODELS[data.kind],
        "fit": _fit(data),
        "metrics": _metrics(data),
        "variants": {name: changes for name, (changes, _, _) in variants.items()},
        "claims": [_claim(data, name, words, expects) for name, (_, words, expects) in variants.items() if words],
    }


def _question(data: OwnData) -> str:
    what = data.name if data.label.lower() in ("", data.name) else f"{data.label} of {data.name}"
    if not data.counts:
        return f"Do dropout and a penalty on the weights predict {what} better?"
    return f"Which remedy against rare classes serves {what}?"


Variants = dict[str, tuple[dict[str, Any], str, str]]  # {variant: what it changes, in words, the verdict expected}


def _variants(data: OwnData) -> Variants:
    """Of classes: what rebalances is expected to show where there is something to rebalance, the others are not."""
    word = "reproduced" if data.is_uneven and data.has_enough else "negligible"
    found: Variants = {"untouched": ({}, "", "")}
    if data.kind in RESAMPLED:
        found["under"] = ({"view": "under", "fit": _fit_of_few(data)}, "dropping examples of larger classes", word)
        found["over"] = ({"view": "over"}, "copying examples of smaller classes", word)
        found["smote"] = ({"view": "smote"}, "combining examples of smaller classes (SMOTE)", word)
    found["weighted"] = ({"fit": {"class_weight": "balanced"}}, "weighting classes by their frequency", word)
    found["adjusted"] = ({"fit": {"logit_adjustment": 1.0}}, "adjusting logits by the classes' frequencies", word)
    found["focal"] = ({"fit": {"focal": 2.0}}, "the focal loss", "negligible")
    if data.kind == "image":
        found["augmented"] = (AUGMENTED, "moving, turning and zooming images on the fly", "reproduced")
    return found


def _variants_of_numbers() -> Variants:
    return {
        "plain": ({}, "", ""),
        "dropout": ({"build": {"dropout": 0.2}}, "dropout of one unit in five", "negligible"),
        "penalty": ({"build": {"penalty": 0.001}}, "an L2 penalty of 0.001 on the weights", "negligible"),
    }


def _claim(data: OwnData, name: str, words: str, expects: str) -> dict[str, Any]:
    if not data.counts:
        margin = {"margin": float(f"{data.variance / 20:.3g}")}
        because = {"margin_because": f"one part in twenty of the variance of {data.label}, in its unit squared"}
        sentence = f"For {data.name}, {words} lowers the squared error of {data.label}."
        compared = {"metric": "squared_error", "better": name, "worse": "plain", "higher_is_better": False}
        return {"name": name, "sentence": sentence, **compared, **margin, **because, "expects": expects}
    metric = "balanced_accuracy" if data.has_enough else "accuracy"
    told = "the mean recall over classes (balanced accuracy)" if data.has_enough else "accuracy"
    sentence = f"For {data.name}, {words} raises {told}."
    compared = {"metric": metric, "better": name, "worse": "untouched"}
    return {"name": name, "sentence": sentence, **compared, "expects": expects}


def _metrics(data: OwnData) -> list[str]:
    if not data.counts:
        return ["squared_error"]
    metrics = ["balanced_accuracy", "macro_f1", "accuracy", "rare_recall", "pr_auc", "cross_entropy", "brier"]
    return metrics if data.has_enough else ["accuracy", *(metric for metric in metrics if metric != "accuracy")]


def _training(data: OwnData) -> int:
    return max(1, round(data.examples * (1 - VALIDATION - data.test)))


def _batch(examples: int) -> int:
    return 32 if examples < 3000 else 128


def _fit(data: OwnData) -> dict[str, Any]:
    """As many steps in every variant, some passes over the training part."""
    examples = _training(data)
    batch = _batch(examples)
    steps = min(30, math.ceil(examples / batch))
    fit = {"epochs": math.ceil(STEPS / steps), "epoch_steps": steps, "batch_size": batch, "learning_rate": 0.003}
    return fit | ({"xla": True} if data.kind == "sequence" else {})


def _fit_of_few(data: OwnData) -> dict[str, Any]:
    """As many steps for the part that under-sampling leaves, as far as MOST_EPOCHS go."""
    fit, left = _fit(data), max(1, round(data.rarest * (1 - VALIDATION - data.test))) * len(data.counts)
    steps = min(fit["epoch_steps"], math.ceil(left / fit["batch_size"]))
    return {"epochs": min(MOST_EPOCHS, math.ceil(fit["epochs"] * fit["epoch_steps"] / steps))}


def notes(data: OwnData) -> Sequence[str]:
    """What the blocks do not do, and why."""
    said = []
    copies = data.examples - sum(data.different.values())
    if data.counts and copies:
        said.append(f"{copies} examples are copies of others, or of their group: they go where the others go")
    if data.counts and not data.has_enough:
        rare = min(data.different, key=lambda name: data.different[name])
        said.append(
            f"class {rare}: {data.rarest} different examples: {FEWEST} or fewer would be in the test part, too few for"
            " claims on its recall: the claims are on accuracy, and balanced accuracy is measured beside it"
        )
    return said
