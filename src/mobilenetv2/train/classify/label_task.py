"""Several labels a picture for the training loop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.metrics.calibration import fit_label_temperature, label_calibration_errors
from mobilenetv2.metrics.label_figures import (
    average_precisions,
    label_figures,
    mean_average_precision,
    together,
)
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures
from mobilenetv2.train.batches import check_some
from mobilenetv2.train.classify.augment import mix
from mobilenetv2.train.classify.balance import positive_weights
from mobilenetv2.train.classify.batches import Batch, collate_labels
from mobilenetv2.train.classify.distill import label_teacher_loss
from mobilenetv2.train.classify.label_data import MultiLabelData
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.classify.shown import as_predicted, augmented
from mobilenetv2.train.classify.task import CALIBRATION
from mobilenetv2.train.classify.temper import tempered
from mobilenetv2.train.classify.whole import better_statistics, some_of
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.order import WHOLE, PictureOrder, Share
from mobilenetv2.train.subject import Judged
from mobilenetv2.train.task import Lesson
from mobilenetv2.weights.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Labeling:
    """Pictures with none, one or several labels each. A `Task`."""

    lesson: Lesson[Recipe]
    pictures: MultiLabelData
    best_metric = "map"

    @property
    def handicaps(self) -> tuple[float, ...]:
        """None: a label stands for itself, and no other is the rarer for it."""
        return (0.0,) * len(self.pictures.labels)

    @property
    def order(self) -> PictureOrder:
        """In which the training pictures come."""
        return self.lesson.order(len(self.pictures.training.paths))

    @property
    def learnt_from(self) -> str:
        """The training pictures' name."""
        return self.pictures.training.name

    @property
    def judged(self) -> Judged:
        """The validation pictures."""
        metrics = ("map", "f1", "precision", "recall", *CALIBRATION)
        return Judged(self.pictures.validation.name, self.pictures.split, metrics)

    @property
    def identity(self) -> Mapping[str, str]:
        """Which pictures are learnt from, and on which it is judged."""
        return {
            "training pictures": self.pictures.training.fingerprint,
            "validation pictures": self.pictures.validation.fingerprint,
        }

    def batches(self, first_step: int, share: Share = WHOLE) -> Iterator[Batch]:
        """Augmented pictures."""
        return augmented(
            self.lesson, self.pictures.training, self.order, first_step, self._collate, share
        )

    def loss(self, module: GraphModule, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Binary cross entropy, summed over the labels, and what teachers say of these.

        Smoothing draws every target towards a half by its share.
        """
        recipe, processes = self.lesson.recipe, self.lesson.processes
        images = self.lesson.images(batch)
        random = np.random.default_rng((recipe.seed, step))
        targets = batch.targets.to(images.device)
        images, targets = mix(images, targets, recipe.augmentation, random, processes)
        logits = module(images)["logits"].flatten(1)
        total = processes.total
        answers = self.lesson.taught(images)
        taught = label_teacher_loss(logits, answers, recipe.teacher_temperature, total)
        smoothed = targets.lerp(torch.full_like(targets, 0.5), recipe.label_smoothing)
        training = self.pictures.training
        weights = positive_weights(
            training.counts(len(self.pictures.labels)), len(training.paths), recipe.balance
        )
        losses = F.binary_cross_entropy_with_logits(
            logits.float(),
            smoothed,
            pos_weight=torch.tensor(weights, device=logits.device),
            reduction="sum",
        )
        return self.lesson.weighed({"loss": losses / total(torch.tensor(len(logits)))}, taught)

    @torch.no_grad()
    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """map, and f1, precision and recall of all labels together at a half, calibration errors,
        the `temperature` that suits, `loss` without it, and `pictures`. Labels that no validation
        picture has are not judged.
        """
        deployed = module.at(self.lesson.subject.spec).eval()
        processes = self.lesson.processes
        answers = [
            (deployed(self.lesson.images(batch))["logits"].flatten(1).float().cpu(), batch.targets)
            for batch in self.prepared(self.pictures.validation, processes.share)
        ]
        every = processes.gathered(answers)
        return processes.from_first(lambda: self._figures(every))

    def _figures(self, answers: Sequence[tuple[Tensor, Tensor]]) -> Mapping[str, float]:
        check_some(answers, self.pictures.validation.name, self.lesson.unreadable)
        found, targets = zip(*answers, strict=True)
        logits, target = torch.cat(found), torch.cat(targets)
        values, has = logits.numpy(), target.numpy() > 0
        overall = together(label_figures((values >= 0) & has.any(axis=0), has))
        losses = F.binary_cross_entropy_with_logits(logits, target, reduction="sum")
        return {
            "loss": losses.item() / len(target),
            "map": mean_average_precision(average_precisions(values, has)) or 0.0,
            "f1": overall.f1 or 0.0,
            "precision": overall.precision or 0.0,
            "recall": overall.recall or 0.0,
            **dict(zip(CALIBRATION, label_calibration_errors(values, has), strict=True)),
            "temperature": fit_label_temperature(values, has),
            "pictures": len(target),
        }

    def remeasured(self, module: GraphModule, say: Callable[[str], None]) -> GraphModule:
        """With the batch norms of whole pictures, where these suit the training pictures better."""
        some = some_of(self.pictures.training, self.lesson)
        return better_statistics(module, self.lesson, lambda: self.prepared(some), _losses, say)

    def finish(self, checkpoint: Checkpoint, metrics: Mapping[str, float]) -> Checkpoint:
        """Its scores made to mean what they say, by the temperature of the validation pictures."""
        return tempered(checkpoint, metrics["temperature"], self.judged.dataset)

    def training_set(self) -> Iterator[Batch]:
        """The training pictures as `predict` sees them, once each, in order."""
        return self.prepared(self.pictures.training)

    def prepared(self, pictures: MultiLabelPictures, share: Share = WHOLE) -> Iterator[Batch]:
        """Pictures as `predict` sees them, once each, in order; or a share of them."""
        again = pictures is self.pictures.validation
        collate, name = self._collate, pictures.name
        return as_predicted(self.lesson, pictures, name, collate, share, again=again)

    @property
    def _collate(self) -> "partial[Batch]":
        return partial(collate_labels, len(self.pictures.labels))


def _losses(logits: Tensor, targets: Tensor) -> Tensor:
    losses = F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    return losses.sum(1)
