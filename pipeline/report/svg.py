"""Save figures as files and put them into pages: lean SVG, the same bytes each time."""

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.records import write_bytes
from pipeline.report import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NO_METADATA = {  # no dates and versions in files that are compared byte by byte
    ".svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    ".png": {"Software": None},
}


def save(figure: "Figure", path: Path) -> None:
    """Write `figure` as the suffix of `path` says (.png or .svg), the same bytes each time, and clear it.

    ValueError for another suffix.
    """
    if path.suffix not in NO_METADATA:
        raise ValueError(f"picture: given {path.name!r}, allowed a name that ends in .png or .svg")
    write_bytes(path, markup(figure, path.name).encode() if path.suffix == ".svg" else _bytes(figure, path.name))
    figure.clear()


def markup(figure: "Figure", name: str) -> str:
    """`figure` as SVG; `name` keeps its ids apart from those of other pictures in one page."""
    return _lean(_bytes(figure, f"{Path(name).stem}.svg").decode())


def inlined(figures: "Sequence[Figure]", name: str) -> list[str]:
    """Figures as parts of an HTML page, their ids kept apart by `name` and place."""
    return [_inline(markup(figure, f"{name}_{at}")) for at, figure in enumerate(figures)]


def typefaces() -> Path:
    """The folder of the typefaces that come with Matplotlib: that of our pictures is among them."""
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


def _inline(svg: str) -> str:
    """An SVG file's picture without prologue, in colours that follow the page's theme."""
    svg = re.sub(r"<(metadata|style).*?</\1>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r' (?:xmlns(?::xlink)?|version)="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r' (?:width|height)="[\d.]+pt"', "", svg, count=2)
    svg = svg.replace("font-family: 'DejaVu Sans', sans-serif; ", "").replace("; ", ";").replace(": ", ":")
    for name, colour in style.COLOURS.items():
        svg = svg.replace(colour, f"var(--plot-{name})")
    return svg.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1).strip()


def _bytes(figure: "Figure", name: str) -> bytes:
    suffix, buffer = Path(name).suffix, io.BytesIO()
    with style.applied(svg_id_salt=name):
        figure.savefig(buffer, format=suffix[1:], dpi=144 if suffix == ".png" else 72, metadata=NO_METADATA[suffix])
    return buffer.getvalue()


def _lean(text: str) -> str:
    """The picture in a third of the bytes: no ids that nothing refers to, no layout, paths to a tenth of a point.

    Nor has it groups without a purpose, or shapes that are neither filled nor drawn.
    """
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    text = re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in used else "", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = re.sub(r'(?<= [xy]=")-?\d+\.\d+', lambda match: _tenths(float(match[0])), text)
    text = re.sub(r'(?<= d=")[^"]+', lambda match: _short_path(match[0]), text)
    text = re.sub(r">\s+<", "><", text).replace("<defs></defs>", "")
    text = re.sub(r'<path d="[^"]*" style="fill: none"/>', "", text)
    if "<g " not in text:
        text = re.sub(r"</?g>", "", text)
    return re.sub(r"(<path|<text|</svg)", r"\n\1", text)


def _tenths(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else re.sub(r"^(-?)0\.", r"\1.", text)


def _short_path(path: str) -> str:
    """A path of straight lines by steps from point to point; others with plain numbers in tenths."""
    parts = re.findall(r"([A-Za-z])([^A-Za-z]*)", path)
    if not {letter for letter, _ in parts} <= {"M", "L", "z"}:
        return " ".join(letter + " ".join(_tenths(float(number)) for number in rest.split()) for letter, rest in parts)
    short, here = [], (0, 0)
    for letter, rest in parts:
        if letter == "z":
            short.append("z")
            continue
        x, y = (round(10 * float(number)) for number in rest.split())
        step = (x, y) if letter == "M" else (x - here[0], y - here[1])
        short.append({"M": "M", "L": "l"}[letter] + " ".join(_tenths(part / 10) for part in step))
        here = (x, y)
    return "".join(short).replace(" -", "-")
