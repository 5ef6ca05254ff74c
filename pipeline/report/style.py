"""How every figure looks, whatever a user's own settings of Matplotlib are."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008); the grey and both colours stand out at least 3 to 1 on white and on black.
COLOURS = {"ink": "#767676", "training": "#0072b2", "validation": "#d55e00"}
PANEL_SIZE = (200, 150)  # points, as a page shows pixels
STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "axes.titlesize": 11.5,
    "axes.titlelocation": "left",
    "axes.edgecolor": COLOURS["ink"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.titlecolor": COLOURS["ink"],
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["ink"],
    "ytick.color": COLOURS["ink"],
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "figure.dpi": 72,
    "savefig.transparent": True,
    "svg.fonttype": "none",
    "path.simplify_threshold": 0.3,
    "text.parse_math": False,
}
SMALL: dict[str, Any] = {"axes.titlesize": 10.5, "font.size": 10, "xtick.labelsize": 9.5, "ytick.labelsize": 9.5}


@contextmanager
def applied(*, small: bool = False, svg_id_salt: str | None = None) -> Iterator[None]:
    """Our style alone; ids in SVG follow from `svg_id_salt` (None: they are drawn at random)."""
    import matplotlib

    ours: Any = STYLE | (SMALL if small else {}) | {"svg.hashsalt": svg_id_salt}
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(ours)
        yield


def figure(width: float, height: float) -> "Figure":
    """An empty figure, sizes in points."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width / 72, height / 72))


def panel() -> "tuple[Figure, Axes]":
    """A small figure with its axes, one of many that a page lays out."""
    width, height = PANEL_SIZE
    small = figure(width, height)
    small.subplots_adjust(left=34 / width, right=1 - 6 / width, bottom=20 / height, top=1 - 24 / height)
    return small, small.subplots()


def shortened(title: str, most: int = 34) -> str:
    """A title of at most so many letters."""
    return title if len(title) <= most else title[: most - 1] + "…"
