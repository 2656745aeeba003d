"""Which channels of a network have to be scaled together, for the function to stay.

A channel may be multiplied by any positive number where it is written, if all that read it divide
by it. Shortcuts, pooling, resizing and joining hand channels on, so that one channel of a
bottleneck is written and read by all blocks of its stage.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Input, Pool, Resize

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """For every node of a graph the number of each of its channels' group."""

    groups: dict[str, Ids]
    """[channels] by node."""
    count: int
    """How many groups there are."""
    families: Ids
    """[count]: the number of the set of maps that a group is found in; every map is in one."""
    fixed: npt.NDArray[np.bool_]
    """[count]: those that come in or go out, or that a grouped convolution reads or writes."""


def find_channels(graph: Graph) -> Channels:
    """Group the channels of all maps."""
    first, total = {}, 0
    for node in graph.nodes:
        first[node.name] = total
        total += node.shape.channels
    parent = np.arange(total)

    def own(name: str, channels: int) -> Ids:
        return first[name] + np.arange(channels)

    for node in graph.nodes:
        mine = own(node.name, node.shape.channels)
        match node:
            case Add():
                _join(parent, mine, own(node.first, len(mine)))
                _join(parent, mine, own(node.second, len(mine)))
            case Pool() | Resize():
                _join(parent, mine, own(node.source, len(mine)))
            case Concat():
                parts = [own(part, graph.by_name[part].shape.channels) for part in node.parts]
                _join(parent, mine, np.concatenate(parts))
            case Conv() | Input():
                pass
    roots = np.array([_root(parent, index) for index in range(total)])
    kinds, numbers = np.unique(roots, return_inverse=True)
    groups = {
        node.name: numbers[first[node.name] : first[node.name] + node.shape.channels]
        for node in graph.nodes
    }
    families = np.arange(len(kinds))
    for numbered in groups.values():
        _join(families, numbered[:-1], numbered[1:])
    fixed = np.zeros(len(kinds), np.bool_)
    for name in (graph.input.name, *graph.outputs):
        fixed[groups[name]] = True
    for conv in graph.convs:
        if conv.groups != 1 and not conv.depthwise:
            fixed[groups[conv.source]] = fixed[groups[conv.name]] = True
    families = np.array([_root(families, index) for index in range(len(kinds))])
    return Channels(groups, len(kinds), families, fixed)


def _join(parent: Ids, first: Ids, second: Ids) -> None:
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        parent[_root(parent, one)] = _root(parent, other)


def _root(parent: Ids, index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = int(parent[index])
    return index
