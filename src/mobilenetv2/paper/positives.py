"""Figure 7: how many channels stay positive after each ReLU6, before and after training."""

import json
from dataclasses import dataclass
from importlib.resources import files

from mobilenetv2.paper.records import decode

RECORD = "figure7.json"


@dataclass(frozen=True, slots=True)
class PositiveChannels:
    """One layer: the number of positive channels of a position, over all positions and pictures."""

    layer: str
    """The node's name: "block3.expand"."""
    channels: int
    least: int
    mean: float
    most: int

    @property
    def threshold(self) -> float:
        """A sixth of the channels: as many as the bottleneck before an expansion has."""
        return self.channels / 6


@dataclass(frozen=True, slots=True)
class PositivesFigure:
    """Both states of the network, layer by layer in the order of the graph."""

    weights: str
    """File the trained weights came from."""
    pictures: str
    """Data set, and how many of it."""
    count: int
    """Of pictures."""
    size: int
    """Side of the input, in pixels."""
    at_start: tuple[PositiveChannels, ...]
    """Random weights, batch norm by the batch's own statistics: the first step of a training."""
    trained: tuple[PositiveChannels, ...]

    def below_threshold(self, trained: bool) -> tuple[str, ...]:
        """Layers in which some position has fewer positive channels than the threshold.

        Stem and last convolution have no bottleneck before them and are left out.
        """
        layers = self.trained if trained else self.at_start
        return tuple(
            one.layer
            for one in layers
            if one.layer.startswith("block") and one.least < one.threshold
        )


def figure_7() -> PositivesFigure:
    """The record that the release carries; `measure_positives` makes it from weights and pictures.

    The paper's figure has no printed numbers; its text has three statements, which
    `PositivesFigure.below_threshold` and the means answer.
    """
    text = files("mobilenetv2.paper").joinpath("records", RECORD).read_text("utf-8")
    return decode(PositivesFigure, json.loads(text))
