"""How pictures are best brought to the network's size: asked of the first weights, before a step.

Neither way is right for all. A crop of the center loses what lies at the side and shows the rest
larger; squashing keeps all of it, smaller and out of shape. On clothes photographed from above a
linear probe is right on 79.4 of 100 with the crop and on 74.3 squashed; on Caltech-101's things it
is 88.0 and 90.5. Where the trial cannot tell, all of the picture is kept: on 96 pictures of 12
classes the crop was ahead by less than half of its standard error, and in training behind by 1.7.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.metrics.calibration import fit_temperature
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train.batches import prepared_batches
from mobilenetv2.train.classify.batches import PreparedPictures, collate
from mobilenetv2.train.classify.probe import features, logistic_regression, trunk
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.compute import Compute
from mobilenetv2.train.subject import preparing
from mobilenetv2.weights.checkpoint import Checkpoint

Fit = Literal["crop", "squash", "pad"]

MOST_PICTURES = 600
"""That are looked at: 15 seconds a fit at width 1 and 224 pixels on one core."""

FOLDS = 3
"""Of pictures, each judged by a classifier of the others."""

BATCH = 32


@dataclass(frozen=True, slots=True)
class Trial:
    """What a linear classifier of the first weights' features says with one fit."""

    fit: Fit
    losses: Tensor
    """[N], cross entropy of pictures it was not fitted to, its best temperature allowed for."""
    top1: float
    """The share of them that it gets right."""

    @property
    def loss(self) -> float:
        """Their mean."""
        return self.losses.mean().item()

    def beats(self, other: "Trial") -> bool:
        """By more than the standard error of the difference, picture by picture."""
        gains = other.losses - self.losses
        return bool(gains.mean() > gains.std() / len(gains) ** 0.5)


def try_fits(
    first: Checkpoint,
    recipe: Recipe,
    pictures: LabeledPictures,
    classes: int,
    compute: Compute,
    workers: int,
) -> tuple[Trial, ...]:
    """Squashing, the crop and the first weights' own fit, judged on the training pictures.

    First stands which to take: squashing, unless another is better by more than chance would have
    it. What the first weights were taught with does not settle it: other pictures may ask for
    another way.

    Args:
        first: weights of a classifier.
        recipe: whose size, if it has one, the network is to have.
        pictures: to learn from; of many, some spread evenly over them.
        classes: how many they belong to.
        compute: where.
        workers: processes that decode.

    Raises:
        DatasetError: none of the pictures can be read.
    """
    fits: dict[Fit, None] = dict.fromkeys(("squash", "crop", first.preprocessing.fit))
    some, size = _some(pictures), recipe.size or first.preprocessing.size
    network = trunk(replace(first, spec=replace(first.spec, size=size))).to(compute.device)
    trials = []
    for fit in fits:
        given = preparing(first, recipe, size, fit)
        targets: list[Tensor] = []

        def images(
            given: Preprocessing = given, targets: list[Tensor] = targets
        ) -> Iterator[Tensor]:
            for batch in prepared_batches(
                PreparedPictures(some, given), len(some.paths), BATCH, workers, collate, some.name
            ):
                if len(batch):
                    targets.append(batch.targets)
                    yield compute.normalize(batch.images, given)

        with compute.autocast():
            found = features(network, images()).float()
        trials.append(Trial(fit, *_judged(found, torch.cat(targets), classes)))
    squashed = trials[0]
    better = [one for one in trials if one.beats(squashed)]
    taken = min(better, key=lambda one: one.loss, default=squashed)
    return taken, *(one for one in trials if one is not taken)


def _some(pictures: LabeledPictures) -> LabeledPictures:
    # A table may have its classes in turn, in step with places that are evenly spread.
    by_class = np.argsort(pictures.targets, kind="stable")
    count = len(by_class)
    spread = np.linspace(0, count - 1, min(count, MOST_PICTURES)).round().astype(int)
    places = by_class[spread].tolist()
    paths = tuple(pictures.paths[place] for place in places)
    return replace(pictures, paths=paths, targets=tuple(pictures.targets[p] for p in places))


def _judged(inputs: Tensor, targets: Tensor, classes: int) -> tuple[Tensor, float]:
    """Losses, share of right answers; every fold has of each class, in whatever order they come."""
    logits = torch.zeros(len(targets), classes)
    fold = torch.empty_like(targets)
    fold[targets.argsort(stable=True)] = torch.arange(len(targets)) % FOLDS
    for part in range(FOLDS):
        weight, bias = logistic_regression(inputs[fold != part], targets[fold != part], classes)
        rows = torch.from_numpy(weight[:, :, 0, 0])
        logits[fold == part] = inputs[fold == part] @ rows.T + torch.from_numpy(bias)
    temperature = fit_temperature(logits.numpy(), targets.numpy())
    losses = F.cross_entropy(logits / temperature, targets, reduction="none")
    return losses, (logits.argmax(1) == targets).float().mean().item()
