"""Figure 7."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mobilenetv2.paper.draw.style import (
    BLUE,
    INK,
    ORANGE,
    PALE_BLUE,
    PALE_ORANGE,
    SOFT,
    new_figure,
    plain_axes,
    title,
)
from mobilenetv2.paper.positives import PositiveChannels, PositivesFigure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_positives(data: PositivesFigure) -> "Figure":
    """Share of positive channels: all positions' range and their mean, before and after."""
    figure = new_figure(11, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    _panel(upper, data.at_start, "at the first step", BLUE, PALE_BLUE)
    _panel(lower, data.trained, "trained", ORANGE, PALE_ORANGE)
    names = [one.layer for one in data.trained]
    lower.set_xticks(range(len(names)), [_short(name) for name in names], rotation=60, ha="right")
    lower.tick_params(axis="x", labelsize=7.5)
    return figure


def _panel(
    axes: "Axes", layers: Sequence[PositiveChannels], name: str, dark: str, pale: str
) -> None:
    plain_axes(axes)
    x = range(len(layers))
    least, mean, most = (
        [getattr(one, what) / one.channels for one in layers] for what in ("least", "mean", "most")
    )
    axes.fill_between(
        x, least, most, color=pale, alpha=0.45, linewidth=0, label="from least to most"
    )
    axes.plot(x, most, color=pale, linewidth=1)
    axes.plot(x, least, color=dark, linewidth=1, linestyle=(0, (2, 1.5)), label="least")
    axes.plot(x, mean, color=dark, linewidth=1.8, marker="o", markersize=3, label="mean")
    axes.axhline(1 / 6, color=INK, linewidth=1, linestyle=(0, (5, 3)))
    axes.text(len(layers) - 0.4, 1 / 6 + 0.015, "1/6", fontsize=8.5, color=INK, va="bottom")
    for at, one in enumerate(layers):
        if one.layer.startswith("block") and one.least < one.threshold:
            axes.plot(at, one.least / one.channels, "o", color="#b3261e", markersize=6, zorder=5)
            axes.annotate(
                one.layer, (at, one.least / one.channels), (0, -13),
                textcoords="offset points", fontsize=8, color="#b3261e", ha="center",
            )  # fmt: skip
    axes.set_ylim(-0.09, 1.14)
    axes.set_xlim(-0.6, len(layers) + 0.3)
    axes.set_ylabel("positive channels, share")
    axes.legend(loc="upper left", ncols=3, fontsize=8, frameon=False, labelcolor=SOFT)
    title(axes, name)


def _short(layer: str) -> str:
    return layer.replace("block", "b").replace(".expand", " expand").replace(".depthwise", " dwise")
