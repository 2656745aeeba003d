"""Figure 1."""

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from mobilenetv2.paper.draw.style import INK, LINE, SOFT, new_figure
from mobilenetv2.paper.spiral import Points, SpiralFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


COLORS = 48
"""Along the curve."""


def draw_spiral(data: SpiralFigure) -> "Figure":
    """The input and its five images in a row, colored from the center outwards."""
    figure = new_figure(11, 2.75)
    panels = figure.subplots(1, 1 + len(data.embeddings))
    _panel(panels[0], data.spiral, "input", "")
    for axes, one in zip(panels[1:], data.embeddings, strict=True):
        kept = f"{100 * one.preserved:.0f} % of it kept"
        _panel(axes, one.points, f"n = {one.dimensions}", kept)
    return figure


def _panel(axes: "Axes", points: Points, name: str, below: str) -> None:
    from matplotlib.collections import LineCollection

    # One line a color: a segment of its own for each pair of points made the file ten times larger.
    ends = np.linspace(0, len(points) - 1, COLORS + 1).astype(int)
    pieces = [points[a : b + 1] for a, b in pairwise(ends)]
    lines = LineCollection(pieces, cmap="viridis", linewidths=2.2, capstyle="round")
    lines.set_array(np.linspace(0, 0.92, len(pieces)))
    lines.set_clim(0, 1)
    axes.add_collection(lines)
    middle = (points.max(axis=0) + points.min(axis=0)) / 2
    reach = 0.56 * max(np.ptp(points, axis=0))
    axes.set_xlim(middle[0] - reach, middle[0] + reach)
    axes.set_ylim(middle[1] - reach, middle[1] + reach)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color(LINE)
    axes.set_title(name, fontsize=11, color=INK, pad=6)
    axes.set_xlabel(below, fontsize=8.5, color=SOFT)
