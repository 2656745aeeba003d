"""Pictures with none, one or several labels each, from tables or shards."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import reading
from mobilenetv2.shards.index import Members
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.find_pictures import class_folders
from mobilenetv2.tasks.label_table import LAYOUTS, LabelRows, read_label_table
from mobilenetv2.tasks.labeled import CSV_NAME, LabeledPictures, indices_of
from mobilenetv2.tasks.multi_labeled_shards import holds_lists, read_label_shards
from mobilenetv2.tasks.number_names import number_names
from mobilenetv2.tasks.part_names import part_called
from mobilenetv2.tasks.shard_set import shard_parts
from mobilenetv2.tasks.split_folders import split_folders
from mobilenetv2.tasks.stemmed_parts import folder_names_in

ROBOFLOW = "_classes.csv"
"""What Roboflow calls the table in each folder of pictures."""
SUFFIXES = (".csv", ".tsv")
ALL = "all"


@dataclass(frozen=True, slots=True)
class MultiLabelPictures:
    """A data set for a classifier of several labels a picture."""

    name: str
    """The folder's name and its parent's, or the table's."""
    paths: Sequence[PictureFile]
    targets: tuple[tuple[int, ...], ...]
    """The indices of each picture's labels, rising."""
    notes: tuple[str, ...] = field(default=(), repr=False)
    """What was understood without being written, in sentences."""

    @property
    def fingerprint(self) -> str:
        """16 hex digits over file names and labels: two runs with the same saw the same set."""
        if isinstance(self.paths, Members):
            return self.paths.of.fingerprint
        digest = hashlib.sha256()
        for path, target in sorted(zip(self.paths, self.targets, strict=True)):
            labels = ",".join(map(str, target))
            text = f"{path.parent.name}/{path.name},{labels}\n"
            digest.update(text.encode("utf-8", "surrogateescape"))
        return digest.hexdigest()[:16]

    def counts(self, classes: int) -> list[int]:
        """How many pictures have each label."""
        found = [0] * classes
        for target in self.targets:
            for index in target:
                found[index] += 1
        return found


def has_label_table(data: Path) -> bool:
    """Whether labels are written in a table, or in lists in shards, not in a folder a class."""
    if is_shards(data):
        return holds_lists(data)
    tables = label_tables(data)
    own = tables.get(ALL)
    if own is None:
        return bool(tables) and not _told_by_folders(data, tables)
    if own == data or own.name == ROBOFLOW:
        return True
    return len(class_folders(data)) < 2


def _told_by_folders(data: Path, tables: Mapping[str, Path]) -> bool:
    """Whether there are folders of classes, and no table to train on that can be read."""
    train = split_folders(data).get("train")
    classes = [path for path in class_folders(data) if not part_called(path.name)]
    if len(classes if train is None else folder_names_in(train)) < 2:
        return False
    try:
        return "train" not in tables or not read_label_table(tables["train"]).paths
    except DatasetError:
        return True


def label_tables(data: Path) -> Mapping[str, Path]:
    """The tables of a data set by the name of their part: train, val, test, or "all" of one alone.

    A file, a folder with labels.csv or Roboflow's _classes.csv, or a folder with one such folder a
    part or one table a part (train.csv). Of shards, which say it themselves, these.

    Raises:
        DatasetError: two tables of one part.
    """
    if is_shards(data):
        return dict.fromkeys(shard_parts(data) or (ALL,), data)
    if data.is_file():
        return {ALL: data} if data.suffix.lower() in SUFFIXES else {}
    if not data.is_dir():
        return {}
    own = _table_in(data)
    if own is not None:
        return {ALL: own}
    found: dict[str, Path] = {}
    for entry in sorted(data.iterdir()):
        table = entry if entry.suffix.lower() in SUFFIXES and entry.is_file() else _table_in(entry)
        part = part_called(entry.stem if table == entry else entry.name)
        if table is None or part is None:
            continue
        if part in found:
            raise DatasetError(
                f"{data} must hold one table a part, got {found[part].name} and {table.name} for "
                f"{part}; point at one of them"
            )
        found[part] = table
    return found


def read_multi_labeled(
    data: Path, labels: Sequence[str], split: str | None = None
) -> MultiLabelPictures:
    """Pictures and targets from tables, in terms of a model's `labels`.

    Args:
        data: as `label_tables` reads it.
        labels: a model's.
        split: a part; None: everything.

    Raises:
        DatasetError: no table, no such part, no picture, or labels which the model does not have.
    """
    with reading(data, DatasetError):
        rows = read_parts(data, split, labels)
        parts = [in_terms_of(table, read, labels) for table, read in rows]
    joined = {
        path: target
        for part in parts
        for path, target in zip(part.paths, part.targets, strict=True)
    }
    notes = [note for part in parts for note in part.notes]
    if len(parts) > 1:
        folder = data.resolve()
        name = f"{folder.parent.name}/{folder.name}"
        names = ", ".join(label_tables(data))
        notes.insert(0, f"{data} holds parts ({names}): all are taken; choose one with a split")
        return MultiLabelPictures(name, tuple(joined), tuple(joined.values()), tuple(notes))
    return parts[0]


def read_parts(
    data: Path, split: str | None, known: Sequence[str] = ()
) -> list[tuple[Path, LabelRows]]:
    """The tables of a part, or of all parts, and what they say.

    Args:
        data: as `label_tables` reads it.
        split: a part; None: all.
        known: a model's labels, where shards have numbers alone.

    Raises:
        DatasetError: no table, no such part, or a table that cannot be read.
    """
    tables = label_tables(data)
    if not tables:
        raise DatasetError(
            f"{data}: several labels a picture are read from a table, {CSV_NAME} or another .csv, "
            f"with {LAYOUTS}; found none"
        )
    if split is not None:
        wanted = part_called(split) or split
        if wanted not in tables:
            raise DatasetError(
                f"{data}: there is no split {split!r}; the splits are: {', '.join(tables)}"
            )
        tables = {wanted: tables[wanted]}
    if is_shards(data):
        return [
            (data, read_label_shards(data, None if part == ALL else part, known)) for part in tables
        ]
    return [
        (table, _with_names(table, read_label_table(table), known)) for table in tables.values()
    ]


def _with_names(table: Path, rows: LabelRows, known: Sequence[str]) -> LabelRows:
    """Numbers by the names of `number_names`, where something has these."""
    names = number_names(table, {name for own in rows.labels for name in own}, known)
    notes = (*rows.notes, *names.notes)
    if not names.of:
        return replace(rows, notes=notes)
    labels = tuple(tuple(names.of[name] for name in own) for own in rows.labels)
    return replace(rows, labels=labels, classes=names.labels, notes=notes)


def in_terms_of(table: Path, rows: LabelRows, labels: Sequence[str]) -> MultiLabelPictures:
    """What a table says, as a model's labels.

    Raises:
        DatasetError: no picture, or labels that the model does not have.
    """
    if not rows.paths:
        raise DatasetError(f"{table} must name at least one picture, got none")
    names = sorted({name for own in rows.labels for name in own})
    places = dict(zip(names, indices_of(names, labels, table), strict=True)) if names else {}
    beyond = [place for place in places.values() if place >= len(labels)]
    if beyond:
        raise DatasetError(
            f"{table}: an index must be below the model's {len(labels)} labels, got {max(beyond)}"
        )
    targets = tuple(tuple(sorted({places[name] for name in own})) for own in rows.labels)
    if rows.name:
        return MultiLabelPictures(rows.name, rows.paths, targets, rows.notes)
    place = table.resolve()
    called = place.parent.name if place.name in (CSV_NAME, ROBOFLOW) else place.stem
    above = place.parent.parent if place.name in (CSV_NAME, ROBOFLOW) else place.parent
    return MultiLabelPictures(f"{above.name}/{called}", rows.paths, targets, rows.notes)


def as_classes(pictures: MultiLabelPictures) -> LabeledPictures:
    """Pictures of one label each as those of classes that exclude each other.

    Raises:
        DatasetError: one has none, or several.
    """
    if any(len(target) != 1 for target in pictures.targets):
        raise DatasetError(
            f"{pictures.name}: pictures to validate on must have one label as those to train on, "
            "got some with none or several; --multi-label takes them all"
        )
    targets = tuple(target for (target,) in pictures.targets)
    return LabeledPictures(pictures.name, pictures.paths, targets, pictures.notes)


def _table_in(folder: Path) -> Path | None:
    names = (ROBOFLOW, CSV_NAME) if folder.is_dir() else ()
    return next((folder / name for name in names if (folder / name).is_file()), None)
