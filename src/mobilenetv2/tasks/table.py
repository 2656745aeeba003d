"""Tables that people save as CSV: other delimiters, other cases, Excel's encodings."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mobilenetv2.errors import DatasetError

DELIMITERS = (",", ";", "\t", "|")

SEPARATOR = "sep="
"""How a first line begins that tells Excel the delimiter, which follows."""

MAX_TABLE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """The rows below a heading."""

    file: Path
    columns: tuple[str, ...]
    """As written, spaces around them gone."""
    rows: tuple[tuple[str, ...], ...] = field(repr=False)
    """Each as long as `columns`; spaces around cells gone, blank lines too."""

    def find(self, names: Sequence[str]) -> int | None:
        """The column called one of `names`, the first of these that is there, in any case."""
        known = {column.casefold(): index for index, column in reversed([*enumerate(self.columns)])}
        return next((known[name] for name in names if name in known), None)


def read_table(file: Path) -> Table:
    """Read a table whose first line names its columns; an empty file has none.

    The delimiter is the one that gives the first line the most columns. UTF-8, or UTF-16 as Excel
    marks it.

    Raises:
        DatasetError: unreadable, or a line with more cells than columns.
    """
    try:
        if file.stat().st_size > MAX_TABLE_BYTES:
            raise DatasetError(f"{file}: a table may have {MAX_TABLE_BYTES:,} bytes, not more")
        with file.open("rb") as content:
            wide = content.read(2) in (b"\xff\xfe", b"\xfe\xff")
        with file.open(newline="", encoding="utf-16" if wide else "utf-8-sig") as lines:
            first = lines.readline(1_000_000)
            lines.seek(0)
            if first.casefold().startswith(SEPARATOR):
                lines.readline()
                delimiter = first.rstrip("\r\n")[len(SEPARATOR) :] or ","
            else:
                delimiter = _delimiter(first)
            reader = csv.reader(lines, delimiter=delimiter[:1], skipinitialspace=True)
            found = [[cell.strip() for cell in row] for row in reader]
    except UnicodeError as error:
        raise DatasetError(
            f"{file} cannot be read as CSV: {error}. A table is UTF-8 or UTF-16: save it anew (in "
            'Excel as "CSV UTF-8")'
        ) from error
    except (OSError, csv.Error) as error:
        raise DatasetError(f"{file} cannot be read as CSV: {error}") from error
    rows = [row for row in found if any(row)]
    columns, *rest = rows or [[]]
    for row in rest:
        if len(row) > len(columns) and any(row[len(columns) :]):
            raise DatasetError(
                f"{file}: a line must have the {len(columns)} columns of the first, "
                f"got {len(row)} in {','.join(row)!r:.100}"
            )
    width = len(columns)
    filled = tuple(tuple((*row, *[""] * (width - len(row)))[:width]) for row in rest)
    return Table(file, tuple(columns), filled)


def _delimiter(line: str) -> str:
    def columns(delimiter: str) -> int:
        return len(next(csv.reader([line], delimiter=delimiter), []))

    return max(DELIMITERS, key=columns)
