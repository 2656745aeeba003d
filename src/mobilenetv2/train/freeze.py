"""Layers that do not learn: as they came, statistics and all."""

from mobilenetv2.errors import RecipeError
from mobilenetv2.network.graph import Graph
from mobilenetv2.train.module import GraphModule
from mobilenetv2.train.transplant import BACKBONE


def freeze_layers(module: GraphModule, up_to: str) -> None:
    """Take the layers that a recipe's `freeze` names out of learning.

    They have no gradient, so that no step goes back through them and no optimizer knows them, and
    their batch norms keep their statistics.

    Raises:
        RecipeError: the network has no such block.
    """
    for name in frozen_layers(module.graph, up_to):
        layer = module.layers[name]
        layer.requires_grad_(False)
        layer.statistics = "frozen"


def frozen_layers(graph: Graph, up_to: str) -> tuple[str, ...]:
    """The convolutions of "backbone", of all parts up to and with "block5", or none of "none".

    Raises:
        RecipeError: the network has no such part.
    """
    part_of = {conv.name: conv.name.partition(".")[0] for conv in graph.convs}
    parts = [part for part in dict.fromkeys(part_of.values()) if part.startswith(BACKBONE)]
    if up_to == "none":
        frozen: list[str] = []
    elif up_to == "backbone":
        frozen = parts
    elif up_to in parts:
        frozen = parts[: parts.index(up_to) + 1]
    else:
        raise RecipeError(
            f"freeze must be none, backbone or a part of this network ({', '.join(parts)}), up to "
            f"which nothing learns, got {up_to!r}"
        )
    return tuple(name for name, part in part_of.items() if part in frozen)
