"""Scales of maps that are added, such that every runtime rounds their sums alike.

We and LiteRT add in fixed point, onnxruntime and OpenVINO in floats: all err by less than a
thousandth of a step, and where a sum lies that near to a half they part. One of 300,000 did, and
a network of little training makes other answers of it. Where scales are odd multiples of one unit
no sum can: it is a whole number over an odd one.
"""

from collections.abc import Mapping
from math import ceil

import numpy as np

LARGEST = 1023
"""Units in the largest scale of maps that meet: any sum is 1/2046 of a step or more from a half,
and fixed point of 21 bits errs by half of that at most."""
FURTHEST = 32
"""How many times the least scale the largest may be: fewer units than 31 are too coarse."""

TINY = 1e-6
"""Of a unit: how far above an odd number the last digits may put one."""


def in_odd_units(scales: Mapping[str, float]) -> dict[str, float]:
    """Scales of maps that meet in sums, as odd multiples of a unit.

    The largest stays; others grow by less than two units, 6 % of the least, so that nothing is cut
    off. Scales further apart than `FURTHEST` stay as they are.
    """
    largest = max(scales.values())
    if largest > FURTHEST * min(scales.values()):
        return dict(scales)
    unit = largest / LARGEST
    return {
        name: float(np.float32((2 * ceil((scale / unit - 1) / 2 - TINY) + 1) * unit))
        for name, scale in scales.items()
    }
