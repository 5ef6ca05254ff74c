"""Say before any run whether a model can take the shape of its data: as the model would, but without TensorFlow."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import InputError
from pipeline.settings.plan import card

if TYPE_CHECKING:
    from pipeline.settings.params import Settings

# A model says what it takes where it is built, by an InputError; whoever asks there has waited for TensorFlow, and a
# constant in its file would be part of the keys of all its runs. So what the shipped models say is written here once
# more, and tests/settings/test_shapes.py holds both together. A model that is not here is asked when it is built.


def refuse_unfit(settings: "Settings") -> None:
    """InputError, a line each: variants whose model cannot take data of that shape, among those that are prepared."""
    lines = [
        f"topics.{topic.name}.variants.{name}: {variant.model} on data.{variant.data}: {told}"
        for topic in settings.topics.values()
        for name, variant in topic.variants.items()
        if (shape := _shape(settings, variant.data)) and (told := unfit(variant.model, variant.build, shape))
    ]
    if lines:
        raise InputError("\n".join(lines))


def _shape(settings: "Settings", data: str) -> tuple[int, ...] | None:
    """Of one example; None where the data are not prepared."""
    try:
        block = settings.data[data]
        return tuple(card(block, block.draw(settings.first_seed))["shape"])
    except InputError:
        return None


def unfit(model: str, build: Mapping[str, Any], shape: tuple[int, ...]) -> str | None:
    """Why `model` with its settings `build` cannot take examples of a shape; None: it can, or nobody knows."""
    return ASKED[model](build, shape) if model in ASKED else None


def _convnet(build: Mapping[str, Any], shape: tuple[int, ...]) -> str | None:
    if len(shape) not in (2, 3):
        return f"given shape {shape}, allowed (steps, channels) or (height, width, channels): take another model"
    side = min(shape[:-1])
    for kernel in build["kernels"]:
        side = side if build["padding"] == "same" else side - kernel + 1
        if build["pooling"] != "none":  # a stride keeps half and rounds up; a window that is cut off does not count
            side = side // 2 if build["pooling"] != "stride" and build["padding"] == "valid" else -(-side // 2)
        if side < 1:
            return _too_large(build, shape)
    return None


def _local(build: Mapping[str, Any], shape: tuple[int, ...]) -> str | None:
    if len(shape) not in (2, 3):
        return f"given shape {shape}, allowed (steps, channels) or (height, width, channels): take another model"
    side = min(shape[:-1])
    for kernel in build["kernels"]:
        side = -(-(side if build["padding"] == "same" else side - kernel + 1) // 2)
        if side < 1:
            return _too_large(build, shape)
    return None


def _too_large(build: Mapping[str, Any], shape: tuple[int, ...]) -> str:
    kernels = f"kernels {build['kernels']} with padding {build['padding']} on shape {shape}"
    return f"given {kernels}, allowed kernels that fit: take smaller or fewer of them, or `padding: same`"


def _recurrent(build: Mapping[str, Any], shape: tuple[int, ...]) -> str | None:
    return None if len(shape) == 2 else f"given shape {shape}, allowed (steps, features): take another model"


def _tagger(build: Mapping[str, Any], shape: tuple[int, ...]) -> str | None:
    return None if len(shape) == 1 else f"given shape {shape}, allowed (steps,), one token each: take another model"


def _encoder_decoder(build: Mapping[str, Any], shape: tuple[int, ...]) -> str | None:
    question = build["source_length"]
    if len(shape) == 1 and shape[0] > question:
        return None
    return f"given shape {shape}, allowed (steps,), more than source_length {question}: set it to the question's places"


def _glyphnet(build: Mapping[str, Any], shape: tuple[int, ...]) -> str | None:
    side = 2 ** len(build["channels"])
    if len(shape) == 3 and min(shape[:2]) >= side:
        return None
    return f"given shape {shape}, allowed (height, width, channels), both sides {side} or more: name fewer channels"


def _gan(build: Mapping[str, Any], shape: tuple[int, ...]) -> str | None:
    side = 2 ** build["depth"]
    if build["networks"] == "dense" or (len(shape) == 3 and not any(each % side for each in shape[:2])):
        return None
    told = (
        f"given convolutional networks on shape {shape}, allowed (height, width, channels), sides divisible by {side}"
    )
    return f"{told}: change depth, or set `networks: dense`"


ASKED: Mapping[str, Callable[[Mapping[str, Any], tuple[int, ...]], str | None]] = {
    "convnet": _convnet,
    "encoder_decoder": _encoder_decoder,
    "gan": _gan,
    "glyphnet": _glyphnet,
    "local": _local,
    "recurrent": _recurrent,
    "tagger": _tagger,
}
