"""What was measured of a segmenter, and on what."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobilenetv2.evaluate.shared_classes import SharedClasses
from mobilenetv2.metrics.bootstrap import Interval
from mobilenetv2.metrics.mean_iou import MaskAgreement


@dataclass(frozen=True, slots=True)
class SegmentationReport:
    """How well a segmenter's masks agree with those of a data set."""

    data: str
    split: str
    fingerprint: str
    labels: tuple[str, ...] = field(repr=False)
    """The model's classes, in the order of the confusion matrix."""
    count: int
    """Pictures that were judged."""
    agreement: MaskAgreement
    mean_iou_interval: Interval | None
    """95 %, by drawing pictures anew."""
    shared: SharedClasses
    pixels_ignored: int
    """Pixels that the masks themselves leave open."""
    pixels_left_out: int
    """Pixels of classes that the model does not have."""
    without_mask: tuple[Path, ...]
    """Pictures that were left out because they have no mask."""
    unreadable: tuple[tuple[Path, str], ...]
    """Pictures that were left out because they or their masks cannot be read, and why."""
    class_pixels: npt.NDArray[np.int64] = field(repr=False)
    """[pictures, 3, classes]: true, predicted and right pixels of each picture."""

    @property
    def pixels(self) -> int:
        """In the judged pictures, judged or not."""
        judged = int(self.agreement.confusion.sum())
        return judged + self.pixels_ignored + self.pixels_left_out

    def to_json(self) -> dict[str, object]:
        """Fractions as floats, None where nothing was judged."""
        agreement, interval = self.agreement, self.mean_iou_interval
        pixels = agreement.pixels.tolist()
        return {
            "task": "segmentation",
            "data": self.data,
            "split": self.split,
            "count": self.count,
            "fingerprint": self.fingerprint,
            "mean_iou": agreement.mean_iou,
            "mean_iou_interval": None if interval is None else list(interval),
            "mean_iou_all": agreement.mean_iou_all,
            "pixel_accuracy": agreement.pixel_accuracy,
            "classes_present": agreement.classes_present,
            "per_class": [
                {"label": label, "iou": iou, "pixels": count}
                for label, iou, count in zip(self.labels, agreement.per_class, pixels, strict=True)
            ],
            "pixels": self.pixels,
            "ignored": self.pixels_ignored / self.pixels,
            "left_out": self.pixels_left_out / self.pixels,
            "labels_only_in_data": list(self.shared.only_data),
            "labels_only_in_model": list(self.shared.only_model),
            "labels_spelled_otherwise": dict(self.shared.respelled),
            "without_mask": [str(path) for path in self.without_mask],
            "unreadable": [{"path": str(path), "error": why} for path, why in self.unreadable],
        }
