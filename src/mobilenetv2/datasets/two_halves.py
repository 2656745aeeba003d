"""Validation pictures in two halves, the same in every run: one to choose by, one to compare by."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures

TO_CHOOSE, TO_COMPARE = "half to choose by", "half to compare by"

T = TypeVar("T")
Marked = TypeVar("Marked", BoxedPictures, MaskedPictures)


def halves_of_classes(data: LabeledPictures) -> tuple[LabeledPictures, LabeledPictures]:
    """The halves, each with half of every class's pictures.

    Raises:
        DatasetError: there is but one picture.
    """
    pairs = list(zip(data.paths, data.targets, strict=True))
    first, second = _halves(pairs, lambda pair: (pair[1], *_rank(pair[0])), data.name)
    return _labeled(data, first, TO_CHOOSE), _labeled(data, second, TO_COMPARE)


def halves_of_labels(data: MultiLabelPictures) -> tuple[MultiLabelPictures, MultiLabelPictures]:
    """The halves, whatever the labels.

    Raises:
        DatasetError: there is but one picture.
    """
    pairs = list(zip(data.paths, data.targets, strict=True))
    first, second = _halves(pairs, lambda pair: _rank(pair[0]), data.name)

    def half(name: str, some: Sequence[tuple[PictureFile, tuple[int, ...]]]) -> MultiLabelPictures:
        paths, targets = zip(*some, strict=True)
        return replace(data, name=f"{data.name}, {name}", paths=paths, targets=targets)

    return half(TO_CHOOSE, first), half(TO_COMPARE, second)


def halves_of_pictures(data: Marked) -> tuple[Marked, Marked]:
    """The halves, whatever is in the boxes or masks.

    Raises:
        DatasetError: there is but one picture.
    """
    first, second = _halves(data.pictures, lambda one: _rank(one.path), data.name)
    return (
        replace(data, split=f"{data.split}, {TO_CHOOSE}", pictures=tuple(first)),
        replace(data, split=f"{data.split}, {TO_COMPARE}", pictures=tuple(second)),
    )


def _halves(
    items: Sequence[T], rank: Callable[[T], tuple[int | bytes | str, ...]], name: str
) -> tuple[list[T], list[T]]:
    if len(items) < 2:
        raise DatasetError(
            f"{name}: a search chooses by one half of the validation pictures and compares by the "
            f"other, so there must be two at least, got {len(items)}"
        )
    ranked = sorted(items, key=rank)
    return ranked[::2], ranked[1::2]


def _rank(path: PictureFile) -> tuple[bytes, str]:
    return hashlib.sha256(path.name.encode("utf-8", "surrogateescape")).digest(), str(path)


def _labeled(
    data: LabeledPictures, pairs: Sequence[tuple[PictureFile, int]], half: str
) -> LabeledPictures:
    paths, targets = zip(*pairs, strict=True)
    return replace(data, name=f"{data.name}, {half}", paths=paths, targets=targets)
