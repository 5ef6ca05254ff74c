"""Leave out of a variant's layers what belongs to another model or task than the one that it names."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline import plugins
from pipeline.settings.tree import Block, Given, merge


@dataclass(frozen=True)
class Layer:
    """What one place says of a variant; `level` is 0 for a topic, 1 for a group, 2 for the variant itself."""

    level: int
    block: Block


def left_out(stack: list[Layer]) -> list[Block]:
    """The blocks of the layers, lowest first, without what is foreign.

    A group or variant that names a model starts with an empty `build`; of one that names a task, what stands below it
    under `fit` for other tasks alone does not count.
    """
    own = max((layer.level for layer in stack if "model" in layer.block), default=0)
    builds = [_without_build(layer.block) if layer.level < own else layer.block for layer in stack]
    own = max((layer.level for layer in stack if "task" in layer.block), default=0)
    foreign = _foreign_keys(builds) if own else set()
    levels = [layer.level for layer in stack]
    return [_without(block, foreign) if level < own else block for level, block in zip(levels, builds, strict=True)]


def _without_build(block: Block) -> Block:
    return Block({name: item for name, item in block.items() if name != "build"}, block.place)


def _foreign_keys(blocks: list[Block]) -> set[str]:
    """Settings of other tasks that the one which the blocks come to does not have."""
    task = merge(blocks).find("task")
    sound = [name for name in plugins.names("tasks") if not plugins.faults("tasks", name)]
    if not isinstance(task, Given) or task.value not in sound:
        return set()  # which is complained of
    every = {key for name in sound for key in plugins.settings("tasks", name)}
    return every - {*plugins.settings("tasks", task.value)}


def _without(block: Block, keys: Iterable[str]) -> Block:
    fit = block.get("fit")
    if not isinstance(fit, Block):
        return block
    kept = Block({key: item for key, item in fit.items() if key not in keys}, fit.place)
    return Block({**block, "fit": kept}, block.place)
