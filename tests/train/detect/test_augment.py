"""Pictures and boxes change together."""

import numpy as np
import pytest

from mobilenetv2.train.detect.augment import Example, augment_boxes
from mobilenetv2.train.detect.recipe import BoxAugmentation

NONE = BoxAugmentation(photometric=0, zoom_out=0, iou_crop=0, flip=0)


def example(boxes: list[list[float]]) -> Example:
    """A black picture with a white patch on every box."""
    pixels = np.zeros((60, 80, 3), np.uint8)
    for left, top, right, bottom in np.array(boxes, int).reshape(-1, 4):
        pixels[top:bottom, left:right] = 255
    count = len(boxes)
    return Example(
        pixels,
        np.array(boxes, np.float32).reshape(-1, 4),
        np.arange(count, dtype=np.int64),
        np.zeros(count, bool),
    )


def test_no_augmentation_changes_nothing() -> None:
    before = example([[10, 5, 30, 25]])
    after = augment_boxes(before, NONE, seed=1)
    np.testing.assert_array_equal(after.pixels, before.pixels)
    np.testing.assert_array_equal(after.boxes, before.boxes)


@pytest.mark.parametrize(
    ("change", "box"),
    [({"flip": 1.0}, [50, 5, 70, 25]), ({"vertical_flip": 1.0}, [10, 35, 30, 55])],
)
def test_mirrors_take_the_boxes_along(change: dict[str, float], box: list[float]) -> None:
    recipe = BoxAugmentation(**{"photometric": 0, "zoom_out": 0, "iou_crop": 0, "flip": 0} | change)
    after = augment_boxes(example([[10, 5, 30, 25]]), recipe, seed=1)
    np.testing.assert_allclose(after.boxes, [box])


@pytest.mark.parametrize("seed", range(12))
def test_boxes_stay_on_what_they_show(seed: int) -> None:
    recipe = BoxAugmentation(photometric=0, zoom_out=0.7, iou_crop=0.7, vertical_flip=0.5)
    after = augment_boxes(example([[10, 5, 30, 25], [40, 30, 70, 50]]), recipe, seed)
    assert len(after.boxes) == len(after.classes) == len(after.ignored) >= 1
    height, width = after.pixels.shape[:2]
    for left, top, right, bottom in after.boxes.round().astype(int):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert after.pixels[top:bottom, left:right].mean() > 200


def test_a_picture_without_boxes_goes_through_everything() -> None:
    after = augment_boxes(example([]), BoxAugmentation(zoom_out=1, iou_crop=1), seed=3)
    assert after.boxes.shape == (0, 4)


def test_a_seed_is_all_the_chance_there_is() -> None:
    import torch

    before = torch.random.get_rng_state()
    first, second = (
        augment_boxes(example([[10, 5, 30, 25]]), BoxAugmentation(), seed=5) for _ in range(2)
    )
    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert torch.equal(before, torch.random.get_rng_state())
    other = augment_boxes(example([[10, 5, 30, 25]]), BoxAugmentation(), seed=6)
    assert other.pixels.shape != first.pixels.shape or (other.pixels != first.pixels).any()
