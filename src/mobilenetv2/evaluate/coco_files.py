"""Detections and truth as COCO's JSON files, so that anybody can check a figure elsewhere."""

import json
from collections.abc import Sequence
from pathlib import Path

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.detection_report import DetectionReport
from mobilenetv2.metrics.coco_boxes import ltrb_to_xywh
from mobilenetv2.weights.whole_file import write_whole

TRUTH_SUFFIX = ".truth.json"


def image_ids(pictures: Sequence[BoxedPicture]) -> dict[str, int]:
    """What COCO calls pictures, by identity: the same where all are numbers, else 1, 2, 3 ..."""
    names = [picture.identity for picture in pictures]
    if all(name.isascii() and name.isdecimal() for name in names):
        own = {name: int(name) for name in names}
        if len(set(own.values())) == len(own):
            return own
    return {name: index + 1 for index, name in enumerate(names)}


def write_predictions(report: DetectionReport, path: Path) -> Path:
    """Write COCO results to `path`, and beside it the truth they were judged by.

    Results are a list of {"image_id", "category_id", "bbox": [x, y, width, height], "score"}.
    The truth, in a file named after the first, lists pictures and categories by their ids; an
    ignored box is a crowd there. pycocotools with the two gives the report's figures again.

    Returns:
        The truth's path: "found.json" has it in "found.truth.json".

    Raises:
        DatasetError: a file cannot be written.
    """
    results = [
        {"image_id": image, "category_id": int(of) + 1, "bbox": box, "score": score}
        for image, one in zip(report.image_ids, report.detected, strict=True)
        for box, score, of in zip(
            ltrb_to_xywh(one.boxes).tolist(), one.scores.tolist(), one.classes, strict=True
        )
    ]
    truth_path = path.with_name(path.stem + TRUTH_SUFFIX)
    try:
        write_whole(path, json.dumps(results))
        write_whole(truth_path, json.dumps(_truth(report), ensure_ascii=False))
    except OSError as error:
        raise DatasetError(f"{path}: predictions cannot be written: {error}") from error
    return truth_path


def _truth(report: DetectionReport) -> dict[str, object]:
    annotations = [
        {"image_id": image, "category_id": int(of) + 1, "bbox": box, "area": area, "iscrowd": crowd}
        for image, picture in zip(report.image_ids, report.pictures, strict=True)
        for box, of, area, crowd in zip(
            ltrb_to_xywh(picture.boxes).tolist(),
            picture.classes,
            picture.areas.tolist(),
            picture.ignored.astype(int).tolist(),
            strict=True,
        )
    ]
    return {
        "info": {"description": f"{report.data}, {report.split}, {report.fingerprint}"},
        "images": [
            {
                "id": image,
                "file_name": picture.path.name,
                "height": picture.size[0],
                "width": picture.size[1],
            }
            for image, picture in zip(report.image_ids, report.pictures, strict=True)
        ],
        "categories": [
            {"id": index + 1, "name": label} for index, label in enumerate(report.shared.labels)
        ],
        # An id of 0 means "no match" to pycocotools.
        "annotations": [
            {"id": index + 1, **annotation} for index, annotation in enumerate(annotations)
        ],
    }
