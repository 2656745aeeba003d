"""Figure 4: blocks as flow charts, from the input at the bottom upwards."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mobilenetv2.paper.blocks import FlowFigure
from mobilenetv2.paper.draw.style import BLUE, INK, LINE, ORANGE, SOFT, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOX, STEP = 0.62, 1.02
"""Height of a box, and from one to the next."""


def draw_flows(data: Sequence[FlowFigure]) -> "Figure":
    """A column a block; a convolution without a non-linearity after it in orange."""
    figure = new_figure(11, 4.1)
    tallest = max(len(branch.steps) for block in data for branch in block.branches)
    wide = [3.1 if len(block.branches) > 1 and block.branches[1].steps else 2.0 for block in data]
    panels = figure.subplots(1, len(data), width_ratios=wide)
    for axes, block, width in zip(panels, data, wide, strict=True):
        _draw(axes, block, tallest, width)
    return figure


def _draw(axes: "Axes", block: FlowFigure, tallest: int, width: float) -> None:
    full = [branch for branch in block.branches if branch.steps]
    shortcut = len(full) < len(block.branches)
    middle = width / 2
    # A shortcut runs to the right of the boxes, which make room for it.
    centers = [middle - 0.78, middle + 0.78] if len(full) > 1 else [middle - 0.14 * shortcut]
    steps = max(len(branch.steps) for branch in full)
    top = (steps + 1) * STEP
    _box(axes, centers[0] if len(full) == 1 else middle, 0, "input", plain=True)
    for branch, center in zip(full, centers, strict=True):
        start = middle if len(full) > 1 else center
        _line(axes, (start, BOX / 2), (center, STEP - BOX / 2))
        for number, step in enumerate(branch.steps, 1):
            _box(axes, center, number * STEP, step, plain=step == "twice")
            if number > 1:
                _line(
                    axes, (center, (number - 1) * STEP + BOX / 2), (center, number * STEP - BOX / 2)
                )
        end = middle if len(full) > 1 else center
        reach = BOX / 2 if block.join else -BOX / 2
        _line(axes, (center, len(branch.steps) * STEP + BOX / 2), (end, top - reach))
    if block.join:
        _box(axes, middle if len(full) > 1 else centers[0], top, block.join, plain=True)
    if shortcut:
        _shortcut(axes, centers[0], top)
    axes.set_xlim(0, width)
    axes.set_ylim(-0.6, (tallest + 1) * STEP + 0.6)
    axes.axis("off")
    name, _, rest = block.title.partition(", ")
    axes.set_title(name, fontsize=10, color=INK, fontweight="bold", pad=20)
    below = f"{rest}; {block.found}" if rest else block.found
    axes.text(0.5, 1.02, below, transform=axes.transAxes, ha="center", fontsize=7, color=SOFT)


def _box(axes: "Axes", x: float, y: float, text: str, *, plain: bool = False) -> None:
    from matplotlib.patches import FancyBboxPatch

    linear = text.endswith("linear")
    edge = LINE if plain else ORANGE if linear else BLUE
    fill = "#f5f7f9" if plain else "#fdf1ea" if linear else "#e8f0f8"
    width = 1.36
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - BOX / 2), width, BOX,
            boxstyle="round,pad=0,rounding_size=0.09",
            facecolor=fill, edgecolor=edge, linewidth=1.1,
        )
    )  # fmt: skip
    axes.text(
        x, y, text.replace(", ", "\n", 1), ha="center", va="center", fontsize=7.2, color=INK,
        linespacing=1.15,
    )  # fmt: skip


def _line(axes: "Axes", start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate(
        "", end, start,
        arrowprops={"arrowstyle": "-|>", "color": SOFT, "linewidth": 1, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def _shortcut(axes: "Axes", center: float, top: float) -> None:
    side = center + 0.88
    edge = center + 0.68
    axes.plot([edge, side, side], [0, 0, top], color=SOFT, linewidth=1)
    axes.annotate(
        "", (edge, top), (side + 0.005, top),
        arrowprops={"arrowstyle": "-|>", "color": SOFT, "linewidth": 1, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip
