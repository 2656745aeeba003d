"""The figure of section 5.1."""

from typing import TYPE_CHECKING

from mobilenetv2.paper.draw.style import (
    GREEN,
    INK,
    ORANGE,
    PALE_BLUE,
    SOFT,
    new_figure,
    plain_axes,
    title,
)
from mobilenetv2.paper.memory import MemoryFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_memory(data: MemoryFigure) -> "Figure":
    """Activations block by block, and the whole network's peak against t."""
    figure = new_figure(11, 3.9)
    left, right = figure.subplots(1, 2, width_ratios=(1.7, 1))
    _blocks(left, data)
    _splits(right, data)
    return figure


def _blocks(axes: "Axes", data: MemoryFigure) -> None:
    plain_axes(axes)
    axes.grid(axis="x", visible=False)
    places = range(len(data.blocks))
    series = (
        ("op by op", [b.op_by_op for b in data.blocks], PALE_BLUE, -0.29),
        ("split in 4", [b.split(4) for b in data.blocks], GREEN, 0.0),
        ("one step: input and output", [b.one_step for b in data.blocks], ORANGE, 0.29),
    )
    for name, values, color, shift in series:
        axes.bar(
            [p + shift for p in places], [v / 1e6 for v in values], 0.27, color=color, label=name
        )
    axes.set_xticks(list(places), [str(p) for p in places])
    axes.set_xlabel("block")
    axes.set_ylabel("activations alive, millions")
    axes.legend(fontsize=8.5, frameon=False, labelcolor=SOFT)
    title(axes, "block by block")


def _splits(axes: "Axes", data: MemoryFigure) -> None:
    plain_axes(axes)
    parts = [split.parts for split in data.splits]
    peaks = [split.peak / 1e6 for split in data.splits]
    axes.axvspan(2, 5, color="#f5f0e6", zorder=0)
    axes.text(
        3.16, 0.06, "the paper's\nt = 2 to 5", ha="center", va="bottom", fontsize=8, color=SOFT
    )
    axes.plot(parts, peaks, marker="o", color=GREEN, linewidth=1.8, markersize=5)
    axes.axhline(data.fused / 1e6, color=ORANGE, linewidth=1.2, linestyle=(0, (5, 3)))
    axes.text(
        96, data.fused / 1e6 - 0.03, "one step", ha="right", va="top", fontsize=8.5, color=ORANGE
    )
    axes.set_xscale("log")
    axes.set_xticks([1, 2, 3, 5, 8, 16, 32, 96], ["1", "2", "3", "5", "8", "16", "32", "96"])
    axes.minorticks_off()
    axes.set_ylim(0, 1.65)
    axes.set_xlabel("t, parts of every expansion")
    axes.set_ylabel("peak of the network, millions", color=INK)
    title(axes, "the network's peak")
