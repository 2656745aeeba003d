"""How good a segmenter is on pictures with masks."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.datasets.already_read import require_read
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.evaluate.require_task import require_task
from mobilenetv2.evaluate.segmentation_report import SegmentationReport
from mobilenetv2.evaluate.shared_classes import SharedClasses, share_classes
from mobilenetv2.metrics.bootstrap import mean_iou_interval
from mobilenetv2.metrics.boundary_f import BoundaryF
from mobilenetv2.metrics.mean_iou import MaskAgreement, class_pixels, confusion_matrix
from mobilenetv2.model import Model
from mobilenetv2.pipeline import Answer, predict_many
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.tasks.results import Segmentation
from mobilenetv2.tasks.segment import IGNORED, Mask


def evaluate_segmenter(
    model: Model,
    data: MaskedPictures,
    meaning: MaskMeaning | None = None,
    advance: Callable[[], None] | None = None,
    options: Options = DEFAULTS,
    outlines: bool = False,
) -> SegmentationReport:
    """Run every picture through the model and compare its classes with the mask's, by pixel.

    Predictions are judged at the picture's own size. With labels for the masks, classes are
    matched by name: pixels of classes that the model lacks are not judged, while predicting a
    class that the masks lack is wrong wherever it is done.

    Args:
        model: a segmenter.
        data: from `read_masked`.
        meaning: of the masks' values; by default, they are the model's classes.
        advance: called after each picture, for a progress bar.
        options: scales and flipping.
        outlines: judge these too, some 10 ms a picture.

    Raises:
        DatasetError: not one picture can be judged, `data` has no masks, or the classes have
            no name in common.
        TypeError: the model is no segmenter.
    """
    require_task(model, "segmentation")
    require_read(data, MaskedPictures, "datasets.masks.read_masked")
    meaning = meaning or MaskMeaning(model.labels)
    shared = share_classes(meaning.labels, model.labels)
    truths = _Truths(data.pictures, meaning, advance or _ignore_progress)
    boundary = BoundaryF(len(model.labels)) if outlines else None
    judged = _Judged(len(model.labels), to_model_ids(shared), boundary)
    for answer in predict_many(model, truths.readable(), options):
        judged.add(answer, truths.waiting.popleft(), truths.unreadable)
        truths.advance()
    if not judged.confusions:
        raise DatasetError(
            f"{data.name}: no picture can be judged; the first: {truths.unreadable[0][1]}"
        )
    return _report(model.labels, data, judged, shared, truths.unreadable)


@dataclass(slots=True)
class _Truths:
    """Masks read just ahead of their pictures, so that a bad one costs no prediction."""

    pictures: tuple[MaskedPicture, ...]
    meaning: MaskMeaning
    advance: Callable[[], None]
    waiting: deque[Mask] = field(default_factory=deque)
    """Those whose pictures are on their way through the model, in order."""
    unreadable: list[tuple[PictureFile, str]] = field(default_factory=list)

    def readable(self) -> Iterator[PictureFile]:
        """Paths of pictures; each one's mask is `waiting` by the time."""
        for picture in self.pictures:
            try:
                mask = self.meaning.read_ids(picture)
            except (DatasetError, ImageError) as error:
                self.unreadable.append((picture.path, str(error)))
                self.advance()
            else:
                self.waiting.append(mask)
                yield picture.path


@dataclass(slots=True)
class _Judged:
    """What has been counted so far."""

    classes: int
    to_model: Mask
    """[256]: a mask's id to the model's, 255 for what is not judged."""
    boundary: BoundaryF | None
    paths: list[PictureFile] = field(default_factory=list)
    confusions: list[npt.NDArray[np.int64]] = field(default_factory=list)
    ignored: int = 0
    left_out: int = 0

    def add(self, answer: Answer, mask: Mask, unreadable: list[tuple[PictureFile, str]]) -> None:
        """Count a picture, or say why not."""
        if isinstance(answer.prediction, Segmentation):
            self._count(mask, answer.prediction.mask)
            self.paths.append(answer.path)
        else:
            unreadable.append((answer.path, answer.error or ""))

    def _count(self, mask: Mask, predicted: Mask) -> None:
        truth = self.to_model[mask]
        ignored = int(np.count_nonzero(mask == IGNORED))
        self.ignored += ignored
        self.left_out += int(np.count_nonzero(truth == IGNORED)) - ignored
        self.confusions.append(confusion_matrix(truth, predicted, self.classes))
        if self.boundary is not None:
            self.boundary.add(truth, predicted)


def _report(
    labels: tuple[str, ...],
    data: MaskedPictures,
    judged: _Judged,
    shared: SharedClasses,
    unreadable: Sequence[tuple[PictureFile, str]],
) -> SegmentationReport:
    agreement = MaskAgreement(np.sum(judged.confusions, axis=0))
    pixels = np.stack([class_pixels(one) for one in judged.confusions])
    mean = agreement.mean_iou
    return SegmentationReport(
        data=data.name,
        split=data.split,
        fingerprint=data.fingerprint,
        labels=labels,
        count=len(judged.confusions),
        agreement=agreement,
        mean_iou_interval=None if mean is None else mean_iou_interval(mean, pixels),
        shared=shared,
        pixels_ignored=judged.ignored,
        pixels_left_out=judged.left_out,
        without_mask=data.without_mask,
        unreadable=tuple(unreadable),
        class_pixels=pixels,
        pictures=tuple(judged.paths),
        boundary=judged.boundary,
    )


def to_model_ids(shared: SharedClasses) -> Mask:
    """[256]: a mask's id to the model's, 255 for what is not judged."""
    table = np.full(256, IGNORED, np.uint8)
    # Backwards: of two classes of one name the model's first is meant.
    for index in reversed(np.flatnonzero(shared.of_model >= 0).tolist()):
        table[np.flatnonzero(shared.of_data == shared.of_model[index])] = index
    return table


def _ignore_progress() -> None:
    pass
