"""Samples of generators and images of training data as pictures inside a page, each with words."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

import numpy as np

from pipeline import paths
from pipeline.records import read_examples
from pipeline.report import class_names, pixels
from pipeline.report.facts import TopicFacts

if TYPE_CHECKING:
    from PIL.Image import Image

PAUSE = 700  # milliseconds between two looks at the samples
MOST_CLASSES_SHOWN = 20
MOST_PIXELS = 96  # of a side of an image in a strip: larger ones are thinned
MOST_REAL_POINTS = 600  # training examples behind the samples


class SamplePicture(TypedDict):
    """A variant's last samples as a still picture, all looks at them as a moving one (addresses), sizes in pixels."""

    variant: str
    epochs: list[int]
    still: str
    moving: str
    size: tuple[int, int]
    alt: str
    alt_moving: str


class StripPicture(TypedDict):
    """A training image of each class, side by side: its address, size in pixels and words."""

    src: str
    size: tuple[int, int]
    alt: str


def sample_pictures(facts: TopicFacts) -> list[SamplePicture]:
    """Samples of the first seed of each variant that has any."""
    pictures = (_samples(facts, variant) for variant in facts.plan["variants"])
    return [picture for picture in pictures if picture]


def strip_pictures(cards: Sequence[Mapping[str, Any]]) -> dict[str, StripPicture]:
    """{data: strip} of the data sets that are images and prepared."""
    strips = {card["data"]: _strip(card) for card in cards}
    return {data: strip for data, strip in strips.items() if strip}


def _samples(facts: TopicFacts, variant: str) -> SamplePicture | None:
    seed = facts.plan["seeds"][0]  # which all variants have
    file = paths.run(facts.name, variant, seed) / "samples.npz"
    if not file.exists() or seed not in {run["seed"] for run in facts.runs[variant]}:
        return None
    with np.load(file, allow_pickle=False) as arrays:
        epochs, looks = arrays["epochs"], arrays["images"]
    planned = facts.plan["variants"][variant]
    frames = _frames(looks, planned["settings"]["data"], planned["draws"][str(seed)])
    words = f"{looks.shape[1]} samples of {variant}, seed {seed}"
    return {
        "variant": variant,
        "epochs": [int(epoch) for epoch in epochs],
        "still": _png(frames[-1:]),
        "moving": _png(frames),
        "size": frames[-1].size,
        "alt": f"{words}, after epoch {epochs[-1]}",
        "alt_moving": f"{words}, after epochs {', '.join(map(str, epochs))} in turn",
    }


def _frames(looks: np.ndarray, data: str, draw: int) -> list["Image"]:
    """Points stand before training examples of `data` where those are prepared."""
    if looks.ndim != 3:
        return pixels.grids(looks)
    file, real = paths.fit_split(data, "plain", draw), None
    if file.exists():
        x = read_examples(file).x
        real = x[:MOST_REAL_POINTS] if x.shape[1:] == looks.shape[2:] else None
    return pixels.scatters(looks, real)


def _strip(card: Mapping[str, Any]) -> StripPicture | None:
    if card.get("kind") != "image":
        return None
    file = paths.fit_split(card["data"], "plain", card["draw"])
    if not file.exists():
        return None
    examples = read_examples(file)
    x, y = examples.x, examples.y
    if x.ndim != 4:
        return None
    classes, first = np.unique(y, return_index=True)
    step = -(-max(x.shape[1:3]) // MOST_PIXELS)
    images = x[first[:MOST_CLASSES_SHOWN], ::step, ::step].mean(axis=-1, keepdims=True)  # colours in grey
    (picture,) = pixels.grids(images[None], columns=len(images))
    known = class_names.shown(class_names.of_card(card))
    names = ", ".join(known[:MOST_CLASSES_SHOWN]) or " ".join(map(str, classes[:MOST_CLASSES_SHOWN]))
    words = f"A training image of each of {len(images)} classes ({names}) of {card['data']}"
    return {"src": _png([picture]), "size": picture.size, "alt": words}


def _png(frames: Sequence["Image"]) -> str:
    """Pictures of one palette as the address of a PNG; several show one after another, the last one longest."""
    buffer, first = io.BytesIO(), frames[0]
    colours = len(first.getpalette() or ()) // 3
    options: dict[str, Any] = {"format": "PNG", "bits": 4 if colours > len(pixels.POINT_COLOURS) else 2}
    if len(frames) > 1:
        pauses = [PAUSE] * (len(frames) - 1) + [3 * PAUSE]
        options |= {"save_all": True, "append_images": list(frames[1:]), "duration": pauses, "loop": 0}
    first.save(buffer, optimize=True, **options)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
