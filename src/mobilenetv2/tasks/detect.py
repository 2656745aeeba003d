"""From a detector's numbers to boxes in pixels of the original picture, with names and scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.network.spec import SSD, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.boxes import decode_offsets_to_ltrb
from mobilenetv2.tasks.chosen_labels import Classes
from mobilenetv2.tasks.classify import softmax
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.framing import seen_region
from mobilenetv2.tasks.nms import nms as suppress
from mobilenetv2.tasks.options import Options

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


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


@dataclass(frozen=True, slots=True)
class BoxView:
    """A network's answer to one way of looking at a picture."""

    offsets: Floats = field(repr=False)
    """float32 [anchors, 4], and"""
    logits: Floats = field(repr=False)
    """float32 [anchors, 1 + classes], background first, as `flatten_outputs` gives them."""
    mirrored: bool = False
    """Whether the network saw its input mirrored."""


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
    """The objects in one picture, best first: `detect_views` of one view, of all classes."""
    options = Options(threshold=threshold, max_detections=max_detections, nms=nms)
    view = BoxView(offsets, logits)
    return detect_views(
        [view], anchors, head, size=size, preprocessing=preprocessing, options=options
    )


def detect_views(
    views: Sequence[BoxView],
    anchors: Floats,
    head: SSD | SSDLite,
    *,
    size: tuple[int, int],
    preprocessing: Preprocessing,
    options: Options,
    among: Classes = None,
) -> Detected:
    """The objects in one picture, best first.

    An anchor may stand for several classes. Boxes are cut at the picture's edges before they are
    compared; what lies outside altogether is dropped, and so is what is not a number. Boxes of
    several views are compared with each other as those of one.

    Args:
        views: one or more.
        anchors: float32 [anchors, 4], from `anchor_boxes`.
        head: the detector's; says how logits become scores and offsets boxes.
        size: (height, width) of the original picture in pixels.
        preprocessing: what was done to it.
        options: threshold (a detection scores more than this), overlap and number of boxes.
        among: the classes wanted; None: all.
    """
    threshold = options.least_score("detection")
    found = [
        _candidates(view, anchors, head, size, preprocessing, threshold, among) for view in views
    ]
    boxes, scores, classes = (np.concatenate(parts) for parts in zip(*found, strict=True))
    compared = np.zeros_like(classes) if options.class_agnostic else classes
    kept = suppress(boxes, scores, compared, options.nms, options.max_detections)
    return Detected(boxes[kept], scores[kept], classes[kept])


def _candidates(
    view: BoxView,
    anchors: Floats,
    head: SSD | SSDLite,
    size: tuple[int, int],
    preprocessing: Preprocessing,
    threshold: float,
    among: Classes,
) -> tuple[Floats, Floats, Indices]:
    """Boxes [n, 4] of the original picture, their scores [n] and classes [n]."""
    boxes = _decode(view, anchors, head, size, preprocessing)
    visible = np.all(boxes[:, :2] < boxes[:, 2:], axis=1, keepdims=True)  # not if a side is NaN
    every_score = _scores(view.logits, head)
    wanted = (every_score > threshold) & visible
    if among is not None:
        wanted &= np.isin(np.arange(wanted.shape[1]), sorted(among))
    rows, classes = np.nonzero(wanted)
    return boxes[rows], every_score[rows, classes], classes


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
    view: BoxView,
    anchors: Floats,
    head: SSD | SSDLite,
    size: tuple[int, int],
    preprocessing: Preprocessing,
) -> Floats:
    """Boxes [anchors, 4] in pixels of the original picture, none of them outside."""
    left, top, right, bottom = seen_region(size, preprocessing)
    shares = decode_offsets_to_ltrb(view.offsets, anchors, head.box_scales)
    if view.mirrored:
        shares[:, 0::2] = 1 - shares[:, 2::-2]
    stretch = np.array((right - left, bottom - top) * 2, np.float32)
    shift = np.array((left, top) * 2, np.float32)
    height, width = size
    edges = np.array((width, height) * 2, np.float32)
    result: Floats = np.clip(shares * stretch + shift, 0, edges)
    return result
