"""How much a figure would move with other pictures: 95 % intervals by drawing pictures anew.

An interval is the figure -+ 1.96 standard deviations over the draws. Percentiles of the draws
would be simpler still, but classes with few boxes bias them: with 80 classes on 100 pictures
they left the figure itself outside.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mobilenetv2.metrics.coco_ap import interpolated_precision
from mobilenetv2.metrics.coco_match import ClassMatches

RESAMPLES = 200
"""They give a standard deviation to 5 %, and cost nothing beside the network."""

Doubles = npt.NDArray[np.float64]
Interval = tuple[float, float]
"""Lower and upper end; of a figure within 0..1."""

_SEED = 20180113
_Z_95 = 1.959964


def ap50_interval(value: float, matches: Sequence[ClassMatches], pictures: int) -> Interval:
    """The 95 % interval of COCO's AP at an overlap of 0.5.

    Detections stay matched as they are; only how often each picture counts is drawn.

    Args:
        value: the figure itself, 0..1.
        matches: what it was made of.
        pictures: how many the data set has.
    """
    return interval_around(value, _ap50_draws(matches, pictures))


def mean_iou_interval(value: float, pixels: npt.NDArray[np.int64]) -> Interval:
    """The 95 % interval of the mean intersection over union of the classes present.

    Args:
        value: the figure itself, 0..1.
        pixels: [pictures, 3, classes]: `class_pixels` of each picture.
    """
    return interval_around(value, _mean_iou_draws(pixels))


def mean_difference_interval(differences: Doubles) -> Interval:
    """The 95 % interval of a mean of one number a picture, such as right before less right after.

    Like those below of one set of pictures under two models: each draw has the same pictures for
    both, so what makes pictures easy or hard cancels.
    """
    value = float(differences.mean())
    return interval_of_difference(value, drawn(len(differences)) @ differences / len(differences))


def ap50_difference_interval(
    value: float, first: Sequence[ClassMatches], second: Sequence[ClassMatches], pictures: int
) -> Interval:
    """The 95 % interval of one model's AP at an overlap of 0.5 less another's on the same pictures.

    Args:
        value: the difference itself.
        first: what the first model's is made of.
        second: and the second's.
        pictures: how many the data set has.
    """
    return interval_of_difference(
        value, _ap50_draws(first, pictures) - _ap50_draws(second, pictures)
    )


def mean_iou_difference_interval(
    value: float, first: npt.NDArray[np.int64], second: npt.NDArray[np.int64]
) -> Interval:
    """The same of mean intersection over union, from [pictures, 3, classes] as above."""
    return interval_of_difference(value, _mean_iou_draws(first) - _mean_iou_draws(second))


def _ap50_draws(matches: Sequence[ClassMatches], pictures: int) -> Doubles:
    """[resamples]: the figure on each draw, NaN where nothing was to be found."""
    draws = drawn(pictures)
    sums, classes = np.zeros(RESAMPLES), np.zeros(RESAMPLES)
    for one in matches:
        right, wrong = one.right[0, 0], one.wrong[0, 0]
        counted = right | wrong
        right, where = right[counted], one.pictures[counted]
        to_find = np.bincount(one.truth_pictures[one.truth[0]], minlength=pictures)
        for index, wanted in enumerate(draws @ to_find):
            if wanted:
                times = draws[index, where]
                hits = np.cumsum(times * right)
                misses = np.cumsum(times) - hits
                sums[index] += interpolated_precision(hits, misses, wanted).mean()
                classes[index] += 1
    figures: Doubles = np.full(RESAMPLES, np.nan)
    np.divide(sums, classes, out=figures, where=classes > 0)
    return figures


def _mean_iou_draws(pixels: npt.NDArray[np.int64]) -> Doubles:
    """[resamples]: the figure on each draw, NaN where no class was there."""
    summed = np.einsum("rp,pkc->krc", drawn(len(pixels)), pixels.astype(np.float64))
    true, predicted, right = summed
    share = np.divide(right, true + predicted - right, out=np.zeros_like(right), where=true > 0)
    present = (true > 0).sum(1)
    figures: Doubles = np.full(RESAMPLES, np.nan)
    np.divide(share.sum(1), present, out=figures, where=present > 0)
    return figures


def drawn(pictures: int) -> Doubles:
    """[resamples, pictures]: how often each is drawn; the same numbers at every call."""
    random = np.random.default_rng(_SEED)
    equal = np.full(pictures, 1 / pictures)
    return random.multinomial(pictures, equal, RESAMPLES).astype(np.float64)


def interval_around(value: float, draws: Doubles) -> Interval:
    """The 95 % interval of a figure within 0..1, from [resamples] of it; NaN does not count."""
    low, high = interval_of_difference(value, draws)
    return max(0.0, low), min(1.0, high)


def interval_of_difference(value: float, draws: Doubles) -> Interval:
    """The same of a figure that may be below 0."""
    counted = draws[~np.isnan(draws)]
    half = _Z_95 * float(counted.std()) if counted.size else 0.0
    return value - half, value + half
