"""What an item has to say: paragraphs, tables, perhaps a picture. No format yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from mobilenetv2.paper.cells import Cell, Comparison


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of texts."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    """Columns of numbers, set to the right."""
    fold: str = ""
    """A long table is folded away on the page behind these words; empty: shown."""


@dataclass(frozen=True, slots=True)
class Section:
    """One item's part of the tour."""

    before: tuple[str, ...]
    """Paragraphs of Markdown in front of picture and tables."""
    grids: tuple[Grid, ...] = ()
    after: tuple[str, ...] = ()
    """Paragraphs behind them."""
    picture: str = ""
    """What a picture shows, in words; empty without one."""


def comparison_grid(comparison: Comparison) -> Grid:
    """Printed, ours, verdict and why, figure by figure.

    Neighbours in one row with the same verdict for the same reason share a line.
    """
    return Grid(
        ("where", "what", "printed", "ours", "verdict", "why"),
        tuple(_line(list(group)) for _, group in groupby(comparison.cells, _likeness)),
    )


def _likeness(cell: Cell) -> tuple[str, ...]:
    return (cell.row, cell.verdict, cell.reason, cell.thread)


def _line(cells: Sequence[Cell]) -> tuple[str, ...]:
    first = cells[0]
    name = "thread" if "/issues/" in first.thread else "source"
    why = first.reason + (f" ([{name}]({first.thread}))" if first.thread else "")
    return (
        first.row,
        _joined(cell.column for cell in cells),
        _joined(cell.printed for cell in cells),
        _joined(cell.ours for cell in cells),
        first.verdict,
        why,
    )


def _joined(texts: Iterable[str]) -> str:
    return " · ".join(texts)
