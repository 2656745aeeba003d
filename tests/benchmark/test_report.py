"""The arithmetic of a benchmark on numbers whose answers are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.benchmark.report import paired_ratio, summarize

times = st.lists(st.floats(0.1, 100), min_size=1, max_size=7)


def test_a_latency_is_over_all_runs_of_all_rounds():
    latency = summarize([[1, 2, 3], [4, 5], [6, 7, 8, 9, 10, 11]])
    assert (latency.p10, latency.median, latency.p90, latency.runs) == (2, 6, 10, 11)
    assert latency.images_per_second == pytest.approx(1000 * 11 / 66)


def test_a_ratio_is_paired_round_by_round():
    """A round in which everything takes ten times as long changes nothing."""
    ours = [[1.0, 1.1, 0.9], [10, 11, 9], [1, 1, 1]]
    theirs = [[2.0], [20, 20], [2, 2, 2]]
    ratio = paired_ratio(theirs, ours)
    assert (ratio.median, ratio.low, ratio.high) == (2, 2, 2)


def test_the_interval_is_that_of_a_median():
    """Against the normal approximation: a median's deviation is 1.253 sigma / sqrt(n)."""
    random = np.random.default_rng(0)
    rounds = 400
    ours = [[1.0]] * rounds
    theirs = [[float(value)] for value in random.normal(1.5, 0.1, rounds)]
    ratio = paired_ratio(theirs, ours)
    half = 1.96 * 1.253 * 0.1 / rounds**0.5
    assert ratio.high - ratio.low == pytest.approx(2 * half, rel=0.3)
    assert ratio.low < ratio.median < ratio.high


@given(st.lists(times, min_size=1, max_size=9), st.floats(0.1, 10))
def test_an_engine_that_is_always_k_times_slower(ours, factor):
    ratio = paired_ratio([[factor * value for value in one] for one in ours], ours)
    assert ratio.median == pytest.approx(factor)
    assert ratio.low == pytest.approx(ratio.high)


@pytest.mark.parametrize(("theirs", "ours"), [([], []), ([[1.0]], [[1.0], [1.0]])])
def test_rounds_that_are_not_pairs_are_refused(theirs, ours):
    with pytest.raises(ValueError, match="paired rounds"):
        paired_ratio(theirs, ours)


def test_a_latency_needs_runs():
    with pytest.raises(ValueError, match="at least one run"):
        summarize([])
