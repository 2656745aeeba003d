"""The integers of an ONNX file, read a second time from the roundings around our nodes.

The first reading finds what the network computes, in real numbers. Here the stored numbers are
taken, and it is seen that every map is rounded once, in one way, and read as it was rounded: a
rounding in between is arithmetic that our integer network does not have.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Input, Pool, Resize
from mobilenetv2.network.graph import Node as OurNode
from mobilenetv2.weights.onnx.model import Node
from mobilenetv2.weights.onnx.pairs import DEQUANTIZE, QUANTIZE
from mobilenetv2.weights.onnx.tensors import Tensors
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization
from mobilenetv2.weights.recognize.layers import Layer, Picture

_CLIPS = ("Relu", "Clip", "Min", "Max")
_MOVING = (
    "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity", "Dropout", "Pad",
)  # fmt: skip
"""What may stand between two nodes: it changes no number, and padded zeros are zero points."""
_SHIFT = 128
"""Between int8 and uint8."""
Numbers = npt.NDArray[Any]


def holds_integers(nodes: Sequence[Node]) -> bool:
    """Whether a file rounds anything."""
    return any(node.operation == DEQUANTIZE for node in nodes)


def read_integers(
    nodes: Sequence[Node], tensors: Tensors, graph: Graph, layers: Mapping[str, Layer]
) -> Quantization:
    """The integers of every convolution and what every map's integers stand for.

    Args:
        nodes: the file's, without operators of integers (`as_pairs`).
        tensors: what they were found to be.
        graph: what the file was found to compute.
        layers: by node, what it was found in.

    Raises:
        CheckpointError: the file cannot be run as a quantised network of ours; says why.
    """
    return _Reader(nodes, tensors, layers).read(graph)


class _Reader:
    def __init__(
        self, nodes: Sequence[Node], tensors: Tensors, layers: Mapping[str, Layer]
    ) -> None:
        self._tensors = tensors
        self._layers = layers
        self._writers: dict[str, Node] = {}
        self._rounding: dict[Layer | None, list[Node]] = {}
        """By layer, the picture's by None: what rounds it, and what reads it as it was rounded."""
        for node in nodes:
            for name in node.outputs:
                if name in self._writers:
                    raise CheckpointError(f"{name!r} is written twice")
                self._writers[name] = node
            if node.operation in (QUANTIZE, DEQUANTIZE) and node.outputs:
                stored = node.outputs[0] if node.operation == QUANTIZE else node.inputs[0]
                if stored in tensors.views:
                    layer = tensors.views[stored].layer
                    self._rounding.setdefault(_key(layer), []).append(node)

    def read(self, graph: Graph) -> Quantization:
        activations = {node.name: self._affine_of(self._layers[node.name]) for node in graph.nodes}
        convs: dict[str, IntegerConv] = {}
        for node in graph.nodes:
            if isinstance(node, Input):
                continue
            operator = self._operator(node, activations[node.name])
            self._check_sources(node, operator, activations)
            if isinstance(node, Conv):
                convs[node.name] = self._conv(operator, activations[node.source])
        return Quantization(activations, convs)

    def _affine_of(self, layer: Layer) -> Affine:
        found = self._rounding.get(_key(layer), [])
        if isinstance(layer, Picture) and any(node.operation == QUANTIZE for node in found):
            # Integers that come in may be scaled in real numbers before the first map is rounded.
            found = [node for node in found if node.inputs[0] in self._writers]
        affines = {self._affine(node): node for node in found}
        if not affines:
            raise CheckpointError(f"the map {layer.tensor!r} is not rounded, but kept as floats")
        if len(affines) > 1:
            before, after, *_ = affines
            raise CheckpointError(
                f"{affines[after].outputs[0]!r} changes the scale and zero point of a map from "
                f"{before.scale:g} and {before.zero_point} to {after.scale:g} and "
                f"{after.zero_point}"
            )
        return next(iter(affines))

    def _operator(self, node: OurNode, affine: Affine) -> Node:
        """The operator that computes a node, before an activation that is one of its own."""
        name = self._layers[node.name].tensor
        for _ in self._writers:
            operator = self._writer(name)
            if operator.operation == DEQUANTIZE and self._affine(operator) != affine:
                raise CheckpointError(
                    f"{node.name} is rounded in one way before its activation and in another "
                    "behind it"
                )
            if operator.operation not in (*_CLIPS, QUANTIZE, DEQUANTIZE):
                break
            name = next((n for n in operator.inputs if n in self._tensors.views), "")
        if operator.operation not in _kinds(node):
            raise CheckpointError(f"{node.name} is computed by {operator.operation}")
        return operator

    def _check_sources(
        self, node: OurNode, operator: Node, activations: Mapping[str, Affine]
    ) -> None:
        """See that an operator reads what was rounded."""
        count = {Add: 2, Concat: len(operator.inputs)}.get(type(node), 1)
        for given in operator.inputs[:count]:
            name, real = given, False
            for _ in self._writers:
                writer = self._writers.get(name)
                if writer is None or writer.operation not in (*_MOVING, DEQUANTIZE):
                    break
                real = real or writer.operation == DEQUANTIZE
                name = writer.inputs[0]
            if not real and (writer is None or writer.operation != QUANTIZE):
                made = "the file's input" if writer is None else writer.operation
                raise CheckpointError(f"{node.name} reads {given!r} of {made}, which are floats")
            # Integers that are resized or joined as they are keep their scale.
            changed = any(activations[part] != activations[node.name] for part in node.sources)
            if not real and changed:
                raise CheckpointError(f"{node.name} gives integers another scale by moving them")

    def _writer(self, name: str) -> Node:
        node = self._writers.get(name)
        if node is None or not node.inputs:
            raise CheckpointError(f"nothing computes {name!r}")
        return node

    def _affine(self, node: Node) -> Affine:
        scale, zero = (self._tensors.numbers(node, place) for place in (1, 2))
        zero = np.zeros(1, np.uint8) if zero is None else zero
        if scale is None or scale.size != 1 or zero.size != 1:
            raise CheckpointError(f"{node.outputs[0]!r} needs one scale and one zero point")
        if zero.dtype not in (np.uint8, np.int8):
            raise CheckpointError(f"{node.outputs[0]!r} is stored as {zero.dtype}, not in 8 bits")
        shift = _SHIFT if zero.dtype == np.int8 else 0
        return Affine(float(scale.reshape(-1)[0]), int(zero.reshape(-1)[0]) + shift)

    def _conv(self, node: Node, source: Affine) -> IntegerConv:
        if any(node.float32(name, 1.0) != 1 for name in ("alpha", "beta")):
            raise CheckpointError(f"{node.outputs[0]!r} multiplies its products by a number")
        across = node.operation == "MatMul" or (
            node.operation == "Gemm" and not node.integer("transB", 0)
        )
        weight, scale, zero = self._constant(node.inputs[1], axis=1 if across else 0)
        if weight.ndim == 2:
            weight = (weight.T if across else weight)[:, :, None, None]
        channels = len(weight)
        scales = np.broadcast_to(scale.astype(np.float32).reshape(-1), channels).copy()
        return IntegerConv(
            np.array(weight, order="C"),
            scales,
            np.broadcast_to(zero.astype(np.int32).reshape(-1), channels).copy(),
            self._bias(node, source, scales),
        )

    def _bias(
        self, node: Node, source: Affine, scales: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.int32]:
        """In steps of the products' own, which no rounding is finer than."""
        steps = np.float32(source.scale) * scales
        name = node.inputs[2] if len(node.inputs) > 2 else ""
        if not name:
            return np.zeros(len(scales), np.int32)
        real = None if name in self._writers else self._tensors.named(name)
        if real is not None and np.issubdtype(real.dtype, np.floating):
            return _rounded(real, steps, node)
        bias, given, _ = self._constant(name, axis=0)
        if bias.shape != scales.shape or not np.allclose(given, steps, rtol=1e-5, atol=0):
            raise CheckpointError(f"the bias of {node.outputs[0]!r} is not counted in its products")
        return np.array(bias, np.int32)

    def _constant(self, name: str, axis: int) -> tuple[Numbers, Numbers, Numbers]:
        """(stored, scale, zero point) of a constant's DequantizeLinear."""
        node = self._writers.get(name)
        if node is None or node.operation != DEQUANTIZE:
            made = "stored as floats" if node is None else f"made by {node.operation}"
            raise CheckpointError(f"the constant {name!r} is {made}, not in integers")
        parts = [self._tensors.numbers(node, place) for place in range(3)]
        stored, scale, zero = (np.zeros(1, np.int32) if part is None else part for part in parts)
        if scale.size > 1 and node.integer("axis", 1) % max(1, stored.ndim) != axis:
            raise CheckpointError(f"{name!r} has its scales along another axis than its channels")
        sizes = {1, stored.shape[axis] if stored.ndim > axis else 0}
        if {scale.size, zero.size} - sizes or not stored.size:
            raise CheckpointError(f"{name!r} has {scale.size} scales for {stored.shape}")
        return stored, scale, zero


def _rounded(real: Numbers, steps: npt.NDArray[np.float32], node: Node) -> npt.NDArray[np.int32]:
    """A bias left as floats, in whole steps of the products that it is added to."""
    with np.errstate(all="ignore"):
        bias = np.rint(real.astype(np.float64) / steps)
    if bias.shape != steps.shape or not (np.abs(bias) < 2**31).all():
        raise CheckpointError(f"the bias of {node.outputs[0]!r} does not fit its products")
    return bias.astype(np.int32)


def _key(layer: Layer) -> Layer | None:
    """Arithmetic on the picture makes another layer of it, but it stays the picture."""
    return None if isinstance(layer, Picture) else layer


def _kinds(node: OurNode) -> tuple[str, ...]:
    """The operators that compute a node as our integer network does."""
    match node:
        case Conv():
            return ("Conv", "Gemm", "MatMul")
        case Add():
            return ("Add",)
        case Pool():
            return ("GlobalAveragePool", "AveragePool", "ReduceMean")
        case Resize():
            return ("Resize", "Upsample", "Expand", "Tile")
        case Concat():
            return ("Concat",)
        case Input():
            return ()
