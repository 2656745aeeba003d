"""Predictions as a table for people, printed while it grows."""

from collections.abc import Sequence
from time import monotonic
from typing import assert_never

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.cli.console import output
from mobilenetv2.tasks.results import Detections, Prediction, Result, Segmentation

Row = tuple[str, ...]

NOTHING = "nothing found"

GATHER_SECONDS = 0.2
"""Between two prints: soon enough to watch, seldom enough to cost nothing."""

LONGEST_LABEL = 32
"""Letters; ImageNet has labels of 130, which are folded."""

FILE_OTHERS = 200
"""Letters for what else a line of a file may hold."""

OTHERS: dict[Task, int] = {"classification": 40, "detection": 40, "segmentation": 21}
"""Letters that the other columns of a line take, or want."""


class PredictTable:
    """Prints results under a task's own headings while they come.

    Rows are gathered for a moment, as laying out a table costs as much for one as for many. Where
    a column begins is decided beforehand, by the longest name there may be.

    Args:
        task: the model's.
        labels: the model's.
        longest: letters of the longest picture's name.
    """

    def __init__(self, task: Task, labels: Sequence[str], longest: int) -> None:
        self._task = task
        self._console = output()
        self._rows: list[Row] = []
        self._printed = monotonic()
        self._headed = False
        found = max((cell_len(label) for label in labels), default=0)
        self._label = min(max(found, len(NOTHING)), LONGEST_LABEL)
        if not self._console.is_terminal:
            # Nothing is folded in a file: whoever searches it wants names in one piece.
            self._console.width = longest + self._label + FILE_OTHERS
        rest = self._console.width - self._label - OTHERS[task]
        self._name = max(len("picture"), min(longest, rest))

    def add(self, name: str, result: Result) -> None:
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
        names = [escape(name), *[""] * (len(lines) - 1)]
        self._rows += [(name, *line) for name, line in zip(names, lines, strict=True)]
        if monotonic() - self._printed > GATHER_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Print the rows gathered."""
        if self._rows:
            self._console.print(self._rendered())
        self._rows, self._printed, self._headed = [], monotonic(), True

    def _rendered(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold", show_header=not self._headed)
        table.add_column("picture", overflow="fold", width=self._name)
        table.add_column("label", style="bold", overflow="fold", width=self._label)
        match self._task:
            case "classification":
                table.add_column("score", justify="right", width=6)
                table.add_column("then", style="dim", overflow="fold")
            case "detection":
                for heading in ("score", "left", "top", "right", "bottom"):
                    table.add_column(heading, justify="right", width=6)
            case "segmentation":
                table.add_column("share", justify="right", width=6)
                table.add_column("pixels", justify="right", width=11)
            case _:
                assert_never(self._task)
        for row in self._rows:
            table.add_row(*row)
        return table


def _ranked(result: Prediction) -> Row:
    if not result.predictions:
        return f"[dim]{result.nothing}[/dim]", "", ""
    then = " · ".join(f"{item.label} {item.score:.1%}" for item in result.predictions[1:])
    return escape(result.label), f"{result.score:.1%}", escape(then)


def _box(result: Detections, index: int) -> Row:
    detection = result.predictions[index]
    sides = (f"{side:.0f}" for side in detection.box)
    return escape(detection.label), f"{detection.score:.1%}", *sides


def _nothing() -> Row:
    return f"[dim]{NOTHING}[/dim]", "", "", "", "", ""


def _segments(result: Segmentation) -> list[Row]:
    return [
        (escape(item.label), f"{item.share:.1%}", f"{item.pixels:,}") for item in result.predictions
    ]
