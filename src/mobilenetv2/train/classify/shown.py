"""Pictures as a network is shown them, augmented to learn from or as `predict` sees them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from torch import Tensor

from mobilenetv2.train import decoded, fitted
from mobilenetv2.train.batches import prepared_batches, training_batches
from mobilenetv2.train.classify.batches import (
    Answered,
    Batch,
    PreparedPictures,
    TrainingPictures,
)
from mobilenetv2.train.classify.recipe import Recipe
from mobilenetv2.train.order import WHOLE, PictureOrder, Share
from mobilenetv2.train.task import Lesson

T = TypeVar("T")
Collate = Callable[[Sequence[tuple[Tensor, T] | str]], Batch]


def augmented(
    lesson: Lesson[Recipe],
    pictures: Answered[T],
    order: PictureOrder,
    first_step: int,
    collate: Collate[T],
    share: Share = WHOLE,
) -> Iterator[Batch]:
    """One process's share of each batch from `first_step` on, without end."""
    subject, recipe = lesson.subject, lesson.recipe
    preprocessing = replace(subject.preprocessing, size=subject.training_spec.size)
    shelf = lesson.shelf(pictures, len(pictures.paths), decoded.DEPTHS)
    shown = TrainingPictures(pictures, preprocessing, recipe.augmentation, recipe.seed, shelf)
    return training_batches(shown, order, first_step, lesson.workers, collate, share)


def as_predicted(
    lesson: Lesson[Recipe],
    pictures: Answered[T],
    name: str,
    collate: Collate[T],
    share: Share = WHOLE,
    *,
    again: bool = False,
) -> Iterator[Batch]:
    """Those that can be read, once each, in order; or a share of them.

    Where they are to be shown `again` they are kept as they are.
    """
    shelf = lesson.shelf(pictures, len(pictures.paths), fitted.DEPTHS) if again else None
    shown = PreparedPictures(pictures, lesson.subject.preprocessing, shelf)
    size, workers = lesson.recipe.batch_size, lesson.workers
    batches = prepared_batches(shown, len(pictures.paths), size, workers, collate, name, share)
    return lesson.readable(batches)
