"""Batches of pictures, read and augmented by processes of their own."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, get_worker_info

from mobilenetv2.errors import DatasetError
from mobilenetv2.train.order import WHOLE, PictureOrder, Share
from mobilenetv2.train.workers import leave_signals_to_the_parent

Item = TypeVar("Item")


class TaskBatch(Protocol):
    """Some pictures of one step. Unreadable ones are missing, so there may be fewer, or none."""

    @property
    def images(self) -> Tensor:
        """uint8 [N, 3, height, width]."""
        ...

    @property
    def unreadable(self) -> tuple[str, ...]:
        """What was wrong with those that are missing, one message a picture."""
        ...

    def __len__(self) -> int:
        """How many pictures there are."""
        ...


B = TypeVar("B", bound=TaskBatch)


def training_batches(
    pictures: Dataset[Item],
    order: PictureOrder,
    first_step: int,
    workers: int,
    collate: Callable[[Sequence[Item]], B],
    share: Share = WHOLE,
) -> Iterator[B]:
    """One process's share of each batch of pictures by place, from `first_step` on, without end."""
    places = (order.places(step, share) for step in count(first_step))
    return iter(loader(pictures, workers, places, collate))


def prepared_batches(
    pictures: Dataset[Item],
    number: int,
    batch_size: int,
    workers: int,
    collate: Callable[[Sequence[Item]], B],
    name: str,
    share: Share = WHOLE,
) -> Iterator[B]:
    """Every picture once, in order; where several processes share them, whole batches of them.

    A batch is the same whoever has it, and so to the bit is what a network says of it.

    Args:
        pictures: by index.
        number: how many there are.
        batch_size: how many go together.
        workers: as for `loader`, and so is
        collate: .
        name: of the data set, for the message.
        share: which of the batches.

    Raises:
        DatasetError: not one picture can be read, of all.
    """
    starts = share.of(range(0, number, batch_size))
    places = (list(range(start, min(start + batch_size, number))) for start in starts)
    readable = 0
    messages: list[str] = []
    for batch in loader(pictures, workers, places, collate):
        readable += len(batch)
        messages += batch.unreadable
        yield batch
    if not readable and share == WHOLE:
        raise DatasetError(f"{name}: no picture can be read; the first: {messages[0]}")


def check_some(found: Sequence[object], name: str, unreadable: Iterable[str]) -> None:
    """Refuse to judge by nothing, where several processes have each looked at a share.

    Raises:
        DatasetError: there is nothing.
    """
    if not found:
        first = next(iter(unreadable), "read by another process")
        raise DatasetError(f"{name}: no picture can be read; the first: {first}")


def loader(
    dataset: Dataset[Item],
    workers: int,
    places: Iterable[list[Any]],
    collate: Callable[[Sequence[Item]], B],
) -> Iterable[B]:
    """Batches of items, made by `workers` processes that leave signals to the parent.

    Args:
        dataset: gives an item for each place.
        workers: how many processes; with 0 this one does the work.
        places: of the items of each batch, in order.
        collate: makes a batch of items.
    """
    return DataLoader(
        dataset,
        batch_sampler=places,
        num_workers=workers,
        collate_fn=collate,
        worker_init_fn=leave_signals_to_the_parent,
    )


def set_aside(items: Sequence[Item | str]) -> tuple[list[Item], tuple[str, ...]]:
    """The items, and the messages that stand where there is none."""
    found = [item for item in items if not isinstance(item, str)]
    return found, tuple(item for item in items if isinstance(item, str))


def stacked(images: Sequence[Tensor]) -> Tensor:
    """Pictures [3, height, width] of one size as one tensor, as `together`; of none an empty one.

    Their channels lie beside each other in memory, as decoders have it and networks want it.
    """
    if not images:
        return torch.empty(0, 3, 1, 1, dtype=torch.uint8)
    return together([image.permute(1, 2, 0) for image in images]).permute(0, 3, 1, 2)


def together(tensors: Sequence[Tensor]) -> Tensor:
    """Tensors of one shape as one, at least one; in a process that decodes, in memory that the
    training process sees as well, so that nothing is copied on the way to it.
    """
    first = tensors[0]
    if get_worker_info() is None:
        return torch.stack(list(tensors))
    count = len(tensors) * first.numel()
    # As torch's own collating does it.
    size = count * first.element_size()
    shared = torch.UntypedStorage._new_shared(size, device="cpu")  # type: ignore[no-untyped-call]
    result = torch.empty(0, dtype=first.dtype).set_(shared).view(len(tensors), *first.shape)
    return torch.stack(list(tensors), out=result)
