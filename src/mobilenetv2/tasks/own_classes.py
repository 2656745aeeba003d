"""Tables whose pictures are in classes of the table's own, not in a model's."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from mobilenetv2.catalog.labels import loosely
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import reading
from mobilenetv2.tasks.find_pictures import class_folders
from mobilenetv2.tasks.labeled import CSV_NAME, LabeledPictures, read_labeled_rows, table_of
from mobilenetv2.tasks.labeled_table import read_labeled_table
from mobilenetv2.tasks.number_names import number_names

MAX_BYTES_TOLD = 20_000_000
"""Of a table that is read for a word on it alone."""


def table_to_learn(data: Path) -> Path | None:
    """The table that training takes: of a folder with two or more of classes none, but these."""
    if data.is_dir() and len(class_folders(data)) > 1:
        return None
    return table_of(data)


def both_told(data: Path) -> str:
    """A sentence where a folder has a table that training does not take, else ""."""
    if table_of(data) is None:
        return _another_told(data)
    if table_to_learn(data) is not None:
        return ""
    return (
        f"{data}: {CSV_NAME} lies beside folders of classes; training takes the folders, judging "
        f"the table: to learn from it name it, as {data / CSV_NAME}"
    )


def _another_told(data: Path) -> str:
    """A sentence on the one table in a folder that gives pictures other classes than folders do."""
    told = [file for file in sorted(data.iterdir()) if _gives_other_classes(file)]
    if len(told) != 1:
        return ""
    return (
        f"{data}: {told[0].name} gives pictures classes that are not those of their folders; to "
        f"learn from it point at {told[0]}"
    )


def _gives_other_classes(file: Path) -> bool:
    if file.suffix.lower() not in (".csv", ".tsv") or file.stat().st_size > MAX_BYTES_TOLD:
        return False
    try:
        rows = read_labeled_table(file, prefer="label")
    except DatasetError:
        return False
    pairs = zip(rows.paths, rows.values, strict=True)
    there = [(path, value) for path, value in pairs if path.is_file()]
    others = sum(loosely(value) not in map(loosely, path.parent.parts) for path, value in there)
    return 2 * others > len(rows.paths)


def read_own_classes(table: Path) -> tuple[LabeledPictures, tuple[str, ...]]:
    """All pictures of a table, and its labels in their order.

    Where it has labels and indices the labels count; numbers alone have the names of
    `number_names`, else they are "class 0", "class 1".

    Raises:
        DatasetError: no such table, no picture in it, or one without a class.
    """
    with reading(table, DatasetError):
        rows = read_labeled_table(table, prefer="label")
        if "" in rows.values:
            bare = rows.paths[rows.values.index("")]
            raise DatasetError(
                f"{table}: every picture needs a class, {bare.name:.80} has none (--multi-label "
                "takes pictures of no label, or of several)"
            )
        labels = number_names(table, rows.values).labels
        if not labels:
            labels = _named(rows.values) if rows.kind == "label" else _numbered(rows.values)
        return read_labeled_rows(table, rows, labels), labels


def require_to_learn(
    pictures: LabeledPictures, labels: Sequence[str], table: Path, least: int
) -> None:
    """Refuse a table that teaches too little.

    Raises:
        DatasetError: fewer than `least` classes, or one without a picture.
    """
    counts = Counter(pictures.targets)
    if len(counts) < least:
        raise DatasetError(
            f"{table} must name at least {least} classes to train on, got {list(labels[:3])}"
        )
    empty = [label for index, label in enumerate(labels) if index not in counts]
    if empty:
        raise DatasetError(
            f"{table}: every class needs at least one picture; {len(empty)} have none: "
            f"{empty[:5]}. Number the classes without a gap, or give labels"
        )


def _named(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _numbered(values: Sequence[str]) -> tuple[str, ...]:
    """Names for indices, as many as the largest needs; what is none is refused afterwards."""
    numbers = [int(value) for value in values if value.isascii() and value.isdecimal()]
    return tuple(f"class {index}" for index in range(max(numbers, default=0) + 1))
