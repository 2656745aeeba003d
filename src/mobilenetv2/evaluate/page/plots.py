"""Plots as SVG inside a page, in the page's own colors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.evaluate.page.html import Html, escape, keys
from mobilenetv2.metrics.reliability import Reliability
from mobilenetv2.tasks.lettering import Color

LEFT, TOP, SIDE, BOTTOM = 44, 10, 300, 40
"""Pixels of a square plot: what is left of it, above it, its side, and what is below."""

CELL = 34
LETTERS = 22
"""Of a label beside a table of colors; the rest is cut."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What runs along a side, and from where to where."""

    name: str
    low: float = 0.0
    high: float = 1.0

    def share(self, value: float) -> float:
        """Where a value lies, 0..1."""
        return (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class Line:
    """A curve."""

    label: str
    color: Color
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


def line_plot(lines: Sequence[Line], x: Axis, y: Axis) -> Html:
    """Curves, and a legend."""
    drawn = "".join(
        f'<polyline fill="none" stroke="{css(line.color)}" stroke-width="2" points="'
        + " ".join(
            f"{_x(x.share(place)):.1f},{_y(y.share(value)):.1f}"
            for place, value in zip(line.x.tolist(), line.y.tolist(), strict=True)
        )
        + '"/>'
        for line in lines
    )
    legend = keys([(css(line.color), line.label) for line in lines])
    return Html(_square(drawn, x, y) + legend)


def reliability_plot(found: Reliability) -> Html:
    """Bars of accuracy over confidence; who is as often right as sure is on the diagonal."""
    bins = len(found.counts)
    bars = "".join(
        f'<rect x="{_x(index / bins) + 1:.1f}" y="{_y(accuracy):.1f}" '
        f'width="{SIDE / bins - 2:.1f}" height="{_y(0) - _y(accuracy):.1f}" fill="var(--bar)" '
        f'opacity="{0.35 + 0.65 * count / max(1, found.counts.max()):.2f}"/>'
        for index, (accuracy, count) in enumerate(
            zip(found.accuracy.tolist(), found.counts.tolist(), strict=True)
        )
        if count
    )
    diagonal = (
        f'<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="var(--bad)" '
        'stroke-dasharray="5 4"/>'
    )
    return _square(bars + diagonal, Axis("how sure"), Axis("how often right"))


def confusion_plot(
    counts: npt.NDArray[np.int64], rows: Sequence[str], columns: Sequence[str]
) -> Html:
    """A table of colors: a row what is so, a column what was said, dark where much of a row is."""
    # Letters are some 6.5 pixels wide; labels above the columns lean to the right by 50 degrees.
    left = 14 + 6.5 * max(len(_short(label)) for label in rows)
    slant = 6.5 * max(len(_short(label)) for label in columns)
    top, right = 16 + 0.77 * slant, 8 + 0.64 * slant
    width, height = left + CELL * len(columns) + right, top + CELL * len(rows) + 8
    shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
    parts = []
    for index, label in enumerate(columns):
        x, y = left + CELL * (index + 0.6), top - 6
        parts.append(
            f'<text x="{x:.0f}" y="{y:.0f}" transform="rotate(-50 {x:.0f} {y:.0f})">'
            f"{escape(_short(label))}</text>"
        )
    for row, label in enumerate(rows):
        y = top + CELL * row
        parts.append(
            f'<text x="{left - 6:.0f}" y="{y + CELL * 0.6:.0f}" text-anchor="end">'
            f"{escape(_short(label))}</text>"
        )
        parts += [
            _cell(left + CELL * column, y, shares[row, column], counts[row, column], row == column)
            for column in range(len(columns))
        ]
    return Html(
        f'<div class=wide><svg viewBox="0 0 {width:.0f} {height:.0f}" role="img" '
        f'style="width:{width:.0f}px;max-width:none">{"".join(parts)}</svg></div>'
    )


def css(color: Color) -> str:
    """#rrggbb."""
    red, green, blue = color
    return f"#{red:02x}{green:02x}{blue:02x}"


def _cell(x: float, y: float, share: float, count: int, right: bool) -> str:
    fill = "var(--good)" if right else "var(--bad)"
    ground = (
        f'<rect x="{x + 1:.0f}" y="{y + 1:.0f}" width="{CELL - 2}" height="{CELL - 2}" rx="3" '
        f'fill="{fill}" opacity="{0.07 + 0.63 * share if count else 0.03:.2f}"/>'
    )
    if not count:
        return ground
    return ground + (
        f'<text x="{x + CELL / 2:.0f}" y="{y + CELL * 0.62:.0f}" text-anchor="middle">'
        f"{_compact(count)}</text>"
    )


def _compact(count: int) -> str:
    """Four letters at most, as a cell has room for."""
    if count < 10_000:
        return str(count)
    for limit, divisor, unit in ((10**6, 10**3, "k"), (10**9, 10**6, "M")):
        if count < limit:
            return f"{count / divisor:.{int(count < 10 * divisor)}f}{unit}"
    return f"{count / 10**9:.0f}G"


def _short(label: str) -> str:
    return label if len(label) <= LETTERS else label[: LETTERS - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _square(drawn: str, x: Axis, y: Axis) -> Html:
    """Axes around what is drawn."""
    across = "".join(
        f'<text class="soft" x="{_x(x.share(tick)):.1f}" y="{TOP + SIDE + 16}" '
        f'text-anchor="middle">{tick:g}</text>'
        for tick in _ticks(x)
    )
    up = "".join(
        f'<line class="axis" x1="{_x(0)}" y1="{_y(y.share(tick)):.1f}" x2="{_x(1)}" '
        f'y2="{_y(y.share(tick)):.1f}"/><text class="soft" x="{LEFT - 6}" '
        f'y="{_y(y.share(tick)) + 4:.1f}" text-anchor="end">{tick:g}</text>'
        for tick in _ticks(y)
    )
    middle = TOP + SIDE / 2
    names = (
        f'<text x="{LEFT + SIDE / 2:.0f}" y="{TOP + SIDE + 34}" text-anchor="middle">'
        f"{escape(x.name)}</text>"
        f'<text x="12" y="{middle:.0f}" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle:.0f})">{escape(y.name)}</text>'
    )
    size = f"{LEFT + SIDE + 12} {TOP + SIDE + BOTTOM}"
    return Html(
        f'<svg viewBox="0 0 {size}" role="img" style="max-width:30rem">{across}{up}{drawn}'
        f"{names}</svg>"
    )


def _ticks(axis: Axis) -> list[float]:
    """Round numbers, four to eight of them."""
    rough = (axis.high - axis.low) / 5
    ten = 10.0 ** math.floor(math.log10(rough))
    step = ten * next(factor for factor in (1, 2, 5, 10) if factor * ten >= 0.99 * rough)
    first, last = math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _x(share: float) -> float:
    return LEFT + SIDE * share


def _y(share: float) -> float:
    return TOP + SIDE * (1 - share)
