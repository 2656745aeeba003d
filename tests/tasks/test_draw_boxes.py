"""Boxes and their labels can be seen on any picture."""

import numpy as np
import pytest

from mobilenetv2.tasks.detect import Detection
from mobilenetv2.tasks.draw_boxes import draw_detections
from mobilenetv2.tasks.palette import class_color


def grey(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 100, np.uint8)


def count_of(color: tuple[int, int, int], drawn: np.ndarray) -> int:
    return int((drawn == color).all(axis=2).sum())


def test_a_box_is_drawn_where_it_is_in_the_color_of_its_class():
    box = Detection("ant", 3, 0.9, (100, 120, 300, 330))
    drawn = np.asarray(draw_detections(grey(480, 640), [box]))
    assert drawn.shape == (480, 640, 3)
    color = class_color(3)
    for row, column in ((200, 101), (200, 298), (328, 200), (121, 250)):
        assert tuple(drawn[row, column]) == color
    assert (drawn[150:300, 130:270] == 100).all()
    # The plate sits on the box's upper left corner and carries text in another ink.
    plate = drawn[100:119, 100:160].reshape(-1, 3)
    assert {color, (0, 0, 0)} <= set(map(tuple, plate))


def test_nothing_found_is_the_picture():
    np.testing.assert_array_equal(np.asarray(draw_detections(grey(300, 400), [])), grey(300, 400))


def test_small_pictures_are_enlarged_until_a_label_fits():
    drawn = draw_detections(grey(60, 80), [Detection("bee", 0, 0.5, (10, 10, 50, 50))])
    assert drawn.size == (320, 240)
    drawn = np.asarray(drawn)
    assert tuple(drawn[120, 41]) == class_color(0)


@pytest.mark.parametrize("size", [(1, 1), (1, 1000), (900, 2), (30, 5000), (8, 8)])
def test_pictures_of_any_shape_can_be_drawn_on(size: tuple[int, int]):
    height, width = size
    boxes = [
        Detection("a label that is far too long for it", 0, 0.9, (0, 0, width, height)),
        Detection("Ωмега", 1, 0.5, (0, 0, width / 2, height / 2)),
    ]
    drawn = draw_detections(grey(height, width), boxes)
    assert drawn.width % width == 0
    assert drawn.width // width == drawn.height // height


def test_labels_stay_inside_and_off_each_other():
    # Four boxes at the four corners, two of them the same: every plate has a place of its own.
    boxes = [
        Detection("one", 0, 0.9, (0, 0, 120, 120)),
        Detection("two", 1, 0.8, (0, 0, 120, 120)),
        Detection("three", 2, 0.7, (520, 380, 640, 480)),
        Detection("four", 3, 0.6, (520, 0, 640, 50)),
    ]
    alone = [count_of(class_color(box.index), np.asarray(draw_detections(grey(480, 640), [box])))
             for box in boxes]  # fmt: skip
    together = np.asarray(draw_detections(grey(480, 640), boxes))
    plates = [count_of(class_color(box.index), together) for box in boxes]
    assert plates[2:] == alone[2:]
    # The first box hides the outline of the second; the plates hide none of each other.
    assert plates[0] > 0.7 * alone[0]
    assert plates[1] > 1000


def test_a_plate_hides_no_tiny_box():
    # The large box has the first choice of places: above itself it would lie on the tiny one.
    tiny = Detection("tiny", 0, 0.5, (105, 185, 125, 197))
    drawn = np.asarray(draw_detections(grey(480, 640), [tiny]))
    both = np.asarray(
        draw_detections(grey(480, 640), [tiny, Detection("large", 1, 0.8, (100, 200, 300, 400))])
    )
    np.testing.assert_array_equal(both[184:198, 104:126], drawn[184:198, 104:126])
    assert count_of(class_color(1), both) > 1500
