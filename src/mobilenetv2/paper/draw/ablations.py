"""Figure 6, from the records of trained runs."""

from typing import TYPE_CHECKING

from mobilenetv2.paper.ablation_runs import AblationFigure, FamilyResult, VariantResult
from mobilenetv2.paper.draw.style import INK, ORANGE, SERIES, SOFT, new_figure, plain_axes, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CURVES = 3
"""Families of up to this many variants are drawn as curves over epochs, others as points."""


def draw_ablations(data: AblationFigure) -> "Figure":
    """A panel a comparison and scale: mean top-1 with its 95 % interval."""
    shown = [(scale, family) for scale in data.scales for family in scale.families]
    columns = 2 if len(shown) > 1 else 1
    rows = max(1, -(-len(shown) // columns))
    figure = new_figure(5.5 * columns, 3.5 * rows)
    panels = list(figure.subplots(rows, columns, squeeze=False).flat)
    for axes, (scale, family) in zip(panels, shown, strict=False):
        plain_axes(axes)
        title(axes, f"{family.title}\n{scale.name}")
        (_curves if len(family.variants) <= CURVES else _points)(axes, family)
    for axes in panels[len(shown) :]:
        axes.axis("off")
    return figure


def _curves(axes: "Axes", family: FamilyResult) -> None:
    for color, variant in zip((ORANGE, *SERIES[:1], *SERIES[2:]), family.variants, strict=False):
        epochs = [epoch for epoch, _ in variant.curve]
        means = [100 * at.mean for _, at in variant.curve]
        halves = [100 * (at.half or 0.0) for _, at in variant.curve]
        axes.plot(epochs, means, color=color, linewidth=1.8, label=_label(variant))
        low = [mean - half for mean, half in zip(means, halves, strict=True)]
        high = [mean + half for mean, half in zip(means, halves, strict=True)]
        axes.fill_between(epochs, low, high, color=color, alpha=0.15, linewidth=0)
    axes.set_xlabel("epoch")
    axes.set_ylabel("top-1, percent")
    axes.legend(fontsize=8.5, frameon=False, loc="lower right", labelcolor=SOFT)


def _points(axes: "Axes", family: FamilyResult) -> None:
    places = range(len(family.variants))
    means = [100 * variant.top1.mean for variant in family.variants]
    halves = [100 * (variant.top1.half or 0.0) for variant in family.variants]
    axes.errorbar(
        list(places), means, halves, fmt="o", color=ORANGE, ecolor=INK, elinewidth=1.2, capsize=3,
        markersize=6,
    )  # fmt: skip
    axes.set_xticks(list(places), [_under(variant) for variant in family.variants])
    axes.set_ylabel("top-1, percent")


def _label(variant: VariantResult) -> str:
    if variant.top1.half is None:
        return f"{variant.label}, {100 * variant.top1.mean:.1f}"
    return f"{variant.label}, {100 * variant.top1.mean:.1f} ± {100 * variant.top1.half:.1f}"


def _under(variant: VariantResult) -> str:
    return f"{variant.label}\n{variant.madds / 1e6:.1f}M"
