"""Sections that the pages of every task have."""

from collections.abc import Sequence

import numpy as np

from mobilenetv2.evaluate.compare_reports import Paired
from mobilenetv2.evaluate.page.html import Html, cells, paragraph, section, table
from mobilenetv2.evaluate.page.plots import confusion_plot
from mobilenetv2.metrics.bootstrap import Interval
from mobilenetv2.metrics.class_figures import Ints, mistaken

MOST_CLASSES = 24
"""Rows of a table of colors; of more classes those with the most mistakes are shown."""

MOST_PAIRS = 20
"""Pairs of confused classes in a list."""


def percent(value: float | None) -> str:
    """Of 100, with two digits; "-" for None."""
    return "-" if value is None else f"{100 * value:.2f}"


def headlines(rows: Sequence[tuple[str, float | None, Interval | None]]) -> Html:
    """Figures with their intervals."""
    return table(
        ("", "of 100", "95 % interval"),
        [
            cells(
                name,
                percent(value),
                f"{percent(ends[0])} .. {percent(ends[1])}" if ends else "",
            )
            for name, value, ends in rows
        ],
    )


def comparison(paired: Paired | None, name: str, other: str) -> Html:
    """A section on another model, or nothing."""
    if paired is None:
        return Html("")
    low, high = paired.interval
    verdict = (
        "The interval leaves zero out: the difference is beyond chance on pictures like these."
        if paired.beyond_chance
        else "The interval holds zero: on so many pictures the difference may be chance."
    )
    return section(
        "Beside another model",
        table(
            ("", f"{paired.title}, of 100"),
            [
                cells(name, percent(paired.first)),
                cells(other, percent(paired.second)),
                cells("difference", f"{100 * paired.difference:+.2f}"),
                cells("its 95 % interval", f"{100 * low:+.2f} .. {100 * high:+.2f}"),
            ],
        ),
        paragraph(verdict, dim=True),
    )


def confusion(counts: Ints, rows: Sequence[str], columns: Sequence[str], what: str) -> Html:
    """A section with a table of colors and the commonest mistakes.

    Args:
        counts: [rows, columns]; what is right is on the diagonal.
        rows: names of what is so.
        columns: names of what was said; one more where nothing may be.
        what: is counted, in the plural.
    """
    pairs = mistaken(counts)
    shown = _most_mistaken(counts)
    note = f"A row is what is so, a column what was said. Numbers count {what}."
    if len(shown) < len(rows):
        note += f" The {len(shown)} of {len(rows)} classes with the most mistakes are shown."
    beyond = list(range(len(rows), len(columns)))
    return section(
        "What was taken for what",
        paragraph(note, dim=True),
        confusion_plot(
            counts[np.ix_(shown, shown + beyond)],
            [rows[index] for index in shown],
            [columns[index] for index in shown + beyond],
        ),
        table(
            ("is", "was said", what),
            [
                cells(rows[one.true], columns[one.answered], f"{one.count:,}")
                for one in pairs[:MOST_PAIRS]
            ],
            texts=2,
        ),
    )


def _most_mistaken(counts: Ints) -> list[int]:
    """Rows to show, in their order."""
    if len(counts) <= MOST_CLASSES:
        return list(range(len(counts)))
    square = counts[:, : len(counts)]
    wrong = counts.sum(1) + square.sum(0) - 2 * square.diagonal()
    return sorted(np.argsort(-wrong, kind="stable")[:MOST_CLASSES].tolist())
