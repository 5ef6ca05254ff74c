"""Write what a sweep has found into params.yaml, as one more variant of its topic."""

from typing import Any

from pipeline import paths
from pipeline.errors import InputError
from pipeline.records import write_bytes
from pipeline.settings import files, params, rewriting
from pipeline.settings.params import Settings
from pipeline.settings.sweep_blocks import SweepSettings
from pipeline.settings.validation import ParamsError
from pipeline.sweeps import standing
from pipeline.sweeps.outputs import nested


def adopt(settings: Settings, sweep: SweepSettings) -> list[str]:
    """Add the chosen settings as a variant, and say so.

    InputError: there are none, they are of other settings, or they cannot be written there.
    """
    summary = standing.of_now(settings, sweep)
    if not summary["finals"]:
        raise InputError(
            f"sweep {sweep.name}: given one that is not over, allowed one that is:"
            f" `python -m pipeline sweep {sweep.name}` first"
        )
    chosen = summary["finals"]["chosen"]
    if chosen is None:
        raise InputError(
            f"sweep {sweep.name}: given no settings that are good with every seed, allowed one that has found some:"
            " try more, or other settings"
        )
    values = next(each["values"] for each in summary["finals"]["finalists"] if each["trial"] == chosen)
    text = paths.PARAMS.read_bytes().decode("utf-8")
    variants = files.parse_text(text, "params.yaml")["topics"][sweep.topic].get("variants", {})
    block = variant_block(sweep, variants.get(sweep.variant), values)
    name = f"{sweep.name}_found"
    if variants.get(name) == block:
        return [f"params.yaml: topics.{sweep.topic}.variants.{name} is there already"]
    while name in variants:
        name = f"{name}_too"
    after = rewriting.with_variant(text, sweep.topic, name, block, f"trial {chosen} of the sweep {sweep.name}")
    _write(text, after)
    return [
        f"params.yaml: topics.{sweep.topic}.variants.{name} is written: {summary['finals']['conclusion']}",
        f"`python -m pipeline train {sweep.topic}` takes what the sweep has trained with its seeds",
    ]


def variant_block(sweep: SweepSettings, own: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The variant that a sweep starts from, as params.yaml has it, with what was found laid on it.

    InputError: settings of a view, which has no name there yet, or a variant that params.yaml does not have.
    """
    if not isinstance(own, dict) or any(path.startswith("view.") for path in values):
        raise InputError(
            f"sweep {sweep.name}: given settings of a view, or a variant of a profile, allowed those of a variant in"
            " params.yaml: write them by hand, with a view of that name"
        )
    changed = values.get("model") not in (None, sweep.arm.variant.model)
    kept = {key: item for key, item in own.items() if not (key == "build" and changed)}
    found = nested(values)
    both = {
        key: {**kept[key], **found[key]}
        for key in kept.keys() & found.keys()
        if isinstance(kept[key], dict) and isinstance(found[key], dict)
    }
    return {**kept, **found, **both}


def _write(before: str, after: str) -> None:
    """Put the text in the place of params.yaml, or leave that as it was if it would not be sound."""
    write_bytes(paths.PARAMS, after.encode())
    try:
        params.read(paths.PARAMS)
    except ParamsError:
        write_bytes(paths.PARAMS, before.encode())
        raise
