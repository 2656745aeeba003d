"""Whether masks agree along their outlines, where a mean over pixels hardly looks.

Csurka et al., "What is a good evaluation measure for semantic segmentation?", BMVC 2013,
section 2.3: per class and picture, the harmonic mean of the share of predicted outline that lies
near the true one, and of true outline near the predicted one.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mobilenetv2.tasks.segment import IGNORED, Mask

NEAR = 0.0075
"""Of the picture's diagonal: how far two outlines may lie apart and be the same, as the paper
has it."""

Bools = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]


@dataclass(slots=True)
class BoundaryF:
    """The scores of many pictures, one after another."""

    classes: int
    sums: Doubles = field(init=False)
    """[classes]: of the scores of pictures with an outline of the class."""
    pictures: npt.NDArray[np.int64] = field(init=False)
    """[classes]: how many such pictures there are."""

    def __post_init__(self) -> None:
        self.sums = np.zeros(self.classes)
        self.pictures = np.zeros(self.classes, np.int64)

    def add(self, truth: Mask, predicted: Mask) -> None:
        """Judge one picture; outlines towards pixels that the truth leaves open are none."""
        scores = boundary_scores(truth, predicted, self.classes)
        judged = ~np.isnan(scores)
        self.sums[judged] += scores[judged]
        self.pictures[judged] += 1

    @property
    def per_class(self) -> tuple[float | None, ...]:
        """The mean over pictures with the class; None where there is none."""
        pairs = zip(self.sums.tolist(), self.pictures.tolist(), strict=True)
        return tuple(total / count if count else None for total, count in pairs)

    @property
    def mean(self) -> float | None:
        """Over the classes that were judged; None without any."""
        found = [value for value in self.per_class if value is not None]
        return float(np.mean(found)) if found else None


def boundary_scores(truth: Mask, predicted: Mask, classes: int) -> Doubles:
    """[classes]: of one picture, 0..1; NaN where the truth has no outline of the class.

    Args:
        truth: class ids, uint8 [height, width], 255 for what is not judged.
        predicted: of the same shape; 255 is no class.
        classes: how many there are.
    """
    radius = NEAR * float(np.hypot(*truth.shape))
    # What the truth leaves open has no outline in either.
    answered = np.where(truth == IGNORED, IGNORED, predicted)
    true_edge, said_edge = _edge(truth), _edge(answered)
    scores = np.full(classes, np.nan)
    for index in np.unique(truth[true_edge]).tolist():
        if index >= classes:
            continue
        true, said = true_edge & (truth == index), said_edge & (answered == index)
        recall, precision = _near(true, said, radius), _near(said, true, radius)
        both = recall + precision
        scores[index] = 2 * recall * precision / both if both else 0.0
    return scores


def _edge(mask: Mask) -> Bools:
    """[height, width]: pixels beside one of another class, neither of them left open."""
    found = np.zeros(mask.shape, np.bool_)
    for first, second in (
        (np.s_[1:], np.s_[:-1]),
        (np.s_[:, 1:], np.s_[:, :-1]),
    ):
        one, other = mask[first], mask[second]
        differ = (one != other) & (one != IGNORED) & (other != IGNORED)
        found[first] |= differ
        found[second] |= differ
    return found


def _near(outline: Bools, other: Bools, radius: float) -> float:
    """The share of an outline's pixels with one of the other within `radius`; 0 of no outline."""
    rows, columns = np.nonzero(outline)
    if not len(rows):
        return 0.0
    reach = int(radius)
    # Sums along rows tell in two look-ups whether a stretch of a row holds a pixel.
    width = other.shape[1] + 2 * reach + 1
    sums = np.zeros((other.shape[0] + 2 * reach, width), np.int32)
    inner = sums[reach : reach + other.shape[0]]
    inner[:, reach + 1 : reach + 1 + other.shape[1]] = other.cumsum(1)
    inner[:, reach + 1 + other.shape[1] :] = inner[:, reach + other.shape[1], None]
    near = np.zeros(len(rows), np.bool_)
    for down in range(-reach, reach + 1):
        half = int(np.sqrt(radius**2 - down**2))
        line = rows + down + reach
        near |= sums[line, columns + reach + half + 1] > sums[line, columns + reach - half]
    return float(near.mean())
