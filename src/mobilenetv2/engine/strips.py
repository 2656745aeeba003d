"""How an inverted residual is cut so that what it works on stays in the cache."""

from typing import NamedTuple

from mobilenetv2.engine.program import Arithmetic, pitch_of
from mobilenetv2.network.graph import Conv, Shape

WHOLE_MAP_PIXELS = 400
"""Maps of up to 20 x 20 output pixels are one strip, worked on panel by panel."""

PANEL: dict[Arithmetic, int] = {"float32": 48, "uint8": 96}
"""Expanded channels of a panel: what six-fold expansions of multiples of 8 or 16 always divide by.
Bytes come 32 and 64 a vector, which 96 channels fill in depthwise convolutions and 48 do not: 2 %
of a network on VNNI and AVX-VNNI, nothing on AVX2."""

STRIP_BYTES = 192 * 1024
"""Ring and strip together: well within a second cache of 512 kB, beside source and weights. 48 to
384 kB differ by less than 3 % on a Zen 3 server."""

WIDE_BYTES: dict[Arithmetic, int] = {"float32": 4, "uint8": 2}
"""Bytes of an expanded number: AVX2 multiplies bytes as pairs of int16."""


class Strip(NamedTuple):
    """Output rows and expanded channels that an inverted residual works on at once."""

    rows: int
    panel: int


def strip_of(depthwise: Conv, source: Shape, arithmetic: Arithmetic) -> Strip:
    """The cut of one block; `source` is the shape of its narrow input map."""
    channels = pitch_of(depthwise.shape.channels)
    height, width, _ = depthwise.shape
    if height * width <= WHOLE_MAP_PIXELS:
        return Strip(height, min(PANEL[arithmetic], channels))
    for rows in (8, 4, 2):
        strip = Strip(min(rows, height), channels)
        if working_bytes(strip, depthwise, source, arithmetic) <= STRIP_BYTES:
            return strip
    return Strip(1, channels)


def working_bytes(strip: Strip, depthwise: Conv, source: Shape, arithmetic: Arithmetic) -> int:
    """The ring of expanded rows and the strip of filtered ones, without their alignment.

    The ring holds the rows that one strip's windows reach, padding columns included, for `panel`
    channels; the strip holds `rows` output rows of all expanded channels.
    """
    channels = pitch_of(depthwise.shape.channels)
    reach = 2 * depthwise.dilation + 1
    reached = min((strip.rows - 1) * depthwise.stride + reach, source.height)
    columns = max(
        source.width + depthwise.pads.left,
        (depthwise.shape.width - 1) * depthwise.stride + reach,
    )
    ring = reached * columns * strip.panel
    return (ring + strip.rows * depthwise.shape.width * channels) * WIDE_BYTES[arithmetic]
