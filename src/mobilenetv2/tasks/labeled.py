"""Pictures with their right answers: a folder per class, or a CSV file."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.catalog.labels import loosely
from mobilenetv2.errors import DatasetError
from mobilenetv2.reading import reading
from mobilenetv2.tasks.image import find_pictures

CSV_NAME = "labels.csv"


@dataclass(frozen=True, slots=True)
class LabeledPictures:
    """A data set for classification: pictures and the index of each one's class."""

    name: str
    """The folder's name and its parent's: "caltech101/test"."""
    paths: tuple[Path, ...]
    targets: tuple[int, ...]

    @property
    def fingerprint(self) -> str:
        """16 hex digits over file names and classes: two runs with the same saw the same set."""
        digest = hashlib.sha256()
        for path, target in sorted(zip(self.paths, self.targets, strict=True)):
            digest.update(f"{path.parent.name}/{path.name},{target}\n".encode())
        return digest.hexdigest()[:16]


def read_labeled(data: Path, labels: Sequence[str]) -> LabeledPictures:
    """Pictures and targets from `data`, in terms of the model's `labels`.

    `data` is a CSV file with the columns path,index or path,label (paths relative to the file);
    a folder with such a file named labels.csv; or a folder with one folder a class, named by its
    label or its index.

    Raises:
        DatasetError: missing, empty, or classes which the model does not have.
    """
    with reading(data, DatasetError):
        return _read_labeled(data, labels)


def _read_labeled(data: Path, labels: Sequence[str]) -> LabeledPictures:
    if data.is_file():
        return _read_csv(data, labels)
    if not data.is_dir():
        raise DatasetError(f"{data}: no such file or folder")
    if (data / CSV_NAME).is_file():
        return _read_csv(data / CSV_NAME, labels)
    return _read_folders(data, labels)


def _read_folders(data: Path, labels: Sequence[str]) -> LabeledPictures:
    folders = sorted(
        path for path in data.iterdir() if path.is_dir() and not path.name.startswith(".")
    )
    if not folders:
        raise DatasetError(
            f"{data} must hold one folder a class (or {CSV_NAME}), got no folder at all"
        )
    indices = _indices([folder.name for folder in folders], labels, data)
    pairs = [
        (path, index)
        for folder, index in zip(folders, indices, strict=True)
        for path in find_pictures(folder)
    ]
    return _finish(data, pairs)


def _read_csv(file: Path, labels: Sequence[str]) -> LabeledPictures:
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            columns = reader.fieldnames or []
            kind = next((name for name in ("index", "label") if name in columns), None)
            if "path" not in columns or kind is None:
                raise DatasetError(
                    f"{file} must begin with the line 'path,index' or 'path,label', "
                    f"got {','.join(columns)!r}"
                )
            rows = [(row["path"], (row[kind] or "").strip()) for row in reader if row["path"]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{file} cannot be read as CSV: {error}") from error
    indices = _indices([value for _, value in rows], () if kind == "index" else labels, file)
    bad = [index for index in indices if index >= len(labels)]
    if bad:
        raise DatasetError(
            f"{file}: an index must be below the model's {len(labels)} classes, got {bad[0]}"
        )
    pairs = [(file.parent / path, index) for (path, _), index in zip(rows, indices, strict=True)]
    return _finish(file.parent, pairs)


def _indices(names: Sequence[str], labels: Sequence[str], where: Path) -> list[int]:
    """By label, exactly or but for case and underscores; all by number if none is a label."""
    exact = {label: index for index, label in reversed(list(enumerate(labels)))}
    loose = {loosely(label): index for label, index in exact.items()}
    found = [exact.get(name, loose.get(loosely(name))) for name in names]
    if all(index is None for index in found) and all(name.isdecimal() for name in names):
        found = [int(name) for name in names]
    missing = sorted({name for name, index in zip(names, found, strict=True) if index is None})
    if missing:
        kind = f"labels, such as {list(labels[:3])}" if labels else "whole numbers"
        raise DatasetError(
            f"{where}: classes must be the model's {kind}; {len(missing)} of "
            f"{len(set(names))} are not: {missing[:5]}"
        )
    return [index for index in found if index is not None]


def _finish(data: Path, pairs: Sequence[tuple[Path, int]]) -> LabeledPictures:
    if not pairs:
        raise DatasetError(f"{data} must hold at least one picture, got none")
    folder = data.resolve()
    paths, targets = zip(*pairs, strict=True)
    return LabeledPictures(f"{folder.parent.name}/{folder.name}", paths, targets)
