"""Training pictures from a folder: one folder a class, in the order of their names."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.find_pictures import class_folders, find_pictures
from mobilenetv2.tasks.labeled import LabeledPictures, read_labeled
from mobilenetv2.tasks.split_folders import to_train_and_judge


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is learnt from and what it is judged on."""

    labels: tuple[str, ...]
    training: LabeledPictures
    validation: LabeledPictures
    split: str
    """What the validation pictures are, for the metrics: "test", "held-out fifth"."""


HOLD_OUT = 5
"""Without a validation folder, one picture in this many is held out of every class."""


def read_training_data(data: Path, validation: Path | None) -> TrainingData:
    """Pictures of `data`, and of `validation` or held out of `data`.

    Where `data` is the parent of folders that are parts of a data set (train, val), these are
    taken instead.

    Raises:
        DatasetError: missing, too little, or validation classes that are not trained.
    """
    data, validation = to_train_and_judge(data, validation)
    pictures, labels = read_classes(data)
    if validation is None:
        training, held = hold_out(pictures)
        return TrainingData(labels, training, held, "held-out fifth")
    held = read_labeled(validation, labels)
    return TrainingData(labels, pictures, held, validation.resolve().name)


def class_names(data: Path) -> tuple[str, ...]:
    """The labels a folder teaches: its folders' names, sorted.

    Raises:
        DatasetError: no such folder, or fewer than two classes.
    """
    if not data.is_dir():
        raise DatasetError(f"{data}: no such folder; training needs one folder a class in it")
    names = [path.name for path in class_folders(data)]
    if len(names) < 2:
        raise DatasetError(
            f"{data} must hold at least two folders, one a class, got {len(names)}: {names}"
        )
    return tuple(names)


def read_classes(data: Path) -> tuple[LabeledPictures, tuple[str, ...]]:
    """All pictures of a folder and its labels.

    Raises:
        DatasetError: as `class_names`, or a class without a picture.
    """
    labels = class_names(data)
    found = {label: find_pictures(data / label) for label in labels}
    empty = [label for label, paths in found.items() if not paths]
    if empty:
        raise DatasetError(
            f"{data}: every class needs at least one picture; {len(empty)} have none: {empty[:5]}. "
            "Remove these folders or fill them"
        )
    pairs = [(path, index) for index, paths in enumerate(found.values()) for path in paths]
    folder = data.resolve()
    return _pictures(f"{folder.parent.name}/{folder.name}", pairs), labels


def hold_out(pictures: LabeledPictures) -> tuple[LabeledPictures, LabeledPictures]:
    """A training and a validation part, the same in every run and for any order of files.

    Within a class, pictures are ranked by the SHA-256 of their file name; the first fifth,
    rounded down but at least one, is held out. A class of a single picture keeps it for training.

    Raises:
        DatasetError: no class has two pictures.
    """
    by_class: dict[int, list[Path]] = {}
    for path, target in zip(pictures.paths, pictures.targets, strict=True):
        by_class.setdefault(target, []).append(path)
    training: list[tuple[Path, int]] = []
    validation: list[tuple[Path, int]] = []
    for target, paths in by_class.items():
        ranked = sorted(paths, key=_rank)
        held = max(1, len(ranked) // HOLD_OUT) if len(ranked) > 1 else 0
        validation += [(path, target) for path in ranked[:held]]
        training += [(path, target) for path in sorted(ranked[held:])]
    if not validation:
        raise DatasetError(
            f"{pictures.name}: holding pictures out needs a class with two, and every class has "
            "one; give a validation folder instead"
        )
    return (
        _pictures(f"{pictures.name}, four fifths", training),
        _pictures(f"{pictures.name}, held-out fifth", sorted(validation)),
    )


def _rank(path: Path) -> tuple[bytes, str]:
    return hashlib.sha256(path.name.encode()).digest(), str(path)


def _pictures(name: str, pairs: Iterable[tuple[Path, int]]) -> LabeledPictures:
    paths, targets = zip(*pairs, strict=True)
    return LabeledPictures(name, paths, targets)
