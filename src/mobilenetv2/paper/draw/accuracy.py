"""Figure 5."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from mobilenetv2.paper.accuracy import AccuracyPoint
from mobilenetv2.paper.draw.style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PURPLE,
    SOFT,
    new_figure,
    plain_axes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_COLORS = {
    0.35: "#f2a66b",
    0.5: "#ea8547",
    0.75: ORANGE,
    1.0: "#b84a1b",
    1.3: PURPLE,
    1.4: PURPLE,
}

LABELS: dict[float, tuple[int, tuple[int, int], Literal["left", "right"]]] = {
    0.35: (0, (-8, 0), "right"),
    0.5: (0, (-8, 2), "right"),
    0.75: (-1, (-8, 8), "right"),
    1.0: (-1, (-8, 5), "right"),
    1.3: (-1, (-9, -1), "right"),
    1.4: (-1, (8, -1), "left"),
}
"""For each width: which point its label is at, (right, up) in points from there, its anchor."""

MARKS = {"ShuffleNet": ("s", GREEN), "NasNet-A": ("D", PURPLE)}

AWAY = {"ShuffleNet 1.5x": (10, -5), "ShuffleNet 2x": (-2, -14), "NasNet-A": (7, -6)}
"""Where these labels are: points to the right and up."""

TICKS = (10, 20, 50, 100, 200, 500)


def draw_accuracy(data: Sequence[AccuracyPoint]) -> "Figure":
    """Top-1 against MAdds, logarithmic; V2's widths labeled where their curves end."""
    figure = new_figure(9.2, 5.4)
    axes = figure.subplots()
    plain_axes(axes)
    _mobilenet_v1(axes, [p for p in data if p.network == "MobileNetV1"])
    _mobilenet_v2(axes, [p for p in data if p.network == "MobileNetV2"])
    for point in data:
        if point.network in MARKS:
            mark, color = MARKS[point.network]
            axes.scatter(point.madds / 1e6, point.top1, marker=mark, color=color, s=34, zorder=4)
            name = f"{point.network} {point.width:g}x" if point.width != 1 else point.network
            axes.annotate(
                name, (point.madds / 1e6, point.top1), AWAY[name],
                textcoords="offset points", fontsize=8, color=color,
            )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(TICKS, [f"{tick}M" for tick in TICKS])
    axes.minorticks_off()
    axes.set_xlim(8, 900)
    axes.set_ylim(39, 78)
    axes.set_xlabel("multiply-adds, counted from the graphs")
    axes.set_ylabel("top-1 on ImageNet, percent, as published")
    return figure


def _mobilenet_v2(axes: "Axes", points: list[AccuracyPoint]) -> None:
    for width in sorted({p.width for p in points}):
        curve = sorted((p for p in points if p.width == width), key=lambda p: p.madds)
        color = WIDTH_COLORS[width]
        x, y = [p.madds / 1e6 for p in curve], [p.top1 for p in curve]
        hollow = not curve[0].in_paper
        axes.plot(
            x, y, marker="o", color=color, linewidth=1.6, markersize=6, zorder=5,
            markerfacecolor="white" if hollow else color,
        )  # fmt: skip
        # Where a label has room: small widths at their start, 1.3 and 1.4 at their only point.
        label = f"V2 {width:g}" + (" (not in the paper)" if hollow else "")
        at, away, side = LABELS[width]
        axes.annotate(
            label, (x[at], y[at]), away, textcoords="offset points", fontsize=8.5, color=color,
            fontweight="bold", ha=side,
        )  # fmt: skip
        for point in curve[:-1] if width in (0.35, 1.0) else ():
            axes.annotate(
                str(point.side), (point.madds / 1e6, point.top1), (5, -10),
                textcoords="offset points", fontsize=7, color=SOFT,
            )  # fmt: skip


def _mobilenet_v1(axes: "Axes", points: list[AccuracyPoint]) -> None:
    for width in sorted({p.width for p in points}):
        curve = sorted((p for p in points if p.width == width), key=lambda p: p.madds)
        x, y = [p.madds / 1e6 for p in curve], [p.top1 for p in curve]
        axes.plot(x, y, marker="o", color=BLUE, linewidth=1.2, markersize=4.5, alpha=0.8, zorder=3)
        axes.annotate(
            f"V1 {width:g}", (x[-1], y[-1]), (7, -4), textcoords="offset points", fontsize=8.5,
            color=BLUE, fontweight="bold",
        )  # fmt: skip
    axes.text(
        0.985, 0.03, "small numbers: side of the input in pixels", transform=axes.transAxes,
        ha="right", fontsize=8, color=INK,
    )  # fmt: skip
