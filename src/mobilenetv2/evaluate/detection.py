"""How good a detector is on pictures with boxes."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mobilenetv2.datasets.already_read import require_read
from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.datasets.findings import Finding
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.coco_files import image_ids
from mobilenetv2.evaluate.detection_report import DetectionReport
from mobilenetv2.evaluate.require_task import require_task
from mobilenetv2.evaluate.shared_classes import SharedClasses, share_classes
from mobilenetv2.metrics.bootstrap import ap50_interval
from mobilenetv2.metrics.coco_ap import average_precision
from mobilenetv2.metrics.coco_match import match_detections
from mobilenetv2.metrics.voc_ap import voc_ap
from mobilenetv2.model import Model
from mobilenetv2.pipeline import predict_many
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.detect import Detection
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.results import Detections

THRESHOLD = 0.01
"""Of the score. Average precision wants the unsure ones too: they cost nothing at its end."""

MOST_DETECTIONS = 100
"""In a picture, over all classes: as many as COCO looks at."""


def evaluate_detector(
    model: Model,
    data: BoxedPictures,
    advance: Callable[[], None] | None = None,
    findings: Sequence[Finding] = (),
    options: Options = DEFAULTS,
) -> DetectionReport:
    """Run every picture through the model, with a low threshold, and judge what it finds.

    Classes are matched by name. What only one side knows is left out: boxes that the model has
    no name for, detections that the data set has none for. The report counts both.

    Args:
        model: a detector.
        data: from `read_boxes` with the data set's own labels.
        advance: called after each picture, for a progress bar.
        findings: what `read_boxes` noticed, for the report; pictures that it could not read are
            listed there with those that the model could not.
        options: how pictures are looked at; threshold and number of boxes are COCO's.

    Raises:
        DatasetError: not one picture can be read, `data` has no boxes, or the classes have
            no name in common.
        TypeError: the model is no detector.
    """
    require_task(model, "detection")
    require_read(data, BoxedPictures, "datasets.read_boxes.read_boxes")
    shared = share_classes(data.labels, model.labels)
    ids = image_ids(data.pictures)
    # Equal scores go by picture; pycocotools has them in the order of their ids.
    ordered = sorted(data.pictures, key=lambda picture: ids[picture.identity])
    truth: list[BoxedPicture] = []
    detected: list[Detected] = []
    unreadable = [(one.path, one.detail) for one in findings if one.kind == "unreadable picture"]
    options = replace(options, threshold=THRESHOLD, max_detections=MOST_DETECTIONS)
    answers = predict_many(model, [picture.path for picture in ordered], options)
    for picture, answer in zip(ordered, answers, strict=True):
        if isinstance(answer.prediction, Detections):
            truth.append(picture)
            detected.append(_as_arrays(answer.prediction.predictions))
        else:
            unreadable.append((answer.path, answer.error or ""))
        if advance:
            advance()
    if not truth:
        raise DatasetError(f"{data.name}: no picture can be read; the first: {unreadable[0][1]}")
    return judge_detections(data, truth, detected, shared, unreadable, findings)


def judge_detections(
    data: BoxedPictures,
    pictures: Sequence[BoxedPicture],
    detected: Sequence[Detected],
    shared: SharedClasses,
    unreadable: Sequence[tuple[PictureFile, str]] = (),
    findings: Sequence[Finding] = (),
) -> DetectionReport:
    """The figures of detections, whatever made them.

    Args:
        data: what the pictures are of.
        pictures: those that were looked at.
        detected: one a picture, in the same order, with the model's classes.
        shared: which classes are judged.
        unreadable: pictures that were not, and why.
        findings: what was noticed while the data set was read.
    """
    truth = [_shared_boxes(picture, shared) for picture in pictures]
    found = [_shared_detections(one, shared) for one in detected]
    matches = match_detections(truth, found, len(shared.labels))
    coco = average_precision(matches)
    boxes = sum(len(picture.boxes) for picture in pictures)
    ids = image_ids(data.pictures)
    return DetectionReport(
        data=data.name,
        split=data.split,
        fingerprint=data.fingerprint,
        coco=coco,
        voc=voc_ap(truth, found, len(shared.labels)),
        ap50_interval=(
            None if coco.ap50 is None else ap50_interval(coco.ap50, matches, len(truth))
        ),
        shared=shared,
        boxes_left_out=boxes - sum(len(picture.boxes) for picture in truth),
        detections_left_out=sum(map(len, detected)) - sum(map(len, found)),
        pictures=tuple(truth),
        image_ids=tuple(ids[picture.identity] for picture in truth),
        detected=tuple(found),
        unreadable=tuple(unreadable),
        findings=tuple(findings),
    )


def _shared_boxes(picture: BoxedPicture, shared: SharedClasses) -> BoxedPicture:
    classes = shared.of_data[picture.classes]
    kept = classes >= 0
    return replace(
        picture,
        boxes=picture.boxes[kept],
        classes=classes[kept],
        ignored=picture.ignored[kept],
        areas=picture.areas[kept],
    )


def _shared_detections(detected: Detected, shared: SharedClasses) -> Detected:
    classes = shared.of_model[detected.classes]
    kept = classes >= 0
    return Detected(detected.boxes[kept], detected.scores[kept], classes[kept])


def _as_arrays(found: Sequence[Detection]) -> Detected:
    return Detected(
        np.array([one.box for one in found], np.float32).reshape(-1, 4),
        np.array([one.score for one in found], np.float32),
        np.array([one.index for one in found], np.int64),
    )
