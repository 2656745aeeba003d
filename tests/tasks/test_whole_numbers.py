"""Numbers that strangers wrote."""

from math import inf, nan

import pytest

from mobilenetv2.tasks.whole_numbers import finite_number, whole_number


@pytest.mark.parametrize("value", [3, 3.0, "3", " 3 ", "3.0", "+3"])
def test_three_in_every_spelling(value: object):
    assert whole_number(value) == 3
    assert finite_number(value) == 3.0


@pytest.mark.parametrize(
    "value",
    [True, None, -1, 1.5, nan, inf, "1.5", "", "x", "9" * 5000, 10**400, "1e3", "\u0663", []],
)
def test_what_is_no_whole_number(value: object):
    assert whole_number(value) is None


@pytest.mark.parametrize(
    "value",
    [True, None, nan, inf, "nan", "1e400", "9" * 5000, 10**400, -(10**400), "x", [], "1e13"],
)
def test_what_is_no_finite_number(value: object):
    assert finite_number(value) is None
