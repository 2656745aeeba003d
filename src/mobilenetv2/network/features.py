"""The part of a network that sees: everything before its head."""

from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import Classifier, Embedding, Spec


def feature_graph(graph: Graph, spec: Spec) -> Graph:
    """The nodes up to the features that a classifier judges by, which are the output.

    A classifier's, and those of a network without a head, are averaged over the picture,
    [1, 1, channels] ("pool"); with another head they are the backbone's last map.

    Args:
        graph: of the whole network.
        spec: what it was built from.
    """
    if isinstance(spec.head, Classifier | Embedding):
        return upto(graph, "pool")
    trunk = [
        node.name for node in graph.nodes if node.name == "last" or node.name.startswith("block")
    ]
    return upto(graph, trunk[-1])


def upto(graph: Graph, name: str) -> Graph:
    """The nodes that a node's map depends on, and that map as the only output."""
    nodes = graph.by_name
    needed, waiting = {name}, [name]
    while waiting:
        for source in nodes[waiting.pop()].sources:
            if source not in needed:
                needed.add(source)
                waiting.append(source)
    return Graph(tuple(node for node in graph.nodes if node.name in needed), (name,))
