"""When a printed count and ours agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.paper.cells import Cell, agreement, count_cell, same_cell


@pytest.mark.parametrize(
    ("printed", "ours", "verdict"),
    [
        ("1280", 1280, "equal"),
        ("300M", 300_774_272, "rounding"),
        ("3.4M", 3_469_760, "rounding"),  # cut
        ("11.15M", 11_145_301, "rounding"),  # rounded
        ("1600K", 1_605_632, "rounding"),
        ("400", 480, None),  # of a whole number's zeros, those after the second digit are free
        ("200", 150.5, None),
        ("2.75B", 2_742_445_696, "near"),
        ("0.35B", 177_617_344, None),
        ("4870.6B", 4_868_940_516_608, "near"),
    ],
)
def test_agreement(printed: str, ours: float, verdict: str | None):
    assert agreement(printed, ours) == verdict


@given(st.integers(10, 10**13), st.sampled_from([("", 1), ("K", 10**3), ("M", 10**6)]))
def test_what_is_printed_by_cutting_agrees(value: int, unit: tuple[str, int]):
    name, size = unit
    if value >= size:
        assert agreement(f"{value // size}{name}", value) in ("equal", "rounding")


def test_a_printed_count_is_a_number():
    with pytest.raises(ValueError, match="million"):
        agreement("3.4 million", 1)


def test_no_verdict_without_a_reason():
    with pytest.raises(ValueError, match="needs a reason"):
        Cell("row", "column", "1", "1", "equal", "")
    with pytest.raises(ValueError, match="needs a reason"):
        count_cell("row", "column", "7M", 11_934_128, how="counted")


def test_equal_texts_are_equal():
    assert same_cell("1", "c", "24", "24", "read off").verdict == "equal"
    with pytest.raises(ValueError, match="printed '24', computed '32'"):
        same_cell("1", "c", "24", "32", "read off")
