"""Tables and shards of several labels a picture, as the doctor looks at them."""

from collections.abc import Sequence
from pathlib import Path

from mobilenetv2.doctor.subject import Part, Subject, worth_comparing
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.label_table import LabelRows
from mobilenetv2.tasks.multi_labeled import (
    MultiLabelPictures,
    has_label_table,
    in_terms_of,
    label_tables,
    read_parts,
)


def read_label_subject(data: Path) -> Subject | None:
    """Every part with the labels of them all; None where no picture has more than one.

    Raises:
        DatasetError: a table without a picture.
    """
    tables = label_tables(data) if has_label_table(data) else {}
    names = worth_comparing(tuple(tables))
    try:
        read = {name: read_parts(data, name)[0] for name in names}
    except DatasetError:
        return None  # read as a table of classes, and refused by what that lacks
    if not any(rows.several for _, rows in read.values()):
        return None
    labels = tuple(dict.fromkeys(label for _, rows in read.values() for label in rows.classes))
    parts = {name: in_terms_of(table, rows, labels) for name, (table, rows) in read.items()}
    first = next(iter(parts.values()))
    files = ", ".join(table.name for table, _ in read.values())
    layout = "in tar shards" if is_shards(data) else f"in a table ({files})"
    learnt = not tables.keys() - {"all"} or "train" in tables
    return Subject(
        task="classification",
        name=first.name if len(parts) == 1 else data.resolve().name,
        layout=f"several labels a picture, {layout}",
        labels=labels,
        parts=tuple(_part(name, part, labels) for name, part in parts.items()),
        notes=tuple(_told(name, rows) for name, (_, rows) in read.items()),
        stops=() if learnt else (f"there is no part to train on, only {', '.join(tables)}",),
    )


def _part(name: str, pictures: MultiLabelPictures, labels: Sequence[str]) -> Part:
    said = tuple(", ".join(labels[i] for i in target) or "none" for target in pictures.targets)
    return Part(name, pictures.paths, tuple(pictures.counts(len(labels))), said=said,
                several=pictures.targets)  # fmt: skip


def _told(name: str, rows: LabelRows) -> str:
    several = sum(len(own) > 1 for own in rows.labels)
    none = sum(not own for own in rows.labels)
    return (
        f"of {len(rows.paths)} pictures in {name!r} {several} have more than one label and {none} "
        "have none"
    )
