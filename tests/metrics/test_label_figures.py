"""Average precision of labels, by hand and against scikit-learn's definition; F1; intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.metrics.label_figures import (
    average_precisions,
    f1_interval,
    label_figures,
    map_difference_interval,
    map_interval,
    mean_average_precision,
    together,
)

SCORES = np.array([[0.9, 0.2, 0.1], [0.8, 0.2, 0.3], [0.7, 0.1, 0.2], [0.1, 0.9, 0.9]])
HAS = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]], bool)


def test_average_precision_by_hand():
    """Of the first label found at 1 and 3: (1/1 + 2/3) / 2; of the second among two equal scores
    behind one that is wrong: 1 of 3.
    """
    found = average_precisions(SCORES, HAS)
    assert found[:2] == pytest.approx([5 / 6, 1 / 3])
    assert found[2] is None
    assert mean_average_precision(found) == pytest.approx((5 / 6 + 1 / 3) / 2)
    assert mean_average_precision([None]) is None


@given(st.integers(0, 10**6), st.integers(2, 30))
def test_average_precision_is_the_area_below_steps(seed: int, count: int):
    """Threshold by threshold: precision there, times what the recall gains."""
    random = np.random.default_rng(seed)
    scores, has = random.integers(0, 5, (count, 1)), random.random((count, 1)) < 0.5
    has[0] = True
    area = recall = 0.0
    for threshold in sorted(set(scores[:, 0].tolist()), reverse=True):
        found = scores[:, 0] >= threshold
        now = (found & has[:, 0]).sum() / has.sum()
        area += (now - recall) * (found & has[:, 0]).sum() / found.sum()
        recall = now
    assert average_precisions(scores, has)[0] == pytest.approx(area)


def test_labels_are_counted_at_a_threshold_and_together():
    figures = label_figures(SCORES >= 0.5, HAS)
    assert [(one.count, one.answered, one.right) for one in figures] == [
        (2, 3, 2), (1, 1, 0), (0, 1, 0),
    ]  # fmt: skip
    assert together(figures).f1 == pytest.approx(2 * 2 / (3 + 5))


def test_intervals_hold_the_figure_and_vanish_where_nothing_varies():
    random = np.random.default_rng(1)
    has = random.random((60, 3)) < 0.4
    scores = has + random.normal(0, 0.7, (60, 3))
    value = mean_average_precision(average_precisions(scores, has))
    assert value is not None
    low, high = map_interval(value, scores, has)
    assert low < value < high <= 1
    said = scores > 0.5
    f1 = together(label_figures(said, has)).f1
    assert f1 is not None
    low, high = f1_interval(f1, said, has)
    assert low < f1 < high
    assert map_difference_interval(0.0, scores, scores, has) == (0, 0)
    assert map_interval(1.0, 1.0 * has, has) == (1, 1)
