"""How alike two networks' answers are, and what the difference may cost, without right answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np

from mobilenetv2.metrics.bootstrap import Interval, mean_difference_interval
from mobilenetv2.metrics.coco_boxes import ltrb_to_xywh, overlaps
from mobilenetv2.model import Model
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, SSDLite
from mobilenetv2.tasks.classify import logistic, softmax
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.options import DETECTION_THRESHOLD, LABEL_THRESHOLD
from mobilenetv2.tasks.pixels import Pixels, Prepared
from mobilenetv2.tasks.results import Detections, Segmentation
from mobilenetv2.weights.checkpoint import Array, Checkpoint

Outputs = Mapping[str, Array]
MATCHED = 0.5
"""The intersection over union from which on two boxes of a class are the same."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of one picture's two answers; of several they add up."""

    same: float
    """Answers that agree: the first class, labels and boxes of both sides that match, pixels;
    of features the cosine."""
    of: float
    lost: float
    """What the float network expects to lose, by its own probabilities: where it believes its
    answer with 0.4 and the other with 0.38, 0.02; of boxes, see `of_boxes`."""
    expected: float
    """What it expects to have right."""


class Comparison:
    """Compares outputs of a network's two versions on one picture after another."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Takes head, labels and preprocessing from a checkpoint of either."""
        self._head = checkpoint.spec.head
        self._replay = _Replay()
        self._model = Model(checkpoint, run=self._replay)

    def compare(self, prepared: Prepared, real: Outputs, other: Outputs) -> Likeness:
        """The likeness of two answers to a picture."""
        match self._head:
            case Classifier(scores="sigmoid"):
                return of_labels(real["logits"].reshape(-1), other["logits"].reshape(-1))
            case Classifier():
                return _of_classes(real["logits"], other["logits"])
            case Embedding():
                return of_features(real["pool"].reshape(-1), other["pool"].reshape(-1))
            case DeepLab():
                return self._of_masks(prepared, real, other)
            case SSD() | SSDLite():
                return of_boxes(self._boxes(prepared, real), self._boxes(prepared, other))
            case _:
                assert_never(self._head)

    def _of_masks(self, prepared: Prepared, real: Outputs, other: Outputs) -> Likeness:
        masks = []
        for outputs in (real, other):
            self._replay.outputs = outputs
            result = self._model.answer(prepared)
            if isinstance(result, Segmentation):
                masks.append(result.mask)
        same = float((masks[0] == masks[1]).mean())
        cells = _of_classes(real["logits"], other["logits"])
        return Likeness(same, 1.0, cells.lost / cells.of, cells.expected / cells.of)

    def _boxes(self, prepared: Prepared, outputs: Outputs) -> Detected:
        self._replay.outputs = outputs
        result = self._model.answer(prepared)
        if not isinstance(result, Detections):
            raise TypeError(f"a detector finds boxes, got {type(result).__name__}")
        return result.to_arrays()


def agreement(found: Sequence[Likeness]) -> float:
    """The share of answers that agree, 0..1; 1 where there was nothing to say."""
    total = sum(one.of for one in found)
    return sum(one.same for one in found) / total if total else 1.0


def expected_loss(found: Sequence[Likeness]) -> tuple[float, Interval]:
    """(the share of what is right that is expected to be lost, its 95 % interval), 0..1."""
    expected = float(np.mean([one.expected for one in found])) or 1.0
    lost = np.array([one.lost for one in found]) / expected
    return float(lost.mean()), mean_difference_interval(lost)


class _Replay:
    """Gives a model outputs that were computed before."""

    outputs: Outputs

    def __call__(self, pixels: Pixels) -> Outputs:  # noqa: ARG002 - whatever the picture
        return self.outputs


def _of_classes(real: Array, other: Array) -> Likeness:
    scores = softmax(real.reshape(-1, real.shape[-1]).astype(np.float32))
    ours, theirs = scores.argmax(1), other.reshape(-1, real.shape[-1]).argmax(1)
    every = np.arange(len(scores))
    best = scores[every, ours].astype(np.float64)
    return Likeness(
        float((ours == theirs).sum()),
        len(scores),
        float((best - scores[every, theirs]).sum()),
        float(best.sum()),
    )


def of_features(real: Array, other: Array) -> Likeness:
    """Of features, which are compared by their angle: its cosine, and lost is what it lacks of 1.

    Args:
        real: [channels] of the float network.
        other: the other one's.
    """
    ours, theirs = real.astype(np.float64), other.astype(np.float64)
    lengths = float(np.linalg.norm(ours) * np.linalg.norm(theirs))
    cosine = float(ours @ theirs) / lengths if lengths else float(not (ours.any() or theirs.any()))
    return Likeness(cosine, 1.0, 1 - cosine, 1.0)


def of_labels(real: Array, other: Array) -> Likeness:
    """Of labels each scored by itself: those that are said on both sides.

    Lost is how far the float network is from agreeing, where one side alone says a label: by its
    own probability it expects to be right by twice what that lies off a half.

    Args:
        real: logits [classes] of the float network.
        other: the other one's.
    """
    scores = logistic(real.astype(np.float64))
    ours, theirs = scores >= LABEL_THRESHOLD, logistic(other) >= LABEL_THRESHOLD
    same = 2.0 * float((ours & theirs).sum())
    lost = 2 * np.abs(scores - LABEL_THRESHOLD)[ours ^ theirs]
    return Likeness(same, float(ours.sum() + theirs.sum()), float(lost.sum()), float(scores.sum()))


def of_boxes(real: Detected, other: Detected) -> Likeness:
    """Matched greedily, the best scores first.

    Lost is what boxes without a counterpart score above the threshold, on either side: one that
    had just passed it costs nothing. Matched boxes cost nothing either, as scores go up and down
    alike and precision knows only their order.
    """
    lost, matched = 0.0, 0
    free, crowd = np.ones(len(other), np.bool_), np.zeros(len(other), np.bool_)
    shared = overlaps(ltrb_to_xywh(real.boxes), ltrb_to_xywh(other.boxes), crowd)
    for index in np.argsort(-real.scores, kind="stable"):
        fits = free & (other.classes == real.classes[index])
        found = shared[index]
        best = int(np.argmax(np.where(fits, found, -1.0))) if len(other) else 0
        if len(other) and fits[best] and found[best] >= MATCHED:
            free[best] = False
            matched += 1
        else:
            lost += float(real.scores[index]) - DETECTION_THRESHOLD
    lost += float((other.scores[free] - DETECTION_THRESHOLD).sum())
    return Likeness(2 * matched, len(real) + len(other), lost, float(real.scores.sum()))
