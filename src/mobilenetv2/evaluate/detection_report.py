"""What was measured of a detector, and on what."""

from dataclasses import dataclass, field
from functools import cached_property

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.datasets.findings import MEANINGS, Finding, tally
from mobilenetv2.evaluate.detection_details import DetectionDetails, detection_details
from mobilenetv2.evaluate.shared_classes import SharedClasses
from mobilenetv2.metrics.bootstrap import Interval
from mobilenetv2.metrics.coco_ap import CocoAP
from mobilenetv2.metrics.voc_ap import VocAP
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.detected import Detected


# Without slots, so that `details` is made once: on COCO's 5000 pictures it takes seconds.
@dataclass(frozen=True)
class DetectionReport:
    """COCO's and VOC's figures of a detector on a data set."""

    data: str
    split: str
    fingerprint: str
    """Of the whole split, boxes of unshared classes included."""
    coco: CocoAP
    """Over the shared classes, in their order."""
    voc: VocAP
    ap50_interval: Interval | None
    """95 %, by drawing pictures anew."""
    shared: SharedClasses
    boxes_left_out: int
    """Boxes of classes that the model does not have."""
    detections_left_out: int
    """Detections of classes that the data set does not have."""
    pictures: tuple[BoxedPicture, ...] = field(repr=False)
    """The truth that was judged by: every readable picture, with the shared classes' boxes."""
    image_ids: tuple[int, ...] = field(repr=False)
    """COCO's names for these pictures, ascending."""
    detected: tuple[Detected, ...] = field(repr=False)
    """What was judged, one a picture, with the shared classes' indices."""
    unreadable: tuple[tuple[PictureFile, str], ...]
    """Pictures that were left out of the count, and why."""
    findings: tuple[Finding, ...] = field(repr=False)
    """What was noticed while the data set was read: repaired, cut, left out."""

    @property
    def boxes(self) -> int:
        """How many boxes were to be found; those to be ignored are not among them."""
        return sum(one.boxes for one in self.coco.per_class)

    @cached_property
    def details(self) -> DetectionDetails:
        """Errors by kind, and what was taken for what."""
        return detection_details(self.pictures, self.detected, len(self.shared.labels))

    def to_json(self) -> dict[str, object]:
        """Fractions as floats, None where there is nothing to find."""
        shared = self.shared
        return {
            "task": "detection",
            "data": self.data,
            "split": self.split,
            "count": len(self.pictures),
            "fingerprint": self.fingerprint,
            "boxes": self.boxes,
            **self.coco.to_json(),
            "ap50_interval": None if self.ap50_interval is None else list(self.ap50_interval),
            "voc_ap50": self.voc.ap50,
            "voc_ap50_eleven": self.voc.ap50_eleven,
            "per_class": [
                {"label": label, "ap": one.ap, "ap50": one.ap50, "boxes": one.boxes}
                for label, one in zip(shared.labels, self.coco.per_class, strict=True)
            ],
            "labels_only_in_data": list(shared.only_data),
            "labels_only_in_model": list(shared.only_model),
            "labels_spelled_otherwise": dict(shared.respelled),
            "boxes_left_out": self.boxes_left_out,
            "detections_left_out": self.detections_left_out,
            "unreadable": [{"path": str(path), "error": why} for path, why in self.unreadable],
            "findings": [
                {
                    "kind": kind,
                    "meaning": MEANINGS[kind],
                    "files": count.files,
                    "boxes": count.boxes,
                }
                for kind, count in tally(self.findings).items()
            ],
            **self.details.to_json(shared.labels),
        }
