"""A printed figure beside ours, and how the two agree."""

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Literal

Verdict = Literal["equal", "rounding", "near", "erratum", "cited", "open"]

MEANINGS: dict[Verdict, str] = {
    "equal": "the same to the last digit",
    "rounding": "ours, rounded or cut to the digits that are printed, is what is printed",
    "near": "within 1 %, and nothing tells what the rest is",
    "erratum": "it does not follow from the paper's own network; the reason says why",
    "cited": "not computable from the network; ours is the public figure that the reason names",
    "open": "not computable here, or not reproduced; the reason says what is missing",
}
"""What each verdict says, in the words of the generated page."""

UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9}

NEAR = 0.01
"""Largest relative distance that is called near."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of one table."""

    row: str
    column: str
    printed: str
    """As in arXiv 1801.04381 v4, unit included: "3.4M"."""
    ours: str
    """Computed, or cited where nothing computes it; "-" where there is neither."""
    verdict: Verdict
    reason: str
    """How ours was found, or why the two differ. Never empty."""
    thread: str = ""
    """A public discussion of it, or the source of a figure that is cited."""

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError(f"a verdict needs a reason, got none for {self.row}, {self.column}")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A table of the paper, figure by figure."""

    title: str
    """As in "Table 4: ImageNet"."""
    section: str
    """Where the paper discusses it."""
    cells: tuple[Cell, ...]

    def count(self, verdict: Verdict) -> int:
        """How many figures have that verdict."""
        return sum(cell.verdict == verdict for cell in self.cells)


def agreement(printed: str, value: float) -> Verdict | None:
    """How a printed count and ours agree: "equal", "rounding", "near", or None if they do not.

    The digits that are printed decide how ours is rounded. Of a whole number's trailing zeros only
    those after its second digit may be rounding: 1,605,632 agrees with "1600K", 48 not with "40".
    Cutting counts as rounding.

    Args:
        printed: a number with at most one unit of K, M, B: "300M", "14.8M", "152.6B".
        value: ours, without a unit.

    Raises:
        ValueError: `printed` is no such number.
    """
    match = re.fullmatch(r"([\d,]+(?:\.\d+)?)([KMB]?)", printed)
    if not match:
        raise ValueError(f"a printed count is a number with K, M, B or no unit, got {printed!r}")
    number = Decimal(match[1].replace(",", ""))
    ours = Decimal(value) / UNITS[match[2]]
    if ours == number:
        return "equal"
    step = Decimal(10) ** _last_digit(match[1])
    rounded = (ours / step).quantize(Decimal(1), ROUND_HALF_UP) * step
    cut = (ours / step).quantize(Decimal(1), ROUND_DOWN) * step
    if number in (rounded, cut):
        return "rounding"
    return "near" if abs(ours - number) <= Decimal(NEAR) * number else None


def count_cell(
    row: str,
    column: str,
    printed: str,
    value: float,
    *,
    how: str,
    otherwise: Verdict = "erratum",
    why: str = "",
    thread: str = "",
    decimals: int = 0,
) -> Cell:
    """A count judged by `agreement`; what does not agree gets the verdict `otherwise`.

    Args:
        row: of the table.
        column: of the table.
        printed: as in the paper.
        value: ours.
        how: the reason where the two agree.
        otherwise: the verdict where they do not, or are only near and `why` explains it.
        why: the reason then.
        thread: a public discussion, kept where the two do not agree.
        decimals: of ours, as shown.

    Raises:
        ValueError: they do not agree and there is no `why`.
    """
    verdict = agreement(printed, value)
    if verdict == "near" and why:
        verdict = None
    agreed = verdict is not None
    return Cell(
        row, column, printed, f"{value:,.{decimals}f}",
        verdict or otherwise, how if agreed else why, "" if agreed else thread,
    )  # fmt: skip


def same_cell(row: str, column: str, printed: str, ours: str, how: str) -> Cell:
    """Two texts that must be the same.

    Raises:
        ValueError: they are not.
    """
    if printed != ours:
        raise ValueError(f"{row}, {column}: printed {printed!r}, computed {ours!r}")
    return Cell(row, column, printed, ours, "equal", how)


def _last_digit(number: str) -> int:
    """The power of ten of the last digit that is meant."""
    whole, _, fraction = number.replace(",", "").partition(".")
    if fraction:
        return -len(fraction)
    zeros = len(whole) - len(whole.rstrip("0"))
    return max(0, min(zeros, len(whole) - 2))
