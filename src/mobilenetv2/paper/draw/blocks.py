"""Figures 2 and 3: blocks as rows of maps, thick where there are many channels."""

from collections.abc import Sequence
from math import log2
from typing import TYPE_CHECKING

from mobilenetv2.network.graph import Shape
from mobilenetv2.paper.blocks import BlockFigure
from mobilenetv2.paper.draw.style import BLUE, INK, ORANGE, PALE_BLUE, SOFT, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SLANT = 0.42
"""How far a map's depth goes up for every unit to the right."""


def draw_blocks(data: Sequence[BlockFigure]) -> "Figure":
    """Each block a panel: prisms for maps, arrows for convolutions, hatched where linear."""
    columns = 2
    rows = -(-len(data) // columns)
    shortcut = any(block.shortcut for block in data)
    figure = new_figure(11, (2.2 if shortcut else 2.05) * rows)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    widest = max(_draw(axes, block) for axes, block in zip(panels, data, strict=True))
    for axes in panels:
        # One scale for all panels, so that channels can be compared from one to the next.
        axes.set_xlim(-0.3, widest)
        axes.set_ylim(-1.0, 3.25 if shortcut else 2.6)
    return figure


def _draw(axes: "Axes", block: BlockFigure) -> float:
    """Draw one block; returns how far to the right it reaches."""
    shapes = [block.source, *(layer.shape for layer in block.layers)]
    linear = [False, *(layer.linear for layer in block.layers)]
    gap, at = 1.25, 0.0
    places: list[tuple[float, float, float]] = []
    for shape, hatched in zip(shapes, linear, strict=True):
        side, depth = _side(shape, shapes), _depth(shape)
        _prism(axes, at, side, depth, hatched)
        _caption(axes, at, side, depth, shape)
        places.append((at, side, depth))
        at += depth + 0.35 * side + gap
    for layer, before, after in zip(block.layers, places, places[1:], strict=False):
        _arrow(axes, before, after, layer.label, layer.stride, layer.linear)
    if block.shortcut:
        _shortcut(axes, places[0], places[-1])
    axes.set_aspect("equal", anchor="SW")
    axes.axis("off")
    axes.set_title(block.title, loc="left", fontsize=11, color=INK, fontweight="bold", pad=16)
    axes.text(0, 1.02, block.found, transform=axes.transAxes, fontsize=8.5, color=SOFT)
    return at - gap + 0.2


def _side(shape: Shape, shapes: Sequence[Shape]) -> float:
    """Pictures of half the size are drawn somewhat smaller, not half as large."""
    largest = max(one.height for one in shapes)
    return 1.7 * float((shape.height / largest) ** 0.6)


def _depth(shape: Shape) -> float:
    return 0.16 * float(max(1.0, log2(shape.channels)) ** 1.25) - 0.25


def _prism(axes: "Axes", x: float, side: float, depth: float, hatched: bool) -> None:
    from matplotlib.patches import Polygon

    lean, rise = 0.35 * side, 0.35 * side * SLANT * 2
    front = [(x, 0), (x + depth, 0), (x + depth, side), (x, side)]
    top = [(x, side), (x + depth, side), (x + depth + lean, side + rise), (x + lean, side + rise)]
    end = [
        (x + depth, 0), (x + depth + lean, rise),
        (x + depth + lean, side + rise), (x + depth, side),
    ]  # fmt: skip
    fill = "#ffffff" if hatched else "#dfe9f3"
    for face, shade in ((front, fill), (top, "#f4f8fb"), (end, "#c3d5e8")):
        axes.add_patch(
            Polygon(
                face, closed=True, facecolor=shade, linewidth=1,
                edgecolor=ORANGE if hatched else BLUE,
                hatch="////" if hatched and face is front else None,
            )
        )  # fmt: skip


def _caption(axes: "Axes", x: float, side: float, depth: float, shape: Shape) -> None:
    del side
    middle = x + depth / 2
    axes.text(middle, -0.24, str(shape.channels), ha="center", va="top", fontsize=9, color=INK)
    size = f"{shape.height}x{shape.width}"
    axes.text(middle, -0.66, size, ha="center", va="top", fontsize=7.5, color=SOFT)


def _arrow(
    axes: "Axes",
    before: tuple[float, float, float],
    after: tuple[float, float, float],
    label: str,
    stride: int,
    linear: bool,
) -> None:
    start = before[0] + before[2] + 0.35 * before[1] + 0.05
    end = after[0] - 0.08
    color = ORANGE if linear else BLUE
    axes.annotate(
        "", (end, 0.62), (start, 0.62),
        arrowprops={
            "arrowstyle": "-|>", "color": color, "linewidth": 1.3, "shrinkA": 0, "shrinkB": 0,
        },
    )  # fmt: skip
    words = label.replace("dwise ", "dwise\n")
    if stride > 1:
        words += f"\nstride {stride}"
    axes.text(
        (start + end) / 2, 0.78, words, ha="center", va="bottom", fontsize=8, color=INK,
        linespacing=1.1,
    )  # fmt: skip


def _shortcut(
    axes: "Axes", first: tuple[float, float, float], last: tuple[float, float, float]
) -> None:
    start = first[0] + first[2] / 2 + 0.35 * first[1] / 2
    end = last[0] + last[2] / 2 + 0.35 * last[1] / 2
    top = 2.85
    low = 1.3 * first[1] + 0.05
    axes.plot([start, start, end], [low, top, top], color=PALE_BLUE, linewidth=2)
    axes.annotate(
        "", (end, low), (end, top + 0.04),
        arrowprops={
            "arrowstyle": "-|>", "color": PALE_BLUE, "linewidth": 2, "shrinkA": 0, "shrinkB": 0,
        },
    )  # fmt: skip
    axes.text(
        (start + end) / 2, top + 0.08, "add", ha="center", va="bottom", fontsize=8.5, color=SOFT
    )
