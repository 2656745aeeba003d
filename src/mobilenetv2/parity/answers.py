"""Whether two ways to run a network say the same of a picture: labels, boxes, classes of pixels."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import OptionError
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, SSDLite
from mobilenetv2.tasks.boxes import pairwise_iou
from mobilenetv2.tasks.detect import name_detections
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.framing import seen_region
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.read_outputs import Look, OutputReader
from mobilenetv2.tasks.results import Detections, Prediction, Result, Segmentation
from mobilenetv2.tasks.task_of import NO_ANSWERS
from mobilenetv2.weights.checkpoint import Array, Checkpoint

NEAR = 0.02
"""Of a score. Answers that lie closer than this to being others are not counted against a file."""
SAME_BOX = 0.9
"""The overlap of two boxes that are one."""

AnswerKind = Literal["labels", "boxes", "pixels"]


@dataclass(frozen=True, slots=True)
class Answers:
    """How many of the answers were the same."""

    kind: AnswerKind
    same: int
    count: int

    @property
    def share(self) -> float:
        """0..1; nothing found on either side is the same answer."""
        return self.same / self.count if self.count else 1.0


def decide(
    checkpoint: Checkpoint, maps: Mapping[str, Array], size: tuple[int, int], options: Options
) -> Result:
    """What a model says whose network gave these outputs.

    Args:
        checkpoint: labels, anchors and preprocessing.
        maps: the outputs for one picture, float32 [1, height, width, channels] each.
        size: (height, width) of the picture.
        options: threshold, overlap and number of boxes.
    """
    reader = OutputReader(checkpoint.spec, checkpoint.labels, checkpoint.preprocessing)
    every = replace(options, top=len(checkpoint.labels))
    return reader.read([Look(maps, checkpoint.spec.size)], size, every)


def decided(
    checkpoint: Checkpoint, outputs: Mapping[str, npt.NDArray[np.float32]], size: tuple[int, int]
) -> Detections:
    """The boxes of a file that ends in TFLite_Detection_PostProcess.

    Args:
        checkpoint: labels and preprocessing.
        outputs: the four of the file: boxes (top, left, bottom, right) in shares of the input,
            classes, scores, and how many there are.
        size: (height, width) of the picture.
    """
    shares, classes, scores, count = outputs.values()
    left, top, right, bottom = seen_region(size, checkpoint.preprocessing)
    kept = slice(0, int(count.reshape(-1)[0]))
    corners = shares[0, kept][:, [1, 0, 3, 2]]
    stretch, shift, edges = (
        np.array(pair * 2, np.float32)
        for pair in ((right - left, bottom - top), (left, top), (size[1], size[0]))
    )
    boxes = np.clip(corners * stretch + shift, 0, edges)
    # The operator keeps what lies outside the picture altogether.
    seen = np.all(boxes[:, :2] < boxes[:, 2:], axis=1)
    found = Detected(boxes[seen], scores[0, kept][seen], classes[0, kept].astype(np.int64)[seen])
    return Detections(name_detections(found, checkpoint.labels), size=size)


class AnswerComparison:
    """Picture by picture; `options` are those of the answers."""

    def __init__(self, kind: AnswerKind, options: Options) -> None:
        self._kind: AnswerKind = kind
        self._options = options
        self._same = 0
        self._count = 0

    def add(self, ours: Result, theirs: Result) -> None:
        """The answers to one picture."""
        match ours, theirs:
            case Prediction(multi_label=True), Prediction():
                self._add_labels(ours, theirs)
            case Prediction(), Prediction():
                scores = {item.label: item.score for item in ours.predictions}
                near = scores.get(theirs.label, -1.0) > ours.score - NEAR
                self._same += int(theirs.label == ours.label or near)
                self._count += 1
            case Detections(), Detections():
                self._add_boxes(ours, theirs)
            case Segmentation(), Segmentation():
                labels = (np.array((*item.labels, "")) for item in (ours, theirs))
                ids = (np.minimum(item.mask, len(item.labels)) for item in (ours, theirs))
                named = [names[mask] for names, mask in zip(labels, ids, strict=True)]
                self._same += int((named[0] == named[1]).sum())
                self._count += named[0].size
            case _:
                self._count += 1

    def result(self) -> Answers:
        """What was found."""
        return Answers(self._kind, self._same, self._count)

    def _add_labels(self, ours: Prediction, theirs: Prediction) -> None:
        """A picture's labels are the same where those of one side alone nearly were not said."""
        lowest = self._options.least_score("classification", multi_label=True) + NEAR
        alone = set(ours.labels) ^ set(theirs.labels)
        said = (*ours.predictions, *theirs.predictions)
        far = any(item.label in alone and item.score > lowest for item in said)
        self._same += int(theirs.multi_label and not far)
        self._count += 1

    def _add_boxes(self, ours: Detections, theirs: Detections) -> None:
        """Every box on either side wants its like on the other, unless it is nearly left out."""
        lowest = max(self._lowest(ours), self._lowest(theirs)) + NEAR
        alike = _alike(ours, theirs)
        found, matched = alike.any(axis=1), alike.any(axis=0)
        self._same += int(found.sum())
        self._count += int(found.sum())
        for side, has_like in ((ours, found), (theirs, matched)):
            self._count += int((~has_like & (side.to_arrays().scores > lowest)).sum())

    def _lowest(self, found: Detections) -> float:
        """The score below which boxes are left out."""
        if len(found) == self._options.max_detections:
            return found.predictions[-1].score
        return self._options.least_score("detection")


def _alike(ours: Detections, theirs: Detections) -> npt.NDArray[np.bool_]:
    """[ours, theirs]: which boxes are one, by place, label and score."""
    mine, other = ours.to_arrays(), theirs.to_arrays()
    labels = [
        [item.label == like.label for like in theirs.predictions] for item in ours.predictions
    ]
    same_label = np.array(labels, np.bool_).reshape(len(ours), len(theirs))
    near = np.abs(mine.scores[:, None] - other.scores[None]) < NEAR
    result: npt.NDArray[np.bool_] = (
        same_label & near & (pairwise_iou(mine.boxes, other.boxes) > SAME_BOX)
    )
    return result


def kind_of(checkpoint: Checkpoint) -> AnswerKind:
    """What a checkpoint's answers consist of.

    Raises:
        OptionError: a feature extractor, which has none.
    """
    match checkpoint.spec.head:
        case Classifier():
            return "labels"
        case SSD() | SSDLite():
            return "boxes"
        case DeepLab():
            return "pixels"
        case Embedding():
            raise OptionError(NO_ANSWERS)
        case head:
            assert_never(head)
