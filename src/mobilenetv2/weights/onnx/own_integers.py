"""The integers of an ONNX file of quantise-dequantise pairs that we wrote.

Its layers have been translated to real numbers and compared with the graph before. Here the
stored integers are taken, and it is seen that every map is rounded once, in the way it is read.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Conv, Graph, Input
from mobilenetv2.weights.onnx.model import Model, Node
from mobilenetv2.weights.onnx.tensors import Tensors
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization
from mobilenetv2.weights.recognize.layers import Layer

_CONVOLUTIONS = ("Conv", "Gemm")
_CLIPS = ("Relu", "Clip")
_SHIFT = 128
"""Between int8 and uint8."""
Numbers = npt.NDArray[Any]


def holds_integers(model: Model) -> bool:
    """Whether a file rounds anything."""
    return any(node.operation == "DequantizeLinear" for node in model.nodes)


def read_own_integers(
    model: Model, tensors: Tensors, graph: Graph, _: Mapping[str, Layer]
) -> Quantization:
    """The integers of every convolution and what every map's integers stand for.

    Args:
        model: the file.
        tensors: its constants.
        graph: what it was found to compute.

    Raises:
        CheckpointError: the file cannot be run as a quantised network of ours; says why.
    """
    return _Reader(model, tensors).read(graph)


class _Reader:
    def __init__(self, model: Model, tensors: Tensors) -> None:
        self._tensors = tensors
        self._writers = {name: node for node in model.nodes for name in node.outputs}

    def read(self, graph: Graph) -> Quantization:
        activations: dict[str, Affine] = {}
        convs: dict[str, IntegerConv] = {}
        for node in graph.nodes:
            # An output has its node's own name, the other maps a suffix.
            real = f"{node.name}.real" if f"{node.name}.real" in self._writers else node.name
            read = self._written(real, "DequantizeLinear")
            activations[node.name] = self._affine(read)
            stored = self._writers.get(read.inputs[0])
            if isinstance(node, Input) and stored is None:
                continue
            rounding = self._written(read.inputs[0], "QuantizeLinear")
            if self._affine(rounding) != activations[node.name]:
                raise CheckpointError(f"{node.name} is rounded in one way and read in another")
            if isinstance(node, Conv):
                source = activations[node.source]
                convs[node.name] = self._conv(self._before_clip(rounding.inputs[0]), source)
        return Quantization(activations, convs)

    def _written(self, name: str, operation: str) -> Node:
        node = self._writers.get(name)
        if node is None or node.operation != operation or len(node.inputs) != 3:
            found = "nothing" if node is None else node.operation
            raise CheckpointError(f"{name!r} is made by {found}, not by {operation}")
        return node

    def _before_clip(self, name: str) -> Node:
        node = self._writers.get(name)
        if node is not None and node.operation in _CLIPS:
            node = self._writers.get(node.inputs[0])
        if node is None or node.operation not in _CONVOLUTIONS or len(node.inputs) != 3:
            raise CheckpointError(f"{name!r} is not made by a convolution with a bias")
        return node

    def _affine(self, node: Node) -> Affine:
        scale, zero = (self._tensors.numbers(node, place) for place in (1, 2))
        if scale is None or zero is None or scale.size != 1 or zero.size != 1:
            raise CheckpointError(f"{node.outputs[0]!r} needs one scale and one zero point")
        if zero.dtype not in (np.uint8, np.int8):
            raise CheckpointError(f"{node.outputs[0]!r} is stored as {zero.dtype}, not in 8 bits")
        shift = _SHIFT if zero.dtype == np.int8 else 0
        return Affine(float(scale.reshape(-1)[0]), int(zero.reshape(-1)[0]) + shift)

    def _conv(self, node: Node, source: Affine) -> IntegerConv:
        weight, scale, zero = self._constant(node.inputs[1])
        bias, steps, _ = self._constant(node.inputs[2])
        if weight.ndim == 2:
            weight = weight[:, :, None, None]
        channels = len(weight)
        scales = np.broadcast_to(scale.astype(np.float32).reshape(-1), channels).copy()
        if bias.shape != (channels,) or not np.allclose(
            steps, np.float32(source.scale) * scales, rtol=1e-5, atol=0
        ):
            raise CheckpointError(f"the bias of {node.outputs[0]!r} is not counted in its products")
        return IntegerConv(
            np.array(weight, order="C"),
            scales,
            np.broadcast_to(zero.astype(np.int32).reshape(-1), channels).copy(),
            np.array(bias, np.int32),
        )

    def _constant(self, name: str) -> tuple[Numbers, Numbers, Numbers]:
        """(stored, scale, zero point) of a constant's DequantizeLinear."""
        node = self._written(name, "DequantizeLinear")
        if node.integer("axis", 0) != 0:
            raise CheckpointError(f"{name!r} has its scales along another axis than its channels")
        parts = [self._tensors.numbers(node, place) for place in range(3)]
        stored, scale, zero = (np.empty(0) if part is None else part for part in parts)
        sizes = {1, len(stored) if stored.ndim else 0}
        if {scale.size, zero.size} - sizes or not stored.size or not scale.size:
            raise CheckpointError(f"{name!r} has {scale.size} scales for {stored.shape}")
        return stored, scale, zero
