"""COCO's own evaluation, run on the same truth and detections as the metrics under test."""

import contextlib
import io
from collections.abc import Sequence

import numpy as np
import pytest

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.metrics.coco_ap import CocoAP
from mobilenetv2.tasks.detected import Detected

NAMES = [
    *("ap", "ap50", "ap75", "ap_small", "ap_medium", "ap_large"),
    *("ar_1", "ar_10", "ar_100", "ar_small", "ar_medium", "ar_large"),
]


def xywh(box) -> list[float]:
    left, top, right, bottom = (float(edge) for edge in box)
    return [left, top, right - left, bottom - top]


def as_truth(pictures: Sequence[BoxedPicture], classes: int) -> dict:
    annotations = [
        {
            "image_id": number,
            "category_id": int(of),
            "bbox": xywh(box),
            "area": float(area),
            "iscrowd": int(crowd),
        }
        for number, picture in enumerate(pictures)
        for box, of, area, crowd in zip(
            picture.boxes, picture.classes, picture.areas, picture.ignored, strict=True
        )
    ]
    # The tool takes an id of 0 for "no match".
    for index, annotation in enumerate(annotations):
        annotation["id"] = index + 1
    return {
        "images": [{"id": number} for number in range(len(pictures))],
        "categories": [{"id": index, "name": str(index)} for index in range(classes)],
        "annotations": annotations,
        "info": {},
    }


def as_results(detected: Sequence[Detected]) -> list[dict]:
    return [
        {
            "image_id": number,
            "category_id": int(of),
            "bbox": xywh(box),
            "score": float(score),
        }
        for number, one in enumerate(detected)
        for box, score, of in zip(one.boxes, one.scores, one.classes, strict=True)
    ]


def judge(truth: dict, results: list[dict]) -> tuple[list[float], np.ndarray]:
    """The twelve figures, and [overlaps, recalls, classes] precision over all sizes."""
    coco = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    with contextlib.redirect_stdout(io.StringIO()):
        reference = coco.COCO()
        reference.dataset = truth
        reference.createIndex()
        judge = evaluation.COCOeval(reference, reference.loadRes(results), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return list(judge.stats), judge.eval["precision"][:, :, :, 0, -1]


def assert_equal_to_the_last_digit(
    ours: CocoAP, stats: Sequence[float], precision: np.ndarray
) -> None:
    for name, expected in zip(NAMES, stats, strict=True):
        value = getattr(ours, name)
        assert (-1 if value is None else value) == expected, name
    for index, one in enumerate(ours.per_class):
        curves = precision[:, :, index]
        assert (-1 if one.ap is None else one.ap) == curves.mean()
        assert (-1 if one.ap50 is None else one.ap50) == curves[0].mean()
