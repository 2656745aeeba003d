"""COCO's figures, equal to those of COCO's own tool to the last digit."""

import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.metrics.coco_ap import coco_ap
from tests.metrics.coco_tool import as_results, as_truth, assert_equal_to_the_last_digit, judge
from tests.metrics.pictures import boxed, found, random_case


def assert_the_tool_agrees(truth, detected, classes: int):
    ours = coco_ap(truth, detected, classes)
    assert_equal_to_the_last_digit(ours, *judge(as_truth(truth, classes), as_results(detected)))
    return ours


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    pictures=st.integers(1, 12),
    classes=st.sampled_from([1, 2, 7]),
    most_boxes=st.integers(1, 15),
    crowds=st.sampled_from([0.0, 0.2, 1.0]),
)
def test_made_up_sets_give_the_tools_figures(seed, pictures, classes, most_boxes, crowds):
    truth, detected = random_case(seed, pictures, classes, most_boxes, crowds)
    if sum(map(len, detected)):  # the tool itself cannot read an empty list
        assert_the_tool_agrees(truth, detected, classes)


def test_beyond_a_hundred_detections_the_lowest_scores_are_dropped():
    truth, detected = random_case(3, pictures=6, classes=1, most_boxes=150)
    assert max(map(len, detected)) > 200
    assert_the_tool_agrees(truth, detected, 1)


def test_as_many_classes_as_coco_has():
    truth, detected = random_case(4, pictures=60, classes=80, most_boxes=10)
    assert_the_tool_agrees(truth, detected, 80)


def test_real_boxes_shaken(shared: Path):
    random = np.random.default_rng(5)
    labels = ("RBC", "WBC", "Platelets")
    truth, detected = [], []
    for file in sorted((shared / "data/bccd/Annotations").glob("*.xml"))[:120]:
        objects = ElementTree.parse(file).findall("object")
        edges = ("xmin", "ymin", "xmax", "ymax")
        boxes = np.array(
            [[float(one.findtext(f"bndbox/{edge}")) for edge in edges] for one in objects]
        )
        sound = (boxes[:, :2] < boxes[:, 2:]).all(1)
        classes = np.array([labels.index(one.findtext("name")) for one in objects])[sound]
        truth.append(boxed(boxes[sound], classes))
        shaken = np.sort(
            (boxes[sound] + random.normal(0, 9, boxes[sound].shape)).reshape(-1, 2, 2), 1
        )
        detected.append(found(shaken, random.random(len(classes)), classes))
    ours = assert_the_tool_agrees(truth, detected, 3)
    assert 0.1 < ours.ap < ours.ap50 < 0.95


def test_perfect_detections_score_1_and_none_score_0():
    boxes = [[10, 10, 50, 60], [100, 100, 300, 300]]
    truth = [boxed(boxes, [0, 1]), boxed([], [])]
    nothing = found([], [], [])
    perfect = coco_ap(truth, [found(boxes, [0.9, 0.8], [0, 1]), nothing], 2)
    assert (perfect.ap, perfect.ap50, perfect.ar_1) == (pytest.approx(1), pytest.approx(1), 1)
    missed = coco_ap(truth, [nothing, nothing], 2)
    assert (missed.ap, missed.ap50, missed.ar_100) == (0, 0, 0)
    # No box is small: that figure says nothing.
    assert missed.ap_small is None


def test_a_class_without_truth_is_left_out_of_the_mean():
    box = [[10, 10, 50, 60]]
    report = coco_ap([boxed(box, [0])], [found(box * 2, [0.9, 0.99], [0, 1])], 3)
    assert report.ap == pytest.approx(1)
    assert [(one.ap, one.boxes) for one in report.per_class[1:]] == [(None, 0), (None, 0)]
    assert coco_ap([boxed([], [])], [found(box, [1], [0])], 1).ap is None


def test_a_detection_on_an_empty_picture_is_wrong():
    box = [[10, 10, 50, 60]]
    pictures = [boxed(box, [0]), boxed([], [])]
    report = coco_ap(pictures, [found(box, [0.5], [0]), found(box, [0.9], [0])], 1)
    assert report.ap50 == pytest.approx(0.5)


def test_a_detection_on_a_crowd_counts_neither_way():
    crowd, box = [0, 0, 400, 400], [410, 10, 450, 60]
    truth = [boxed([crowd, box], [0, 0], ignored=[True, False])]
    inside = [[5, 5, 50, 50], [100, 100, 200, 200], box]
    report = coco_ap(truth, [found(inside, [0.9, 0.8, 0.7], [0, 0, 0])], 1)
    assert report.ap == pytest.approx(1)
    assert report.per_class[0].boxes == 1


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(ValueError, match="1 pictures need as many results, got 2"):
        coco_ap([boxed([], [])], [found([], [], [])] * 2, 1)
    with pytest.raises(ValueError, match="must be finite, got nan"):
        coco_ap([boxed([], [])], [found([[0, 0, 1, 1]], [np.nan], [0])], 1)


def test_it_takes_less_time_than_the_tool():
    """A quarter of it, where this was measured; a clock's own rate must not decide."""
    truth, detected = random_case(1, pictures=100, classes=80, most_boxes=14)
    begun = time.process_time()
    coco_ap(truth, detected, 80)
    done = time.process_time()
    judge(as_truth(truth, 80), as_results(detected))
    assert done - begun < 0.6 * (time.process_time() - done)
