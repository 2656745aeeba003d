"""Object detection for the training loop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.evaluate.detection import MOST_DETECTIONS, THRESHOLD
from mobilenetv2.metrics.coco_ap import coco_ap
from mobilenetv2.network.spec import SSD, SSDLite
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.tasks.detect import detect_arrays
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.options import DEFAULTS, DETECTION_THRESHOLD
from mobilenetv2.train import decoded, fitted
from mobilenetv2.train.batches import check_some, prepared_batches, training_batches
from mobilenetv2.train.detect.batches import (
    BoxBatch,
    Matcher,
    PreparedBoxes,
    TrainingBoxes,
    collate_boxes,
)
from mobilenetv2.train.detect.distill import Wanted, averaged, teacher_terms
from mobilenetv2.train.detect.loss import box_loss, focal_loss, multibox_loss
from mobilenetv2.train.detect.maps import flatten_maps
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.order import WHOLE, Order, Share
from mobilenetv2.train.processes import Total, alone
from mobilenetv2.train.subject import Judged
from mobilenetv2.train.task import Lesson
from mobilenetv2.weights.checkpoint import Checkpoint

Looked = tuple[list[BoxedPicture], list[Detected], float]
"""Pictures of a batch with what they show, what was found in each, and the loss."""


@dataclass(frozen=True)
class DetectionTask:
    """Pictures with boxes. A `Task`."""

    lesson: Lesson[DetectionRecipe]
    head: SSD | SSDLite
    training: BoxedPictures
    validation: BoxedPictures
    best_metric = "ap"

    @cached_property
    def matcher(self) -> Matcher:
        """How pictures reach the network and boxes its anchors."""
        subject = self.lesson.subject
        return Matcher(
            subject.preprocessing,
            self.head,
            anchor_boxes(subject.spec),
            self.lesson.recipe.positive_iou,
        )

    @property
    def order(self) -> Order:
        """In which the training pictures come."""
        return self.lesson.order(len(self.training.pictures))

    @property
    def learnt_from(self) -> str:
        """The training data's name."""
        return self.training.name

    @property
    def judged(self) -> Judged:
        """The validation pictures."""
        return Judged(self.validation.name, self.validation.split, ("ap", "ap50", "ap75"))

    @property
    def identity(self) -> Mapping[str, str]:
        """Which pictures are learnt from, on which it is judged, and with which anchors."""
        return {
            "head": repr(self.head),
            "training pictures": self.training.fingerprint,
            "validation pictures": self.validation.fingerprint,
        }

    def batches(self, first_step: int, share: Share = WHOLE) -> Iterator[BoxBatch]:
        """Augmented pictures."""
        shelf = self.lesson.shelf(self.training, len(self.training.pictures), decoded.DEPTHS)
        pictures = TrainingBoxes(self.training, self.matcher, self.lesson.recipe, shelf)
        workers = self.lesson.workers
        return training_batches(pictures, self.order, first_step, workers, collate_boxes, share)

    def loss(self, module: GraphModule, batch: BoxBatch, _step: int) -> Mapping[str, Tensor]:
        """The class term and the box term, of the boxes and of the teachers."""
        offsets, logits = self._run(module, batch)
        recipe = self.lesson.recipe
        answers = self.lesson.taught(self.lesson.images(batch))
        total = self.lesson.processes.total
        taught = teacher_terms(
            offsets, logits, answers, recipe.teacher_temperature, self.head.scores, total
        )
        if self.training.boxes == 0:
            return taught
        return self.lesson.weighed(self._terms(offsets, logits, batch, total), taught)

    @torch.no_grad()
    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """COCO's figures in 0..1, the `loss`, and how many `pictures` there were.

        Without boxes to judge by the teachers' are: what `predict` would show of their answers.
        """
        module.eval()
        processes = self.lesson.processes
        every = processes.gathered(
            [self._look(module, batch) for batch in self.prepared(processes.share)]
        )
        return processes.from_first(lambda: self._figures(every))

    def _look(self, module: GraphModule, batch: BoxBatch) -> Looked:
        offsets, logits = self._run(module, batch)
        pictures = [self.validation.pictures[index] for index in batch.indices]
        if self.validation.boxes:
            terms: Mapping[str, Tensor] = self._terms(offsets, logits, batch)
        else:
            answers = self.lesson.taught(self.lesson.images(batch))
            terms = teacher_terms(offsets, logits, answers, 1.0, self.head.scores)
            pictures = self._by_teachers(pictures, averaged(answers))
        found = [
            self._detect(boxes, classes, picture.size, THRESHOLD)
            for picture, boxes, classes in zip(pictures, offsets, logits, strict=True)
        ]
        return pictures, found, float(sum(terms.values()))

    def _figures(self, looked: Sequence[Looked]) -> Mapping[str, float]:
        check_some(looked, self.validation.name, self.lesson.unreadable)
        truth = [picture for pictures, _, _ in looked for picture in pictures]
        found = [one for _, each, _ in looked for one in each]
        losses = [loss for _, _, loss in looked]
        figures = coco_ap(truth, found, len(self.validation.labels))
        judged = {name: getattr(figures, name) or 0.0 for name in self.judged.metrics}
        return {"loss": float(np.mean(losses)), **judged, "pictures": len(truth)}

    def remeasured(self, module: GraphModule, _say: Callable[[str], None]) -> GraphModule:
        """As it is."""
        return module

    def finish(self, checkpoint: Checkpoint, _metrics: Mapping[str, float]) -> Checkpoint:
        """As it is."""
        return checkpoint

    def prepared(self, share: Share = WHOLE) -> Iterator[BoxBatch]:
        """Validation pictures as `predict` sees them, once each, in order; or a share of them."""
        data, lesson = self.validation, self.lesson
        shelf = lesson.shelf(data, len(data.pictures), fitted.DEPTHS)
        batches = prepared_batches(
            PreparedBoxes(data, self.matcher, shelf), len(data.pictures),
            lesson.recipe.batch_size, lesson.workers, collate_boxes, data.name, share,
        )  # fmt: skip
        return lesson.readable(batches)

    def _run(self, module: GraphModule, batch: BoxBatch) -> tuple[Tensor, Tensor]:
        """Offsets float32 [N, anchors, 4] and logits float32 [N, anchors, 1 + K]."""
        return flatten_maps(module(self.lesson.images(batch)), self.head)

    def _by_teachers(self, pictures: Sequence[BoxedPicture], wanted: Wanted) -> list[BoxedPicture]:
        logits, answered = wanted.logits(self.head.scores), []
        for picture, boxes, classes in zip(pictures, wanted.offsets, logits, strict=True):
            seen = self._detect(boxes, classes, picture.size, DETECTION_THRESHOLD)
            sides = seen.boxes[:, 2:] - seen.boxes[:, :2]
            answered.append(
                replace(
                    picture, boxes=seen.boxes, classes=seen.classes.astype(np.int64),
                    ignored=np.zeros(len(seen), np.bool_), areas=sides.prod(1).astype(np.float64),
                )
            )  # fmt: skip
        return answered

    def _terms(
        self, offsets: Tensor, logits: Tensor, batch: BoxBatch, total: Total = alone
    ) -> dict[str, Tensor]:
        # Of a batch without pictures the shape says nothing.
        classes = batch.classes.to(logits.device).view(logits.shape[:2])
        targets = batch.offsets.to(logits.device).view(offsets.shape)
        recipe = self.lesson.recipe
        if recipe.loss == "focal":
            gamma, alpha = recipe.focal_gamma, recipe.focal_alpha
            judged = focal_loss(logits, classes, gamma, alpha, total)
        else:
            judged = multibox_loss(logits, classes, recipe.negatives, total)
        boxes = recipe.box_weight * box_loss(offsets, targets, classes, total)
        return {"class_loss": judged, "box_loss": boxes}

    def _detect(
        self, offsets: Tensor, logits: Tensor, size: tuple[int, int], threshold: float
    ) -> Detected:
        return detect_arrays(
            offsets.cpu().numpy(), logits.cpu().numpy(), self.matcher.anchors, self.head,
            size=size, preprocessing=self.lesson.subject.preprocessing,
            threshold=threshold, max_detections=MOST_DETECTIONS, nms=DEFAULTS.nms,
        )  # fmt: skip
