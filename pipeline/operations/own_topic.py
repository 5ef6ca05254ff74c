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
NETWORK = "network"  # the group of variants that train one
AT_ONCE = {"epochs": 1, "epoch_steps": 1}  # of `fit`, where there is nothing to learn step by step
MANY, TREES_OF_MANY = 10, 30  # classes from which on fewer trees are grown: there is one for each class every time
AUGMENTED = {"augment": {"shift": 0.06, "rotate": 8, "zoom": 0.1}}


@dataclass(frozen=True, kw_only=True)
class OwnData:
    """What decides the blocks: source and `load`, `counts` by class (of numbers: none).

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
    arms = _arms(data) if data.counts else _arms_of_numbers(data)
    return {
        "title": data.name.replace("_", " ").capitalize(),
        "question": _question(data),
        "data": data.name,
        "metrics": _metrics(data),
        "groups": {NETWORK: _network(data)},
        "variants": {name: arm.changes for name, arm in arms.items()},
        "claims": [_claim(data, name, arm, next(iter(arms))) for name, arm in arms.items() if arm.words],
    }


def _network(data: OwnData) -> dict[str, Any]:
    """What all variants share that train a network."""
    return {**({} if data.counts else {"task": "regress_scaled"}), **MODELS[data.kind], "fit": _fit(data)}


def _question(data: OwnData) -> str:
    what = data.name if data.label.lower() in ("", data.name) else f"{data.label} of {data.name}"
    if data.counts:
        return f"Which remedy against rare classes serves {what}?"
    others = "dropout, a penalty on the weights or boosted trees" if data.kind == "table" else "dropout or a penalty"
    return f"Do {others} predict {what} better than a plain network?"


@dataclass(frozen=True)
class Arm:
    """A variant: what it changes, in `words` what that is (none: all others are compared with it), what is expected.

    `is_floor`: the claim is that it is beaten.
    """

    changes: Mapping[str, Any]
    words: str = ""
    expects: str = ""
    is_floor: bool = False


def _arms(data: OwnData) -> dict[str, Arm]:
    """Of classes: what rebalances is expected to show where there is something to rebalance, the others are not."""
    word = "reproduced" if data.is_uneven and data.has_enough else "negligible"
    found = {"untouched": _of_network()}
    if data.kind in RESAMPLED:
        found["under"] = _of_network("dropping examples of larger classes", word, view="under", fit=_fit_of_few(data))
        found["over"] = _of_network("copying examples of smaller classes", word, view="over")
        found["smote"] = _of_network("combining examples of smaller classes (SMOTE)", word, view="smote")
    found["weighted"] = _of_network("weighting classes by their frequency", word, fit={"class_weight": "balanced"})
    found["adjusted"] = _of_network("adjusting logits by the classes' frequencies", word, fit={"logit_adjustment": 1.0})
    found["moved"] = _of_network("moving the threshold of the trained network", word, task="classify_moved")
    found["focal"] = _of_network("the focal loss", "negligible", fit={"focal": 2.0})
    if data.kind == "image":
        found["augmented"] = _of_network("moving, turning and zooming images on the fly", "reproduced", **AUGMENTED)
    return found | _base_lines(data)


def _arms_of_numbers(data: OwnData) -> dict[str, Arm]:
    return {
        "plain": _of_network(),
        "dropout": _of_network("dropout of one unit in five", "negligible", build={"dropout": 0.2}),
        "penalty": _of_network("an L2 penalty of 0.001 on the weights", "negligible", build={"penalty": 0.001}),
        **_base_lines(data),
    }


def _of_network(words: str = "", expects: str = "", **changes: Any) -> Arm:
    return Arm({"group": NETWORK, **changes}, words, expects)


def _base_lines(data: OwnData) -> dict[str, Arm]:
    """What is no network: a constant answer, and of tables boosted trees."""
    task = {"task": "classify_at_once" if data.counts else "regress_at_once", "fit": AT_ONCE}
    floor = "learning from the inputs, rather than always giving one answer,"
    found = {"prior": Arm({"model": "prior", **task}, floor, _expected_of_learning(data), is_floor=True)}
    if data.kind == "table":
        build = {"build": {"trees": TREES_OF_MANY}} if len(data.counts) > MANY else {}
        words = "boosting trees instead of training a network"
        found["boosted"] = Arm({"model": "boosted_trees", **task, **build}, words, "reproduced")
    return found


def _expected_of_learning(data: OwnData) -> str:
    """That of one answer for all the mean recall is as low as can be, but not accuracy where one class is large."""
    return "reproduced" if not data.counts or data.has_enough or not data.is_uneven else "undecided"


def _claim(data: OwnData, name: str, arm: Arm, plain: str) -> dict[str, Any]:
    better, worse = (plain, name) if arm.is_floor else (name, plain)
    sentence = f"For {data.name}, {arm.words} raises {_told(data)}."
    compared = {"metric": _metrics(data)[0], "better": better, "worse": worse}
    return {"name": name, "sentence": sentence, **compared, "expects": arm.expects}


def _told(data: OwnData) -> str:
    """What the claims are on, in words."""
    if not data.counts:
        return f"the share of the variance of {data.label or 'the numbers'} that is explained (R2)"
    return "the mean recall over classes (balanced accuracy)" if data.has_enough else "accuracy"


def _metrics(data: OwnData) -> list[str]:
    if not data.counts:
        return ["r2", "absolute_error", "squared_error"]
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
