"""What a network's outputs say of a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError, OptionError
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, Spec, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.chosen_labels import Classes, chosen_classes
from mobilenetv2.tasks.classify import averaged, classify_array
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.results import Detections, Prediction, Result, Segmentation
from mobilenetv2.tasks.task_of import NO_ANSWERS

Outputs = Mapping[str, npt.NDArray[np.float32]]
"""A network's own by name, [1, height, width, channels] each."""


@dataclass(frozen=True, slots=True)
class Look:
    """One way of looking at a picture, and what came of it."""

    outputs: Outputs = field(repr=False)
    size: tuple[int, int]
    """(height, width) of the input in pixels."""
    mirrored: bool = False


def require_ids(classes: int) -> None:
    """Refuse a segmenter of more classes than a mask has ids.

    Raises:
        CheckpointError: it has.
    """
    from mobilenetv2.tasks.segment import MAX_CLASSES

    if classes > MAX_CLASSES:
        raise CheckpointError(f"a segmenter has at most {MAX_CLASSES} classes, got {classes}")


class OutputReader:
    """From the outputs of one network to results.

    Args:
        spec: the network; its head decides the task.
        labels: one a class.
        preprocessing: what pictures go through.
    """

    def __init__(self, spec: Spec, labels: tuple[str, ...], preprocessing: Preprocessing) -> None:
        self._head = spec.head
        self._labels = labels
        self._preprocessing = preprocessing
        self._anchors = np.zeros((0, 4), np.float32)
        # Each task's room is imported where a model has its head: a start waits for one alone.
        if isinstance(spec.head, SSD | SSDLite):
            from mobilenetv2.tasks.boxes import anchor_boxes

            self._anchors = anchor_boxes(spec)

    def read(self, looks: Sequence[Look], size: tuple[int, int], options: Options) -> Result:
        """The result for a picture.

        Args:
            looks: one or more ways of looking at it, the plain one first.
            size: (height, width) of the picture in pixels.
            options: those of the head's task are looked at.

        Raises:
            ValueError: a label that is none.
            CheckpointError: outputs that are not finite.
            OptionError: a feature extractor, which has no answers.
        """
        among = chosen_classes(self._labels, options.labels)
        match self._head:
            case Classifier() as head:
                return self._classified(head.multi_label, looks, options, among)
            case SSD() | SSDLite() as head:
                return self._detected(head, looks, size, options, among)
            case DeepLab():
                return self._segmented(looks, size, among)
            case Embedding():
                raise OptionError(NO_ANSWERS)
            case _ as never:
                assert_never(never)

    def _classified(
        self, multi_label: bool, looks: Sequence[Look], options: Options, among: Classes
    ) -> Prediction:
        answers = classify_array(
            averaged([look.outputs["logits"].reshape(-1) for look in looks], multi_label),
            self._labels,
            options.most_answers(multi_label),
            threshold=options.least_score("classification", multi_label),
            among=among,
            multi_label=multi_label,
        )
        return Prediction(answers, multi_label=multi_label)

    def _detected(
        self,
        head: SSD | SSDLite,
        looks: Sequence[Look],
        size: tuple[int, int],
        options: Options,
        among: Classes,
    ) -> Detections:
        from mobilenetv2.tasks.boxes import flatten_outputs
        from mobilenetv2.tasks.detect import BoxView, detect_views, name_detections

        views = []
        for look in looks:
            offsets, logits = flatten_outputs(look.outputs, head)
            views.append(BoxView(offsets[0], logits[0], look.mirrored))
        found = detect_views(
            views,
            self._anchors,
            head,
            size=size,
            preprocessing=self._preprocessing,
            options=options,
            among=among,
        )
        return Detections(name_detections(found, self._labels), size=size)

    def _segmented(
        self, looks: Sequence[Look], size: tuple[int, int], among: Classes
    ) -> Segmentation:
        from mobilenetv2.tasks.segment import View, restrict, segment_views

        views = []
        for look in looks:
            logits = look.outputs["logits"][0]
            seen = replace(self._preprocessing, size=look.size)
            views.append(View(logits[:, ::-1] if look.mirrored else logits, seen))
        mask = segment_views(views, size=size, preprocessing=self._preprocessing)
        return Segmentation(restrict(mask, self._labels, among), self._labels)
