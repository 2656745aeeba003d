"""Theorem 1."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mobilenetv2.paper.draw.style import INK, SERIES, SOFT, new_figure, plain_axes, title
from mobilenetv2.paper.invertibility import TheoremPoint

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_theorem(data: Sequence[TheoremPoint]) -> "Figure":
    """The preserved share against m, and how far the paper's bounds lie from it for n = 2."""
    figure = new_figure(11, 3.9)
    left, right = figure.subplots(1, 2)
    _curves(left, data)
    _bounds(right, [point for point in data if point.dimensions == 2])
    return figure


def _curves(axes: "Axes", data: Sequence[TheoremPoint]) -> None:
    plain_axes(axes)
    for color, n in zip(SERIES, sorted({p.dimensions for p in data}), strict=False):
        points = [p for p in data if p.dimensions == n]
        m = [p.channels for p in points]
        axes.plot(m, [p.closed_form for p in points], color=color, linewidth=1.8, label=f"n = {n}")
        axes.errorbar(
            m, [p.monte_carlo for p in points], [1.96 * p.standard_error for p in points],
            fmt="o", color=color, markersize=3.5, linewidth=1,
        )  # fmt: skip
    axes.set_xlabel("m, channels of the expansion")
    axes.set_ylabel("share of the volume preserved")
    axes.set_ylim(-0.02, 1.04)
    axes.legend(fontsize=8.5, frameon=False, loc="lower right", labelcolor=SOFT)
    title(axes, "closed form (lines) and Monte Carlo (points)")


def _bounds(axes: "Axes", points: Sequence[TheoremPoint]) -> None:
    plain_axes(axes)
    m = [p.channels for p in points]
    axes.plot(
        m, [p.closed_form for p in points], color=INK, linewidth=2, label="preserved share, n = 2"
    )
    axes.plot(
        m, [p.first_bound for p in points], color=SERIES[1], linewidth=1.5,
        label="first bound, $1 - m^{n+1} / (2^m n!)$",
    )  # fmt: skip
    axes.plot(
        m, [p.last_bound for p in points], color=SERIES[0], linewidth=1.5,
        label="last bound, $1 - 2^{-m/2}$",
    )  # fmt: skip
    broken = [p for p in points if not p.last_bound_holds]
    axes.plot(
        [p.channels for p in broken], [p.last_bound for p in broken], "o", color="#b3261e",
        markersize=6, linestyle="none", label="where the last bound fails",
    )  # fmt: skip
    axes.set_ylim(-0.6, 1.08)
    axes.set_xlabel("m, channels of the expansion")
    axes.set_ylabel("share of the volume")
    axes.legend(fontsize=8.5, frameon=False, loc="lower right", labelcolor=SOFT)
    title(axes, "the paper's lower bounds")
