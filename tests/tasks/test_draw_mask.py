"""Masks over pictures: colors of classes, outlines, a legend, and the ids as a file."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.tasks.draw_mask import UNLABELED, draw_segmentation, id_picture, mask_colors
from mobilenetv2.tasks.palette import class_color

LABELS = ("background", "cat", "dog")


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 100, np.uint8)


def test_half_of_a_class_color_lies_on_its_pixels_and_none_on_the_background():
    mask = np.zeros((300, 400), np.uint8)
    mask[100:200, 100:200] = 2
    drawn = np.asarray(draw_segmentation(grey(300, 400), mask, LABELS))
    assert (drawn[:90, :] == 100).all()
    color = np.array(class_color(1))
    np.testing.assert_array_equal(drawn[150, 150], 50 + color // 2)
    np.testing.assert_array_equal(drawn[100, 150], color)
    # The legend below names the class in its color; the background needs no name.
    assert drawn.shape[0] > 310
    legend = set(map(tuple, drawn[300:].reshape(-1, 3)))
    assert tuple(color) in legend
    assert class_color(0) not in legend


def test_without_a_background_every_class_is_painted():
    mask = np.zeros((50, 50), np.uint8)
    drawn = np.asarray(draw_segmentation(grey(50, 50), mask, ("sky", "road")))
    np.testing.assert_array_equal(drawn[25, 80], 50 + np.array(class_color(0)) // 2)


def test_background_alone_is_the_picture():
    drawn = draw_segmentation(grey(50, 50), np.zeros((50, 50), np.uint8), LABELS)
    np.testing.assert_array_equal(np.asarray(drawn), grey(50, 50))


def test_ids_survive_a_file(tmp_path: Path):
    mask = np.array([[0, 1, 2], [255, 2, 1]], np.uint8)
    id_picture(mask, LABELS).save(tmp_path / "mask.png")
    again = Image.open(tmp_path / "mask.png")
    assert again.mode == "P"
    np.testing.assert_array_equal(np.asarray(again), mask)
    colors = np.asarray(again.convert("RGB"))
    assert tuple(colors[0, 0]) == (0, 0, 0)
    assert tuple(colors[0, 1]) == class_color(0)
    assert tuple(colors[1, 0]) == UNLABELED
    assert mask_colors(LABELS).shape == (256, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 1000), (900, 2), (30, 5000)])
def test_pictures_of_any_shape_can_be_painted(size: tuple[int, int]):
    mask = np.ones(size, np.uint8)
    drawn = draw_segmentation(grey(*size), mask, ("background", "x" * 300, "dog"))
    assert drawn.width == max(160, size[1])
    assert draw_segmentation(grey(*size), mask * 255, LABELS).size == size[::-1]
