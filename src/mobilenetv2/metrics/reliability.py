"""Whether a classifier is right as often as it is sure, by how sure it was.

Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, section 2.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

BINS = 15
"""Of equal width, as the paper has them."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """Answers by how sure they were: in bins (0, 1/n], (1/n, 2/n] ... to 1."""

    counts: npt.NDArray[np.int64]
    """[bins]: answers in each."""
    confidence: Doubles
    """[bins]: their mean confidence, 0 in an empty bin."""
    accuracy: Doubles
    """[bins]: the share of them that is right, likewise."""

    @property
    def error(self) -> float:
        """The expected calibration error: the mean over answers of their bin's difference."""
        gaps = np.abs(self.confidence - self.accuracy)
        return float((self.counts * gaps).sum() / max(1, self.counts.sum()))


def reliability(confidences: npt.ArrayLike, right: npt.ArrayLike, bins: int = BINS) -> Reliability:
    """Sort answers into bins.

    Args:
        confidences: of each answer, the probability it was given, 0..1.
        right: whether it is.
        bins: how many, at least 1.

    Raises:
        ValueError: other numbers of the two, a confidence outside 0..1, or no bin.
    """
    sure, hits = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    if sure.shape != hits.shape or sure.ndim != 1:
        raise ValueError(
            f"confidences and right answers must be as many, got {sure.shape} and {hits.shape}"
        )
    # Also refuses NaN.
    if bins < 1 or not ((sure >= 0) & (sure <= 1)).all():
        raise ValueError(f"confidences must be in 0..1 and bins at least 1, got {bins} bins")
    places = np.clip(np.ceil(sure * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(places, minlength=bins)
    share = np.maximum(counts, 1)
    return Reliability(
        counts.astype(np.int64),
        np.bincount(places, sure, bins) / share,
        np.bincount(places, hits, bins) / share,
    )
