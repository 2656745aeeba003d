"""One look for all figures: colors, sizes, how they are saved. No global state of matplotlib."""

from io import BytesIO
from typing import TYPE_CHECKING

from mobilenetv2.errors import MissingDependencyError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1d2733"
SOFT = "#5b6875"
LINE = "#d9dfe5"
FAINT = "#eef2f5"

BLUE = "#2f6db3"
ORANGE = "#e0703a"
GREEN = "#3b8f6b"
PURPLE = "#7a5aa6"
GREY = "#9aa7b4"
PALE_BLUE = "#9db8d2"
PALE_ORANGE = "#f3c6ad"

SERIES = (BLUE, ORANGE, GREEN, PURPLE, "#b3912f", GREY)

PIXELS_PER_INCH = 160
"""Of PNG files."""


def require_matplotlib() -> None:
    """For a command to say so before it works for hours on what it could not draw.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingDependencyError("matplotlib", "paper", "Drawing a figure") from error


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of that many inches.

    Raises:
        MissingDependencyError: matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), facecolor="white", layout="constrained")


def plain_axes(axes: "Axes", *, grid: bool = True) -> None:
    """Thin axes on two sides, a faint grid, small soft labels."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LINE)
    axes.tick_params(colors=SOFT, labelsize=8.5, length=3, color=LINE)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    axes.xaxis.label.set_fontsize(9.5)
    axes.yaxis.label.set_fontsize(9.5)
    if grid:
        axes.grid(color=FAINT, linewidth=1)
        axes.set_axisbelow(True)


def title(axes: "Axes", text: str) -> None:
    """A panel's title, above it on the left."""
    axes.set_title(text, loc="left", fontsize=10.5, color=INK, fontweight="bold", pad=8)


def picture_bytes(figure: "Figure", suffix: str) -> bytes:
    """A file ".svg" or ".png"; the same data give the same bytes."""
    import matplotlib

    content = BytesIO()
    svg = suffix == ".svg"
    with matplotlib.rc_context({"svg.hashsalt": "mobilenetv2", "svg.fonttype": "path"}):
        figure.savefig(
            content, format=suffix[1:], dpi=PIXELS_PER_INCH, facecolor="white",
            metadata={"Date": None} if svg else {"Software": None},
        )  # fmt: skip
    return content.getvalue()
