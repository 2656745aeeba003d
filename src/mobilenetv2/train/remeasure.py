"""Batch norm's statistics measured anew, on pictures that are shown as they will be used."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import TypeVar

import torch
from torch import Tensor

from mobilenetv2.network.graph import BatchNorm
from mobilenetv2.network.spec import Spec
from mobilenetv2.train.module import GraphModule

B = TypeVar("B")

_STATISTICS = ("mean", "variance")


def deployable(module: GraphModule, spec: Spec) -> GraphModule:
    """A copy at another size, whose layers learn and rest as the module's do."""
    other = module.at(spec)
    for name, layer in other.layers.items():
        still = module.layers[name].statistics == "frozen"
        layer.statistics = "frozen" if still else "batch"
    return other.eval()


def measurable(module: GraphModule) -> bool:
    """Whether a batch norm has statistics that training moved."""
    return any(
        isinstance(layer.node.norm, BatchNorm) and layer.statistics != "frozen"
        for layer in module.layers.values()
    )


@torch.no_grad()
def remeasured(module: GraphModule, batches: Sequence[Tensor]) -> GraphModule:
    """A copy whose batch norms have the mean of the batches' own statistics.

    Args:
        module: of whatever statistics; layers whose are frozen keep theirs.
        batches: the network's input, float32 [N, 3, height, width], some 16 pictures or more each,
            drawn at random: what differs between batches is not in a variance.
    """
    other = deepcopy(module).train()
    other.dropout = 0.0
    for number, images in enumerate(batches, 1):
        for layer in other.layers.values():
            layer.momentum = 1 / number
        other(images)
    return other.eval()


def with_statistics(module: GraphModule, other: GraphModule) -> GraphModule:
    """A copy of the module with the statistics of another, whose layers have the same names."""
    result = deepcopy(module)
    for name, layer in result.layers.items():
        for part in _STATISTICS:
            if hasattr(layer, part):
                getattr(layer, part).copy_(getattr(other.layers[name], part))
    return result


@torch.no_grad()
def gains(
    module: GraphModule,
    batches: Sequence[B],
    images: Callable[[B], Tensor],
    losses: Callable[[GraphModule, B], Tensor],
) -> tuple[Tensor, Tensor]:
    """What pictures lose with the module's statistics, and with those of other such pictures.

    Half of the batches are measured to judge the other half, and the other way round: a network
    knows its training pictures by heart, but not what is normal among some others of them.

    Args:
        module: at the size of the pictures, in eval mode.
        batches: two or more, as for `remeasured`.
        images: of a batch, the network's input.
        losses: a network's for a batch, float32 [N].

    Returns:
        Two float32 [pictures], picture by picture.
    """
    before, after = [], []
    for judged, measured in ((batches[::2], batches[1::2]), (batches[1::2], batches[::2])):
        other = remeasured(module, [images(batch) for batch in measured])
        for batch in judged:
            before.append(losses(module, batch))
            after.append(losses(other, batch))
    return torch.cat(before).float(), torch.cat(after).float()
