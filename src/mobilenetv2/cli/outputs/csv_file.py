"""Results as a table for spreadsheets and scripts."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO, assert_never

from mobilenetv2.catalog.embedded import Task
from mobilenetv2.cli.outputs.annotated import Draw
from mobilenetv2.cli.outputs.file_names import writing
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.results import Detections, Prediction, Result, Segmentation

Cell = str | int | float


class CsvFile:
    """A row an answer, in the order of the pictures, written as they come.

    A picture without an answer has a row with empty cells, one that could not be read the reason
    in the last.
    """

    def __init__(self, path: Path, task: Task, *, frames: bool) -> None:
        """Open the file and write its headings; with columns for a frame and its time, or not.

        Raises:
            ImageError: it cannot be written.
        """
        self._path = path
        self._columns = _columns(task)
        self._frames = frames
        with writing(path):
            # Line ends are the csv module's own; UTF-8 whatever the machine.
            self._file: TextIO = path.open("w", encoding="utf-8", newline="")
            self._rows = csv.writer(self._file)
            moment = ("frame", "time") if frames else ()
            self._rows.writerow(("path", *moment, *self._columns, "error"))

    def add(self, source: Input, result: Result, draw: Draw) -> dict[str, object]:  # noqa: ARG002 - nothing is drawn
        """Write one picture's rows.

        Raises:
            ImageError: they cannot be written.
        """
        rows = _rows(result) or [("",) * len(self._columns)]
        self._write(*((*self._place(source), *row, "") for row in rows))
        return {}

    def add_error(self, source: Input, error: str) -> None:
        """Write the row of a picture that could not be read.

        Raises:
            ImageError: it cannot be written.
        """
        self._write((*self._place(source), *("",) * len(self._columns), error))

    def close(self) -> None:
        """Write what is left.

        Raises:
            ImageError: the disk refuses.
        """
        with writing(self._path):
            self._file.close()

    def _place(self, source: Input) -> tuple[Cell, ...]:
        if not self._frames:
            return (source.name,)
        moment = source.moment
        at = (moment.index, round(moment.seconds, 6)) if moment else ("", "")
        return source.name, *at

    def _write(self, *rows: Sequence[Cell]) -> None:
        with writing(self._path):
            # A name that is no Unicode is spelled out rather than lost.
            self._rows.writerows(
                [
                    cell.encode("utf-8", "backslashreplace").decode() if isinstance(cell, str)
                    else cell
                    for cell in row
                ]
                for row in rows
            )  # fmt: skip
            self._file.flush()


def _columns(task: Task) -> tuple[str, ...]:
    match task:
        case "classification":
            return ("rank", "label", "index", "score")
        case "detection":
            return ("label", "index", "score", "left", "top", "right", "bottom")
        case "segmentation":
            return ("label", "index", "pixels", "share")
        case _:
            assert_never(task)


def _rows(result: Result) -> list[tuple[Cell, ...]]:
    """As `to_json` has the answers, in the order of `_columns`."""
    match result:
        case Prediction():
            return [
                (rank, *one.to_json().values()) for rank, one in enumerate(result.predictions, 1)
            ]
        case Detections():
            return [
                (one.label, one.index, round(one.score, 6), *(round(side, 2) for side in one.box))
                for one in result.predictions
            ]
        case Segmentation():
            return [tuple(one.to_json().values()) for one in result.predictions]
        case _:
            assert_never(result)
