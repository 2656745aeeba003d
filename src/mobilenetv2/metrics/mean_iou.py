"""How well masks agree: a confusion matrix of pixels, and what follows from it."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.tasks.segment import IGNORED, Mask

Ints = npt.NDArray[np.int64]


def confusion_matrix(truth: Mask, predicted: Mask, classes: int) -> Ints:
    """Pixels of each (true, predicted) class, int64 [classes, classes + 1]; matrices add up.

    Pixels whose truth is 255 are left out. The last column counts those without a prediction,
    255 likewise: whatever hid them from the network, their class was not found.

    Args:
        truth: class ids, uint8, any shape.
        predicted: of the same shape.
        classes: how many there are, at most 255.

    Raises:
        ValueError: the shapes differ, or an id is neither a class nor 255.
    """
    if truth.shape != predicted.shape:
        raise ValueError(
            f"truth and prediction must be of one shape, got {truth.shape} and {predicted.shape}"
        )
    judged = truth != IGNORED
    true, said = truth[judged].astype(np.int64), predicted[judged]
    said = np.where(said == IGNORED, classes, said)
    if true.max(initial=0) >= classes or said.max(initial=0) > classes:
        raise ValueError(
            f"ids must be below {classes}, or {IGNORED}, got up to "
            f"{max(true.max(initial=0), said.max(initial=0))}"
        )
    shape = (classes, classes + 1)
    counts = np.bincount(true * shape[1] + said, minlength=shape[0] * shape[1])
    return counts.astype(np.int64, copy=False).reshape(shape)


def class_pixels(confusion: Ints) -> Ints:
    """The true, the predicted and the right pixels of each class, [3, classes]."""
    return np.stack([confusion.sum(1), confusion[:, :-1].sum(0), confusion.diagonal()])


@dataclass(frozen=True, slots=True)
class MaskAgreement:
    """The figures of a confusion matrix, as fractions 0..1.

    A class's intersection over union is right pixels over all that truth or prediction gives it.
    """

    confusion: Ints = field(repr=False)
    """From `confusion_matrix`, or several added up."""

    @property
    def pixels(self) -> Ints:
        """[classes]: true pixels of each."""
        counts: Ints = self.confusion.sum(1)
        return counts

    @property
    def per_class(self) -> tuple[float | None, ...]:
        """Intersection over union of each class; None for one without a true pixel."""
        return tuple(
            right / (true + predicted - right) if true else None
            for true, predicted, right in class_pixels(self.confusion).T.tolist()
        )

    @property
    def classes_present(self) -> int:
        """How many classes have at least one true pixel."""
        return int(np.count_nonzero(self.pixels))

    @property
    def mean_iou(self) -> float | None:
        """Mean over the classes with true pixels, as VOC and COCO report it; None without any."""
        present = [value for value in self.per_class if value is not None]
        return float(np.mean(present)) if present else None

    @property
    def mean_iou_all(self) -> float:
        """Mean over every class there could be; one without a true pixel counts 0."""
        return float(np.mean([value or 0.0 for value in self.per_class]))

    @property
    def pixel_accuracy(self) -> float | None:
        """The share of judged pixels that are right; None without any."""
        total = int(self.confusion.sum())
        return int(self.confusion.diagonal().sum()) / total if total else None
