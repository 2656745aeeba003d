"""What was measured of a segmenter, and on what."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.evaluate.shared_classes import SharedClasses
from mobilenetv2.metrics.bootstrap import Interval
from mobilenetv2.metrics.boundary_f import BoundaryF
from mobilenetv2.metrics.class_figures import class_figures, mistaken
from mobilenetv2.metrics.mean_iou import MaskAgreement
from mobilenetv2.shards.member import PictureFile


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
    without_mask: tuple[PictureFile, ...]
    """Pictures that were left out because they have no mask."""
    unreadable: tuple[tuple[PictureFile, str], ...]
    """Pictures that were left out because they or their masks cannot be read, and why."""
    class_pixels: npt.NDArray[np.int64] = field(repr=False)
    """[pictures, 3, classes]: true, predicted and right pixels of each picture."""
    pictures: tuple[PictureFile, ...] = field(repr=False)
    """Those that were judged, in this order."""
    boundary: BoundaryF | None = field(default=None, repr=False)
    """How well outlines agree, where that was asked for."""

    @property
    def pixels(self) -> int:
        """In the judged pictures, judged or not."""
        judged = int(self.agreement.confusion.sum())
        return judged + self.pixels_ignored + self.pixels_left_out

    @property
    def mean_iou_of_pictures(self) -> tuple[float, ...]:
        """Of each picture over the classes that it shows; NaN where nothing of it is judged."""
        true, predicted, right = self.class_pixels.transpose(1, 0, 2).astype(np.float64)
        union = true + predicted - right
        shares = np.divide(right, union, out=np.zeros_like(right), where=union > 0)
        shown = (true > 0).sum(1)
        sums = np.where(true > 0, shares, 0.0).sum(1)
        means = np.divide(sums, shown, out=np.full(len(shown), np.nan), where=shown > 0)
        return tuple(means.tolist())

    def to_json(self) -> dict[str, object]:
        """Fractions as floats, None where nothing was judged."""
        agreement, interval = self.agreement, self.mean_iou_interval
        pixels = agreement.pixels.tolist()
        nothing = (None,) * len(self.labels)
        outlines = nothing if self.boundary is None else self.boundary.per_class
        # What hid a pixel from the network left it without an answer.
        names = [*self.labels, None]
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
            "mean_boundary_f": None if self.boundary is None else self.boundary.mean,
            "per_class": [
                {"label": label, "iou": iou, "pixels": count, "precision": one.precision,
                 "recall": one.recall, "boundary_f": outline}
                for label, iou, count, one, outline in zip(
                    self.labels, agreement.per_class, pixels, class_figures(agreement.confusion),
                    outlines, strict=True,
                )
            ],
            "confusions": [
                {"label": names[one.true], "answered": names[one.answered], "pixels": one.count}
                for one in mistaken(agreement.confusion)
            ],
            "pixels": self.pixels,
            "ignored": self.pixels_ignored / self.pixels,
            "left_out": self.pixels_left_out / self.pixels,
            "labels_only_in_data": list(self.shared.only_data),
            "labels_only_in_model": list(self.shared.only_model),
            "labels_spelled_otherwise": dict(self.shared.respelled),
            "without_mask": [str(path) for path in self.without_mask],
            "unreadable": [{"path": str(path), "error": why} for path, why in self.unreadable],
        }  # fmt: skip
