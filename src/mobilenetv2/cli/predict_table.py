"""Predictions as a table for people."""

from pathlib import Path
from typing import assert_never

from rich.markup import escape
from rich.table import Table

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.tasks.results import Detections, Prediction, Result, Segmentation

Row = tuple[str, ...]


class PredictTable:
    """Collects results, which become lines under a task's own headings."""

    def __init__(self, task: Task) -> None:
        """An empty table."""
        self.rows: list[Row] = []
        self._task = task

    def add(self, path: Path, result: Result) -> None:
        """One line for a classifier's answers, one a box, or one a class of pixels."""
        match result:
            case Prediction():
                lines = [_ranked(result)]
            case Detections():
                lines = [_box(result, index) for index in range(len(result))] or [_nothing()]
            case Segmentation():
                lines = _segments(result)
            case _:
                assert_never(result)
        names = [escape(str(path)), *[""] * (len(lines) - 1)]
        self.rows += [(name, *line) for name, line in zip(names, lines, strict=True)]

    def rendered(self) -> Table:
        """The table as rich prints it."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        table.add_column("picture", overflow="fold")
        table.add_column("label", style="bold", overflow="fold")
        match self._task:
            case "classification":
                table.add_column("score", justify="right")
                table.add_column("then", style="dim", overflow="fold")
            case "detection":
                for heading in ("score", "left", "top", "right", "bottom"):
                    table.add_column(heading, justify="right")
            case "segmentation":
                table.add_column("share", justify="right")
                table.add_column("pixels", justify="right")
            case _:
                assert_never(self._task)
        for row in self.rows:
            table.add_row(*row)
        return table


def _ranked(result: Prediction) -> Row:
    then = " · ".join(f"{item.label} {item.score:.1%}" for item in result.predictions[1:])
    return escape(result.label), f"{result.score:.1%}", escape(then)


def _box(result: Detections, index: int) -> Row:
    detection = result.predictions[index]
    sides = (f"{side:.0f}" for side in detection.box)
    return escape(detection.label), f"{detection.score:.1%}", *sides


def _nothing() -> Row:
    return "[dim]nothing found[/dim]", "", "", "", "", ""


def _segments(result: Segmentation) -> list[Row]:
    return [
        (escape(item.label), f"{item.pixels / result.mask.size:.1%}", f"{item.pixels:,}")
        for item in result.predictions
    ]
