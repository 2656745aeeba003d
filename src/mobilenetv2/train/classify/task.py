"""Image classification for the training loop."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.metrics.calibration import calibration_errors, fit_temperature
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train.batches import check_some
from mobilenetv2.train.classify.augment import mix
from mobilenetv2.train.classify.balance import handicaps
from mobilenetv2.train.classify.batches import Batch, collate
from mobilenetv2.train.classify.data import TrainingData
from mobilenetv2.train.classify.distill import averaged, teacher_loss
from mobilenetv2.train.classify.even_order import EvenOrder
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.classify.shown import as_predicted, augmented
from mobilenetv2.train.classify.temper import tempered
from mobilenetv2.train.classify.whole import better_statistics, some_of
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.order import WHOLE, PictureOrder, Share
from mobilenetv2.train.panel import Panel
from mobilenetv2.train.subject import Judged
from mobilenetv2.train.task import Lesson
from mobilenetv2.train.unlabeled import by_teachers
from mobilenetv2.weights.checkpoint import Checkpoint

CALIBRATION = ("calibration_error_before", "calibration_error")
"""Without the temperature, and with the one that suits every other picture."""


KEPT = 2.0
"""What keeping the old classes counts beside the right answers."""

NEWCOMERS = 2.0
"""By which logits of added classes are raised in training where no old class has a picture, and
which is gone when the network is used. Nothing else tells when a picture shows no new class:
without it the new classes swallow the old ones, which among themselves are told apart as before
(three clothes added to seven, 152 old and 62 new pictures: 24 and 40 right without it, 79 and 23
with it; with both at 1, 41 and 38)."""


@dataclass(frozen=True, slots=True)
class Classification:
    """Pictures with one right answer each. A `Task`."""

    lesson: Lesson[Recipe]
    pictures: TrainingData
    keeper: Panel = field(default_factory=Panel)
    """The first weights, who say what they said of their own classes: the first ones here."""
    handicaps: tuple[float, ...] = field(init=False, repr=False)
    """Of each class's logit in training."""
    best_metric = "top1"

    def __post_init__(self) -> None:
        targets, classes = self.pictures.training.targets, len(self.pictures.labels)
        found = handicaps(targets, classes, self.lesson.recipe.handicap_share)
        known = self._known
        if known and min(targets) >= known:
            found = (*found[:known], *(one + NEWCOMERS for one in found[known:]))
        object.__setattr__(self, "handicaps", found)

    @property
    def _known(self) -> int:
        """How many of the classes, the first ones, are kept."""
        return sum(len(teacher.rows) for teacher in self.keeper.teachers)

    @property
    def order(self) -> PictureOrder:
        """In which the training pictures come."""
        recipe, targets = self.lesson.recipe, self.pictures.training.targets
        if recipe.sampling == "balanced":
            return EvenOrder(targets, recipe.batch_size, recipe.seed)
        return self.lesson.order(len(targets))

    @property
    def learnt_from(self) -> str:
        """The training folder's name."""
        return self.pictures.training.name

    @property
    def judged(self) -> Judged:
        """The validation pictures."""
        metrics = ("top1", "top5", "mean_class_accuracy", *CALIBRATION)
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
            self.lesson, self.pictures.training, self.order, first_step, collate, share
        )

    def loss(self, module: GraphModule, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Cross entropy with smoothed and perhaps mixed targets, and what teachers say of these."""
        recipe, processes = self.lesson.recipe, self.lesson.processes
        images = self.lesson.images(batch)
        known = batch.targets.clamp(min=0).to(images.device)
        targets = F.one_hot(known, len(self.pictures.labels)).float()
        random = np.random.default_rng((recipe.seed, step))
        images, targets = mix(images, targets, recipe.augmentation, random, processes)
        logits = module(images)["logits"].flatten(1)
        answers, total = self.lesson.taught(images), processes.total
        taught = teacher_loss(logits, answers, recipe.teacher_temperature, total)
        if self.pictures.unlabeled:
            return taught
        handicapped = logits + torch.tensor(self.handicaps, device=logits.device)
        losses = F.cross_entropy(
            handicapped, targets, label_smoothing=recipe.label_smoothing, reduction="sum"
        )
        loss = losses / total(torch.tensor(len(logits)))
        weighed = self.lesson.weighed({"loss": loss}, taught)
        return {**weighed, **self._kept(images, logits)}

    def _kept(self, images: Tensor, logits: Tensor) -> Mapping[str, Tensor]:
        """How far the answers for the old classes have come from what they were."""
        preprocessing = self.lesson.subject.preprocessing
        answers = self.keeper.answers(images, preprocessing)
        old, temperature = logits[:, : self._known], self.lesson.recipe.teacher_temperature
        loss = teacher_loss(old, answers, temperature, self.lesson.processes.total)
        return {f"kept_{name}": KEPT * term for name, term in loss.items()}

    @torch.no_grad()
    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """top1, top5, mean_class_accuracy and calibration errors in 0..1, the `temperature` that
        suits, cross entropy `loss` without it, and `pictures`.
        """
        deployed = module.at(self.lesson.subject.spec).eval()
        processes = self.lesson.processes
        answers = [
            (deployed(self.lesson.images(batch))["logits"].flatten(1).cpu(), batch.targets)
            for batch in self.prepared(self.pictures.validation, processes.share)
        ]
        every = processes.gathered(answers)
        return processes.from_first(lambda: self._figures(every))

    def _figures(self, answers: Sequence[tuple[Tensor, Tensor]]) -> Mapping[str, float]:
        check_some(answers, self.pictures.validation.name, self.lesson.unreadable)
        found, targets = zip(*answers, strict=True)
        logits, target = torch.cat(found), torch.cat(targets)
        rank = ranks_of(logits, target)
        errors = calibration_errors(logits.numpy(), target.numpy())
        by_class = [(rank[target == index] == 0).float().mean() for index in set(target.tolist())]
        return {
            "loss": F.cross_entropy(logits, target).item(),
            "top1": (rank == 0).float().mean().item(),
            "top5": (rank < 5).float().mean().item(),
            "mean_class_accuracy": torch.stack(by_class).mean().item(),
            **dict(zip(CALIBRATION, errors, strict=True)),
            "temperature": fit_temperature(logits.numpy(), target.numpy()),
            "pictures": len(rank),
        }

    def remeasured(self, module: GraphModule, say: Callable[[str], None]) -> GraphModule:
        """With the batch norms of whole pictures, where these suit the training pictures better."""
        some = some_of(self.pictures.training, self.lesson)
        return better_statistics(module, self.lesson, lambda: self.prepared(some), _losses, say)

    def finish(self, checkpoint: Checkpoint, metrics: Mapping[str, float]) -> Checkpoint:
        """Its scores made to mean what they say, by the temperature of the validation pictures.

        Teachers' answers are no right ones: how sure to be of them tells nothing.
        """
        # A run that an older release began knows no temperature.
        if "temperature" not in metrics or by_teachers(self.pictures.split):
            return checkpoint
        return tempered(checkpoint, metrics["temperature"], self.judged.dataset)

    def training_set(self) -> Iterator[Batch]:
        """The training pictures as `predict` sees them, once each, in order."""
        return self.prepared(self.pictures.training)

    def prepared(self, pictures: LabeledPictures, share: Share = WHOLE) -> Iterator[Batch]:
        """Pictures as `predict` sees them, once each, in order; or a share of them.

        Where nobody said what they show the teachers do.
        """
        lesson = self.lesson
        again = pictures is self.pictures.validation
        for batch in as_predicted(lesson, pictures, pictures.name, collate, share, again=again):
            if (batch.targets < 0).any():
                said = averaged(lesson.taught(lesson.images(batch))).argmax(1).cpu()
                targets = torch.where(batch.targets < 0, said, batch.targets)
                batch = replace(batch, targets=targets)
            yield batch


def _losses(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, reduction="none")


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
