"""How well labels are found that are each scored by itself: average precision, F1, intervals."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.metrics.bootstrap import Interval, drawn, interval_around, interval_of_difference
from mobilenetv2.metrics.class_figures import ClassFigures

Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Ranked:
    """One label's pictures, the highest score first."""

    order: npt.NDArray[np.int64]
    has: Bools
    """Whether each has the label."""
    last: Bools
    """Whether it is the last of those with its score: these are found together or not at all."""


def average_precisions(scores: npt.ArrayLike, has: npt.ArrayLike) -> tuple[float | None, ...]:
    """Of each label the mean of the precisions at which its pictures are found, 0..1.

    The area below the precision as steps over the recall, nothing interpolated; equal scores count
    at once, so their order decides nothing.

    Args:
        scores: [pictures, labels], of any scale.
        has: bool [pictures, labels]: which labels each picture has.

    Returns:
        None for a label that no picture has.
    """
    return tuple(_precision(one, np.ones(len(one.order))) for one in _ranked(scores, has))


def mean_average_precision(precisions: Sequence[float | None]) -> float | None:
    """The mean over the labels that some picture has; None where none has any."""
    present = [value for value in precisions if value is not None]
    return float(np.mean(present)) if present else None


def map_interval(value: float, scores: npt.ArrayLike, has: npt.ArrayLike) -> Interval:
    """The 95 % interval of the mean average precision, by drawing pictures anew."""
    return interval_around(value, _map_draws(scores, has))


def map_difference_interval(
    value: float, first: npt.ArrayLike, second: npt.ArrayLike, has: npt.ArrayLike
) -> Interval:
    """The same of one model's less another's on the same pictures."""
    return interval_of_difference(value, _map_draws(first, has) - _map_draws(second, has))


def label_figures(said: npt.ArrayLike, has: npt.ArrayLike) -> tuple[ClassFigures, ...]:
    """Of each label how many pictures have it, were said to have it, and both.

    Args:
        said: bool [pictures, labels].
        has: the same of what is so.
    """
    ours, true = np.asarray(said, np.bool_), np.asarray(has, np.bool_)
    counts = np.stack([true.sum(0), ours.sum(0), (ours & true).sum(0)])
    return tuple(ClassFigures(*column) for column in counts.T.tolist())


def together(figures: Sequence[ClassFigures]) -> ClassFigures:
    """All labels as one: precision, recall and F1 over every label of every picture."""
    counts = ((one.count, one.answered, one.right) for one in figures)
    return ClassFigures(*(sum(column) for column in zip(*counts, strict=True)))


def f1_interval(value: float, said: npt.ArrayLike, has: npt.ArrayLike) -> Interval:
    """The 95 % interval of the F1 over all labels together, by drawing pictures anew."""
    ours, true = np.asarray(said, np.bool_), np.asarray(has, np.bool_)
    draws = drawn(len(true))
    both = draws @ (ours.sum(1) + true.sum(1)).astype(np.float64)
    right = draws @ (ours & true).sum(1).astype(np.float64)
    figures: Doubles = np.full(len(draws), np.nan)
    np.divide(2 * right, both, out=figures, where=both > 0)
    return interval_around(value, figures)


def _ranked(scores: npt.ArrayLike, has: npt.ArrayLike) -> list[_Ranked]:
    values, true = np.asarray(scores), np.asarray(has, np.bool_)
    found = []
    for index in range(true.shape[1]):
        order = np.argsort(-values[:, index], kind="stable")
        sorted_scores = values[order, index]
        last = np.append(sorted_scores[1:] != sorted_scores[:-1], True)
        found.append(_Ranked(order, true[order, index], last))
    return found


def _precision(one: _Ranked, times: Doubles) -> float | None:
    """Average precision where each picture of the ranking counts so many times."""
    seen = np.cumsum(times)[one.last]
    hits = np.cumsum(times * one.has)[one.last]
    if not hits.size or not hits[-1]:
        return None
    # Before the first picture that counts nothing is found.
    precision = np.divide(hits, seen, out=np.zeros_like(hits), where=seen > 0)
    return float((np.diff(hits, prepend=0) * precision).sum() / hits[-1])


def _map_draws(scores: npt.ArrayLike, has: npt.ArrayLike) -> Doubles:
    """[resamples]: the figure on each draw, NaN where no picture has a label."""
    ranked = _ranked(scores, has)
    figures = [
        mean_average_precision([_precision(one, times[one.order]) for one in ranked])
        for times in drawn(len(np.asarray(has)))
    ]
    return np.array([np.nan if value is None else value for value in figures])
