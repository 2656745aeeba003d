"""Answers beside answers."""

import numpy as np
import pytest

from mobilenetv2.quantization.likeness import (
    Comparison,
    Likeness,
    agreement,
    expected_loss,
    of_boxes,
    of_labels,
)
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.options import DETECTION_THRESHOLD
from mobilenetv2.tasks.pixels import Prepared
from tests.calibration.networks import CLASSIFIER, SPECS, floats


def boxes(*rows: tuple[float, ...]) -> Detected:
    """(left, top, right, bottom, score, class) each."""
    values = np.array(rows, np.float64).reshape(-1, 6)
    return Detected(
        values[:, :4].astype(np.float32),
        values[:, 4].astype(np.float32),
        values[:, 5].astype(np.int64),
    )


def prepared(size: tuple[int, int]) -> Prepared:
    return Prepared((np.zeros((*size, 3), np.uint8),), size)


def test_a_first_class_that_changes_costs_what_it_was_believed_more():
    real = np.log(np.array([0.4, 0.35, 0.1, 0.1, 0.05], np.float32)).reshape(1, 1, 1, 5)
    other = real[..., [1, 0, 2, 3, 4]]
    compare = Comparison(floats(CLASSIFIER)).compare
    found = compare(prepared(CLASSIFIER.size), {"logits": real}, {"logits": other})
    assert (found.same, found.of) == (0, 1)
    assert found.lost == pytest.approx(0.05, abs=1e-6)
    same = compare(prepared(CLASSIFIER.size), {"logits": real}, {"logits": real * 1.1})
    assert (same.same, same.lost) == (1, 0)


def test_boxes_match_by_class_and_overlap():
    real = boxes((0, 0, 10, 10, 0.9, 0), (50, 50, 60, 60, 0.5, 1))
    moved = boxes((1, 0, 11, 10, 0.7, 0), (50, 50, 60, 60, 0.5, 0))
    found = of_boxes(real, moved)
    assert (found.same, found.of) == (2, 4)
    assert found.lost == pytest.approx(2 * (0.5 - DETECTION_THRESHOLD), abs=1e-6)
    assert of_boxes(boxes(), boxes()) == Likeness(0, 0, 0, 0)


def test_pixels_agree_at_the_pictures_own_size():
    spec = SPECS["deeplab"]
    logits = np.random.default_rng(0).normal(size=(1, 5, 5, 3)).astype(np.float32)
    turned = logits[:, :, :, ::-1]
    compare = Comparison(floats(spec)).compare
    found = compare(prepared(spec.size), {"logits": logits}, {"logits": turned})
    assert 0 < found.same < 1
    assert found.of == 1
    assert compare(prepared(spec.size), {"logits": logits}, {"logits": logits}).same == 1


def test_likenesses_add_up():
    found = [Likeness(1, 2, 0.1, 1), Likeness(2, 2, 0, 1)]
    assert agreement(found) == 0.75
    value, (low, high) = expected_loss(found)
    assert value == pytest.approx(0.05)
    assert low < value < high
    assert agreement([]) == 1


def test_labels_agree_where_both_sides_say_them():
    real, other = np.array([2.0, 0.2, -3.0, -1.0]), np.array([2.1, -0.1, -3.0, -1.0])
    found = of_labels(real, other)
    assert (found.same, found.of) == (2, 3)
    assert found.lost == pytest.approx(2 * (1 / (1 + np.exp(-0.2)) - 0.5))
    assert found.expected == pytest.approx((1 / (1 + np.exp(-real))).sum())
    assert of_labels(real, real).lost == 0
