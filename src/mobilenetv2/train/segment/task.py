"""Semantic segmentation for the training loop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.metrics.mean_iou import Ints, MaskAgreement, confusion_matrix
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.segment import segment_arrays
from mobilenetv2.train.classify.batches import Order
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.module import GraphModule, weights_of
from mobilenetv2.train.segment.batches import (
    MaskBatch,
    TrainingMasks,
    prepared_mask_batches,
    training_mask_batches,
)
from mobilenetv2.train.segment.loss import pixel_loss
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance, Weights
from mobilenetv2.weights.fold import fold_checkpoint

METRICS = ("mean_iou", "pixel_accuracy")
"""What a checkpoint keeps of an evaluation."""


@dataclass(frozen=True, slots=True)
class SegmenterSubject:
    """The model being trained: a checkpoint without weights."""

    spec: Spec
    """Of the finished network: size, output stride and rates may differ from the training's."""
    training_spec: Spec
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    provenance: Provenance
    license: str


@dataclass(frozen=True, slots=True)
class SegmentationTask:
    """Pictures with a class for every pixel. A `Task`."""

    subject: SegmenterSubject
    recipe: SegmentationRecipe
    compute: Compute
    training: MaskedPictures
    validation: MaskedPictures
    meaning: MaskMeaning
    weights: tuple[float, ...] | None
    """Of the classes in the loss, or None for all alike."""
    fresh: frozenset[str]
    """Parameters that begin without first weights."""
    workers: int
    unreadable: set[str] = field(default_factory=set)
    """Messages about pictures that were left out so far."""

    best_metric = "mean_iou"

    @property
    def order(self) -> Order:
        """In which the training pictures come."""
        return Order(len(self.training.pictures), self.recipe.batch_size, self.recipe.seed)

    @property
    def steps_per_epoch(self) -> int:
        """Full batches in the training pictures."""
        return self.order.steps_per_epoch

    def is_new(self, parameter: str) -> bool:
        """The logits and the head, as far as the first weights had others or none."""
        return parameter in self.fresh

    def batches(self, first_step: int) -> Iterator[MaskBatch]:
        """Augmented pictures."""
        pictures = TrainingMasks(
            self.training, self.meaning, self.recipe,
            size=self.subject.training_spec.size, deploy_size=self.subject.spec.size,
        )  # fmt: skip
        return training_mask_batches(pictures, self.order, first_step, self.workers)

    def loss(self, module: GraphModule, batch: MaskBatch, _step: int) -> Mapping[str, Tensor]:
        """Cross entropy of every pixel that has an answer."""
        self.unreadable.update(batch.unreadable)
        if not batch.masks:
            return {}
        logits = module(self.compute.normalize(batch.images, self.subject.preprocessing))["logits"]
        masks = torch.stack(batch.masks).to(logits.device)
        weights = None if self.weights is None else torch.tensor(self.weights).to(logits)
        return {"loss": pixel_loss(logits, masks, weights, self.recipe.label_smoothing)}

    @torch.no_grad()
    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """mean_iou (over the classes that occur) and pixel_accuracy in 0..1, and `pictures`.

        Every pixel of the original pictures is judged, by what `predict` would say of it.
        """
        deployed = GraphModule(build(self.subject.spec), weights_of(module))
        deployed.to(self.compute.device).eval()
        classes = len(self.subject.labels)
        confusions: list[Ints] = []
        for batch in self.prepared():
            if not batch.masks:
                continue
            outputs = deployed(self.compute.normalize(batch.images, self.subject.preprocessing))
            logits = outputs["logits"].permute(0, 2, 3, 1).cpu().numpy()
            for one, mask in zip(logits, batch.masks, strict=True):
                predicted = segment_arrays(
                    one, size=(mask.shape[0], mask.shape[1]),
                    preprocessing=self.subject.preprocessing,
                )  # fmt: skip
                confusions.append(confusion_matrix(mask.numpy(), predicted, classes))
        agreement = MaskAgreement(np.sum(confusions, axis=0))
        return {
            "mean_iou": agreement.mean_iou or 0.0,
            "pixel_accuracy": agreement.pixel_accuracy or 0.0,
            "pictures": len(confusions),
        }

    def prepared(self) -> Iterator[MaskBatch]:
        """Validation pictures as `predict` sees them, once each, in order."""
        for batch in prepared_mask_batches(
            self.validation, self.meaning, self.subject.preprocessing,
            self.recipe.batch_size, self.workers,
        ):  # fmt: skip
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
