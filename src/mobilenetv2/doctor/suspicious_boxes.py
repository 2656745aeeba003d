"""Boxes that hold, but that nobody may have meant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.shards.member import PictureFile

BoxKind = Literal["tiny", "whole picture", "nearly the same", "two classes"]

BOX_MEANINGS: dict[BoxKind, str] = {
    "tiny": "boxes have a side under a hundredth of their picture's: three pixels of 320",
    "whole picture": "boxes cover 98 % of their picture or more",
    "nearly the same": "boxes cover another of their class almost wholly (overlap 0.9 or more): "
    "drawn twice?",
    "two classes": "boxes cover one of another class almost wholly (overlap 0.9 or more): which "
    "is it?",
}
"""A kind in a sentence."""

TINY = 0.01
WHOLE = 0.98
SAME = 0.9

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Boxes of one picture."""

    kind: BoxKind
    path: PictureFile
    boxes: int
    detail: str
    """The first of them, in pixels."""


def suspect_boxes(pictures: Iterable[BoxedPicture]) -> Iterator[Suspicion]:
    """What to look at; boxes to be ignored are left alone."""
    for picture in pictures:
        boxes = picture.boxes[~picture.ignored].astype(np.float64)
        classes = picture.classes[~picture.ignored]
        if not len(boxes):
            continue
        sides = boxes[:, 2:] - boxes[:, :2]
        shares = sides / np.array(picture.size[::-1], np.float64)
        same = np.triu(_overlaps(boxes) >= SAME, 1)
        alike = classes[:, None] == classes[None, :]
        found: dict[BoxKind, Bools] = {
            "tiny": shares.min(1) < TINY,
            "whole picture": shares.prod(1) >= WHOLE,
            "nearly the same": (same & alike).any(0),
            "two classes": (same & ~alike).any(0),
        }
        for kind, which in found.items():
            if which.any():
                yield Suspicion(kind, picture.path, int(which.sum()), _text(boxes[which][0]))


def _overlaps(boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """[boxes, boxes] intersection over union."""
    low = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], boxes[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(-1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    shares: npt.NDArray[np.float64] = common / (areas[:, None] + areas[None, :] - common)
    return shares


def _text(box: npt.NDArray[np.float64]) -> str:
    return "({:.0f}, {:.0f}, {:.0f}, {:.0f})".format(*box)
