"""What every writer asks of the network it is given."""

from mobilenetv2.errors import ExportError
from mobilenetv2.network.graph import Bias, Conv, Graph, Pool


def require_folded(graph: Graph) -> None:
    """Writers write a weight and a bias a convolution; runtimes would fold the rest anyway.

    Raises:
        ExportError: a convolution still has its batch norm.
    """
    for conv in graph.convs:
        if not isinstance(conv.norm, Bias):
            raise ExportError(
                f"a network is exported with its batch norms folded; {conv.name} still has its "
                "own. Call weights.fold.fold_checkpoint first"
            )


def is_dense(graph: Graph, conv: Conv) -> bool:
    """Whether a convolution is a classifier's fully connected layer: from one pixel to scores.

    Every framework writes it as a matrix product, and runtimes are at their best with that.
    """
    source = graph.by_name[conv.source]
    return (
        graph.outputs == (conv.name,)
        and isinstance(source, Pool)
        and source.shape[:2] == conv.shape[:2] == conv.kernel == (1, 1)
        and conv.groups == 1
        and conv.activation == "none"
        and not any(conv.pads)
    )


def is_global(graph: Graph, pool: Pool) -> bool:
    """Whether a pool looks at the whole map at once."""
    return pool.kernel == graph.by_name[pool.source].shape[:2] and not any(pool.pads)
