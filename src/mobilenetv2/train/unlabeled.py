"""Folders of pictures without right answers, for students that have a teacher."""

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mobilenetv2.datasets.bare_pictures import bare_pictures
from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.datasets.findings import Finding
from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.datasets.picture_header import read_header
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.reading import reading
from mobilenetv2.shards.index import Members
from mobilenetv2.shards.look_through import open_index
from mobilenetv2.shards.member import Member, PictureFile
from mobilenetv2.shards.names import is_shards
from mobilenetv2.tasks.find_pictures import is_system_folder, look_through
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.shard_set import open_shards, part_to_learn

UNLABELED = -1
"""The class of a picture of which nobody said what it shows."""

TAUGHT = "the teachers' answers"
"""What stands in a split's name where there are no right answers to judge by."""


def is_unlabeled(data: Path) -> bool:
    """Whether a folder holds pictures and nothing that could be a label.

    That is: no folder, and no file of text or data. With anything else in it somebody has to say.
    Shards are so without any KEY.cls, KEY.json and KEY.mask.png.
    """
    if is_shards(data):
        arrays = open_index(data).arrays
        return not (arrays["texts"].any() or arrays["mask_size"].any())
    with reading(data, DatasetError):
        if not data.is_dir() or any(
            path.is_dir() and not is_system_folder(path.name) for path in data.iterdir()
        ):
            return False
        found = look_through(data)
    return bool(found.pictures) and all(
        item.kind != "text or data file" for item in found.left_aside
    )


def judged_by(split: str) -> str:
    """The name of a split that teachers judge: "held-out fifth, by the teachers' answers"."""
    return f"{split}, by {TAUGHT}"


def by_teachers(split: str) -> bool:
    """Whether a split has a name of `judged_by`."""
    return split.endswith(TAUGHT)


def unlabeled_classes(data: Path) -> LabeledPictures:
    """Every picture below a folder but for masks, for classification.

    Raises:
        DatasetError: there is none.
    """
    paths = _pictures(data)
    if isinstance(paths, Members):
        name = _name(data)
        return LabeledPictures(name, paths, array("b", [UNLABELED]) * len(paths))
    folder = data.resolve()
    name = f"{folder.parent.name}/{folder.name}"
    return LabeledPictures(name, tuple(paths), (UNLABELED,) * len(paths))


def unlabeled_boxes(
    data: Path, labels: tuple[str, ...]
) -> tuple[BoxedPictures, tuple[Finding, ...]]:
    """Every picture below a folder but for masks, for detection, and those that cannot be read.

    Raises:
        DatasetError: not one can be.
    """
    found, findings = [], []
    for path in _pictures(data):
        try:
            size = read_header(path).size
        except ImageError as error:
            findings.append(Finding("unreadable picture", path, str(error)))
            continue
        found.append(
            BoxedPicture(
                path, _identity(path, data), size, np.empty((0, 4), np.float32),
                np.empty(0, np.int64), np.empty(0, np.bool_), np.empty(0, np.float64),
            )
        )  # fmt: skip
    if not found:
        raise DatasetError(f"{data}: no picture can be read; the first: {findings[0].detail}")
    return BoxedPictures(_name(data), "all", labels, tuple(found)), tuple(findings)


def unlabeled_masks(data: Path) -> MaskedPictures:
    """Every picture below a folder but for masks, for segmentation.

    Raises:
        DatasetError: there is none.
    """
    pictures = tuple(MaskedPicture(path, None) for path in _pictures(data))
    return MaskedPictures(_name(data), "all", pictures)


def _name(data: Path) -> str:
    return open_shards(data, part_to_learn(data)).name if is_shards(data) else data.resolve().name


def _identity(path: PictureFile, data: Path) -> str:
    return str(path) if isinstance(path, Member) else path.relative_to(data).as_posix()


def _pictures(data: Path) -> Sequence[PictureFile]:
    if is_shards(data):
        return open_shards(data, part_to_learn(data)).index.pictures()
    with reading(data, DatasetError):
        found = bare_pictures(data).paths if data.is_dir() else []
    if not found:
        raise DatasetError(f"{data} must be a folder with at least one picture, got none")
    return found
