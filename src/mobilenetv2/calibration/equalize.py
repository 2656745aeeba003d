"""Channels brought to sizes that share one scale well, without a change of the function.

A map has one scale for all its channels, and so the small ones get few of its levels. Scaling a
channel up where it is written and down where it is read changes nothing but that. A channel
behind ReLU6 would need a scaled bound, and a map has one clamp: where the bound is met on the
pictures the channel stays as it is, elsewhere it may grow up to the bound, or shrink.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.calibration.channels import Channels, find_channels
from mobilenetv2.calibration.observe import MapStatistics
from mobilenetv2.network.graph import Add, Conv, Graph
from mobilenetv2.weights.checkpoint import Array, Weights

Doubles = npt.NDArray[np.float64]

SIX = 6.0
MET = 0.999
"""Of the bound: values from there on have met it, whatever the last digits of a sum say."""
HEADROOM = 1.25
"""How far below the bound a channel stays that had not met it, for pictures not seen."""
TINY = 1e-30
FLOOR = 1e-3
"""Of the largest importance: what is read by nobody still keeps some levels."""
SHARE = 0.5
"""How much of a channel's importance its size takes over; the rest goes to the weights."""


def find_factors(
    graph: Graph, weights: Weights, statistics: Mapping[str, MapStatistics], share: float = SHARE
) -> dict[str, Doubles]:
    """What each channel of each node is to be multiplied by, [channels] by node.

    A channel's size becomes its importance to those that read it, to the power `share`: from 0,
    all channels alike, to 1, all weights alike. Both depend on the product of a channel's size
    and its weights alone: whatever factors a network came with, the result is the same.

    Args:
        graph: folded.
        weights: its own.
        statistics: of every map but the input's.
        share: 0..1.
    """
    channels = find_channels(graph)
    reach, behind = _reaches(graph, channels, statistics)
    shares = _shares(graph, weights, channels, reach)
    # A channel that no picture wakes is read with weights all the same, and large ones would take
    # the levels of the others.
    asleep = (reach == 0) & (shares.asleep > 0)
    reach[asleep] = FLOOR / shares.asleep[asleep]
    wanted = np.maximum(shares.awake, FLOOR) ** share
    met = behind >= SIX * MET
    factors = np.ones(channels.count)
    free = ~met & ~channels.fixed & (reach > 0)
    for family in np.unique(channels.families[free]):
        members = channels.families == family
        some = members & free
        # Where nothing binds a family any level will do.
        level = SIX if met[members].any() else float(np.median(reach[some]))
        sizes = level * wanted[some] / wanted[members].max()
        limits = np.where(behind[some] > 0, SIX / HEADROOM, np.inf)
        factors[some] = np.minimum(sizes / reach[some], limits / np.maximum(behind[some], TINY))
    return {name: factors[groups] for name, groups in channels.groups.items()}


def scale_channels(
    graph: Graph, weights: Weights, factors: Mapping[str, Doubles]
) -> dict[str, Array]:
    """Multiply every channel where it is written, and divide where it is read."""
    scaled: dict[str, Array] = {}
    for conv in graph.convs:
        written, read = factors[conv.name], factors[conv.source]
        weight = weights[f"{conv.name}.weight"] * written[:, None, None, None]
        if conv.depthwise:
            weight = weight / read[:, None, None, None]
        elif conv.groups == 1:
            weight = weight / read[None, :, None, None]
        scaled[f"{conv.name}.weight"] = weight.astype(np.float32)
        scaled[f"{conv.name}.bias"] = (weights[f"{conv.name}.bias"] * written).astype(np.float32)
    return scaled


def _reaches(
    graph: Graph, channels: Channels, statistics: Mapping[str, MapStatistics]
) -> tuple[Doubles, Doubles]:
    """Of each group the largest value anywhere, and behind a ReLU6, 0 where there is none."""
    anywhere, behind = np.zeros(channels.count), np.zeros(channels.count)
    for name, found in statistics.items():
        groups = channels.groups[name]
        np.maximum.at(anywhere, groups, found.reach)
        node = graph.by_name[name]
        if isinstance(node, Conv | Add) and node.activation == "relu6":
            np.maximum.at(behind, groups, found.reach)
    return anywhere, behind


@dataclass(frozen=True, slots=True)
class _Shares:
    """How much of what reads a group comes from it, over all readers the most, [groups]."""

    awake: Doubles
    """Of the largest share that any channel of the map has: 0..1, and 1 for depthwise readers."""
    asleep: Doubles
    """The same for groups that are 0 on all pictures, if they reached 1."""


def _shares(graph: Graph, weights: Weights, channels: Channels, reach: Doubles) -> _Shares:
    awake, asleep = np.zeros(channels.count), np.zeros(channels.count)
    for conv in graph.convs:
        groups = channels.groups[conv.source]
        if conv.depthwise:
            awake[groups] = 1.0
        elif conv.groups == 1:
            sizes = np.abs(weights[f"{conv.name}.weight"]).max((2, 3)).astype(np.float64)
            parts = sizes * reach[groups]
            whole = np.sqrt(np.square(parts).sum(1, keepdims=True))
            largest = np.divide(parts, whole, out=np.zeros_like(parts), where=whole > 0).max(0)
            if largest.max() > 0:
                np.maximum.at(awake, groups, largest / largest.max())
                if_one = np.divide(sizes, whole, out=np.zeros_like(parts), where=whole > 0).max(0)
                np.maximum.at(asleep, groups, if_one / largest.max())
    return _Shares(awake, asleep)
