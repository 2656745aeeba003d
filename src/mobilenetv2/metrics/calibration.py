"""Whether a classifier is right as often as it is sure, in one number."""

import numpy.typing as npt

from mobilenetv2.metrics.reliability import BINS, reliability


def expected_calibration_error(
    confidences: npt.ArrayLike, right: npt.ArrayLike, bins: int = BINS
) -> float:
    """How far confidence and accuracy lie apart on average, 0..1; see `reliability`.

    Raises:
        ValueError: as `reliability`.
    """
    return reliability(confidences, right, bins).error
