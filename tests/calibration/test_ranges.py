"""Ends of maps."""

import numpy as np
import pytest

from mobilenetv2.calibration.observe import BINS, Histogram
from mobilenetv2.calibration.ranges import affine_of, choose_range


def histogram(values: np.ndarray) -> Histogram:
    found = Histogram(float(values.min()), float(values.max()), np.zeros(BINS, np.int64))
    found.add(values.astype(np.float32))
    return found


def test_zero_and_both_ends_are_stored():
    affine = affine_of(-1.0, 3.0)
    assert affine.scale == pytest.approx(4 / 255, rel=1e-6)
    assert affine.zero_point == 64
    assert affine_of(2.0, 3.0).zero_point == 0
    assert affine_of(0.0, 0.0).scale == 1.0


def test_rare_values_are_cut_by_all_methods_but_extremes():
    values = np.random.default_rng(0).exponential(1, 50_000)
    found = histogram(values)
    assert choose_range(found, "extremes") == pytest.approx((values.min(), values.max()))
    for method in ("percentile", "least squares"):
        low, high = choose_range(found, method)
        assert 0.5 * values.max() < high < 0.95 * values.max(), method
        assert low == pytest.approx(0, abs=0.02)


def test_a_map_that_fills_its_range_keeps_it():
    values = np.random.default_rng(0).uniform(0, 6, 50_000)
    low, high = choose_range(histogram(values), "least squares")
    assert low == pytest.approx(0, abs=1e-3)
    assert high == pytest.approx(6, abs=0.05)
