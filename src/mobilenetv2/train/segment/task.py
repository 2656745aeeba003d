"""Semantic segmentation for the training loop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.metrics.mean_iou import Ints, MaskAgreement, confusion_matrix
from mobilenetv2.tasks.segment import Mask, segment_arrays
from mobilenetv2.train.batches import check_some, prepared_batches, training_batches
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.order import WHOLE, Order, Share
from mobilenetv2.train.segment.batches import (
    MaskBatch,
    PreparedMasks,
    TrainingMasks,
    collate_masks,
)
from mobilenetv2.train.segment.distill import averaged, teacher_loss
from mobilenetv2.train.segment.kept_masks import DEPTHS, TO_JUDGE_BY
from mobilenetv2.train.segment.loss import pixel_loss
from mobilenetv2.train.segment.recipe import SegmentationRecipe
from mobilenetv2.train.subject import Judged
from mobilenetv2.train.task import Lesson
from mobilenetv2.train.unlabeled import by_teachers
from mobilenetv2.weights.checkpoint import Checkpoint

SMALLEST = 1e-7
"""Probabilities are at least that before their logarithm is taken."""


@dataclass(frozen=True, slots=True)
class SegmentationTask:
    """Pictures with a class for every pixel. A `Task`."""

    lesson: Lesson[SegmentationRecipe]
    training: MaskedPictures
    validation: MaskedPictures
    meaning: MaskMeaning
    weights: tuple[float, ...] | None
    """Of the classes in the loss, or None for all alike."""
    best_metric = "mean_iou"

    @property
    def order(self) -> Order:
        """In which the training pictures come."""
        return self.lesson.order(len(self.training.pictures))

    @property
    def learnt_from(self) -> str:
        """The training folder's name."""
        return self.training.name

    @property
    def judged(self) -> Judged:
        """The validation pictures."""
        return Judged(self.validation.name, self.validation.split, ("mean_iou", "pixel_accuracy"))

    @property
    def identity(self) -> Mapping[str, str]:
        """Which pictures are learnt from, on which it is judged, and what their masks mean."""
        colors = sorted(self.meaning.colors.items()) if self.meaning.colors else ()
        return {
            "labels": ", ".join(self.meaning.labels),
            "ignored ids": repr(sorted(self.meaning.ignore)),
            "colors": repr(colors),
            "training pictures": self.training.fingerprint,
            "validation pictures": self.validation.fingerprint,
        }

    def batches(self, first_step: int, share: Share = WHOLE) -> Iterator[MaskBatch]:
        """Augmented pictures."""
        subject, recipe = self.lesson.subject, self.lesson.recipe
        shelf = self.lesson.shelf(self.training, len(self.training.pictures), DEPTHS)
        pictures = TrainingMasks(
            self.training, self.meaning, recipe,
            size=subject.training_spec.size, deployed=subject.preprocessing, shelf=shelf,
        )  # fmt: skip
        workers = self.lesson.workers
        return training_batches(pictures, self.order, first_step, workers, collate_masks, share)

    def loss(self, module: GraphModule, batch: MaskBatch, _step: int) -> Mapping[str, Tensor]:
        """Cross entropy of every pixel that has an answer, and what the teachers say of all."""
        images, recipe = self.lesson.images(batch), self.lesson.recipe
        logits = module(images)["logits"]
        answers, total = self.lesson.taught(images), self.lesson.processes.total
        taught = teacher_loss(logits, answers, recipe.teacher_temperature, total)
        if self.training.unlabeled:
            return taught
        none = torch.empty(0, *images.shape[2:], dtype=torch.uint8)
        masks = (torch.stack(batch.masks) if batch.masks else none).to(logits.device)
        weights = None if self.weights is None else torch.tensor(self.weights).to(logits)
        loss = pixel_loss(logits, masks, weights, recipe.label_smoothing, total)
        return self.lesson.weighed({"loss": loss}, taught)

    @torch.no_grad()
    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """mean_iou (over the classes that occur) and pixel_accuracy in 0..1, and `pictures`.

        Every pixel of the original pictures is judged, by what `predict` would say of it. Without
        masks to judge by the teachers' are.
        """
        subject = self.lesson.subject
        deployed = module.at(subject.spec).eval()
        classes, processes = len(subject.labels), self.lesson.processes
        confusions: list[Ints] = []
        for batch in self.prepared(processes.share):
            images = self.lesson.images(batch)
            logits = deployed(images)["logits"]
            masks = [mask.numpy() for mask in batch.masks]
            if by_teachers(self.validation.split):
                grid = (logits.shape[2], logits.shape[3])
                wanted = averaged(self.lesson.taught(images), grid).clamp(min=SMALLEST).log()
                masks = self._masks(wanted, batch)
            for predicted, mask in zip(self._masks(logits, batch), masks, strict=True):
                confusions.append(confusion_matrix(mask, predicted, classes))
        every = processes.gathered(confusions)
        return processes.from_first(lambda: self._figures(every))

    def _figures(self, confusions: Sequence[Ints]) -> Mapping[str, float]:
        check_some(confusions, self.validation.name, self.lesson.unreadable)
        agreement = MaskAgreement(np.sum(confusions, axis=0))
        return {
            "mean_iou": agreement.mean_iou or 0.0,
            "pixel_accuracy": agreement.pixel_accuracy or 0.0,
            "pictures": len(confusions),
        }

    def remeasured(self, module: GraphModule, _say: Callable[[str], None]) -> GraphModule:
        """As it is."""
        return module

    def finish(self, checkpoint: Checkpoint, _metrics: Mapping[str, float]) -> Checkpoint:
        """As it is."""
        return checkpoint

    def _masks(self, logits: Tensor, batch: MaskBatch) -> list[Mask]:
        """What logits [N, classes, h, w] say of the pictures in their own sizes."""
        preprocessing = self.lesson.subject.preprocessing
        maps = logits.permute(0, 2, 3, 1).cpu().numpy()
        return [
            segment_arrays(one, size=(mask.shape[0], mask.shape[1]), preprocessing=preprocessing)
            for one, mask in zip(maps, batch.masks, strict=True)
        ]

    def prepared(self, share: Share = WHOLE) -> Iterator[MaskBatch]:
        """Validation pictures as `predict` sees them, once each, in order; or a share of them."""
        data, lesson = self.validation, self.lesson
        shelf = lesson.shelf(data, len(data.pictures), TO_JUDGE_BY)
        batches = prepared_batches(
            PreparedMasks(data, self.meaning, lesson.subject.preprocessing, shelf),
            len(data.pictures),
            lesson.recipe.batch_size, lesson.workers, collate_masks, f"{data.name} ({data.split})",
            share,
        )  # fmt: skip
        return lesson.readable(batches)
