"""Class logits to named, scored results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import exp, fsum, isfinite
from typing import TYPE_CHECKING

from mobilenetv2.tasks.finite import not_finite

# A compiled classifier names its answers without numpy.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mobilenetv2.tasks.chosen_labels import Classes


UNKNOWN = "unknown"
"""What a classifier says that has no answer to give."""


@dataclass(frozen=True, slots=True)
class Classification:
    """One answer: a label, its index among the model's labels, and its probability in 0..1."""

    label: str
    index: int
    score: float

    def to_json(self) -> dict[str, str | int | float]:
        """The same as plain values; the score with six digits."""
        return {"label": self.label, "index": self.index, "score": round(self.score, 6)}


def softmax(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Probabilities along the last axis; logits of any magnitude are safe."""
    import numpy as np

    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: npt.NDArray[np.float32] = shifted / shifted.sum(axis=-1, keepdims=True)
    return result


def classify(
    logits: Sequence[float],
    labels: Sequence[str],
    top: int,
    *,
    threshold: float = 0.0,
    among: Classes = None,
) -> tuple[Classification, ...]:
    """The `top` most probable classes of one picture, best first; ties go to the lower index.

    Args:
        logits: one a class.
        labels: one a class.
        top: how many to return; all, if there are fewer.
        threshold: what is less probable is left out.
        among: the classes wanted, whose probabilities stay as they are; None: all.

    Raises:
        CheckpointError: logits that are no probabilities: NaN or infinity.
    """
    largest = max(logits)
    shares = list(map(exp, [logit - largest for logit in logits]))
    whole = fsum(shares)
    # NaN if any logit is NaN or the largest is infinite.
    if not isfinite(whole):
        raise not_finite("logits")
    classes = range(len(shares)) if among is None else sorted(among)
    # Sorting all of a thousand would take longer than all else here.
    order = nlargest(top, classes, key=shares.__getitem__)
    answers = (Classification(labels[i], i, shares[i] / whole) for i in order)
    return tuple(answer for answer in answers if answer.score >= threshold)


def classify_array(
    logits: npt.NDArray[np.float32],
    labels: Sequence[str],
    top: int,
    *,
    threshold: float = 0.0,
    among: Classes = None,
) -> tuple[Classification, ...]:
    """`classify`, in a sixth of its time where numpy is there: 0.02 ms of a thousand classes.

    Args:
        logits: float32 [classes].
        labels: one a class.
        top: how many to return.
        threshold: what is less probable is left out.
        among: the classes wanted.

    Raises:
        CheckpointError: as `classify`.
    """
    import numpy as np

    with np.errstate(invalid="ignore"):
        shares = np.exp(logits.astype(np.float64) - logits.max())
        whole = float(shares.sum())
    if not isfinite(whole):
        raise not_finite("logits")
    classes = np.arange(len(shares)) if among is None else np.array(sorted(among))
    wanted = shares[classes]
    if top < len(wanted):
        # All that are as probable as the last of them, so that ties go to the lower index.
        least = np.partition(wanted, -top)[-top]
        classes, wanted = classes[wanted >= least], wanted[wanted >= least]
    order = np.argsort(-wanted, kind="stable")[:top]
    best = zip(classes[order].tolist(), wanted[order].tolist(), strict=True)
    answers = (Classification(labels[index], index, share / whole) for index, share in best)
    return tuple(answer for answer in answers if answer.score >= threshold)


def averaged(views: Sequence[npt.NDArray[np.float32]]) -> npt.NDArray[np.float32]:
    """Logits [classes] whose probabilities are the mean of those of several views' logits."""
    import numpy as np

    if len(views) == 1:
        return views[0]
    mean = np.mean([softmax(view.astype(np.float64)) for view in views], axis=0)
    # A class that no view gives anything is not asked for its logarithm.
    result: npt.NDArray[np.float32] = np.log(np.maximum(mean, 1e-300)).astype(np.float32)
    return result
