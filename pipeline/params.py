"""Turn params.yaml into frozen, typed, strict settings, or say what is wrong with it, key by key."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from pipeline import paths, plugins
from pipeline.bounds import Count, Share, Whole
from pipeline.plugins import Setting

PROFILES = ("smoke", "laptop", "full", "gpu")
MOST_VALUES, MOST_LEVELS = 20_000, 12
Block = TypeVar("Block")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class ParamsError(ValueError):
    """Everything that is wrong with the user's settings: `lines`, one an error."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True)
class LongTail:
    """Training examples a class, falling geometrically from `head` (class 0) to `tail` (the last)."""

    head: int
    tail: int


@dataclass(frozen=True)
class Split:
    """Sizes of the held-out parts (a count, or a share of all examples), and of the training part if it is cut."""

    validation: int | float
    test: int | float
    train: int | LongTail | None
    seed: int


@dataclass(frozen=True)
class DataSettings:
    """One block under `data:`."""

    name: str
    source: str
    load: Mapping[str, Any]
    scale: str
    split: Split
    views: Mapping[str, Mapping[str, Mapping[str, Any]]]
    seed: int


@dataclass(frozen=True)
class Variant:
    """One arm of a comparison, every setting resolved."""

    name: str
    data: str
    view: str
    model: str
    build: Mapping[str, Any]
    augment: Mapping[str, Any]
    fit: Mapping[str, Any]

    def settings(self) -> dict[str, Any]:
        """What decides this variant's numbers, as plain values."""
        plain = {key: getattr(self, key) for key in ("data", "view", "model")}
        return plain | {key: dict(getattr(self, key)) for key in ("build", "augment", "fit")}


@dataclass(frozen=True)
class TopicSettings:
    """One block under `topics:`."""

    name: str
    seeds: int
    metrics: tuple[str, ...]
    variants: Mapping[str, Variant]


@dataclass(frozen=True)
class Settings:
    """All of params.yaml, resolved for one profile."""

    profile: str
    workers: int | str
    data: Mapping[str, DataSettings]
    topics: Mapping[str, TopicSettings]


TOP = {
    "profile": Setting(Literal[PROFILES], "laptop"),
    "seeds": Setting(Count, 6),
    "workers": Setting(Literal["auto"] | Count, "auto"),
    "data": Setting(dict, required=True),
    "topics": Setting(dict, required=True),
}
DATA = {
    "source": Setting(str, required=True),
    "load": Setting(dict, {}),
    "scale": Setting(Literal["none", "standard"], "none"),
    "seed": Setting(Whole, 0),
    "split": Setting(dict, {}),
    "views": Setting(dict, {"plain": {}}),
    "profiles": Setting(dict, {}),
}
SPLIT = {
    "validation": Setting(Count | Share, 0.2),
    "test": Setting(Count | Share, 0.2),
    "train": Setting(Count | dict | None, None),
    "seed": Setting(Whole, 0),
}
LONG_TAIL = {"head": Setting(Count, required=True), "tail": Setting(Count, required=True)}
ARM = {
    "data": Setting(str, required=True),
    "view": Setting(str, "plain"),
    "model": Setting(str, required=True),
    "build": Setting(dict, {}),
    "augment": Setting(dict, {}),
    "fit": Setting(dict, {}),
}
TOPIC = ARM | {
    "seeds": Setting(Count, 6),
    "metrics": Setting(list[str], ["accuracy", "cross_entropy"]),
    "variants": Setting(dict, required=True),
    "profiles": Setting(dict, {}),
}


@dataclass(frozen=True)
class Given:
    """A value as the user wrote it, and the key under which it stands in the file."""

    value: Any
    key: str


@dataclass
class Complaints:
    """Errors found so far, in the order of the file, each once."""

    file: str
    lines: list[str] = field(default_factory=list)

    def add(self, key: str, given: str, allowed: str) -> None:
        """One line: file, key, what was given, what is allowed."""
        line = f"{self.file}: {key}: given {given}, allowed {allowed}"
        if line not in self.lines:
            self.lines.append(line)

    def unknown(self, key: str, given: str, allowed: list[str]) -> None:
        """A name that does not exist, with those that do and the nearest of them."""
        near = difflib.get_close_matches(given, allowed, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        self.add(key, repr(given), f"{', '.join(allowed) or 'none'}{hint}")


def read(file: Path | None = None, profile: str | None = None) -> Settings:
    """Settings of the profile that params.yaml (or `profile`) names; every profile is checked (ParamsError)."""
    file = file or paths.PARAMS
    complaints = Complaints(file.name)
    tree = _mark(_parse(file), "", complaints)
    every = {name: _settings(tree, name, complaints) for name in PROFILES}
    chosen = profile or _value(TOP, tree, "profile")
    if complaints.lines:
        raise ParamsError(complaints.lines)
    return every[chosen]


def _parse(file: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import DuplicateKeyError
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ParamsError([f"{file.name}: given no readable file ({error.strerror}), allowed YAML 1.2"]) from None
    except UnicodeDecodeError:
        raise ParamsError([f"{file.name}: given bytes that are not UTF-8, allowed YAML 1.2 in UTF-8"]) from None
    except DuplicateKeyError as error:
        line, word = error.problem_mark.line + 1, str(error.problem).split('"')[1]
        raise ParamsError([f"{file.name}: {word} (line {line}): given twice in one block, allowed once"]) from None
    except (YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ParamsError([f"{file.name}: syntax{place}: given {reason}, allowed YAML 1.2"]) from None


def _mark(value: Any, key: str, complaints: Complaints) -> Any:
    """The file's tree with each leaf as `Given`; names checked on the way, aliases that blow up refused."""
    budget = iter(range(MOST_VALUES))

    def walk(value: Any, key: str, level: int) -> Any:
        if next(budget, None) is None or level > MOST_LEVELS:
            raise ParamsError([f"{complaints.file}: {key}: given too much or too deep, allowed {MOST_VALUES} values"])
        if not isinstance(value, dict):
            return Given(value, key)
        for name in value:
            if not (isinstance(name, str) and _NAME.fullmatch(name)):
                complaints.add(_join(key, str(name)), f"the name {name!r}", "lower-case letters, digits and _")
        return {name: walk(item, _join(key, str(name)), level + 1) for name, item in value.items()}

    tree = walk(value, key, 0)
    if not isinstance(tree, dict):
        raise ParamsError([f"{complaints.file}: the file: given {_show(value)}, allowed a mapping of settings"])
    return tree


def _join(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _show(value: Any) -> str:
    if value is None:
        return "nothing"
    text = "a mapping" if isinstance(value, dict) else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _merge(under: Any, over: Any) -> Any:
    """`over` laid on `under`, key by key."""
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return under | {key: _merge(under[key], item) if key in under else item for key, item in over.items()}


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))


def describe(annotation: Any) -> str:
    """A type in words, for error messages: "an integer >= 1"."""
    return _describe(_adapter(annotation).json_schema())


def _describe(schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_describe(part) for part in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return ("one of " if len(values) > 1 else "") + ", ".join(map(repr, values))
    if schema.get("type") == "array":
        return f"a list, each item {_describe(schema.get('items', {}))}"
    words = {"integer": "an integer", "number": "a number", "boolean": "true or false", "string": "text"}
    words |= {"null": "null", "object": "a mapping"}
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
    limits = [f"{sign} {schema[key]:g}" for key, sign in signs.items() if key in schema and schema[key] < 1e6]
    return " ".join([words.get(schema.get("type", ""), "a value"), " and ".join(limits)]).strip()


def _value(fields: Mapping[str, Setting], block: Any, name: str) -> Any:
    """The value under `name` if it is sound, else its default."""
    given = block.get(name) if isinstance(block, dict) else None
    if not isinstance(given, Given):
        return fields[name].default
    try:
        return _adapter(fields[name].annotation).validate_python(given.value)
    except ValidationError:
        return fields[name].default


def _settle(
    block: Any, fields: Mapping[str, Setting], key: str, complaints: Complaints, *, partial: bool = False
) -> dict[str, Any]:
    """Values of a block, checked against `fields`, with defaults filled in; blocks within stay marked."""
    if isinstance(block, Given):
        complaints.add(block.key, _show(block.value), f"a mapping with {', '.join(fields) or 'no keys'}")
        block = {}
    for name in block.keys() - fields.keys():
        origin = next((item.key for item in _leaves({name: block[name]})), _join(key, name))
        complaints.unknown(_cut(origin, name), name, list(fields))
    settled = {}
    for name, setting in fields.items():
        if name in block:
            settled[name] = _checked(block[name], setting, _join(key, name), complaints)
        elif setting.required and not partial:
            complaints.add(_join(key, name), "nothing", describe(setting.annotation))
        elif not partial:
            settled[name] = setting.default
    return settled


def _leaves(tree: Any) -> Iterator[Given]:
    for item in tree.values():
        if isinstance(item, Given):
            yield item
        else:
            yield from _leaves(item)


def _cut(key: str, name: str) -> str:
    """`key` up to and including its part `name`."""
    parts = key.split(".")
    return ".".join(parts[: len(parts) - parts[::-1].index(name)]) if name in parts else key


def _checked(item: Any, setting: Setting, key: str, complaints: Complaints) -> Any:
    value = item.value if isinstance(item, Given) else item
    try:
        _adapter(setting.annotation).validate_python(value)
    except ValidationError:
        complaints.add(item.key if isinstance(item, Given) else key, _show(value), describe(setting.annotation))
        return {} if setting.annotation is dict else setting.default
    return value


def _settings(tree: Any, profile: str, complaints: Complaints) -> Settings:
    top = _settle(tree, TOP, "", complaints)
    data = {name: _data(name, block, profile, complaints) for name, block in (top.get("data") or {}).items()}
    topics = {
        name: _topic(name, block, profile, top["seeds"], data, complaints)
        for name, block in (top.get("topics") or {}).items()
    }
    return Settings(profile, top["workers"], _sound(data), _sound(topics))


def _sound(blocks: Mapping[str, Block | None]) -> dict[str, Block]:
    """The blocks that could be read; the others have been complained of."""
    return {name: block for name, block in blocks.items() if block is not None}


def _for_profile(
    block: Any, key: str, profile: str, fields: Mapping[str, Setting], complaints: Complaints
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A block without its profiles, and what it says for `profile`; every profile's name is checked."""
    if isinstance(block, Given):
        complaints.add(block.key, _show(block.value), f"a mapping with {', '.join(fields)}")
        return {}, {}
    overrides = block.get("profiles", {})
    if isinstance(overrides, Given):
        complaints.add(overrides.key, _show(overrides.value), f"a mapping with {', '.join(PROFILES)}")
        overrides = {}
    for name in overrides.keys() - set(PROFILES):
        complaints.unknown(_join(key, "profiles", name), name, list(PROFILES))
    rest = {name: item for name, item in block.items() if name != "profiles"}
    chosen = overrides.get(profile, {})
    if isinstance(chosen, Given):
        complaints.add(chosen.key, _show(chosen.value), f"a mapping with {', '.join(fields)}")
        chosen = {}
    return rest, chosen


def _data(name: str, block: Any, profile: str, complaints: Complaints) -> DataSettings | None:
    key = _join("data", name)
    fields = {field: setting for field, setting in DATA.items() if field != "profiles"}
    settled = _settle(_merge(*_for_profile(block, key, profile, DATA, complaints)), fields, key, complaints)
    source = settled.get("source")
    if source not in plugins.names("sources"):
        if source is not None:
            complaints.unknown(_join(key, "source"), str(source), plugins.names("sources"))
        return None
    load = _settle(settled["load"], plugins.settings("sources", source), _join(key, "load"), complaints)
    kind = plugins.constant("sources", source, "KIND")
    views = {
        view: _view(steps, kind, _join(key, "views", view), complaints) for view, steps in settled["views"].items()
    }
    split = _split(settled["split"], _join(key, "split"), complaints)
    return DataSettings(name, source, load, settled["scale"], split, views, settled["seed"])


def _split(block: Any, key: str, complaints: Complaints) -> Split:
    settled = _settle(block, SPLIT, key, complaints)
    if isinstance(settled["train"], dict):
        tail = _settle(settled["train"], LONG_TAIL, _join(key, "train"), complaints)
        settled["train"] = LongTail(tail.get("head", 1), tail.get("tail", 1))
    shares = [part for part in (settled["validation"], settled["test"]) if isinstance(part, float)]
    if sum(shares) >= 1:
        complaints.add(key, f"validation and test shares that add up to {sum(shares):g}", "less than 1 together")
    if 0 in (settled["validation"], settled["test"]):
        complaints.add(key, "an empty validation or test part", "a count >= 1 or a share above 0 for both")
    return Split(**settled)


def _view(steps: Any, kind: str, key: str, complaints: Complaints) -> dict[str, dict[str, Any]]:
    if isinstance(steps, Given):
        complaints.add(steps.key, _show(steps.value), "a mapping of steps; write {} for none")
        return {}
    settled = {}
    for step, block in steps.items():
        if step not in plugins.names("views"):
            complaints.unknown(_join(key, step), step, plugins.names("views"))
        elif kind not in plugins.constant("views", step, "KINDS"):
            kinds = ", ".join(plugins.constant("views", step, "KINDS"))
            complaints.add(_join(key, step), f"a step on data of kind {kind!r}", f"{kinds} only")
        else:
            settled[step] = _settle(block, plugins.settings("views", step), _join(key, step), complaints)
    return settled


def _topic(
    name: str, block: Any, profile: str, seeds: int, data: Mapping[str, Any], complaints: Complaints
) -> TopicSettings | None:
    key = _join("topics", name)
    if name not in plugins.names("topics"):
        complaints.unknown(key, name, plugins.names("topics"))
        return None
    fields = {field: setting for field, setting in TOPIC.items() if field != "profiles"}
    fields["seeds"] = Setting(Count, seeds)
    base, over = _for_profile(block, key, profile, TOPIC, complaints)
    settled = _settle(_merge(base, over), fields, key, complaints)
    arms = settled.get("variants") or {}
    if not arms:
        complaints.add(_join(key, "variants"), "none", "at least one variant")
    variants = {
        arm: _variant(arm, changes, base, over, _join(key, "variants", arm), data, complaints)
        for arm, changes in arms.items()
    }
    record = plugins.load("topics", name).TOPIC
    _check_metrics(settled["metrics"], record, _join(key, "metrics"), complaints)
    _check_claims(record, variants, settled["metrics"], key, complaints)
    return TopicSettings(name, settled["seeds"], tuple(settled["metrics"]), _sound(variants))


def _variant(
    name: str,
    changes: Any,
    base: Mapping[str, Any],
    over: Mapping[str, Any],
    key: str,
    data: Mapping[str, Any],
    complaints: Complaints,
) -> Variant | None:
    """The topic's defaults, then the variant's changes, then the profile's; another model starts with its own build."""
    if isinstance(changes, Given):
        complaints.add(changes.key, _show(changes.value), "a mapping of the keys it changes; write {} for none")
        return None
    _settle(changes, ARM, key, complaints, partial=True)
    shared = [field for field in ARM if not (field == "build" and "model" in changes)]
    merged: Any = {}
    for layer, fields in ((base, shared), (changes, ARM), (over, shared)):
        merged = _merge(merged, {field: layer[field] for field in fields if field in layer})
    arm = _settle(merged, ARM, key, complaints)
    kind = _check_data(arm, merged, key, data, complaints)
    if arm.get("model") not in plugins.names("models"):
        if "model" in arm:
            complaints.unknown(_origin(merged, "model", key), str(arm["model"]), plugins.names("models"))
        return None
    if arm["augment"] and kind not in (None, "image"):
        complaints.add(_join(key, "augment"), f"augmentation of data of kind {kind!r}", "image only")
    layers = plugins.signature(paths.PACKAGE / "layers.py", "augmentation")
    fitting = plugins.signature(paths.PACKAGE / "runs" / "fit.py", "fit")
    build = _settle(arm["build"], plugins.settings("models", arm["model"]), _join(key, "build"), complaints)
    augment = _settle(arm["augment"], layers, _join(key, "augment"), complaints) if arm["augment"] else {}
    fit = _settle(arm["fit"], fitting, _join(key, "fit"), complaints)
    return Variant(name, arm.get("data", ""), arm["view"], arm["model"], build, augment, fit)


def _origin(merged: Mapping[str, Any], name: str, key: str) -> str:
    item = merged.get(name)
    return item.key if isinstance(item, Given) else _join(key, name)


def _check_data(
    arm: Mapping[str, Any], merged: Mapping[str, Any], key: str, data: Mapping[str, Any], complaints: Complaints
) -> str | None:
    """The kind of the variant's data, once data and view are known to exist."""
    name = arm.get("data")
    if not isinstance(name, str) or name not in data:
        if name is not None:
            complaints.unknown(_origin(merged, "data", key), str(name), sorted(data))
        return None
    if data[name] is None:
        return None
    if arm["view"] not in data[name].views:
        complaints.unknown(_origin(merged, "view", key), str(arm["view"]), sorted(data[name].views))
    return str(plugins.constant("sources", data[name].source, "KIND"))


def _check_metrics(metrics: list[str], record: Any, key: str, complaints: Complaints) -> None:
    known = plugins.functions(paths.PACKAGE / "metrics.py") + list(record.probes)
    for metric in metrics:
        if metric not in known:
            complaints.unknown(key, metric, known)


def _check_claims(
    record: Any, variants: Mapping[str, Any], metrics: list[str], key: str, complaints: Complaints
) -> None:
    for claim in record.claims:
        for arm in (claim.better, claim.worse):
            if arm not in variants:
                complaints.add(f"{key}.variants.{arm}", "nothing", f"a variant: the claim {claim.name!r} compares it")
        if claim.metric not in metrics:
            complaints.add(f"{key}.metrics", f"no {claim.metric!r}", f"a list with it: claim {claim.name!r} needs it")
