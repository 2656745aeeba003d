"""Tables that say of which class a picture is: path and label, one-hot columns, other names."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.table import Table, read_table
from mobilenetv2.tasks.table_columns import (
    FIELD_COLUMNS,
    INDEX_COLUMNS,
    LABEL_COLUMNS,
    PART_COLUMNS,
    class_column,
    picture_column,
    picture_paths,
)
from mobilenetv2.tasks.whole_numbers import whole_number

Kind = Literal["label", "index"]


@dataclass(frozen=True, slots=True)
class LabeledRows:
    """Pictures and what a table says of each."""

    paths: tuple[Path, ...]
    values: tuple[str, ...]
    """A label, or a number."""
    kind: Kind
    notes: tuple[str, ...] = ()
    """What was understood without being written, in sentences."""


def read_labeled_table(file: Path, prefer: Kind = "index") -> LabeledRows:
    """Read a CSV whose first line names a column of pictures and one of classes.

    Under other names than the usual ones the first is known by the pictures that its cells name,
    the second as the only other one. Columns that hold 0 and 1 alone are read as one-hot classes,
    if every line has one 1. Paths are relative to the file; what is not there is looked for by
    name below the file's folder.

    Args:
        file: the table.
        prefer: of a column of labels and one of indices, which counts.

    Raises:
        DatasetError: unreadable, no such columns, or a line with several classes or none.
    """
    table = read_table(file)
    picture, noted = picture_column(table)
    if picture is None:
        raise _not_such(table, "the column of pictures to 'path'")
    notes = [noted] if noted else []
    index = table.find(INDEX_COLUMNS)
    label, noted = class_column(table, picture)
    if index is None and table.find((*LABEL_COLUMNS, *FIELD_COLUMNS)) is None:
        hot = _one_hot(table, picture)
        if hot is not None:
            return LabeledRows(picture_paths(table, picture), hot, "label", tuple(notes))
    kind: Kind = "index" if label is None or (index is not None and prefer == "index") else "label"
    column = index if kind == "index" else label
    if column is None or picture == column:
        raise _not_such(table, "the column of classes to 'label'")
    if noted and kind == "label":
        notes.append(noted)
    values = tuple(row[column] for row in table.rows if row[picture])
    parts = table.find(PART_COLUMNS)
    if parts is not None:
        notes.append(
            f"{file}: the column {table.columns[parts]!r} is not looked at, all pictures are "
            "taken; give each part a table of its own"
        )
    return LabeledRows(picture_paths(table, picture), values, kind, tuple(notes))


def _not_such(table: Table, rename: str) -> DatasetError:
    return DatasetError(
        f"{table.file} must begin with the line 'path,index' or 'path,label' (or filename, image; "
        f"class, category; or a column of 0 and 1 for each class): rename {rename}; got "
        f"{','.join(table.columns)!r:.200}"
    )


def _one_hot(table: Table, picture: int) -> tuple[str, ...] | None:
    """The label of each line with a picture; None where the table is another one."""
    others = [place for place in range(len(table.columns)) if place != picture]
    if len(others) < 2 or not table.rows:
        return None
    found: list[str] = []
    for row in table.rows:
        numbers = {place: whole_number(row[place]) for place in others}
        if not set(numbers.values()) <= {0, 1}:
            return None
        chosen = [table.columns[place] for place, number in numbers.items() if number]
        if len(chosen) != 1:
            raise DatasetError(
                f"{table.file}: a picture must be of one class to train or judge a classifier; "
                f"{row[picture]!r:.80} has {len(chosen)}: {chosen[:5]}"
            )
        if row[picture]:
            found += chosen
    return tuple(found)
