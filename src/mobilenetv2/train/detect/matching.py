"""Which anchor is to find which box (SSD, arXiv 1512.02325, section 2.2)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.tasks.boxes import Floats, encode_ltrb_to_offsets, pairwise_iou

BACKGROUND = 0
UNDECIDED = -1
"""The class of anchors on objects that are neither to be found nor to be missed."""


@dataclass(frozen=True, slots=True)
class Targets:
    """What a network should say of one picture, anchor by anchor."""

    classes: npt.NDArray[np.int64]
    """[anchors]: 1 + the label's index, `BACKGROUND`, or `UNDECIDED`."""
    offsets: Floats
    """[anchors, 4]; zero where there is no object."""


def match(
    boxes: Floats,
    classes: npt.NDArray[np.int64],
    ignored: npt.NDArray[np.bool_],
    anchors: Floats,
    *,
    positive_iou: float,
    scales: tuple[float, float, float, float],
) -> Targets:
    """Give every anchor its box, its background, or neither.

    An anchor takes the box that it overlaps most, if by `positive_iou`. Every box gets the anchor
    that overlaps it most, whatever the overlap; where several boxes want one anchor, the better
    pair goes first and the others take their next best.

    Args:
        boxes: [n, 4] (left, top, right, bottom) with sides above 0, in the anchors' unit; n may
            be 0.
        classes: [n] indices of labels.
        ignored: [n]; anchors on these alone become `UNDECIDED`.
        anchors: [anchors, 4].
        positive_iou: in (0, 1).
        scales: of the offsets.
    """
    overlaps = pairwise_iou(boxes, anchors)
    wanted = overlaps[~ignored]
    targets = np.full(len(anchors), BACKGROUND, np.int64)
    if ignored.any():
        targets[overlaps[ignored].max(0) >= positive_iou] = UNDECIDED
    offsets = np.zeros((len(anchors), 4), np.float32)
    if not len(wanted):
        return Targets(targets, offsets)
    owner = np.where(wanted.max(0) >= positive_iou, wanted.argmax(0), -1)
    for box, anchor in _best_pairs(wanted):
        owner[anchor] = box
    found = np.flatnonzero(owner >= 0)
    targets[found] = classes[~ignored][owner[found]] + 1
    offsets[found] = encode_ltrb_to_offsets(boxes[~ignored][owner[found]], anchors[found], scales)
    return Targets(targets, offsets)


def _best_pairs(overlaps: Floats) -> list[tuple[int, int]]:
    """(box, anchor) for every box, no anchor twice, the largest overlap of all first."""
    left = overlaps.copy()
    pairs: list[tuple[int, int]] = []
    for _ in range(min(left.shape)):
        box, anchor = np.unravel_index(int(left.argmax()), left.shape)
        pairs.append((int(box), int(anchor)))
        left[box, :] = -1
        left[:, anchor] = -1
    return pairs
