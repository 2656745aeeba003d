"""Features of many pictures as one table, written while they come."""

from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, Self, TextIO

import numpy as np

from mobilenetv2.cli.outputs.file_names import writing
from mobilenetv2.engine.features import Features
from mobilenetv2.errors import MissingDependencyError, OptionError

ROWS_AT_ONCE = 1024
"""Of a Parquet file, in memory: 5 MB of 1280 numbers each."""


class Embeddings(Protocol):
    """A file that takes a picture's features after another's."""

    rows: int
    files: Sequence[Path]

    def add(self, name: str, features: Features) -> None:
        """Write a row.

        Raises:
            ImageError: the disk refuses.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


def open_embeddings(path: Path, channels: int) -> Embeddings:
    """The table that the name's ending asks for.

    Raises:
        OptionError: another ending.
        MissingDependencyError: Parquet, without pyarrow.
        ImageError: the file cannot be written.
    """
    match path.suffix.lower():
        case ".npy":
            return NpyTable(path, channels)
        case ".parquet":
            return ParquetTable(path, channels)
        case _:
            raise OptionError(f"features go to a file NAME.npy or NAME.parquet, got {path}")


class NpyTable:
    """float32 [pictures, channels] in NAME.npy, and the pictures' paths, one a line, in NAME.txt.

    A path's line breaks are spelled out, so that lines and rows stay together.
    """

    def __init__(self, path: Path, channels: int) -> None:
        self._path, self._names_path = path, path.with_suffix(".txt")
        self._channels = channels
        self.rows = 0
        self.files: Sequence[Path] = (path, self._names_path)
        with writing(path):
            self._file: BinaryIO = path.open("wb")
            self._write_header()
            self._file.flush()
        with writing(self._names_path):
            self._names: TextIO = self._names_path.open(
                "w", encoding="utf-8", errors="surrogateescape", newline="\n"
            )

    def add(self, name: str, features: Features) -> None:
        """Write a row and a name.

        Raises:
            ImageError: the disk refuses.
        """
        with writing(self._path):
            self._file.write(np.ascontiguousarray(features, "<f4").tobytes())
        with writing(self._names_path):
            self._names.write(name.replace("\n", "\\n") + "\n")
        self.rows += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with writing(self._path), self._file:
            self._file.seek(0)
            self._write_header()
        with writing(self._names_path):
            self._names.close()

    def _write_header(self) -> None:
        # numpy leaves room for the first number to grow, so that it can be written again.
        np.lib.format.write_array_header_1_0(
            self._file,
            {"descr": "<f4", "fortran_order": False, "shape": (self.rows, self._channels)},
        )


class ParquetTable:
    """Columns `path` and `features`, a list of float32 of fixed length."""

    def __init__(self, path: Path, channels: int) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ImportError as error:
            raise MissingDependencyError("pyarrow", "parquet", f"{path}: Parquet") from error
        self._arrow = pyarrow
        self._schema = pyarrow.schema(
            [("path", pyarrow.string()), ("features", pyarrow.list_(pyarrow.float32(), channels))]
        )
        self._path = path
        self._waiting: list[tuple[str, Features]] = []
        self.rows = 0
        self.files: Sequence[Path] = (path,)
        with writing(path):
            self._writer = parquet.ParquetWriter(path, self._schema)

    def add(self, name: str, features: Features) -> None:
        """Write a row, with others.

        Raises:
            ImageError: the disk refuses.
        """
        plain = name.encode("utf-8", "backslashreplace").decode()
        self._waiting.append((plain, features))
        self.rows += 1
        if len(self._waiting) == ROWS_AT_ONCE:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        with writing(self._path):
            self._writer.close()

    def _flush(self) -> None:
        names, rows = zip(*self._waiting, strict=True) if self._waiting else ((), ())
        table = self._arrow.table(
            {"path": list(names), "features": [row.tolist() for row in rows]}, schema=self._schema
        )
        with writing(self._path):
            self._writer.write_table(table)
        self._waiting = []
