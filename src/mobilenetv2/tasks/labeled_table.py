"""Tables that say of which class a picture is: path and label, one-hot columns, other names."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Literal

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.loose_names import file_key
from mobilenetv2.tasks.table import Table, read_table
from mobilenetv2.tasks.whole_numbers import whole_number

PICTURE_COLUMNS = (
    "path", "filename", "file_name", "file", "filepath", "file_path", "image", "image_name",
    "image_path", "img", "image_id", "imageid", "id", "picture",
)  # fmt: skip
LABEL_COLUMNS = ("label", "class", "class_name", "classname", "category", "target", "labels")
INDEX_COLUMNS = ("index", "class_index", "class_id", "label_id")
"""What columns may be called, in any case; the likeliest first."""
PART_COLUMNS = ("split", "subset", "set", "partition", "fold")

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

    Columns that hold 0 and 1 alone are read as one-hot classes, if every line has one 1. Paths
    are relative to the file; what is not there is looked for by name below the file's folder.

    Args:
        file: the table.
        prefer: of a column of labels and one of indices, which counts.

    Raises:
        DatasetError: unreadable, no such columns, or a line with several classes or none.
    """
    table = read_table(file)
    picture = table.find(PICTURE_COLUMNS)
    index, label = table.find(INDEX_COLUMNS), table.find(LABEL_COLUMNS)
    notes: list[str] = []
    if picture is not None and index is None and label is None:
        hot = _one_hot(table, picture)
        if hot is not None:
            return LabeledRows(picture_paths(table, picture), hot, "label")
        if len(table.columns) == 2:
            label = 1 - picture
            notes.append(f"{file}: the column {table.columns[label]!r} is taken for the class")
    kind: Kind = "index" if label is None or (index is not None and prefer == "index") else "label"
    column = index if kind == "index" else label
    if picture is None or column is None or picture == column:
        raise DatasetError(
            f"{file} must begin with the line 'path,index' or 'path,label' (or filename, image; "
            f"class, category; or a column of 0 and 1 for each class), got "
            f"{','.join(table.columns)!r:.200}"
        )
    values = tuple(row[column] for row in table.rows if row[picture])
    parts = table.find(PART_COLUMNS)
    if parts is not None:
        notes.append(
            f"{file}: the column {table.columns[parts]!r} is not looked at, all pictures are "
            "taken; give each part a table of its own"
        )
    return LabeledRows(picture_paths(table, picture), values, kind, tuple(notes))


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


def picture_paths(table: Table, picture: int) -> tuple[Path, ...]:
    """Where the picture of each line is that names one in the column `picture`."""
    folder = _Folder(table.file.parent)
    return tuple(folder.find(row[picture]) for row in table.rows if row[picture])


class _Folder:
    """The pictures below a table's folder, listed when one is not where the table says."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def find(self, written: str) -> Path:
        """The one picture of this name, or but for its suffix; else the path as written."""
        plain = written.replace("\\", "/").replace("\0", "")
        path = self._root / plain
        if _is_file(path):
            return path
        name = file_key(PurePosixPath(plain).name)
        found = self._by_name.get(name, self._by_stem.get(name, ()))
        return found[0] if len(found) == 1 else path

    @cached_property
    def _pictures(self) -> Sequence[Path]:
        return find_pictures(self._root)

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        groups: dict[str, list[Path]] = {}
        for path in self._pictures:
            groups.setdefault(file_key(path.name), []).append(path)
        return groups

    @cached_property
    def _by_stem(self) -> dict[str, list[Path]]:
        groups: dict[str, list[Path]] = {}
        for path in self._pictures:
            groups.setdefault(file_key(path.stem), []).append(path)
        return groups


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
