"""How an inverted residual is cut so that what it works on stays in the cache."""

from dataclasses import dataclass

from mobilenetv2.engine.program import Arithmetic, pitch_of
from mobilenetv2.graph import Conv, Shape

WHOLE_MAP_PIXELS = 400
"""Maps of up to 20 x 20 output pixels are one strip, worked on panel by panel."""

PANEL = 48
"""Expanded channels of a panel: what six-fold expansions of multiples of 8 always divide by."""

STRIP_BYTES = 192 * 1024
"""Ring and strip together: well within a second cache of 512 kB, beside source and weights."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Output rows and expanded channels that an inverted residual works on at once."""

    rows: int
    panel: int


def strip_of(depthwise: Conv, source: Shape, arithmetic: Arithmetic) -> Strip:
    """The cut of one block; `source` is the shape of its narrow input map."""
    channels = pitch_of(depthwise.shape.channels)
    height, width, _ = depthwise.shape
    if height * width <= WHOLE_MAP_PIXELS:
        return Strip(height, min(PANEL, channels) if channels % PANEL else PANEL)
    wide_bytes = 4 if arithmetic == "float32" else 2
    for rows in (8, 4, 2):
        reached = (rows - 1) * depthwise.stride + 2 * depthwise.dilation + 1
        ring = min(reached, source.height) * (source.width + 2 * depthwise.dilation)
        if (ring + rows * width) * channels * wide_bytes <= STRIP_BYTES:
            return Strip(min(rows, height), channels)
    return Strip(1, channels)
