"""A graph and its float32 weights as ncnn's pair of files.

The text (`.param`) has a line a layer: type, name, how many inputs and outputs, their names, and
numbered options. The `.bin` holds the arrays one behind the other; a 32-bit zero in front of a
weight says that it is float32, a bias has none.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np

from mobilenetv2.errors import ExportError
from mobilenetv2.export.requirements import is_global, require_folded
from mobilenetv2.network.graph import (
    Activation,
    Add,
    Concat,
    Conv,
    Graph,
    Input,
    Node,
    Pads,
    Pool,
    Resize,
)
from mobilenetv2.weights.checkpoint import Array, Weights

MAGIC = "7767517"
FLOAT32 = np.zeros(1, np.uint32).tobytes()
ACTIVATIONS: dict[Activation, str] = {"none": "", "relu": " 9=1", "relu6": " 9=3 -23310=2,0.0,6.0"}
"""Option 9 is the activation's kind, -23310 an array of two floats: the limits."""
VALID = 1
BILINEAR = 2


@dataclass(frozen=True, slots=True)
class NcnnFiles:
    """What belongs into `name.param` and `name.bin`."""

    param: str
    bin: bytes = field(repr=False)


def to_ncnn(graph: Graph, weights: Weights) -> NcnnFiles:
    """The network in ncnn's format: input `input`, CHW; outputs under their nodes' names.

    Args:
        graph: without batch norms.
        weights: its arrays.

    Raises:
        ExportError: a convolution has a batch norm, or groups that ncnn does not take.
    """
    require_folded(graph)
    writer = _Writer(graph, weights)
    for node in graph.nodes:
        writer.write(node)
    return writer.pack()


class _Writer:
    def __init__(self, graph: Graph, weights: Weights) -> None:
        self._graph = graph
        self._weights = weights
        self._lines: list[str] = []
        self._blobs = 0
        self._data: list[bytes] = []
        readers = Counter(source for node in graph.nodes for source in node.sources)
        # An output that is read as well needs a copy of its own to come out.
        self._uses = {
            node.name: readers[node.name] + (node.name in graph.outputs) for node in graph.nodes
        }
        self._copies: dict[str, list[str]] = {}

    def write(self, node: Node) -> None:
        """Add a node's layer, and a Split where more than one reads it."""
        sources = [self._copies[source].pop() for source in node.sources]
        match node:
            case Input():
                height, width, channels = node.shape
                self._layer("Input", node, sources, f"0={width} 1={height} 2={channels}")
            case Conv():
                self._conv(node, sources)
            case Add():
                self._add(node, sources)
            case Pool():
                self._layer("Pooling", node, sources, self._pooling(node))
            case Resize():
                height, width, _ = node.shape
                aligned = int(node.alignment == "corners")
                options = f"0={BILINEAR} 3={height} 4={width} 6={aligned}"
                self._layer("Interp", node, sources, options)
            case Concat():
                self._layer("Concat", node, sources, "0=0")
            case _:
                assert_never(node)
        self._split(node)

    def pack(self) -> NcnnFiles:
        """Both files."""
        head = f"{MAGIC}\n{len(self._lines)} {self._blobs}\n"
        return NcnnFiles(head + "\n".join(self._lines) + "\n", b"".join(self._data))

    def _layer(self, kind: str, node: Node, sources: Sequence[str], options: str) -> None:
        single = self._uses[node.name] == 1
        self._line(kind, node.name, sources, [node.name if single else f"{node.name}.all"], options)

    def _line(
        self, kind: str, name: str, inputs: Sequence[str], outputs: Sequence[str], options: str
    ) -> None:
        parts = [kind, name, str(len(inputs)), str(len(outputs)), *inputs, *outputs, options]
        self._lines.append(" ".join(part for part in parts if part))
        self._blobs += len(outputs)

    def _split(self, node: Node) -> None:
        uses = self._uses[node.name]
        if uses == 1:
            self._copies[node.name] = [node.name]
            return
        copies = [f"{node.name}.{place}" for place in range(uses)]
        if node.name in self._graph.outputs:
            copies[0] = node.name
        self._line("Split", f"{node.name}.split", [f"{node.name}.all"], copies, "")
        # Readers take from the end; the output's own copy, at the front, is never taken.
        self._copies[node.name] = copies

    def _conv(self, node: Conv, sources: Sequence[str]) -> None:
        weight = self._weights[f"{node.name}.weight"]
        self._store(weight, self._weights[f"{node.name}.bias"])
        if self._reads_vector(node):
            options = f"0={node.shape.channels} 1=1 2={weight.size}{ACTIVATIONS[node.activation]}"
            self._layer("InnerProduct", node, sources, options)
            return
        height, width = node.kernel
        pads = node.pads
        options = (
            f"0={node.shape.channels} 1={width} 11={height} 2={node.dilation} 3={node.stride} "
            f"4={pads.left} 15={pads.right} 14={pads.top} 16={pads.bottom} 5=1 6={weight.size}"
            + ACTIVATIONS[node.activation]
        )
        kind = "Convolution"
        if node.groups > 1:
            kind, options = "ConvolutionDepthWise", f"{options} 7={node.groups}"
        self._layer(kind, node, sources, options)

    def _reads_vector(self, node: Conv) -> bool:
        """Behind a global pool ncnn's tensors have one axis, and convolutions of them are frowned
        upon.
        """
        source = self._graph.by_name[node.source]
        return (
            isinstance(source, Pool)
            and is_global(self._graph, source)
            and (*node.kernel, node.groups) == (1, 1, 1)
        )

    def _store(self, weight: Array, bias: Array) -> None:
        flat = np.ascontiguousarray(weight, "<f4").tobytes()
        self._data += [FLOAT32, flat, np.ascontiguousarray(bias, "<f4").tobytes()]

    def _add(self, node: Add, sources: Sequence[str]) -> None:
        if node.activation == "none":
            self._layer("BinaryOp", node, sources, "0=0")
            return
        total = f"{node.name}.sum"
        self._line("BinaryOp", total, sources, [total], "0=0")
        if node.activation == "relu":
            self._layer("ReLU", node, [total], "")
        else:
            self._layer("Clip", node, [total], "0=0.0 1=6.0")

    def _pooling(self, node: Pool) -> str:
        kind = int(node.kind == "average")
        if is_global(self._graph, node):
            return f"0={kind} 4=1"
        if node.kind == "average" and any(node.pads):
            raise ExportError(
                f"{node.name}: ncnn's average pooling with pads is not written here, as no "
                "network of this package has one; write ONNX instead"
            )
        height, width = node.kernel
        top, bottom, left, right = node.pads if any(node.pads) else Pads()
        return (
            f"0={kind} 1={width} 11={height} 2={node.stride} 5={VALID} "
            f"3={left} 14={right} 13={top} 15={bottom}"
        )
