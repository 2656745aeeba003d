"""What the bytes of every map stand for."""

from collections.abc import Callable, Mapping

from mobilenetv2.calibration.observe import Histogram
from mobilenetv2.calibration.ranges import RangeMethod, affine_of, choose_range, scale_of
from mobilenetv2.calibration.sums import in_odd_units
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Node, Pool, Resize
from mobilenetv2.weights.quantized import Affine

SIX = 6.0


def map_affines(
    graph: Graph,
    histograms: Mapping[str, Histogram],
    rooms: Mapping[str, float],
    given: Affine,
    method: RangeMethod,
) -> dict[str, Affine]:
    """An affine for each node.

    Maps that are copied from one another share theirs, so that copying rounds nothing: what a
    maximum or a resize reads and makes, and the parts of a joined map. The scales of those that
    meet in sums are multiples of one unit (`sums`). Where few pictures were seen each has room
    for more (`headroom`).

    Args:
        graph: folded.
        histograms: of every map but the input's.
        rooms: how many times as far as it has each of them is to reach.
        given: the input's.
        method: how a map's ends are chosen.
    """
    leader = _leaders(graph, _copied)
    ends: dict[str, tuple[float, float]] = {}
    for name, histogram in histograms.items():
        low, high = (rooms[name] * end for end in choose_range(histogram, method))
        node = graph.by_name[name]
        if isinstance(node, Add | Conv) and node.activation == "relu6":
            high = min(high, SIX)
        known = ends.get(leader[name], (low, high))
        ends[leader[name]] = min(low, known[0]), max(high, known[1])
    scales = _scales(graph, {name: scale_of(*found) for name, found in ends.items()})
    affines = {name: affine_of(*found, scales[name]) for name, found in ends.items()}
    affines[leader[graph.input.name]] = given
    return {node.name: affines[leader[node.name]] for node in graph.nodes}


def _scales(graph: Graph, scales: Mapping[str, float]) -> dict[str, float]:
    """The same, in odd units where maps meet; the input's bytes are the picture's."""
    meeting = _leaders(graph, lambda node: node.sources if isinstance(node, Add) else _copied(node))
    families: dict[str, dict[str, float]] = {}
    for name, scale in scales.items():
        families.setdefault(meeting[name], {})[name] = scale
    found = dict(scales)
    for leader, family in families.items():
        if len(family) > 1 and leader != meeting[graph.input.name]:
            found |= in_odd_units(family)
    return found


def _leaders(graph: Graph, tied: Callable[[Node], tuple[str, ...]]) -> dict[str, str]:
    """For each node the one that stands for all that it is tied to.

    Args:
        graph: folded.
        tied: the sources that a node belongs together with.
    """
    leader = {node.name: node.name for node in graph.nodes}
    for node in graph.nodes:
        for source in tied(node):
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
