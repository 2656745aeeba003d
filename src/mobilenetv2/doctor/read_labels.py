"""Tables of labels by part, and tables and shards of several labels a picture, looked at."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mobilenetv2.doctor.subject import Part, Subject, worth_comparing
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.label_table import LabelRows
from mobilenetv2.tasks.multi_labeled import (
    ALL,
    MultiLabelPictures,
    has_label_table,
    in_terms_of,
    label_tables,
    read_parts,
)


def read_label_subject(data: Path) -> Subject | None:
    """Every part with the labels of them all; None for one table, or shards, of a label a picture.

    Raises:
        DatasetError: a table without a picture, or one to train on that cannot be read.
    """
    tables = label_tables(data) if has_label_table(data) else {}
    read, notes = _read_tables(data, tables)
    several = any(rows.several for _, rows in read.values())
    if not read or not (several or (ALL not in tables and not is_shards(data))):
        return None
    labels = tuple(dict.fromkeys(label for _, rows in read.values() for label in rows.classes))
    parts = {name: in_terms_of(table, rows, labels) for name, (table, rows) in read.items()}
    first = next(iter(parts.values()))
    files = ", ".join(table.name for table, _ in read.values())
    layout = "in tar shards" if is_shards(data) else f"in a table ({files})"
    learnt = not tables.keys() - {ALL} or "train" in tables
    stops = [] if learnt else [f"there is no part to train on, only {', '.join(tables)}"]
    if not several:
        stops += _without_class(parts)
    return Subject(
        task="classification",
        name=first.name if len(parts) == 1 else data.resolve().name,
        layout=f"{'several labels' if several else 'a label'} a picture, {layout}",
        labels=labels,
        parts=tuple(_part(name, part, labels, several) for name, part in parts.items()),
        notes=(
            *notes,
            *(_told(name, rows) for name, (_, rows) in read.items() if several),
            *(note for _, rows in read.values() for note in rows.notes if not several),
        ),
        stops=tuple(stops),
    )


def _read_tables(
    data: Path, tables: Mapping[str, Path]
) -> tuple[dict[str, tuple[Path, LabelRows]], list[str]]:
    """The tables that can be read, and a sentence on each to judge by that cannot."""
    read: dict[str, tuple[Path, LabelRows]] = {}
    notes: list[str] = []
    for name in worth_comparing(tuple(tables)):
        try:
            read[name] = read_parts(data, name)[0]
        except DatasetError as error:
            if name == ALL:
                return {}, []  # read as a table of classes, and refused by what that lacks
            if name == "train":
                raise
            notes.append(f"the part {name!r} is left out: {error}")
    return read, notes


def _without_class(parts: Mapping[str, MultiLabelPictures]) -> Iterator[str]:
    """What training refuses where every other picture has one label."""
    for name, part in parts.items():
        bare = [path for path, own in zip(part.paths, part.targets, strict=True) if not own]
        if bare:
            yield f"{len(bare)} pictures in {name!r} have no class, such as {bare[0]}"


def _part(name: str, pictures: MultiLabelPictures, labels: Sequence[str], several: bool) -> Part:
    if not several and all(pictures.targets):
        targets = tuple(target for (target,) in pictures.targets)
        return Part(name, pictures.paths, tuple(pictures.counts(len(labels))), targets=targets)
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
