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
from pipeline.report.language import Said, phrase

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_CLASSES_SHOWN = 20
MOST_PIXELS = 96  # of a side of an image in a strip: larger ones are thinned
MOST_REAL_POINTS = 600  # training examples behind the samples


class SamplePicture(TypedDict):
    """A variant's samples after each of `epochs`, one below the other in one picture (its address): pixels of one."""

    variant: str
    epochs: list[int]
    reel: str
    size: tuple[int, int]
    alt: Said


class StripPicture(TypedDict):
    """A training image of each class, side by side: its address, size in pixels and words."""

    src: str
    size: tuple[int, int]
    alt: Said


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
    return {
        "variant": variant,
        "epochs": [int(epoch) for epoch in epochs],
        "reel": _png(_reel(frames)),
        "size": frames[-1].size,
        "alt": phrase("{count} samples of {variant}, seed {seed}", count=looks.shape[1], variant=variant, seed=seed),
    }


def _reel(frames: Sequence["Image"]) -> "Image":
    """Pictures of one palette below each other."""
    from PIL import Image

    width, height = frames[0].size
    reel = Image.new("P", (width, height * len(frames)))
    for at, frame in enumerate(frames):
        reel.paste(frame, (0, at * height))
    reel.putpalette(frames[0].getpalette() or [])
    return reel


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
    words = phrase(
        "A training image of each of {count} classes ({names}) of {data}",
        count=len(images),
        names=names,
        data=card["data"],
    )
    return {"src": _png(picture), "size": picture.size, "alt": words}


def _png(picture: "Image") -> str:
    """A picture with a palette as the address of a PNG."""
    buffer = io.BytesIO()
    colours = len(picture.getpalette() or ()) // 3
    picture.save(buffer, format="PNG", optimize=True, bits=4 if colours > len(pixels.POINT_COLOURS) else 2)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
