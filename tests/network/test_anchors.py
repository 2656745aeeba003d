"""Where anchors lie, by hand-counted examples."""

from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.network.anchors import Anchors
from mobilenetv2.network.spec import Spec, SSDLite
from mobilenetv2.tasks.boxes import anchor_boxes

SQUARE = (((0.2, 0.2),),) * 2
"""One anchor a cell on two maps, which are 3 x 3 and 2 x 2 on 40 pixels."""


def detector(anchors: Anchors) -> Spec:
    head = SSDLite(
        classes=1, extra_channels=(), predictor_kernels=(1, 1), anchors=anchors
    )  # fmt: skip
    return Spec(head=head, size=(40, 40), width=0.1, padding="torch")


def centers(anchors: Anchors) -> np.ndarray:
    boxes = anchor_boxes(detector(anchors))
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def test_without_cell_pixels_the_input_is_divided_evenly():
    assert centers(Anchors(SQUARE))[:3, 0] == pytest.approx([1 / 6, 3 / 6, 5 / 6])


def test_cell_pixels_may_put_centers_outside_unless_they_are_clipped():
    outside = Anchors(SQUARE, cell_pixels=(16, 32))
    assert centers(outside)[:3, 0] == pytest.approx([0.2, 0.6, 1.0])
    assert centers(outside)[-1] == pytest.approx([1.2, 1.2])
    clipped = replace(outside, clip_centers=True)
    assert centers(clipped)[-1] == pytest.approx([1.0, 1.0])
    # Only centers move: the box keeps its sides and reaches outside.
    assert anchor_boxes(detector(clipped))[-1] == pytest.approx([0.9, 0.9, 1.1, 1.1])
