"""Results of all three tasks read alike: a task, predictions, a drawing, plain values."""

import json

import numpy as np

from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.detect import Detection
from mobilenetv2.tasks.results import Detections, Prediction, Segment, Segmentation

PICTURE = np.full((90, 120, 3), 200, np.uint8)
MASK = np.zeros((90, 120), np.uint8)
MASK[:10] = 2
MASK[10:12] = 255
RESULTS = (
    Prediction((Classification("ant", 0, 0.75),)),
    Detections((Detection("bee", 1, 0.5, (1, 2, 30, 40)), Detection("ant", 0, 0.4, (0, 0, 9, 9)))),
    Segmentation(MASK, ("background", "bee", "cow")),
)


def test_each_becomes_json_with_a_task_and_predictions():
    for result in RESULTS:
        plain = json.loads(json.dumps(result.to_json()))
        assert set(plain) == {"task", "predictions"}
        assert plain["task"] == result.task
        assert all({"label", "index"} <= set(item) for item in plain["predictions"])


def test_each_draws_itself_on_any_kind_of_picture():
    for result in RESULTS:
        assert result.draw(PICTURE).mode == "RGB"


def test_a_segmentation_counts_the_classes_present_largest_first():
    assert RESULTS[2].predictions == (
        Segment("background", 0, 78 * 120),
        Segment("cow", 2, 10 * 120),
    )
    np.testing.assert_array_equal(np.asarray(RESULTS[2].mask_picture()), MASK)


def test_detections_become_arrays():
    found = RESULTS[1].to_arrays()
    assert found.boxes.tolist() == [[1, 2, 30, 40], [0, 0, 9, 9]]
    assert found.classes.tolist() == [1, 0]
    assert len(Detections(()).to_arrays()) == 0
    assert len(Detections(())) == 0
