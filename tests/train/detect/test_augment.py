"""Pictures and boxes change together."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.train.detect.augment import Change, Objects, draw_change
from mobilenetv2.train.detect.recipe import BoxAugmentation
from mobilenetv2.train.recolor import UNCHANGED
from mobilenetv2.train.view import View, view

NONE = BoxAugmentation(photometric=0, zoom_out=0, iou_crop=0, flip=0)
SIZE = (60, 80)


def objects(boxes: list[list[float]]) -> Objects:
    count = len(boxes)
    return Objects(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.arange(count, dtype=np.int64),
        np.zeros(count, bool),
    )


def picture(boxes: list[list[float]]) -> Pixels:
    """A black picture with a white patch on every box."""
    pixels = np.zeros((*SIZE, 3), np.uint8)
    for left, top, right, bottom in np.array(boxes, int).reshape(-1, 4):
        pixels[top:bottom, left:right] = 255
    return pixels


def drawn(boxes: list[list[float]], recipe: BoxAugmentation, seed: int) -> tuple[Change, Pixels]:
    """The change, and what it shows of the picture at the size that it has there."""
    change = draw_change(SIZE, objects(boxes), recipe, np.random.default_rng(seed))
    shown = View(change.region, change.size, change.mirrored, change.upside_down, change.color)
    return change, view(picture(boxes), lambda _: shown)


def test_no_augmentation_changes_nothing() -> None:
    boxes = [[10.0, 5, 30, 25]]
    change, pixels = drawn(boxes, NONE, seed=1)
    np.testing.assert_array_equal(pixels, picture(boxes))
    np.testing.assert_array_equal(change.objects.boxes, boxes)


@pytest.mark.parametrize(
    ("recipe", "box"),
    [
        (replace(NONE, flip=1.0), [50, 5, 70, 25]),
        (replace(NONE, vertical_flip=1.0), [10, 35, 30, 55]),
    ],
)
def test_mirrors_take_the_boxes_along(recipe: BoxAugmentation, box: list[float]) -> None:
    change, pixels = drawn([[10, 5, 30, 25]], recipe, seed=1)
    np.testing.assert_allclose(change.objects.boxes, [box])
    np.testing.assert_array_equal(pixels, picture([box]))


@pytest.mark.parametrize("seed", range(12))
def test_boxes_stay_on_what_they_show(seed: int) -> None:
    recipe = BoxAugmentation(photometric=0, zoom_out=0.7, iou_crop=0.7, vertical_flip=0.5)
    change, pixels = drawn([[10, 5, 30, 25], [40, 30, 70, 50]], recipe, seed)
    found = change.objects
    assert len(found.boxes) == len(found.classes) == len(found.ignored) >= 1
    height, width = pixels.shape[:2]
    for left, top, right, bottom in found.boxes.round().astype(int):
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert pixels[top:bottom, left:right].mean() > 200


@pytest.mark.parametrize("seed", range(20))
def test_a_crop_holds_the_middle_of_a_box_and_has_a_usual_shape(seed: int) -> None:
    change = draw_change(
        SIZE, objects([[10, 5, 30, 25], [60, 40, 64, 44]]), replace(NONE, iou_crop=1.0),
        np.random.default_rng(seed),
    )  # fmt: skip
    left, top, right, bottom = change.region
    assert 0 <= left < right <= SIZE[1]
    assert 0 <= top < bottom <= SIZE[0]
    assert change.size == SIZE or 0.5 <= (right - left) / (bottom - top) <= 2
    assert len(change.objects.boxes) >= 1


def test_a_canvas_is_as_large_as_was_asked_for_and_holds_the_picture() -> None:
    recipe = replace(NONE, zoom_out=1.0, largest_canvas=2.0)
    for seed in range(10):
        change, pixels = drawn([[10, 5, 30, 25]], recipe, seed)
        left, top, right, bottom = change.region
        assert left <= 0 <= SIZE[1] <= right <= left + 2 * SIZE[1]
        assert top <= 0 <= SIZE[0] <= bottom <= top + 2 * SIZE[0]
        assert (pixels == 255).sum() == 3 * 20 * 20


def test_a_picture_without_boxes_goes_through_everything() -> None:
    change, _ = drawn([], BoxAugmentation(zoom_out=1, iou_crop=1), seed=3)
    assert change.objects.boxes.shape == (0, 4)


def test_colors_change_by_their_chance_and_each_by_itself() -> None:
    colors = [drawn([], replace(NONE, photometric=0.5), seed)[0].color for seed in range(60)]
    for name in ("brightness", "contrast", "saturation", "hue", "channels"):
        changed = sum(getattr(color, name) != getattr(UNCHANGED, name) for color in colors)
        assert 15 < changed < 45


def test_a_seed_is_all_the_chance_there_is() -> None:
    before = torch.random.get_rng_state()
    boxes = [[10.0, 5, 30, 25]]
    (first, one), (second, two) = (drawn(boxes, BoxAugmentation(), seed=5) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert (first.region, first.color) == (second.region, second.color)
    assert torch.equal(before, torch.random.get_rng_state())
    assert drawn(boxes, BoxAugmentation(), seed=6)[0].region != first.region
