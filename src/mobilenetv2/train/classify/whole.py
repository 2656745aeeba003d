"""Whether batch norm had better have the statistics of whole pictures than of random crops.

In training a picture is cut, enlarged and recolored at random; in use it is shown whole. Where that
changes what is normal in a layer, the statistics of the steps do not suit the use (FixRes, arXiv
1906.06423). On small pieces of street scenes, which every crop enlarges, statistics of whole ones
made 96.2 right of 100 into 97.4, and 96.6 into 98.8; on clothes and Caltech-101's things, where a
crop of a large photograph is as sharp as the whole, cross entropy rose. The training pictures tell
which: there their loss fell by 0.0077, 2.5 standard errors, and here it rose by 0.028 and 0.015, 6
and 5 of them.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures
from mobilenetv2.train.classify.batches import Batch
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.remeasure import (
    deployable,
    gains,
    measurable,
    remeasured,
    with_statistics,
)
from mobilenetv2.train.task import Lesson

MOST_PICTURES = 512
MOST_BYTES = 2**27
"""Of pictures that are held for it, which are looked at four times."""

FEWEST_PICTURES = 32
"""Of fewer neither half has statistics to speak of."""

P = TypeVar("P", LabeledPictures, MultiLabelPictures)

Losses = Callable[[Tensor, Tensor], Tensor]
"""From logits [N, classes] and a batch's targets to float [N]."""


def some_places(pictures: int, lesson: Lesson[Recipe]) -> list[int]:
    """Which training pictures are asked, drawn by chance and in its order.

    Args:
        pictures: how many there are.
        lesson: whose network's size says how many can be held.
    """
    height, width = lesson.subject.spec.size
    most = max(FEWEST_PICTURES, min(MOST_PICTURES, MOST_BYTES // (3 * height * width)))
    random = np.random.default_rng(lesson.recipe.seed)
    found: list[int] = random.choice(pictures, min(most, pictures), replace=False).tolist()
    return found


def some_of(pictures: P, lesson: Lesson[Recipe]) -> P:
    """The training pictures of `some_places`, in their order."""
    places = some_places(len(pictures.paths), lesson)
    return replace(
        pictures,
        paths=tuple(pictures.paths[place] for place in places),
        targets=tuple(pictures.targets[place] for place in places),
    )


def better_statistics(
    module: GraphModule,
    lesson: Lesson[Recipe],
    pictures: Callable[[], Iterable[Batch]],
    losses: Losses,
    say: Callable[[str], None],
) -> GraphModule:
    """The module, or a copy with the statistics of whole pictures where these suit it better.

    That is where training pictures lose less with the statistics of other ones, by more than the
    standard error. No picture that judges is looked at.

    Args:
        module: what a run keeps.
        lesson: its.
        pictures: those of `some_of` as `predict` sees them.
        losses: by which it is judged.
        say: told in a sentence where it is a copy.
    """
    if not (lesson.recipe.remeasure and measurable(module)):
        return module
    # The first process alone reads the pictures; what it finds is everyone's.
    found = lesson.processes.from_first(lambda: _found(module, lesson, pictures, losses, say))
    if found is None:
        return module
    result = deepcopy(module)
    result.load_state_dict(found)
    return result


def _found(
    module: GraphModule,
    lesson: Lesson[Recipe],
    pictures: Callable[[], Iterable[Batch]],
    losses: Losses,
    say: Callable[[str], None],
) -> dict[str, Tensor] | None:
    batches = _even(list(pictures()), lesson.recipe.batch_size)
    if len(batches) < 2:
        return None
    deployed = deployable(module, lesson.subject.spec)

    def lost(network: GraphModule, batch: Batch) -> Tensor:
        logits = network(lesson.images(batch))["logits"].flatten(1).float()
        return losses(logits, batch.targets.to(logits.device))

    before, after = gains(deployed, batches, lesson.images, lost)
    better = before - after
    if not better.mean() > better.std() / len(better) ** 0.5:
        return None
    say(
        "batch norm has the statistics of whole pictures, not of the steps' crops: loss of "
        f"{len(better)} training pictures {after.mean():.3f} with those of others, before "
        f"{before.mean():.3f}"
    )
    measured = remeasured(deployed, [lesson.images(batch) for batch in batches])
    settled = with_statistics(module, measured)
    return {name: value.cpu() for name, value in settled.state_dict().items()}


def _even(batches: Sequence[Batch], batch_size: int) -> list[Batch]:
    """The same pictures in batches of nearly the same size, an even number of them, none small."""
    if sum(map(len, batches)) < FEWEST_PICTURES:
        return []
    images = torch.cat([batch.images for batch in batches])
    targets = torch.cat([batch.targets for batch in batches])
    parts = 2 * max(1, round(len(images) / max(batch_size, FEWEST_PICTURES) / 2))
    chunks = zip(images.tensor_split(parts), targets.tensor_split(parts), strict=True)
    return [Batch(*chunk) for chunk in chunks]
