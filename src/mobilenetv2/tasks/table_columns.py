"""Which columns of a table hold pictures and classes: by their names, else by what is in them."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

from mobilenetv2.tasks.find_pictures import find_pictures, looks_like_picture
from mobilenetv2.tasks.loose_names import file_key
from mobilenetv2.tasks.table import Table

PICTURE_COLUMNS = (
    "path", "filename", "file_name", "file", "filepath", "file_path", "image", "image_name",
    "image_path", "img", "image_id", "imageid", "id", "picture",
)  # fmt: skip
LABEL_COLUMNS = ("label", "class", "class_name", "classname", "category", "target", "labels")
FIELD_COLUMNS = ("diagnosis", "dx", "disease", "species", "breed")
"""What a class is called in some fields; such a column is named when it is taken."""
INDEX_COLUMNS = ("index", "class_index", "class_id", "classid", "label_id")
"""What columns may be called, in any case; the likeliest first."""
PART_COLUMNS = ("split", "subset", "set", "partition", "fold")

_ROWS_TRIED = 20
_ROWS_LOOKED_AT = 2000


def picture_column(table: Table) -> tuple[int | None, str]:
    """The column of pictures, and a sentence if its name did not say so.

    One that is called so comes first, unless none of its cells is a picture's name and those of
    another column are.
    """
    named = table.find(PICTURE_COLUMNS)
    folder = _Folder(table.file.parent)
    if named is not None:
        cells = [row[named] for row in table.rows[:_ROWS_TRIED] if row[named]]
        if any(folder.holds(cell) for cell in cells):
            return named, ""
    found = _by_cells(table, folder)
    if found is None or found == named:
        return named, ""
    return found, (
        f"{table.file}: the column {table.columns[found]!r:.60} is taken for the pictures, whose "
        "names are in it"
    )


def class_column(table: Table, picture: int) -> tuple[int | None, str]:
    """The column of classes, and a sentence if its name does not say so; None: none, or several.

    Called so, or the only one beside the pictures and the parts.
    """
    label = table.find(LABEL_COLUMNS)
    if label is not None and label != picture:
        return label, ""
    label = table.find(FIELD_COLUMNS)
    if label is None and table.find(INDEX_COLUMNS) is None:
        part = table.find(PART_COLUMNS)
        others = [place for place in range(len(table.columns)) if place not in (picture, part)]
        label = others[0] if len(others) == 1 else None
    if label is None:
        return None, ""
    return label, f"{table.file}: the column {table.columns[label]!r:.60} is taken for the class"


def picture_paths(table: Table, picture: int) -> tuple[Path, ...]:
    """Where the picture of each line is that names one in the column `picture`."""
    folder = _Folder(table.file.parent)
    return tuple(folder.find(row[picture]) for row in table.rows if row[picture])


def _by_cells(table: Table, folder: "_Folder") -> int | None:
    """The column of which half the cells or more name pictures, another in most lines."""
    if any(map(looks_like_picture, table.columns)):  # a table without a heading
        return None
    claims: dict[tuple[int, bool], list[int]] = {}
    for place in range(len(table.columns)):
        written = [row[place] for row in table.rows[:_ROWS_LOOKED_AT] if row[place]]
        cells = set(written)
        # Numbers of classes may be names of pictures too, but they come again.
        held = (
            [cell for cell in cells if folder.holds(cell)] if 2 * len(cells) > len(written) else []
        )
        if held and 2 * len(held) >= len(cells):
            claim = len(held), any(map(looks_like_picture, held))
            claims.setdefault(claim, []).append(place)
    best = claims[max(claims)] if claims else []
    return best[0] if len(best) == 1 else None


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

    def holds(self, written: str) -> bool:
        """Whether a picture of this name is there."""
        path = self.find(written)
        return looks_like_picture(path.name) and _is_file(path)

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
