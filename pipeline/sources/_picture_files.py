"""Read one picture's file: turned as its camera was held, in one mode and size, or in words why it is no picture."""

import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "MPO", "GIF", "BMP", "DIB", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000", "TGA", "PCX")
PAGES = ("MPO",)  # formats whose first picture is the picture: what else a phone puts there is a preview
ORIENTATION = 0x0112  # EXIF: how the camera was held, and what turns its picture upright
TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270"}
TURNS |= {7: "TRANSVERSE", 8: "ROTATE_90"}


@dataclass(frozen=True)
class Picture:
    """A picture that could be read: (height, width) as it was, whether it was grey or turned, its pixels as wanted.

    `pixels` are (height, width) or (height, width, 3), uint8 or (of 16 bits) float32, 0..255 both.
    """

    size: tuple[int, int]
    mode: str
    turned: bool
    pixels: np.ndarray


def read(file: Path, length: int, mode: str, size: Any, fit: str) -> Picture | str:
    """One picture, or in words why it is none."""
    if not file.is_file():
        return "a link that leads nowhere" if file.is_symlink() else "no file"
    return "an empty file" if length == 0 else read_from(file, mode, size, fit)


def read_from(file: Path | IO[bytes], mode: str, size: Any, fit: str) -> Picture | str:
    """The same of a file that is there, or is open."""
    from PIL import Image, UnidentifiedImageError

    Image.init()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's word on odd EXIF and on large pictures
            with Image.open(file, formats=[name for name in FORMATS if name in Image.OPEN]) as image:
                return _picture(image, mode, size, fit)
    except PermissionError:
        return "a file that may not be read"
    except UnidentifiedImageError:
        return "no picture"
    except Exception as error:  # what Pillow raises of a damaged file is any of a dozen kinds
        return f"a picture that is cut or damaged ({' '.join(str(error).split())[:80] or type(error).__name__})"


def _picture(image: "Image", mode: str, size: Any, fit: str) -> Picture | str:
    frames = 1 if image.format in PAGES else getattr(image, "n_frames", 1)
    if frames > 1:
        return f"{frames} pictures in one (animated, or pages)"
    if image.mode == "F" or (image.mode == "I" and image.format != "PPM"):
        return "32 bits a pixel, of which nobody knows where white is"
    image.load()
    turned = _turned(image)
    plain = _plain(turned, mode)
    fitted = plain if size == "auto" else _fitted(plain, size, fit)
    pixels = np.asarray(fitted)
    if pixels.dtype != np.uint8:
        pixels = np.clip(pixels, 0, 255).astype(np.float32)
    return Picture((turned.height, turned.width), f"{image.format} {image.mode}", turned is not image, pixels)


def _turned(image: "Image") -> "Image":
    """The picture as its camera was held."""
    from PIL.Image import Transpose

    try:
        turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # EXIF that is damaged says nothing, and the picture may be whole
        turn = None
    return image.transpose(Transpose[turn]) if turn else image


def _plain(image: "Image", mode: str) -> "Image":
    """The picture in mode L or RGB, or (16 bits) F, 0..255; transparent places are white."""
    from PIL import Image

    if image.mode.startswith("I"):
        return Image.fromarray(np.asarray(image).astype(np.float32) / np.float32(257))
    grey = image.mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        over = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over).convert("RGB")
    elif image.mode == "P":
        image = image.convert("RGB")
        grey = is_grey(np.asarray(image))
    wanted = {"grey": "L", "rgb": "RGB", "auto": "L" if grey else "RGB"}[mode]
    return image if image.mode == wanted else image.convert(wanted)


def is_grey(pixels: np.ndarray) -> bool:
    return pixels.ndim == 2 or bool((pixels[..., :1] == pixels).all())


def _fitted(image: "Image", size: tuple[int, int], fit: str) -> "Image":
    """The picture in a size, (height, width); one that has it stays as it is."""
    from PIL import ImageOps
    from PIL.Image import Resampling

    wanted = size[1], size[0]
    if image.size == wanted:
        return image
    if fit == "pad":
        return ImageOps.pad(image, wanted, Resampling.BILINEAR)
    return (
        ImageOps.fit(image, wanted, Resampling.BILINEAR) if fit == "crop" else image.resize(wanted, Resampling.BILINEAR)
    )


def stacked(pixels: Sequence[np.ndarray], mode: str) -> np.ndarray:
    """(pictures, height, width, channels): one channel if all are grey and no colour is asked for, else three."""
    channels = 1 if mode != "rgb" and all(each.ndim == 2 for each in pixels) else 3
    deep = np.uint8 if all(each.dtype == np.uint8 for each in pixels) else np.float32
    stack = np.empty((len(pixels), *pixels[0].shape[:2], channels), deep)
    for place, each in zip(stack, pixels, strict=True):
        place[:] = each[..., None] if each.ndim == 2 else each
    return stack


def plain(height: int, width: int, channels: int) -> bytes:
    """A black picture as the bytes of a PNG file."""
    from PIL import Image

    file = io.BytesIO()
    Image.new("L" if channels == 1 else "RGB", (width, height)).save(file, "PNG")
    return file.getvalue()
