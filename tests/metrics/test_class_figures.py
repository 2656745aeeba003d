"""Precision, recall and F1 against counts done by hand."""

import numpy as np
import pytest

from mobilenetv2.metrics.class_figures import Mistaken, class_figures, count_answers, mistaken


def test_by_hand():
    # Three ants, one taken for a bee; two bees, both taken for ants; no cow, none said.
    confusion = count_answers([0, 0, 0, 1, 1], [0, 0, 1, 0, 0], 3)
    assert confusion.tolist() == [[2, 1, 0], [2, 0, 0], [0, 0, 0]]
    ant, bee, cow = class_figures(confusion)
    assert (ant.precision, ant.recall) == (pytest.approx(2 / 4), pytest.approx(2 / 3))
    assert ant.f1 == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3))
    assert (bee.precision, bee.recall, bee.f1) == (0, 0, 0)
    assert (cow.precision, cow.recall, cow.f1) == (None, None, None)
    assert mistaken(confusion) == (Mistaken(1, 0, 2), Mistaken(0, 1, 1))


def test_a_last_column_of_no_answer_counts_as_not_found():
    (one,) = class_figures(np.array([[3, 1]]))
    assert (one.count, one.answered, one.right) == (4, 3, 3)
