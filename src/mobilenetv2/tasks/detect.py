"""From a detector's numbers to boxes in pixels of the original picture, with names and scores."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.network.spec import SSD, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.boxes import decode_offsets_to_ltrb
from mobilenetv2.tasks.classify import softmax
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.framing import seen_region
from mobilenetv2.tasks.nms import nms as suppress

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detection:
    """One object: its label, the label's index, a score in 0..1 and where it is."""

    label: str
    index: int
    score: float
    box: tuple[float, float, float, float]
    """(left, top, right, bottom) in pixels of the original picture, inside it."""

    def to_json(self) -> dict[str, str | int | float | list[float]]:
        """The same as plain values; the score with six digits, the box to a hundredth pixel."""
        return {
            "label": self.label,
            "index": self.index,
            "score": round(self.score, 6),
            "box": [round(side, 2) for side in self.box],
        }


def detect_arrays(
    offsets: Floats,
    logits: Floats,
    anchors: Floats,
    head: SSD | SSDLite,
    *,
    size: tuple[int, int],
    preprocessing: Preprocessing,
    threshold: float,
    max_detections: int,
    nms: float,
) -> Detected:
    """The objects in one picture, best first.

    An anchor may stand for several classes. Boxes are cut at the picture's edges before they are
    compared; what lies outside altogether is dropped, and so is what is not a number.

    Args:
        offsets: float32 [anchors, 4], and
        logits: float32 [anchors, 1 + classes], background first, as `flatten_outputs` gives them.
        anchors: float32 [anchors, 4], from `anchor_boxes`.
        head: the detector's; says how logits become scores and offsets boxes.
        size: (height, width) of the original picture in pixels.
        preprocessing: what was done to it.
        threshold: a detection scores more than this, 0..1.
        max_detections: how many at most, over all classes.
        nms: the largest overlap (intersection over union) of two boxes of one class.
    """
    boxes = _decode(offsets, anchors, head, size, preprocessing)
    visible = np.all(boxes[:, :2] < boxes[:, 2:], axis=1, keepdims=True)  # not if a side is NaN
    every_score = _scores(logits, head)
    rows, classes = np.nonzero((every_score > threshold) & visible)
    scores = every_score[rows, classes]
    kept = suppress(boxes[rows], scores, classes, nms, max_detections)
    return Detected(boxes[rows[kept]], scores[kept], classes[kept])


def name_detections(found: Detected, labels: Sequence[str]) -> tuple[Detection, ...]:
    """The same objects, in the same order, with their names."""
    return tuple(
        Detection(labels[index], index, score, (left, top, right, bottom))
        for (left, top, right, bottom), score, index in zip(
            found.boxes.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True
        )
    )


def _scores(logits: Floats, head: SSD | SSDLite) -> Floats:
    """[..., classes] without the background, from [..., 1 + classes]."""
    match head.scores:
        case "softmax":
            return softmax(logits)[..., 1:]
        case "sigmoid":
            # exp of a negative number cannot overflow, whichever sign the logit has.
            small = np.exp(-np.abs(logits[..., 1:]))
            result: Floats = np.where(logits[..., 1:] < 0, small, 1) / (1 + small)
            return result
        case _:
            assert_never(head.scores)


def _decode(
    offsets: Floats,
    anchors: Floats,
    head: SSD | SSDLite,
    size: tuple[int, int],
    preprocessing: Preprocessing,
) -> Floats:
    """Boxes [anchors, 4] in pixels of the original picture, none of them outside."""
    left, top, right, bottom = seen_region(size, preprocessing)
    shares = decode_offsets_to_ltrb(offsets, anchors, head.box_scales)
    stretch = np.array((right - left, bottom - top) * 2, np.float32)
    shift = np.array((left, top) * 2, np.float32)
    height, width = size
    edges = np.array((width, height) * 2, np.float32)
    result: Floats = np.clip(shares * stretch + shift, 0, edges)
    return result
