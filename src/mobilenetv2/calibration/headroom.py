"""How far a map's channels will reach, where few pictures have been seen.

The largest value of n pictures understates that of many. Maxima of pictures lie about as Gumbel's
distribution has them: each e-fold of pictures brings its scale, sqrt(6) / pi = 0.78 of their
deviation, once more.
"""

from math import log, pi, sqrt

import numpy as np
import numpy.typing as npt

SETTLED = 100
"""Pictures from which on nothing is added: ranges of a wide network get too coarse by it."""
GUMBEL = sqrt(6) / pi
USUAL = 0.4
"""The deviation of a channel's reach over pictures, in its mean: what trained networks have."""
WEIGHT = 3
"""How many pictures that counts for: a deviation among two says nothing."""

Doubles = npt.NDArray[np.float64]


def expected_reach(reaches: Doubles) -> Doubles:
    """How far each channel will reach on `SETTLED` pictures, no less than it has.

    Args:
        reaches: of each picture, [pictures, channels].
    """
    count = len(reaches)
    furthest: Doubles = reaches.max(0)
    if count >= SETTLED:
        return furthest
    mean = reaches.mean(0)
    squares = np.square(reaches - mean).sum(0) + WEIGHT * np.square(USUAL * mean)
    deviation: Doubles = np.sqrt(squares / (count - 1 + WEIGHT))
    return furthest + GUMBEL * log(SETTLED / count) * deviation
