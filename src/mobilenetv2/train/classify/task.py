"""Image classification for the training loop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train.batches import Order, prepared_batches, training_batches
from mobilenetv2.train.classify.augment import mix
from mobilenetv2.train.classify.batches import Batch, PreparedPictures, TrainingPictures, collate
from mobilenetv2.train.classify.data import TrainingData
from mobilenetv2.train.classify.distill import averaged, teacher_loss
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.subject import Judged
from mobilenetv2.train.task import Lesson


@dataclass(frozen=True, slots=True)
class Classification:
    """Pictures with one right answer each. A `Task`."""

    lesson: Lesson[Recipe]
    pictures: TrainingData
    best_metric = "top1"

    @property
    def order(self) -> Order:
        """In which the training pictures come."""
        return self.lesson.order(len(self.pictures.training.paths))

    @property
    def learnt_from(self) -> str:
        """The training folder's name."""
        return self.pictures.training.name

    @property
    def judged(self) -> Judged:
        """The validation pictures."""
        metrics = ("top1", "top5", "mean_class_accuracy")
        return Judged(self.pictures.validation.name, self.pictures.split, metrics)

    @property
    def identity(self) -> Mapping[str, str]:
        """Which pictures are learnt from, and on which it is judged."""
        return {
            "training pictures": self.pictures.training.fingerprint,
            "validation pictures": self.pictures.validation.fingerprint,
        }

    def batches(self, first_step: int) -> Iterator[Batch]:
        """Augmented pictures."""
        subject, recipe = self.lesson.subject, self.lesson.recipe
        preprocessing = replace(subject.preprocessing, size=subject.training_spec.size)
        pictures = TrainingPictures(
            self.pictures.training, preprocessing, recipe.augmentation, recipe.seed
        )
        return training_batches(pictures, self.order, first_step, self.lesson.workers, collate)

    def loss(self, module: GraphModule, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Cross entropy with smoothed and perhaps mixed targets, and what teachers say of these."""
        recipe = self.lesson.recipe
        images = self.lesson.images(batch)
        known = batch.targets.clamp(min=0).to(images.device)
        targets = F.one_hot(known, len(self.pictures.labels)).float()
        random = np.random.default_rng((recipe.seed, step))
        images, targets = mix(images, targets, recipe.augmentation, random)
        logits = module(images)["logits"].flatten(1)
        taught = teacher_loss(logits, self.lesson.taught(images), recipe.teacher_temperature)
        if self.pictures.unlabeled:
            return taught
        loss = F.cross_entropy(logits, targets, label_smoothing=recipe.label_smoothing)
        return self.lesson.weighed({"loss": loss}, taught)

    @torch.no_grad()
    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """top1, top5 and mean_class_accuracy in 0..1, cross entropy `loss`, and `pictures`."""
        deployed = module.at(self.lesson.subject.spec).eval()
        ranks, targets, losses = [], [], []
        for batch in self.prepared(self.pictures.validation):
            logits = deployed(self.lesson.images(batch))["logits"].flatten(1).cpu()
            ranks.append(ranks_of(logits, batch.targets))
            targets.append(batch.targets)
            losses.append(F.cross_entropy(logits, batch.targets, reduction="none"))
        rank, target = torch.cat(ranks), torch.cat(targets)
        by_class = [(rank[target == index] == 0).float().mean() for index in set(target.tolist())]
        return {
            "loss": torch.cat(losses).mean().item(),
            "top1": (rank == 0).float().mean().item(),
            "top5": (rank < 5).float().mean().item(),
            "mean_class_accuracy": torch.stack(by_class).mean().item(),
            "pictures": len(rank),
        }

    def prepared(self, pictures: LabeledPictures) -> Iterator[Batch]:
        """Pictures as `predict` sees them, once each, in order.

        Where nobody said what they show the teachers do.
        """
        lesson = self.lesson
        batches = prepared_batches(
            PreparedPictures(pictures, lesson.subject.preprocessing), len(pictures.paths),
            lesson.recipe.batch_size, lesson.workers, collate, pictures.name,
        )  # fmt: skip
        for batch in lesson.readable(batches):
            if (batch.targets < 0).any():
                said = averaged(lesson.taught(lesson.images(batch))).argmax(1).cpu()
                targets = torch.where(batch.targets < 0, said, batch.targets)
                batch = replace(batch, targets=targets)
            yield batch


def ranks_of(logits: Tensor, targets: Tensor) -> Tensor:
    """At what place `predict` names each picture's class, int64 [N], from 0.

    Of equal logits the first class is named first; in integers of 8 bits they are often equal.

    Args:
        logits: [N, classes].
        targets: int64 [N].
    """
    own, places = targets[:, None], torch.arange(logits.shape[1])
    reached = logits.gather(1, own)
    return ((logits > reached) | ((logits == reached) & (places < own))).sum(1)
