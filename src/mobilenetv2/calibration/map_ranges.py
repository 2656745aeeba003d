"""What the bytes of every map stand for."""

from collections.abc import Mapping

from mobilenetv2.calibration.observe import Histogram
from mobilenetv2.calibration.ranges import RangeMethod, affine_of, choose_range
from mobilenetv2.network.graph import Concat, Graph, Node, Pool, Resize
from mobilenetv2.weights.quantized import Affine


def map_affines(
    graph: Graph, histograms: Mapping[str, Histogram], given: Affine, method: RangeMethod
) -> dict[str, Affine]:
    """An affine for each node.

    Maps that are copied from one another share theirs, so that copying rounds nothing: what a
    maximum or a resize reads and makes, and the parts of a joined map.

    Args:
        graph: folded.
        histograms: of every map but the input's.
        given: the input's.
        method: how a map's ends are chosen.
    """
    leader = _leaders(graph)
    ends: dict[str, tuple[float, float]] = {}
    for name, histogram in histograms.items():
        low, high = choose_range(histogram, method)
        known = ends.get(leader[name], (low, high))
        ends[leader[name]] = min(low, known[0]), max(high, known[1])
    affines = {name: affine_of(*found) for name, found in ends.items()}
    affines[leader[graph.input.name]] = given
    return {node.name: affines[leader[node.name]] for node in graph.nodes}


def _leaders(graph: Graph) -> dict[str, str]:
    """For each node the one whose affine it shares."""
    leader = {node.name: node.name for node in graph.nodes}
    for node in graph.nodes:
        for source in _copied(node):
            old, new = leader[source], leader[node.name]
            leader = {name: new if found == old else found for name, found in leader.items()}
    return leader


def _copied(node: Node) -> tuple[str, ...]:
    """The sources whose numbers a node hands on as they are, or nearly."""
    match node:
        case Resize() | Concat():
            return node.sources
        case Pool(kind="max"):
            return node.sources
        case _:
            return ()
