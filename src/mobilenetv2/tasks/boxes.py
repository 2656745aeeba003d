"""Boxes and anchors as arrays: where anchors lie, how offsets code boxes, how boxes overlap.

A box is (left, top, right, bottom), float32, the last axis of its array; in shares of a picture's
or an input's width and height (0..1) or in pixels, as each function says.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Spec, SSDLite

Floats = npt.NDArray[np.float32]

LARGEST_STEP = 10.0
"""Offsets of a logarithm beyond this are cut: exp(10) is 22,000 anchors, no picture is so wide."""


def anchor_boxes(spec: Spec) -> Floats:
    """Every anchor of a detector, [anchors, 4], in shares of the input; they may reach outside.

    Raises:
        TypeError: the spec's head is no detector.
    """
    head = spec.head
    if not isinstance(head, SSD | SSDLite):
        raise TypeError(f"anchors belong to SSD or SSDLite, got {type(head).__name__}")
    graph = build(spec)
    height, width = spec.size
    short = min(height, width)
    found = []
    for index, shapes in enumerate(head.anchors.shapes):
        rows, columns, _ = graph.by_name[f"class{index}"].shape
        cell = head.anchors.cell_pixels
        step_y = cell[index] / height if cell else 1 / rows
        step_x = cell[index] / width if cell else 1 / columns
        sides = np.array(shapes) * (short / height, short / width)
        y, x = np.meshgrid(
            (np.arange(rows) + 0.5) * step_y, (np.arange(columns) + 0.5) * step_x, indexing="ij"
        )
        centers = np.stack([x, y], -1)[:, :, None, :]
        if head.anchors.clip_centers:
            centers = np.minimum(centers, 1.0)
        half = sides[None, None, :, ::-1] / 2
        found.append(np.concatenate([centers - half, centers + half], -1).reshape(-1, 4))
    return np.concatenate(found).astype(np.float32)


def encode_ltrb_to_offsets(
    boxes: Floats, anchors: Floats, scales: tuple[float, float, float, float]
) -> Floats:
    """What a network should say of `anchors` to mean `boxes`.

    Args:
        boxes: [..., 4] with sides above 0.
        anchors: [..., 4], in the same unit.
        scales: of the (y, x, height, width) offsets.

    Returns:
        [..., 4]: (y, x, height, width).
    """
    box_centers, box_sides = _centers_and_sides(boxes)
    centers, sides = _centers_and_sides(anchors)
    moved = (box_centers - centers) / sides
    grown = np.log(box_sides / sides)
    offsets = np.concatenate([moved[..., ::-1], grown[..., ::-1]], -1)
    result: Floats = (offsets * np.array(scales)).astype(np.float32)
    return result


def decode_offsets_to_ltrb(
    offsets: Floats, anchors: Floats, scales: tuple[float, float, float, float]
) -> Floats:
    """The inverse of `encode_ltrb_to_offsets`, [..., 4]; offsets of any size are safe."""
    centers, sides = _centers_and_sides(anchors)
    plain = offsets / np.array(scales, np.float32)
    moved = plain[..., 1::-1] * sides + centers
    half = np.exp(np.clip(plain[..., :1:-1], -LARGEST_STEP, LARGEST_STEP)) * sides / 2
    result: Floats = np.concatenate([moved - half, moved + half], -1).astype(np.float32)
    return result


def flatten_outputs(outputs: Mapping[str, Floats], head: SSD | SSDLite) -> tuple[Floats, Floats]:
    """The maps of a detector as offsets [N, anchors, 4] and class logits [N, anchors, 1 + K].

    Args:
        outputs: `box0`, `class0` ..., float32 [N, rows, columns, anchors a cell x numbers].
        head: the detector's.
    """
    maps = range(len(head.anchors.shapes))

    def joined(kind: str, numbers: int) -> Floats:
        parts = [outputs[f"{kind}{index}"] for index in maps]
        return np.concatenate([part.reshape(len(part), -1, numbers) for part in parts], 1)

    return joined("box", 4), joined("class", head.classes + 1)


def areas(boxes: Floats) -> Floats:
    """[...] from [..., 4]; an inverted box has none."""
    sides = np.clip(boxes[..., 2:] - boxes[..., :2], 0, None)
    result: Floats = sides[..., 0] * sides[..., 1]
    return result


def pairwise_iou(first: Floats, second: Floats) -> Floats:
    """Intersection over union of every box of [n, 4] with every box of [m, 4]: [n, m], 0..1."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    sides = np.clip(high - low, 0, None)
    common = sides[..., 0] * sides[..., 1]
    union = areas(first)[:, None] + areas(second)[None, :] - common
    result: Floats = np.divide(common, union, out=np.zeros_like(common), where=union > 0)
    return result


def _centers_and_sides(boxes: Floats) -> tuple[Floats, Floats]:
    """((x, y), (width, height)), each [..., 2]."""
    centers: Floats = (boxes[..., :2] + boxes[..., 2:]) / np.float32(2)
    return centers, boxes[..., 2:] - boxes[..., :2]
