"""The nodes of an ONNX graph in an order in which they can run."""

from collections import defaultdict
from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.onnx.model import Node


def in_order(nodes: Sequence[Node]) -> list[Node]:
    """Each behind those that it reads; nodes that stand so already keep their places.

    The standard asks for it, but converters to half precision write their casts at the end, and
    onnxruntime sorts by itself.

    Raises:
        CheckpointError: nodes that wait for each other.
    """
    writers: dict[str, int] = {}
    for place, node in enumerate(nodes):
        for name in filter(None, node.outputs):
            writers.setdefault(name, place)
    waits = [{writers[name] for name in node.inputs if name in writers} for node in nodes]
    readers: defaultdict[int, list[int]] = defaultdict(list)
    for place, sources in enumerate(waits):
        for source in sources:
            readers[source].append(place)
    missing = [len(sources) for sources in waits]
    ready = [place for place, count in enumerate(missing) if not count]
    heapify(ready)
    found: list[Node] = []
    while ready:
        place = heappop(ready)
        found.append(nodes[place])
        for reader in readers[place]:
            missing[reader] -= 1
            if not missing[reader]:
                heappush(ready, reader)
    if len(found) < len(nodes):
        stuck = next(nodes[place] for place, count in enumerate(missing) if count)
        raise CheckpointError(
            f"{stuck.operation} to {stuck.outputs[:1]} waits for its own result; the file is "
            "corrupt"
        )
    return found
