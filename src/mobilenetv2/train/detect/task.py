"""Object detection for the training loop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.evaluate.detection import MOST_DETECTIONS, THRESHOLD
from mobilenetv2.metrics.coco_ap import coco_ap
from mobilenetv2.network.spec import SSD, Spec, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.tasks.detect import detect_arrays
from mobilenetv2.tasks.detected import Detected
from mobilenetv2.tasks.options import DEFAULTS
from mobilenetv2.train.classify.batches import Order
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.detect.batches import (
    BoxBatch,
    Matcher,
    prepared_box_batches,
    training_box_batches,
)
from mobilenetv2.train.detect.loss import box_loss, focal_loss, multibox_loss
from mobilenetv2.train.detect.recipe import DetectionRecipe
from mobilenetv2.train.module import GraphModule
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance, Weights
from mobilenetv2.weights.fold import fold_checkpoint

METRICS = ("ap", "ap50", "ap75")
"""What a checkpoint keeps of an evaluation."""


@dataclass(frozen=True, slots=True)
class DetectorSubject:
    """The model being trained: a checkpoint without weights."""

    spec: Spec
    head: SSD | SSDLite
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    provenance: Provenance
    license: str


@dataclass(frozen=True)
class DetectionTask:
    """Pictures with boxes. A `Task`."""

    subject: DetectorSubject
    recipe: DetectionRecipe
    compute: Compute
    training: BoxedPictures
    validation: BoxedPictures
    fresh: frozenset[str]
    """Parameters that begin without first weights."""
    workers: int
    unreadable: set[str] = field(default_factory=set)
    """Messages about pictures that were left out so far."""

    best_metric = "ap"

    @cached_property
    def matcher(self) -> Matcher:
        """How pictures reach the network and boxes its anchors."""
        return Matcher(
            self.subject.preprocessing,
            self.subject.head,
            anchor_boxes(self.subject.spec),
            self.recipe.positive_iou,
        )

    @property
    def steps_per_epoch(self) -> int:
        """Full batches in the training pictures."""
        pictures = len(self.training.pictures)
        return Order(pictures, self.recipe.batch_size, self.recipe.seed).steps_per_epoch

    def is_new(self, parameter: str) -> bool:
        """The extra layers and predictors, unless the first weights had them."""
        return parameter in self.fresh

    def batches(self, first_step: int) -> Iterator[BoxBatch]:
        """Augmented pictures."""
        return training_box_batches(
            self.training, self.matcher, self.recipe, first_step, self.workers
        )

    def loss(self, module: GraphModule, batch: BoxBatch, _step: int) -> Mapping[str, Tensor]:
        """The class term and the box term."""
        self.unreadable.update(batch.unreadable)
        if not batch.indices:
            return {}
        offsets, logits = self._run(module, batch)
        return self._terms(offsets, logits, batch)

    @torch.no_grad()
    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """COCO's figures in 0..1, the `loss`, and how many `pictures` there were."""
        module.eval()
        found: list[Detected] = []
        truth: list[BoxedPicture] = []
        losses: list[float] = []
        for batch in self.prepared():
            if not batch.indices:
                continue
            offsets, logits = self._run(module, batch)
            losses.append(float(sum(self._terms(offsets, logits, batch).values())))
            for index, boxes, classes in zip(batch.indices, offsets, logits, strict=True):
                truth.append(self.validation.pictures[index])
                found.append(self._detect(boxes, classes, truth[-1].size))
        figures = coco_ap(truth, found, len(self.subject.labels))
        judged = {name: getattr(figures, name) or 0.0 for name in METRICS}
        return {"loss": float(np.mean(losses)), **judged, "pictures": len(truth)}

    def prepared(self) -> Iterator[BoxBatch]:
        """Validation pictures as `predict` sees them, once each, in order."""
        size = self.recipe.batch_size
        for batch in prepared_box_batches(self.validation, self.matcher, size, self.workers):
            self.unreadable.update(batch.unreadable)
            yield batch

    def checkpoint(self, weights: Weights, metrics: Mapping[str, float]) -> Checkpoint:
        """Folded, with the metrics and what they were measured on."""
        subject, data = self.subject, self.validation
        measured = tuple(
            Metric(name, value, data.name, data.split, int(metrics["pictures"]))
            for name, value in metrics.items()
            if name in METRICS
        )
        return fold_checkpoint(
            Checkpoint(
                spec=subject.spec,
                weights=weights,
                preprocessing=subject.preprocessing,
                labels=subject.labels,
                provenance=subject.provenance,
                license=subject.license,
                metrics=measured,
            )
        )

    def _run(self, module: GraphModule, batch: BoxBatch) -> tuple[Tensor, Tensor]:
        """Offsets float32 [N, anchors, 4] and logits float32 [N, anchors, 1 + K]."""
        outputs = module(self.compute.normalize(batch.images, self.subject.preprocessing))
        return flatten_maps(outputs, self.subject.head)

    def _terms(self, offsets: Tensor, logits: Tensor, batch: BoxBatch) -> dict[str, Tensor]:
        classes = batch.classes.to(logits.device)
        targets = batch.offsets.to(logits.device)
        recipe = self.recipe
        if recipe.loss == "focal":
            judged = focal_loss(logits, classes, recipe.focal_gamma, recipe.focal_alpha)
        else:
            judged = multibox_loss(logits, classes, recipe.negatives)
        boxes = recipe.box_weight * box_loss(offsets, targets, classes)
        return {"class_loss": judged, "box_loss": boxes}

    def _detect(self, offsets: Tensor, logits: Tensor, size: tuple[int, int]) -> Detected:
        return detect_arrays(
            offsets.cpu().numpy(), logits.cpu().numpy(), self.matcher.anchors, self.subject.head,
            size=size, preprocessing=self.subject.preprocessing,
            threshold=THRESHOLD, max_detections=MOST_DETECTIONS, nms=DEFAULTS.nms,
        )  # fmt: skip


def flatten_maps(outputs: Mapping[str, Tensor], head: SSD | SSDLite) -> tuple[Tensor, Tensor]:
    """`tasks.boxes.flatten_outputs` for torch maps, [N, channels, rows, columns], with gradients.

    Returns:
        Offsets [N, anchors, 4] and logits [N, anchors, 1 + K], anchors in the same order.
    """
    maps = range(len(head.anchors.shapes))

    def joined(kind: str, numbers: int) -> Tensor:
        parts = [outputs[f"{kind}{index}"].permute(0, 2, 3, 1) for index in maps]
        return torch.cat([part.reshape(len(part), -1, numbers) for part in parts], 1)

    return joined("box", 4), joined("class", head.classes + 1)
