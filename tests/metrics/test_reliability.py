"""Calibration error against sums done by hand."""

import numpy as np
import pytest

from mobilenetv2.metrics.calibration import expected_calibration_error
from mobilenetv2.metrics.reliability import reliability


def test_by_hand():
    # Bins of 0.5: two answers at 0.4, one right (gap 0.1); three at 0.9, one right (gap 17/30).
    sure, right = [0.4, 0.4, 0.9, 0.9, 0.9], [True, False, True, False, False]
    assert expected_calibration_error(sure, right, bins=2) == pytest.approx(
        (2 * 0.1 + 3 * (0.9 - 1 / 3)) / 5
    )
    found = reliability(sure, right, bins=2)
    assert found.counts.tolist() == [2, 3]
    assert found.accuracy.tolist() == pytest.approx([0.5, 1 / 3])
    assert found.confidence.tolist() == pytest.approx([0.4, 0.9])


def test_edges_belong_to_the_lower_bin_and_zero_to_the_first():
    assert reliability([0.0, 0.5, 1.0], [True] * 3, bins=2).counts.tolist() == [2, 1]


def test_who_is_as_often_right_as_sure_has_no_error():
    assert expected_calibration_error([0.75] * 4, [True, True, True, False]) == 0
    assert expected_calibration_error([1.0] * 5, [False] * 5) == 1
    assert expected_calibration_error([], []) == 0


def test_what_is_no_probability_is_refused():
    for sure in ([1.5], [-0.1], [float("nan")]):
        with pytest.raises(ValueError, match=r"0\.\.1"):
            reliability(sure, [True])
    with pytest.raises(ValueError, match="as many"):
        reliability(np.array([0.5, 0.5]), [True])
