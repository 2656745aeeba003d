"""Tables that say which labels a picture has: none, one or several."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.table import Table, read_table
from mobilenetv2.tasks.table_columns import (
    INDEX_COLUMNS,
    LABEL_COLUMNS,
    PART_COLUMNS,
    class_column,
    picture_column,
    picture_paths,
)

LIST_COLUMNS = ("labels", "tags", "classes", "attributes", "categories")
"""Of several labels, by their name: there commas and spaces divide as well."""
CELL_COLUMNS = (*LIST_COLUMNS, *LABEL_COLUMNS, *INDEX_COLUMNS)
YES, NO = frozenset({"1", "1.0", "true"}), frozenset({"0", "0.0", "false"})
LAYOUTS = (
    "a column 'labels' with '|' or ';' between them, a line a label, or a column of 0 and 1 a label"
)


@dataclass(frozen=True, slots=True)
class LabelRows:
    """What a table, or shards, say of pictures."""

    paths: Sequence[PictureFile]
    """Each picture once."""
    labels: tuple[tuple[str, ...], ...]
    """Of each picture, in the table's order."""
    classes: tuple[str, ...]
    """All that it knows: its columns in their order, or the labels sorted."""
    notes: tuple[str, ...] = ()
    """What was understood without being written, in sentences."""
    name: str = ""
    """Of shards; a table is called by its place."""

    @property
    def several(self) -> bool:
        """Whether a picture has more than one. One without any may as well be a gap."""
        return any(len(names) > 1 for names in self.labels)


def read_label_table(file: Path) -> LabelRows:
    """Read a CSV whose first line names a column of pictures, and one of labels or one each.

    Labels in a cell are divided by | or ;, in a column called labels, tags or the like also by
    commas or, where there are none, by spaces; an empty cell is no label. A picture on several
    lines has the labels of them all. Several columns of 0 and 1 are a label each.

    Raises:
        DatasetError: unreadable, or no such columns.
    """
    table = read_table(file)
    picture, noted = picture_column(table)
    notes = [noted]
    if picture is None or len(table.columns) < 2:
        raise DatasetError(
            f"{file} must begin with a line that names a column of pictures (path, filename, "
            f"image) and labels: {LAYOUTS}; got {','.join(table.columns)!r:.200}"
        )
    column = table.find(CELL_COLUMNS)
    if column is None or column == picture:
        column, noted = class_column(table, picture)
        notes.append(noted)
    if column is None:
        found, classes, note = _of_columns(table, picture)
    else:
        found, note = _of_cells(table, column)
        classes = tuple(sorted({name for names in found for name in names}))
    notes.append(note)
    rows = [names for row, names in zip(table.rows, found, strict=True) if row[picture]]
    joined: dict[Path, dict[str, None]] = {}
    for path, names in zip(picture_paths(table, picture), rows, strict=True):
        joined.setdefault(path, {}).update(dict.fromkeys(names))
    labels = tuple(tuple(names) for names in joined.values())
    return LabelRows(tuple(joined), labels, classes, tuple(filter(None, notes)))


def _of_columns(table: Table, picture: int) -> tuple[list[tuple[str, ...]], tuple[str, ...], str]:
    part = table.find(PART_COLUMNS)
    places = [place for place in range(len(table.columns)) if place not in (picture, part)]
    found = []
    for row in table.rows:
        for place in places:
            if row[place].casefold() not in YES | NO:
                raise DatasetError(
                    f"{table.file}: a column a label holds 0 and 1, {table.columns[place]!r:.60} "
                    f"has {row[place]!r:.60}; remove what is no label, or write {LAYOUTS}"
                )
        chosen = (table.columns[place] for place in places if row[place].casefold() in YES)
        found.append(tuple(chosen))
    note = (
        ""
        if part is None
        else (
            f"{table.file}: the column {table.columns[part]!r} is not looked at, all pictures are "
            "taken; give each part a table of its own"
        )
    )
    return found, tuple(table.columns[place] for place in places), note


def _of_cells(table: Table, column: int) -> tuple[list[tuple[str, ...]], str]:
    cells = [_bare(row[column]) for row in table.rows]
    heading = table.columns[column]
    divider = _divider(heading, cells)
    # Without a divider a cell is one label, whatever is in it.
    parts = [cell.split(divider) if divider else [cell] for cell in cells]
    found = [tuple(filter(None, map(_unquoted, names))) for names in parts]
    usual = divider in ("", "|", ";")
    where = f"{table.file}: the labels in {heading!r:.60} are divided by"
    return found, "" if usual else f"{where} {'spaces' if divider == ' ' else 'commas'}"


def _divider(heading: str, cells: Sequence[str]) -> str:
    """Of |, ;, commas and spaces the first that occurs; the latter two in lists alone."""
    marks = "|;, " if heading.casefold() in LIST_COLUMNS else "|;"
    return next((mark for mark in marks if any(mark in cell for cell in cells)), "")


def _bare(cell: str) -> str:
    """Without the brackets of a list as Python and JSON write it."""
    return cell[1:-1] if cell.startswith("[") and cell.endswith("]") else cell


def _unquoted(name: str) -> str:
    plain = name.strip()
    quoted = len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "'\""
    return plain[1:-1].strip() if quoted else plain
