"""Resolve everything that decides a topic's numbers into one file, so that only what changed is run again."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import paths, plugin_files, plugins
from pipeline.errors import InputError
from pipeline.records import digest, digest_of_splits, is_written, read_sealed, write_json
from pipeline.settings.params import DataSettings, Settings, TopicSettings, Variant
from pipeline.settings.raw_files import raw_digests
from pipeline.settings.seeds import looks, seeds_of
from pipeline.verdicts.topic import claims_digest

if TYPE_CHECKING:
    from pipeline.contracts import DataCard, Plan, PlannedVariant, VariantSettings

# Code in which a change can change the numbers of a run, beside its model and its task: logical name -> file. Keys of
# runs are made of the names, so a file may move without anything being trained anew.
DECISIVE = {
    "augmentation": "training/augmentation.py",
    "compiled_cache": "training/compiled_cache.py",
    "eigen_caches": "training/eigen_caches.py",
    "exact_roots": "training/exact_roots.py",
    "fit": "training/fit.py",
    "library_tricks": "training/library_tricks.py",
    "numerics": "numerics.py",
    "objective": "training/objective.py",
    "optimizers": "training/optimizers.py",
    "records": "records.py",
    "run": "training/run.py",
    "runtime": "training/runtime.py",
    "task.classify": "tasks/classify.py",  # the other tasks are built on it
}
ON_SEVERAL_GPUS = {"mirrored": "devices/mirrored.py"}  # beside these, of runs that have several GPUs each
PREPARING = (
    *(f"preparation/{name}.py" for name in ("card", "encoder", "identity", "raw_parts", "scaler", "split")),
    *("raw_data.py", "records.py", "stages/prepare.py"),
)
# Fields of a syntax tree that decide no number, or that minor versions of Python spell differently.
IGNORED_FIELDS = ("annotation", "returns", "type_comment", "type_params", "kind", "ctx")
# Arguments by which a topic says in Spanish what it says already: no number follows from them.
TRANSLATIONS = ("frase", "titulo", "pregunta")


def plan(settings: Settings) -> None:
    """Write data/plan/<topic>.json for every topic: resolved settings, digests of data and code.

    And data/plan/topics/<topic>.json: what it asks. Of a topic that `only` leaves out both say so, and nothing else:
    DVC has stages of it all the same.
    """
    cards = cards_of(settings)
    plans: dict[str, Any] = {name: resolve(settings, topic, cards) for name, topic in settings.topics.items()}
    asked: dict[str, Any] = {
        name: _asked(topic) | {"cards": _cards(plans[name], cards)} for name, topic in settings.topics.items()
    }
    plans |= {name: {"topic": name, "left_out": True} for name in settings.left_out}
    for file in [*paths.PLAN.glob("*.json"), *paths.PLAN.glob("*/*.json")]:
        if file.stem not in plans:
            file.unlink()
    for name, resolved in plans.items():
        write_json(paths.plan(name), resolved)
        write_json(paths.asked(name), asked.get(name, resolved))


def _asked(topic: TopicSettings) -> dict[str, Any]:
    """What a topic asks and claims, and a digest of its own code: scores and pages follow from that, runs do not."""
    claims = [{name: said for name, said in asdict(claim).items() if name != "frase"} for claim in topic.claims]
    asked = {
        "title": topic.topic.title,
        "question": topic.topic.question,
        "claims": claims,
        "code": _own_code(topic.name),
    }
    return asked | ({"cost": asdict(topic.topic.costs)} if topic.topic.costs else {})


def cards_of(settings: Settings) -> "Callable[[str, int], DataCard]":
    """What gives the card of a draw of a data set by its name, and reads each once."""
    return cache(lambda data, draw: card(settings.data[data], draw))


def _cards(plan: "Plan", cards: "Callable[[str, int], DataCard]") -> dict[str, str]:
    """{data set and draw: digest of its card}: scores follow from cards as well, which runs do not."""
    draws = {
        (variant["settings"]["data"], draw)
        for variant in plan["variants"].values()
        for draw in variant["draws"].values()
    }
    return {f"{name} {draw}": digest(cards(name, draw)) for name, draw in sorted(draws)}


def _own_code(topic: str) -> str:
    """Digest of the files in a topic's folder; that of none where it has no folder."""
    files = sorted((paths.PACKAGE / "topics" / topic).glob("*.py"))
    return digest([[file.name, code_digest(file.read_text("utf-8"))] for file in files])


def require_topic(settings: Settings, topic: str | None) -> None:
    """InputError: there is no such topic, or `only` leaves it out. None is all of them."""
    if topic in settings.left_out:
        raise InputError(
            f"topic: given {topic!r}, which `only` in params.yaml leaves out, allowed {', '.join(settings.topics)}: add"
            " it to `only`, or take that line out"
        )
    if topic not in (None, *settings.topics):
        raise InputError(f"topic: given {topic!r}, allowed {', '.join(settings.topics)}")


def data_named(settings: Settings, name: str) -> DataSettings:
    """The data set of that name. InputError: there is none."""
    if name not in settings.data:
        raise InputError(f"data: given {name!r}, allowed {', '.join(settings.data)}")
    return settings.data[name]


def current(settings: Settings, topic: str) -> "Plan":
    """The plan of `topic` as written, if params, code and data are still those it was made from (InputError)."""
    require_topic(settings, topic)
    file, place = paths.plan(topic), f"data/plan/{topic}.json"
    resolved = resolve(settings, settings.topics[topic])
    if not is_written(file, resolved):
        raise InputError(
            f"{place}: given a plan older than params.yaml, the code or the data, allowed a"
            " current one: run `dvc repro`, or `python -m pipeline plan` first"
        )
    return resolved


def resolve(settings: Settings, topic: TopicSettings, cards: "Callable[[str, int], DataCard] | None" = None) -> "Plan":
    """What `topic` is going to run: needs the cards of its data, not the data itself (InputError without).

    `cards` are `cards_of` the settings, where topics share them.
    """
    seeds, cards = seeds_of(settings, topic), cards or cards_of(settings)
    return {
        "topic": topic.name,
        "profile": settings.profile,
        "numerics": settings.numerics,
        "seeds": sorted(set().union(*seeds.values())),
        "looks": looks(topic),
        "metrics": list(topic.metrics),
        "variants": {
            name: planned(settings.data[variant.data], topic, variant, seeds[name], cards)
            for name, variant in topic.variants.items()
        },
    }


def planned(
    data: DataSettings,
    topic: TopicSettings,
    variant: Variant,
    seeds: Sequence[int],
    cards: "Callable[[str, int], DataCard]",
) -> "PlannedVariant":
    """A variant of a topic with these seeds, as a plan has it."""
    resolved: Any = variant.settings()
    return {
        "settings": resolved,
        "claims": _claims(topic, variant.name),
        "draws": {str(seed): data.draw(seed) for seed in seeds},
        "data_digests": {str(seed): data_digest(cards(data.name, data.draw(seed)), variant.view) for seed in seeds},
        "code": code_digests(variant.model, variant.task, variant.gpus_per_run),
    }


def _claims(topic: TopicSettings, variant: str) -> dict[str, str]:
    """{claim: digest of what it says} of those that compare the variant: its runs' records keep what was known then."""
    compared = [claim for claim in topic.claims if variant in (claim.better, claim.worse)]
    return {claim.name: claims_digest([claim]) for claim in compared}


def code_digests(model: str, task: str, gpus_per_run: int = 1) -> dict[str, str]:
    """{logical name: digest} of the code that the numbers of a variant follow from, as the files are now.

    And the versions of libraries that its model names: those that all models share are in every run's key.
    """
    files = sorted(code_files(model, task, gpus_per_run).items())
    libraries = plugins.constant("models", model, "LIBRARIES", ())
    return {name: code_digest(file.read_text("utf-8")) for name, file in files} | {
        f"library.{name}": version(name) for name in libraries
    }


def code_digests_of(settings: "VariantSettings") -> dict[str, str]:
    """`code_digests` of the model, the task and the number of GPUs that settings name."""
    return code_digests(settings["model"], settings["task"], settings.get("gpus_per_run", 1))


def code_files(model: str, task: str, gpus_per_run: int = 1) -> dict[str, Path]:
    """The files in which a change can change the numbers of a variant, by logical name.

    What its model or its task imports from its own folder is among them.
    """
    decisive = DECISIVE | (ON_SEVERAL_GPUS if gpus_per_run > 1 else {})
    files = {name: paths.PACKAGE / file for name, file in decisive.items()}
    for kind, plugin in (("model", plugins.path("models", model)), ("task", plugins.path("tasks", task))):
        files |= {f"{kind}.{file.stem}": file for file in [plugin, *plugin_files.siblings(plugin)]}
    return files


def data_digest(card: "DataCard", view: str) -> str:
    """Digest of what training reads: the training split under `view`, and the validation split."""
    return digest_of_splits(card["views"][view]["digest"], card["digests"]["validation"])


def places(plan: "Plan") -> list[tuple[str, int]]:
    """Variant and seed of each run of a plan, in order."""
    return [(name, int(seed)) for name, variant in plan["variants"].items() for seed in variant["data_digests"]]


def card(data: DataSettings, draw: int) -> "DataCard":
    """The card of a draw of prepared data, if it is what would be prepared now (InputError)."""
    place, remedy = f"data/prepared/{data.name}/{draw}", f"run `dvc repro`, or `python -m pipeline prepare {data.name}`"
    if not paths.card(data.name, draw).exists():
        raise InputError(f"{place}: given nothing, allowed prepared data: {remedy} first")
    found: Any = read_sealed(paths.card(data.name, draw))
    if found.get("key") != prepared_key(data, draw):
        raise InputError(
            f"{place}: given data prepared from other settings, raw files or code, allowed those of now: {remedy}"
        )
    card: DataCard = found
    return card


def prepared_key(data: DataSettings, draw: int) -> str:
    """Digest of all that decides a draw of a data set: settings, raw files and code, but not its name."""
    return digest(key_of_all(data), draw)


def key_of_all(data: DataSettings) -> str:
    """What the keys of all draws of a data set share."""
    views = {view: [[step, dict(options)] for step, options in steps.items()] for view, steps in data.views.items()}
    steps = sorted({step for steps in data.views.values() for step in steps})
    plugged = [plugins.path("sources", data.source), *(plugins.path("views", step) for step in steps)]
    siblings = sorted({place for file in plugged for place in plugin_files.siblings(file)} - set(plugged))
    files = [*(paths.PACKAGE / place for place in PREPARING), *plugged, *siblings]
    code = [code_digest(file.read_text("utf-8")) for file in files]
    settings = [data.source, dict(data.load), data.scale, data.seed, asdict(data.split), views]
    return digest(settings, raw_digests(data), code)


@cache  # variants share most of their files
def code_digest(source: str) -> str:
    """Digest of Python source that comments, docstrings, layout, types and imports do not change.

    The same in every minor version of Python from 3.11 on: `ast.dump` is not.
    """
    return digest(_as_lists(ast.parse(source)))


def _as_lists(node: Any) -> Any:
    """A syntax tree as nested lists: of each node its type and the fields that can decide a number."""
    if isinstance(node, list):
        return [_as_lists(item) for item in node if not _is_ignored(item)]
    if not isinstance(node, ast.AST):
        return repr(node)
    if isinstance(node, ast.JoinedStr):  # Python 3.12 ends some of them with an empty text
        node.values = [part for part in node.values if getattr(part, "value", None) != ""]
    fields = {name: item for name, item in ast.iter_fields(node) if name not in IGNORED_FIELDS}
    pairs = [[name, _as_lists(item)] for name, item in sorted(fields.items()) if item not in (None, [])]
    return [type(node).__name__, *pairs]


def _is_ignored(node: Any) -> bool:
    """Whether it is an import, a statement for type checkers alone, a docstring, or an argument that translates."""
    if isinstance(node, ast.keyword):
        return node.arg in TRANSLATIONS
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return isinstance(node.value.value, str)
    return isinstance(node, (ast.Import, ast.ImportFrom))
