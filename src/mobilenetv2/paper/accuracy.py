"""Figure 5: accuracy against multiply-adds, every published point."""

from dataclasses import dataclass
from math import log2

from mobilenetv2.network.count import analyze
from mobilenetv2.network.spec import Backbone, MobileNetV1, MobileNetV2, Spec
from mobilenetv2.paper.slim import SLIM_V1, SLIM_V2, SlimPoint


@dataclass(frozen=True, slots=True)
class AccuracyPoint:
    """A trained network."""

    network: str
    width: float
    side: int
    """Of the input in pixels."""
    madds: int
    """Counted from the graph, where there is one."""
    top1: float
    """Of 100, on ImageNet's validation pictures, as published."""
    in_paper: bool
    """Whether figure 5's description covers it (widths 0.35 to 1, and 1.4 at 224)."""


def figure_5() -> tuple[AccuracyPoint, ...]:
    """TF-slim's checkpoints of both MobileNets, and Table 4's ShuffleNet and NasNet-A.

    The paper prints no point of its figure 5. Accuracies are TF-slim's; MAdds are counted.
    """
    others = (
        ("ShuffleNet", 1.5, 292, 71.5),
        ("ShuffleNet", 2.0, 524, 73.7),
        ("NasNet-A", 1.0, 564, 74.0),
    )
    return (
        *(_point("MobileNetV2", MobileNetV2(), point) for point in SLIM_V2),
        *(_point("MobileNetV1", MobileNetV1(), point) for point in SLIM_V1),
        *(
            AccuracyPoint(name, width, 224, millions * 1_000_000, top1, True)
            for name, width, millions, top1 in others
        ),
    )


def gain(points: tuple[AccuracyPoint, ...]) -> tuple[float, float]:
    """By how many percentage points V2's best networks beat V1's at equal cost: least and most.

    At each V1 point on its own front, V2's front is read off between its two neighbours, linear in
    the logarithm of the cost; V1 points outside V2's range are left out.
    """
    fronts = {
        name: front([p for p in points if p.network == name])
        for name in ("MobileNetV1", "MobileNetV2")
    }
    v2 = fronts["MobileNetV2"]
    gains = []
    for point in fronts["MobileNetV1"]:
        below = [p for p in v2 if p.madds <= point.madds]
        above = [p for p in v2 if p.madds > point.madds]
        if below and above:
            low, high = below[-1], above[0]
            share = log2(point.madds / low.madds) / log2(high.madds / low.madds)
            gains.append(low.top1 + share * (high.top1 - low.top1) - point.top1)
    return min(gains), max(gains)


def front(points: list[AccuracyPoint]) -> list[AccuracyPoint]:
    """The points that no cheaper one beats, by cost."""
    best: list[AccuracyPoint] = []
    for point in sorted(points, key=lambda p: (p.madds, -p.top1)):
        if not best or point.top1 > best[-1].top1:
            best.append(point)
    return best


def _point(name: str, backbone: Backbone, slim: SlimPoint) -> AccuracyPoint:
    size = (slim.side, slim.side)
    madds = analyze(Spec(backbone=backbone, width=slim.width, size=size)).madds
    return AccuracyPoint(name, slim.width, slim.side, madds, slim.top1, slim.width != 1.3)
