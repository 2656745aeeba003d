"""Image classification for the training loop."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train.classify.augment import mix
from mobilenetv2.train.classify.batches import (
    Batch,
    Order,
    TrainingPictures,
    prepared_batches,
    training_batches,
)
from mobilenetv2.train.classify.data import TrainingData
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.module import GraphModule, weights_of
from mobilenetv2.weights.checkpoint import Checkpoint, Metric, Provenance, Weights
from mobilenetv2.weights.fold import fold_checkpoint

METRICS = ("top1", "top5", "mean_class_accuracy")
"""What a checkpoint keeps of an evaluation."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The model being trained: a checkpoint without weights."""

    spec: Spec
    """Of the finished network: what it receives may be larger than what it trains on."""
    preprocessing: Preprocessing
    training_size: tuple[int, int]
    """(height, width) in pixels."""
    labels: tuple[str, ...]
    provenance: Provenance
    license: str


@dataclass(frozen=True, slots=True)
class Classification:
    """Pictures with one right answer each. A `Task`."""

    subject: Subject
    recipe: Recipe
    compute: Compute
    pictures: TrainingData
    new_head: bool
    workers: int
    unreadable: set[str] = field(default_factory=set)
    """Messages about pictures that were left out so far."""

    best_metric = "top1"

    @property
    def order(self) -> Order:
        """In which the training pictures come."""
        return Order(len(self.pictures.training.paths), self.recipe.batch_size, self.recipe.seed)

    @property
    def steps_per_epoch(self) -> int:
        """Full batches in the training pictures."""
        return self.order.steps_per_epoch

    @property
    def training_spec(self) -> Spec:
        """The network at the size at which it trains."""
        return replace(self.subject.spec, size=self.subject.training_size)

    def is_new(self, parameter: str) -> bool:
        """The layer `logits`, unless its classes were those of the first weights."""
        return self.new_head and parameter.startswith("logits.")

    def batches(self, first_step: int) -> Iterator[Batch]:
        """Augmented pictures."""
        pictures = TrainingPictures(
            self.pictures.training,
            replace(self.subject.preprocessing, size=self.subject.training_size),
            self.recipe.augmentation,
            self.recipe.seed,
        )
        return training_batches(pictures, self.order, first_step, self.workers)

    def loss(self, module: GraphModule, batch: Batch, step: int) -> Mapping[str, Tensor]:
        """Cross entropy with smoothed and perhaps mixed targets."""
        self.unreadable.update(batch.unreadable)
        if not len(batch.targets):
            return {}
        images = self.compute.normalize(batch.images, self.subject.preprocessing)
        targets = F.one_hot(batch.targets.to(images.device), len(self.subject.labels)).float()
        random = np.random.default_rng((self.recipe.seed, step))
        images, targets = mix(images, targets, self.recipe.augmentation, random)
        logits = module(images)["logits"].flatten(1)
        smoothing = self.recipe.label_smoothing
        return {"loss": F.cross_entropy(logits, targets, label_smoothing=smoothing)}

    @torch.no_grad()
    def evaluate(self, module: GraphModule) -> Mapping[str, float]:
        """top1, top5 and mean_class_accuracy in 0..1, cross entropy `loss`, and `pictures`."""
        deployed = GraphModule(build(self.subject.spec), weights_of(module))
        deployed.to(self.compute.device).eval()
        ranks, targets, losses = [], [], []
        for batch in self.prepared(self.pictures.validation):
            if not len(batch.targets):
                continue
            images = self.compute.normalize(batch.images, self.subject.preprocessing)
            logits = deployed(images)["logits"].flatten(1).cpu()
            own = logits.gather(1, batch.targets[:, None])
            ranks.append((logits > own).sum(1))
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
        """Pictures as `predict` sees them, once each, in order."""
        size = self.recipe.batch_size
        for batch in prepared_batches(pictures, self.subject.preprocessing, size, self.workers):
            self.unreadable.update(batch.unreadable)
            yield batch

    def checkpoint(self, weights: Weights, metrics: Mapping[str, float]) -> Checkpoint:
        """Folded, with the metrics and what they were measured on."""
        measured = tuple(
            Metric(
                name=name,
                value=value,
                dataset=self.pictures.validation.name,
                split=self.pictures.split,
                count=int(metrics["pictures"]),
            )
            for name, value in metrics.items()
            if name in METRICS
        )
        subject = self.subject
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
