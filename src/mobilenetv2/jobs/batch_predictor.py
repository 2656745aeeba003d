"""One class for engines that hand over tables of pictures: Ray Data, Spark, Dask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, Unpack, cast

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.compiled import CompiledClassifier
from mobilenetv2.errors import OptionError
from mobilenetv2.jobs.given_threads import given_threads
from mobilenetv2.jobs.job import Identified
from mobilenetv2.model import DEFAULT_MODEL, Model, load
from mobilenetv2.pipeline import Answer, predict_many
from mobilenetv2.sources.input import Input
from mobilenetv2.tasks.options import Choices, Options
from mobilenetv2.tasks.results import Prediction
from mobilenetv2.transfer.address import is_web_address

Table = TypeVar("Table")

PREDICTED, SCORE, PREDICTIONS, ERROR = "predicted", "score", "predictions", "error"
"""Columns that are added; the first two by classifiers."""


class BatchPredictor:
    """A model that answers tables: `dataset.map_batches(BatchPredictor, ...)` and its like.

    Called with a batch, it gives the same batch with columns more: `predictions`, the list of
    answers as JSON text; `error`, why there is none, else ""; and of a classifier `predicted`, the
    best label, and `score`.

    A batch is a mapping from names to arrays or lists, a pandas DataFrame or a pyarrow Table, and
    what comes back is of the same kind.

    Pickled, it goes by its model's file and that file's hash, or with the model's weights, and a
    process that gets it many times opens the model once.

    Args:
        model: a file, a name of the catalogue, or a model.
        column: where the pictures are: files' bytes, paths, addresses, or RGB arrays.
        keep: whether that column stays; bytes and arrays would travel on for nothing.
        threads: how many one answer may use; None: as many as Ray gave CPUs to the worker, outside
            of Ray the model's own number.
        choices: as `Model.predict` takes them.

    Raises:
        UnknownModelError: neither a file nor a known name.
        CheckpointError: the file is broken or holds no MobileNetV2.
        ValueError: an option out of range or of another task.
    """

    def __init__(
        self,
        model: str | Path | Model | CompiledClassifier = DEFAULT_MODEL,
        column: str = "bytes",
        *,
        keep: bool = True,
        threads: int | None = None,
        **choices: Unpack[Choices],
    ) -> None:
        self.column = column
        self._keep = keep
        self._options = Options(**choices)
        self._threads = threads
        self._model = (
            load(model, threads=threads or given_threads())
            if isinstance(model, str | Path)
            else self._sized(model)
        )
        self._model.check(self._options)

    def __call__(self, batch: Table) -> Table:
        """Answer for each row.

        Raises:
            OptionError: no such column, one that would be overwritten, or no table.
        """
        if isinstance(batch, Mapping):
            return cast("Table", self._mapping(batch))
        if hasattr(batch, "append_column"):  # pyarrow's
            return cast("Table", self._arrow(batch))
        if hasattr(batch, "assign"):  # pandas'
            return cast("Table", self._pandas(batch))
        raise OptionError(
            "a batch must be a mapping from names to columns, a pandas DataFrame or a pyarrow "
            f"Table, got {type(batch).__name__}"
        )

    def _mapping(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        self._check(batch)
        column = batch[self.column]
        kept = {name: values for name, values in batch.items() if self._keep or name != self.column}
        return kept | self._columns(column)

    def _arrow(self, batch: Any) -> Any:  # noqa: ANN401 - pyarrow is not imported
        import pyarrow

        self._check(batch.column_names)
        column = batch[self.column].to_pylist()
        if not self._keep:
            batch = batch.drop_columns([self.column])
        for name, values in self._columns(column).items():
            kind = pyarrow.float64() if name == SCORE else pyarrow.string()
            batch = batch.append_column(name, pyarrow.array(values, kind))
        return batch

    def _pandas(self, batch: Any) -> Any:  # noqa: ANN401 - pandas is not imported
        self._check(batch.columns)
        column = list(batch[self.column])
        if not self._keep:
            batch = batch.drop(columns=self.column)
        return batch.assign(**self._columns(column))

    def _check(self, names: Iterable[str]) -> None:
        there = [str(name) for name in names]
        if self.column not in there:
            raise OptionError(
                f"BatchPredictor was told column={self.column!r}, and the batch has {there}"
            )
        taken = [name for name in self._names if name in there]
        if taken:
            raise OptionError(
                f"BatchPredictor adds the columns {list(self._names)}, and the batch has {taken} "
                "already: rename or drop them first"
            )

    @property
    def _names(self) -> tuple[str, ...]:
        more = (PREDICTED, SCORE) if self._model.task == "classification" else ()
        return (*more, PREDICTIONS, ERROR)

    def _columns(self, column: Iterable[Any]) -> dict[str, npt.NDArray[Any]]:
        """What is added, a value a row; of the same types for no row at all."""
        rows = [_row(answer) for answer in self._answers(column)]
        # Text as objects: numpy would pad each to the longest.
        return {
            name: np.array([row[name] for row in rows], np.float64 if name == SCORE else object)
            for name in self._names
        }

    def _answers(self, column: Iterable[Any]) -> Iterator[Answer]:
        inputs = (Input(_name(value, row), _picture(value)) for row, value in enumerate(column))
        return predict_many(self._model, inputs, self._options)

    def _sized(self, model: Identified[Any]) -> Identified[Any]:
        threads = self._threads or given_threads()
        return model.with_threads(threads) if threads else model

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        # It arrived in a worker, which has its own number of CPUs.
        if self._threads is None:
            self._model = self._sized(self._model)


def _row(answer: Answer) -> dict[str, str | float]:
    result = answer.prediction
    said = [] if result is None else result.to_json()["predictions"]
    best = result if isinstance(result, Prediction) else Prediction(())
    return {
        PREDICTED: "" if result is None else best.label,
        SCORE: best.score,
        PREDICTIONS: json.dumps(said, ensure_ascii=False),
        ERROR: answer.error or "",
    }


def _name(value: object, row: int) -> str:
    return value if isinstance(value, str) else f"row {row} of the batch"


def _picture(value: Any) -> Any:  # noqa: ANN401 - whatever a table holds
    """A cell as `Model.predict` takes it; of what is no picture, decoding says so."""
    match value:
        case str():
            return value if is_web_address(value) else Path(value)
        case bytes() | np.ndarray() | Path():
            return value
        case bytearray() | memoryview():
            return bytes(value)
        case None:
            return b""
        case _:
            return np.asarray(value)
