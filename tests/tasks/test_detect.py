"""Detections lie where the objects are, in pixels of the picture that was given."""

from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.model import Model
from mobilenetv2.network.anchors import Anchors
from mobilenetv2.network.spec import SSD, Spec, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.boxes import anchor_boxes, encode_ltrb_to_offsets, pairwise_iou
from mobilenetv2.tasks.classify import softmax
from mobilenetv2.tasks.detect import detect_arrays, name_detections
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.image import resize
from mobilenetv2.tasks.results import Detections
from mobilenetv2.weights.open import read_foreign

HEAD = SSDLite(3)
SIZE = (160, 160)
ANCHORS = anchor_boxes(Spec(head=HEAD, size=SIZE))
SQUASH = Preprocessing(size=SIZE, fit="squash")


def logits_of(anchor: int, score: float, index: int) -> np.ndarray:
    """All background but one anchor, whose class `index` has probability `score`."""
    logits = np.full((len(ANCHORS), 4), -30, np.float32)
    logits[:, 0] = 0
    logits[anchor, 1 + index] = np.log(score / (1 - score))
    return logits


def detect(offsets: np.ndarray, logits: np.ndarray, **changes: object) -> Detected:
    options = {
        "size": (200, 300),
        "preprocessing": SQUASH,
        "threshold": 0.3,
        "max_detections": 100,
        "nms": 0.5,
    } | changes
    head = options.pop("head", HEAD)
    return detect_arrays(offsets, logits, ANCHORS, head, **options)


@pytest.mark.parametrize("fit", ["squash", "pad", "crop"])
@pytest.mark.parametrize("size", [(200, 300), (300, 200), (90, 61), (1000, 700)])
def test_a_box_around_what_the_network_sees_is_a_box_around_it_in_the_picture(
    fit: str, size: tuple[int, int]
):
    height, width = size
    truth = np.array([0.3 * width, 0.4 * height, 0.6 * width, 0.7 * height]).round()
    left, top, right, bottom = truth.astype(int)
    picture = np.zeros((*size, 3), np.uint8)
    picture[top:bottom, left:right] = 255
    preprocessing = Preprocessing(size=SIZE, fit=fit)
    # The fill of "pad" is 128; the object is brighter.
    rows, columns = np.nonzero(resize(picture, preprocessing)[:, :, 0] > 128)
    seen = np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]) / SIZE[0]
    anchor = int(pairwise_iou(seen[None].astype(np.float32), ANCHORS)[0].argmax())
    offsets = np.zeros((len(ANCHORS), 4), np.float32)
    offsets[anchor] = encode_ltrb_to_offsets(seen, ANCHORS[anchor], HEAD.box_scales)

    found = detect(offsets, logits_of(anchor, 0.8, 2), size=size, preprocessing=preprocessing)

    assert found.classes.tolist() == [2]
    assert found.scores[0] == pytest.approx(0.8, abs=1e-3)
    one_input_pixel = max(size) / SIZE[0]
    np.testing.assert_allclose(found.boxes[0], truth, atol=one_input_pixel)


def test_boxes_end_at_the_picture_and_those_outside_are_dropped():
    offsets = np.zeros((len(ANCHORS), 4), np.float32)
    largest = int(np.argmax(np.prod(ANCHORS[:, 2:] - ANCHORS[:, :2], axis=1)))
    offsets[largest, 2:] = 5
    logits = logits_of(largest, 0.9, 0)
    assert detect(offsets, logits).boxes.tolist() == [[0, 0, 300, 200]]
    offsets[largest, 1] = 1000
    assert len(detect(offsets, logits)) == 0
    # Padding is no part of the picture: on a wide one the lower half of the input is grey.
    corner = int(np.argmax(ANCHORS[:, :2].sum(axis=1)))
    pad = Preprocessing(size=SIZE, fit="pad")
    logits = logits_of(corner, 0.9, 0)
    assert len(detect(np.zeros_like(offsets), logits, size=(50, 300), preprocessing=pad)) == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_dropped(bad: float):
    zeros = np.zeros((len(ANCHORS), 4), np.float32)
    logits = logits_of(5, 0.9, 1)
    with np.errstate(all="ignore"):
        offsets = zeros.copy()
        offsets[5] = bad
        found = detect(offsets, logits)
        assert np.isfinite(found.boxes).all()
        if np.isnan(bad):
            assert len(found) == 0
            logits[7] = bad
            assert len(detect(zeros, logits)) == 1


def test_every_option_against_the_plain_definition():
    random = np.random.default_rng(3)
    offsets = random.normal(0, 1, (len(ANCHORS), 4)).astype(np.float32)
    logits = random.normal(0, 2, (len(ANCHORS), 4)).astype(np.float32)
    everything = detect(offsets, logits, threshold=0.6, nms=1.0, max_detections=10**6)
    expected = softmax(logits)[:, 1:] > 0.6
    assert len(everything) == expected.sum()
    assert (np.diff(everything.scores) <= 0).all()
    some = detect(offsets, logits, threshold=0.6, nms=0.3)
    for index in range(3):
        boxes = some.boxes[some.classes == index]
        assert pairwise_iou(boxes, boxes)[~np.eye(len(boxes), dtype=bool)].max() <= 0.3 + 1e-6
    few = detect(offsets, logits, threshold=0.6, nms=0.3, max_detections=4)
    np.testing.assert_array_equal(few.boxes, some.boxes[:4])


def test_sigmoid_scores_stand_each_for_itself():
    head = SSD(3, anchors=HEAD.anchors, scores="sigmoid")
    logits = np.full((len(ANCHORS), 4), -200, np.float32)
    logits[9] = (500, 2, 1, -2)
    found = detect(np.zeros((len(ANCHORS), 4), np.float32), logits, head=head)
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp([-2.0, -1.0])), rtol=1e-6)
    assert found.classes.tolist() == [0, 1]
    np.testing.assert_array_equal(found.boxes[0], found.boxes[1])


def test_box_scales_divide_the_offsets():
    # One anchor of half the side in the middle of a single cell.
    anchors = np.array([[0.25, 0.25, 0.75, 0.75]], np.float32)
    one = Anchors((((0.5, 0.5),),) * 2)
    head = SSDLite(1, (), (3, 3), one, box_scales=(1.0, 2.0, 1.0, 1.0))
    found = detect_arrays(
        np.array([[0.1, 0.1, 0, 0]], np.float32),
        np.array([[0, 5]], np.float32),
        anchors,
        head,
        size=(100, 100),
        preprocessing=SQUASH,
        threshold=0.5,
        max_detections=1,
        nms=0.5,
    )
    np.testing.assert_allclose(found.boxes, [[27.5, 30, 77.5, 80]], rtol=1e-5)


def test_named_detections_become_json():
    found = Detected(
        np.array([[1.234, 2, 30.5, 40]], np.float32),
        np.array([0.75], np.float32),
        np.array([1], np.int64),
    )
    (one,) = name_detections(found, ("ant", "bee"))
    expected = {"label": "bee", "index": 1, "score": 0.75, "box": [1.23, 2.0, 30.5, 40.0]}
    assert one.to_json() == expected


def test_a_public_detector_finds_the_cars_of_a_street(shared: Path):
    checkpoint = read_foreign(
        shared / "weights" / "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
    ).checkpoint
    folder = shared / "data" / "coco128-val"
    (photo,) = folder.rglob("000000001532.jpg")
    found = Model(checkpoint).predict(photo)
    assert isinstance(found, Detections)
    height, width = 480, 640
    rows = np.loadtxt(folder / "yolo-labels" / "000000001532.txt", ndmin=2)
    centers, sides = rows[:, 1:3], rows[:, 3:5]
    truth = np.concatenate([centers - sides / 2, centers + sides / 2], axis=1)
    truth *= (width, height, width, height)
    cars = truth[np.isin(rows[:, 0], (2, 7))].astype(np.float32)
    assert [item.label for item in found.predictions[:4]] == ["Car"] * 4
    assert (pairwise_iou(found.to_arrays().boxes[:2], cars).max(axis=1) > 0.8).all()
