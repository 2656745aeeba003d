"""A validation part for a data set that has none: the same pictures in every run.

Pictures are ranked by the SHA-256 of their file name, so that neither the order of files nor the
folder's place decides, and `evaluate` can ask for the part that a run has not learnt from.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures

ONE_IN = 5
"""One picture in this many is held out."""

HELD_OUT = "held-out fifth"
KEPT = "four fifths"
"""What the two parts are called, in figures and as splits."""

_NO_LABEL = -1


class NothingToHoldOutError(DatasetError):
    """Too few pictures to keep any for validation."""


def hold_out_classes(pictures: LabeledPictures) -> tuple[LabeledPictures, LabeledPictures]:
    """A training and a validation part, the same in every run and for any order of files.

    Within a class, pictures are ranked by the SHA-256 of their file name; the first fifth,
    rounded down but at least one, is held out. A class of a single picture keeps it for training.

    Raises:
        NothingToHoldOutError: no class has two pictures.
    """
    by_class: dict[int, list[PictureFile]] = {}
    for path, target in zip(pictures.paths, pictures.targets, strict=True):
        by_class.setdefault(target, []).append(path)
    training: list[tuple[PictureFile, int]] = []
    validation: list[tuple[PictureFile, int]] = []
    for target, paths in by_class.items():
        ranked = sorted(paths, key=_rank)
        held = max(1, len(ranked) // ONE_IN) if len(ranked) > 1 else 0
        validation += [(path, target) for path in ranked[:held]]
        training += [(path, target) for path in sorted(ranked[held:])]
    if not validation:
        raise NothingToHoldOutError(
            f"{pictures.name}: holding pictures out needs a class with two, and every class has "
            "one; give a validation folder instead (--val)"
        )
    return (
        _pictures(f"{pictures.name}, {KEPT}", training),
        _pictures(f"{pictures.name}, {HELD_OUT}", sorted(validation)),
    )


def hold_out_labels(
    pictures: MultiLabelPictures,
) -> tuple[MultiLabelPictures, MultiLabelPictures]:
    """The same of pictures with several labels.

    From the rarest label on, and of the pictures without any, a fifth is held out, rounded down but
    at least one; a picture with the last example of a label stays for training.

    Raises:
        NothingToHoldOutError: there is but one picture, or every picture has the last example of a
            label.
    """
    paths = list(pictures.paths)
    if len(paths) < 2:
        raise NothingToHoldOutError(
            f"{pictures.name}: holding pictures out needs two or more, got {len(paths)}; give "
            "validation pictures instead (--val)"
        )
    held = _spare_labels([_rank(path) for path in paths], pictures.targets)
    if not held:
        raise NothingToHoldOutError(
            f"{pictures.name}: every picture has the only example of a label, so none can be held "
            "out; give validation pictures instead (--val)"
        )

    def part(name: str, out: bool) -> MultiLabelPictures:
        rows = [index for index in range(len(paths)) if (index in held) == out]
        return MultiLabelPictures(
            f"{pictures.name}, {name}",
            tuple(paths[index] for index in rows),
            tuple(pictures.targets[index] for index in rows),
        )

    return part(KEPT, False), part(HELD_OUT, True)


def _spare_labels(
    ranks: Sequence[tuple[bytes, str]], targets: Sequence[tuple[int, ...]]
) -> set[int]:
    groups: dict[int, list[int]] = {}
    for row in sorted(range(len(ranks)), key=lambda row: ranks[row]):
        for label in targets[row] or (_NO_LABEL,):
            groups.setdefault(label, []).append(row)
    left = {label: len(rows) for label, rows in groups.items()}
    held: set[int] = set()
    for label in sorted(groups, key=lambda label: (len(groups[label]), label)):
        rows = groups[label]
        missing = max(1, len(rows) // ONE_IN) - sum(row in held for row in rows)
        for row in rows:
            own = targets[row] or (_NO_LABEL,)
            if missing > 0 and row not in held and all(left[one] > 1 for one in own):
                held.add(row)
                missing -= 1
                left.update({one: left[one] - 1 for one in own})
    return held


def hold_out_boxes(data: BoxedPictures) -> tuple[BoxedPictures, BoxedPictures]:
    """A training and a validation part, for any order of files.

    Pictures are ranked by the SHA-256 of their file name; the first fifth, rounded down but at
    least one, is held out. A picture with the last example of a class stays for training. Frames
    of one film resemble each other: for these choose the validation pictures yourself.

    Raises:
        NothingToHoldOutError: there is but one picture, or every picture has the last example of a
            class.
    """
    if len(data.pictures) < 2:
        raise NothingToHoldOutError(
            f"{data.name}: holding pictures out needs two or more, got {len(data.pictures)}; "
            "give validation pictures instead (--val)"
        )
    left: dict[int, int] = {}
    for picture in data.pictures:
        for index in _classes(picture):
            left[index] = left.get(index, 0) + 1
    wanted = max(1, len(data.pictures) // ONE_IN)
    held: set[str] = set()
    for picture in sorted(data.pictures, key=lambda picture: _rank(picture.path, picture.identity)):
        if len(held) < wanted and all(left[index] > 1 for index in _classes(picture)):
            held.add(picture.identity)
            for index in _classes(picture):
                left[index] -= 1
    if not held:
        raise NothingToHoldOutError(
            f"{data.name}: every picture has the only example of a class, so none can be held out; "
            "give validation pictures instead (--val)"
        )
    training = tuple(picture for picture in data.pictures if picture.identity not in held)
    validation = tuple(picture for picture in data.pictures if picture.identity in held)
    return (
        replace(data, split=KEPT, pictures=training),
        replace(data, split=HELD_OUT, pictures=validation),
    )


def hold_out_masked(data: MaskedPictures) -> tuple[MaskedPictures, MaskedPictures]:
    """A training and a validation part, the same in every run and for any order of files.

    Pictures are ranked by the SHA-256 of their file name; the first fifth, rounded down but at
    least one, is held out. Frames of one film resemble each other: for these choose the
    validation pictures yourself.

    Raises:
        NothingToHoldOutError: there is but one picture.
    """
    pictures = data.pictures
    if len(pictures) < 2:
        raise NothingToHoldOutError(
            f"{data.name}: holding pictures out needs two or more with a mask, got "
            f"{len(pictures)}; give validation pictures instead (--val)"
        )
    held = set(
        sorted(pictures, key=lambda picture: _rank(picture.path))[: max(1, len(pictures) // ONE_IN)]
    )
    kept = tuple(picture for picture in pictures if picture not in held)
    judged = tuple(picture for picture in pictures if picture in held)
    return (
        replace(data, split=KEPT, pictures=kept),
        replace(data, split=HELD_OUT, pictures=judged, without_mask=(), without_picture=()),
    )


def _classes(picture: BoxedPicture) -> set[int]:
    return set(picture.classes.tolist())


def _rank(path: PictureFile, identity: str = "") -> tuple[bytes, str]:
    return hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest(), (
        identity or str(path)
    )


def _pictures(name: str, pairs: Iterable[tuple[PictureFile, int]]) -> LabeledPictures:
    paths, targets = zip(*pairs, strict=True)
    return LabeledPictures(name, paths, targets)
