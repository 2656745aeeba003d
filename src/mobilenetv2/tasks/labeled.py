"""Pictures with their right answers: a folder per class, or a CSV file."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mobilenetv2.catalog.labels import loosely
from mobilenetv2.catalog.likely_labels import likely_labels, told
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import reading
from mobilenetv2.shards.index import Members
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.class_pictures import about_masks, class_pictures
from mobilenetv2.tasks.find_pictures import class_folders, look_through, notes_on
from mobilenetv2.tasks.labeled_shards import LabeledShards, read_shards
from mobilenetv2.tasks.labeled_table import LabeledRows, read_labeled_table
from mobilenetv2.tasks.number_names import number_names
from mobilenetv2.tasks.split_folders import (
    bare_parts,
    class_roots,
    part_folder,
    parts_within_classes,
    split_folders,
)
from mobilenetv2.tasks.stemmed_parts import lying_deeper
from mobilenetv2.tasks.whole_numbers import whole_number

CSV_NAME = "labels.csv"
OTHERS = "rename them as the labels, or leave out what the model does not know"


@dataclass(frozen=True, slots=True)
class LabeledPictures:
    """A data set for classification: pictures and the index of each one's class."""

    name: str
    """The folder's name and its parent's: "caltech101/test"."""
    paths: Sequence[PictureFile]
    targets: Sequence[int]
    notes: tuple[str, ...] = field(default=(), repr=False)
    """What was left aside or understood without being written, in sentences."""

    @property
    def fingerprint(self) -> str:
        """16 hex digits over file names and classes: two runs with the same saw the same set."""
        if isinstance(self.paths, Members):
            return self.paths.of.fingerprint
        digest = hashlib.sha256()
        for path, target in sorted(zip(self.paths, self.targets, strict=True)):
            digest.update(f"{path.parent.name}/{path.name},{target}\n".encode())
        return digest.hexdigest()[:16]


def read_labeled(data: Path, labels: Sequence[str], split: str | None = None) -> LabeledPictures:
    """Pictures and targets from `data`, in terms of the model's `labels`.

    `data` is a table as `table_of` finds it and `labeled_table.read_labeled_table` reads it; a
    folder with one folder a class, named by its label or its index; or the
    parent of such folders that are parts of a data set (train, val, test). Or it means tar shards,
    as `shards.names` has it.

    Args:
        data: see above.
        labels: a model's.
        split: a part of `data`; None: everything.

    Raises:
        DatasetError: missing, empty, no such part, or classes which the model does not have.
    """
    with reading(data, DatasetError):
        return _read_labeled(data, labels, split)


def _read_labeled(data: Path, labels: Sequence[str], split: str | None) -> LabeledPictures:
    if is_shards(data):
        return in_terms_of(read_shards(data, split), labels, data)
    table = table_of(data)
    if table is not None:
        _refuse_split(split, data)
        return _read_csv(table, labels)
    if not data.is_dir():
        raise DatasetError(f"{data}: no such file or folder")
    parts = split_folders(data)
    if split is not None:
        folder = part_folder(split, parts, data)
        parts = {part: path for part, path in parts.items() if path == folder or part == "train"}
    if not parts:
        return _read_folders(data, labels)
    bare, roots = bare_parts(parts), class_roots(parts)
    if split is not None:
        chosen = next(part for part, path in parts.items() if path == folder)
        if chosen in bare:
            raise DatasetError(f"{bare[chosen]}; put those of each class into a folder of its name")
        return _read_folders(roots[chosen], labels)
    read = {
        parts[part].name: _read_folders(root, labels)
        for part, root in roots.items()
        if part not in bare
    }
    return _joined(data, read, tuple(bare.values()))


def table_of(data: Path) -> Path | None:
    """The table that `data` is, or that lies in it as labels.csv; None: folders decide."""
    table = data if data.is_file() else data / CSV_NAME
    return table if table.is_file() else None


def in_terms_of(shards: LabeledShards, labels: Sequence[str], data: Path) -> LabeledPictures:
    """Pictures in shards as a model's classes.

    Raises:
        DatasetError: classes that the model does not have.
    """
    numbers = shards.numbers
    values = shards.values
    if numbers is not None and shards.classes and shards.classes != tuple(labels):
        names = dict(enumerate(shards.classes))
        values = tuple(names.get(number, str(number)) for number in numbers)
        numbers = None
    targets = numbers if numbers is not None else indices_of(values, labels, data)
    if max(targets) >= len(labels):
        raise DatasetError(
            f"{data}: a class's number must be below the model's {len(labels)} classes, got "
            f"{max(targets)}"
        )
    return LabeledPictures(shards.name, shards.pictures, targets, shards.notes)


def _joined(
    data: Path, parts: Mapping[str, LabeledPictures], left: Sequence[str]
) -> LabeledPictures:
    """The parts of a data set as one, with a word on those `left` aside."""
    read = parts.values()
    pairs = [pair for part in read for pair in zip(part.paths, part.targets, strict=True)]
    taken = "these" if left else "all"
    note = (
        f"{data} holds parts of a data set ({', '.join(parts)}): {taken} are taken; choose one "
        "with a split"
    )
    return _finish(data, pairs, (note, *left, *(note for part in read for note in part.notes)))


def _refuse_split(split: str | None, data: Path) -> None:
    if split is not None:
        raise DatasetError(f"{data}: splits are folders such as train and test, got {split!r}")


def _read_folders(data: Path, labels: Sequence[str]) -> LabeledPictures:
    folders = class_folders(data)
    if not folders:
        raise DatasetError(
            f"{data} must hold one folder a class (or {CSV_NAME}), got no folder at all"
        )
    indices = indices_of([folder.name for folder in folders], labels, data, lying_deeper(data))
    numbered = _numbered(folders, indices, labels, data)
    found = class_pictures(folders)
    pairs = [
        (path, index)
        for folder, index in zip(folders, indices, strict=True)
        for path in found.of[folder]
    ]
    every = look_through(data, follow=1)
    notes = [*notes_on(every.left_aside, data), *numbered]
    loose = len(every.pictures) - len(pairs) - len(found.masks)
    if loose > 0:
        notes.append(f"{data}: {loose} pictures lie in no class's folder")
    notes += filter(None, [about_masks(data, found.masks), parts_within_classes(data)])
    empty = [folder.name for folder in folders if not found.of[folder]]
    if empty:
        notes.append(f"{data}: folders without a picture: {', '.join(empty[:10])}")
    return _finish(data, pairs, notes)


def _numbered(
    folders: Sequence[Path], indices: Sequence[int], labels: Sequence[str], data: Path
) -> list[str]:
    """A sentence where folders are called by their classes' numbers.

    Raises:
        DatasetError: a number that is no place among the labels.
    """
    first, last = min(indices), max(indices)
    if last >= len(labels):
        raise DatasetError(
            f"{data}: a folder that is called by its class's number must be below the model's "
            f"{len(labels)} classes, which count from 0, got {last}. Rename the folders as the "
            f"labels, such as {list(labels[:3])}"
        )
    folder = folders[indices.index(first)]
    if loosely(folder.name) == loosely(labels[first]):
        return []
    return [
        f"{data}: the folders are taken for the numbers of the model's classes, from 0: "
        f"{folder.name} is {labels[first]!r:.60}"
    ]


def _read_csv(file: Path, labels: Sequence[str]) -> LabeledPictures:
    return read_labeled_rows(file, read_labeled_table(file), labels)


def read_labeled_rows(file: Path, rows: LabeledRows, labels: Sequence[str]) -> LabeledPictures:
    """What a table says, in terms of `labels`; of numbers, by the names of `number_names`.

    Raises:
        DatasetError: no picture, or a class that is none of these.
    """
    names = number_names(file, rows.values, labels)
    if names.of:
        values = tuple(names.of[value] for value in rows.values)
        rows = replace(rows, values=values, kind="label")
    rows = replace(rows, notes=(*rows.notes, *names.notes))
    indices = indices_of(rows.values, () if rows.kind == "index" else labels, file)
    bad = [index for index in indices if index >= len(labels)]
    if bad:
        raise DatasetError(
            f"{file}: an index must be below the model's {len(labels)} classes, got {bad[0]}"
        )
    return _finish(file.parent, list(zip(rows.paths, indices, strict=True)), rows.notes)


def indices_of(
    names: Sequence[str], labels: Sequence[str], where: Path, hint: str = ""
) -> list[int]:
    """Places among `labels`, exactly or but for case and underscores; all by number if none is one.

    Raises:
        DatasetError: names that are no labels; `hint` is told of then.
    """
    exact = {label: index for index, label in reversed(list(enumerate(labels)))}
    loose = {loosely(label): index for label, index in exact.items()}
    found = [exact.get(name, loose.get(loosely(name))) for name in names]
    numbers = [whole_number(name) for name in names]
    if all(index is None for index in found) and None not in numbers:
        found = numbers
    missing = sorted({name for name, index in zip(names, found, strict=True) if index is None})
    if missing:
        hint = hint or told(likely_labels(missing, labels)) or (OTHERS if labels else "")
        kind = f"labels, such as {list(labels[:3])}" if labels else "whole numbers"
        raise DatasetError(
            f"{where}: classes must be the model's {kind}; {len(missing)} of "
            f"{len(set(names))} are not: {[name[:60] for name in missing[:5]]}"
            + (f"; {hint}" if hint else "")
        )
    return [index for index in found if index is not None]


def _finish(
    data: Path, pairs: Sequence[tuple[PictureFile, int]], notes: Sequence[str] = ()
) -> LabeledPictures:
    if not pairs:
        raise DatasetError(f"{data} must hold at least one picture, got none")
    folder = data.resolve()
    paths, targets = zip(*pairs, strict=True)
    return LabeledPictures(f"{folder.parent.name}/{folder.name}", paths, targets, tuple(notes))
