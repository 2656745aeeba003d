"""Of boxes of one class that overlap too much, the best one stays."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


def nms(
    boxes: Floats, scores: Floats, classes: Indices, max_overlap: float, limit: int | None = None
) -> Indices:
    """Greedy non-maximum suppression, class by class.

    The best box stays; whatever of its class overlaps it by more than `max_overlap` goes; then
    the best of the rest, and so on. Of equal scores the one listed first wins. Kept boxes and
    every comparison are those of torchvision's `nms`, bit for bit.

    Classes do not touch each other, so the walk goes through all of them at once, best score
    first, and ends at `limit`: the result is that of all suppression followed by a cut, and the
    cost is one row of overlaps a kept box, however many boxes there are.

    Args:
        boxes: float32 [n, 4], (left, top, right, bottom) in any unit.
        scores: float32 [n], not NaN.
        classes: int64 [n].
        max_overlap: the largest intersection over union at which two boxes both stay.
        limit: how many to keep at most over all classes; None keeps all.

    Returns:
        Indices of the boxes kept, best first.
    """
    order = np.argsort(-scores, kind="stable")
    by_class = order[np.argsort(classes[order], kind="stable")]
    ends = np.searchsorted(classes[by_class], classes[order], side="right")
    places = np.empty(len(order), np.int64)
    places[by_class] = np.arange(len(order))
    corners = np.ascontiguousarray(boxes[by_class].T)
    threshold = _round_down(max_overlap)
    alive = np.ones(len(order), np.bool_)
    kept: list[int] = []
    walk = zip(order.tolist(), places[order].tolist(), ends.tolist(), strict=True)
    for index, place, end in walk:
        if len(kept) == limit:
            break
        if alive[place]:
            kept.append(index)
            overlaps = _overlaps(corners[:, place], corners[:, place + 1 : end])
            alive[place + 1 : end] &= ~(overlaps > threshold)
    return np.array(kept, np.int64)


def _overlaps(box: Floats, others: Floats) -> Floats:
    """Intersection over union of one box [4] with `others` [4, n]; 0 / 0 is NaN, as in torch."""
    left, top, right, bottom = others
    width = np.maximum(np.minimum(right, box[2]) - np.maximum(left, box[0]), np.float32(0))
    height = np.maximum(np.minimum(bottom, box[3]) - np.maximum(top, box[1]), np.float32(0))
    common = width * height
    union = (box[2] - box[0]) * (box[3] - box[1]) + (right - left) * (bottom - top) - common
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Floats = common / union
    return result


def _round_down(value: float) -> np.float32:
    """The largest float32 that is not above `value`.

    A float32 is above this one if and only if it is above `value`: torchvision compares in
    double, numpy would round the threshold to the nearest float32.
    """
    nearest = np.float32(value)
    return nearest if float(nearest) <= value else np.nextafter(nearest, np.float32(-np.inf))
