"""Warm-up, then half a cosine; never zero while there is a step to make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.train.schedule import learning_rate_factor


@given(total=st.integers(1, 500), share=st.floats(0, 1), step=st.integers(0, 499))
def test_rises_then_falls_within_zero_and_one(total: int, share: float, step: int) -> None:
    warmup = round(share * total)
    step = min(step, total - 1)
    now = learning_rate_factor(step, warmup, total)
    assert 0 < now <= 1
    if step + 1 < total:
        later = learning_rate_factor(step + 1, warmup, total)
        assert later > now if step + 1 <= warmup else later < now


def test_known_points() -> None:
    assert learning_rate_factor(0, 0, 100) == 1
    assert learning_rate_factor(50, 0, 100) == pytest.approx(0.5)
    assert learning_rate_factor(10, 10, 110) == 1
    assert learning_rate_factor(4, 9, 100) == pytest.approx(0.5)
