"""The processes that teach one network together, and what they tell each other.

Each holds the whole network and a share of every batch; gradients are added up, so that all take
the same step. Words and counts go through gloo, on CPUs, and gradients on GPUs through NCCL.
"""

import atexit
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar, cast

import torch
from torch import Tensor
from torch import distributed as dist

from mobilenetv2.train.dropout import Rows
from mobilenetv2.train.launched import PeerLostError, launched
from mobilenetv2.train.order import WHOLE, Share

T = TypeVar("T")

LONGEST_WAIT = timedelta(hours=1)
"""For what the first process does alone, such as a first classifier fitted to all pictures. The end
of one is noticed at once, by its closed connections."""


@dataclass(frozen=True, slots=True)
class Processes:
    """All processes of a run, seen from one. Whatever one calls here, all have to call."""

    share: Share = WHOLE

    @property
    def number(self) -> int:
        """How many there are."""
        return self.share.number

    @property
    def first(self) -> bool:
        """Whether this is the one that reports and writes."""
        return self.share.rank == 0

    def total(self, count: Tensor) -> Tensor:
        """A number, of which each process has a part; without gradient."""
        if self.number == 1:
            return count
        whole = count.detach().clone()
        dist.all_reduce(whole)
        return whole

    def rows(self, count: int) -> Rows:
        """Where `count` pictures of this process stand among all."""
        if self.number == 1:
            return Rows(0, count, count)
        counts = [torch.zeros(1, dtype=torch.int64) for _ in range(self.number)]
        dist.all_gather(counts, torch.tensor([count]))
        each = [int(one.item()) for one in counts]
        return Rows(sum(each[: self.share.rank]), count, sum(each))

    def any(self, true: bool) -> bool:
        """Whether it is true of any of them: all hear the same answer."""
        return bool(self.total(torch.tensor([int(true)])).item())

    def wait(self) -> None:
        """Until all are here."""
        self.any(False)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Each tensor, of one kind of number, becomes the sum of all processes', in place."""
        if self.number == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        start = 0
        for tensor in tensors:
            part = flat[start : start + tensor.numel()]
            tensor.copy_(part.view(tensor.shape))
            start += tensor.numel()

    def everyones(self, tensor: Tensor) -> Tensor:
        """All processes' rows, in order.

        Args:
            tensor: of any shape but for the number of rows the same in all.
        """
        if self.number == 1:
            return tensor
        rows = self.rows(len(tensor))
        whole = tensor.new_zeros((rows.whole, *tensor.shape[1:]))
        whole[rows.first : rows.first + len(tensor)] = tensor
        dist.all_reduce(whole)
        return whole

    def gathered(self, found: list[T]) -> list[T]:
        """What all have found, in order, in the first process; nothing in the others."""
        if self.number == 1:
            return found
        each: list[list[T]] | None = [[]] * self.number if self.first else None
        dist.gather_object(found, each)
        return [item for items in each or [] for item in items]

    def from_first(self, make: Callable[[], T]) -> T:
        """What the first process makes; it alone calls `make`."""
        if self.number == 1:
            return make()
        made = [make() if self.first else None]
        dist.broadcast_object_list(made)
        return cast("T", made[0])


ALONE = Processes()

Total = Callable[[Tensor], Tensor]
"""From a process's part of a number to the sum of all processes' parts: `Processes.total`."""


def alone(count: Tensor) -> Tensor:
    """A `Total` where there is no other process."""
    return count


def join(device: torch.device) -> Processes:
    """Meet the others, once; alone where nobody started any.

    Args:
        device: on which gradients are.

    Raises:
        PeerLostError: they do not come.
    """
    here = launched()
    if here.alone:
        return ALONE
    if not dist.is_initialized():
        on_gpus = device.type == "cuda"
        if on_gpus:
            torch.cuda.set_device(device)
        with peers_told():
            dist.init_process_group(
                "cpu:gloo,cuda:nccl" if on_gpus else "gloo", timeout=LONGEST_WAIT
            )
        atexit.register(_leave)
    return Processes(here.share)


@contextmanager
def peers_told() -> Iterator[None]:
    """Within, a process that others wait for in vain ends the run with a clear word.

    Raises:
        PeerLostError: another process has ended.
    """
    try:
        yield
    except RuntimeError as error:
        if not _is_loss(error):
            raise
        raise PeerLostError(
            "another process of this run has ended, or cannot be reached. What was saved before is "
            "intact: run the same command again"
        ) from error


def _is_loss(error: RuntimeError) -> bool:
    # Gloo's come as plain RuntimeErrors, which name its source; NCCL's as torch's own.
    return isinstance(error, dist.DistError) or "gloo" in str(error)


def _leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
