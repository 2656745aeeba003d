"""Of an uneven set, which class is helped how much."""

from math import log

import pytest

from mobilenetv2.train.classify.balance import balance_told, handicaps

UNEVEN = [0] * 300 + [1] * 6 + [2] * 150


def test_the_root_of_how_rare_a_class_is() -> None:
    assert handicaps(UNEVEN, 3, 0.5) == pytest.approx((0, log((6 / 300) ** 0.5), log(0.5**0.5)))


def test_even_classes_and_no_balance_leave_logits_alone() -> None:
    assert handicaps([0, 1, 1, 0], 2, 0.5) == (0, 0)
    assert handicaps(UNEVEN, 3, 0.0) == (0, 0, 0)


def test_a_word_where_one_class_has_three_times_anothers_pictures() -> None:
    said = balance_told(UNEVEN, ("bee", "wasp", "ant"), 0.5)
    assert said.startswith("classes are uneven, from 300 pictures of bee to 6 of wasp: rare ones")
    assert balance_told(UNEVEN, ("bee", "wasp", "ant"), 0.0) == ""
    assert balance_told([0, 0, 1], ("bee", "wasp"), 0.5) == ""
