"""A graph and its integers as an ONNX file of quantise-dequantise pairs (QDQ).

Every map is written as the float operator between a DequantizeLinear of what it reads and a
QuantizeLinear of what it makes. Runtimes recognise the pattern and compute in integers.
"""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from mobilenetv2.export.interface import Stored
from mobilenetv2.export.onnx import NO_METADATA
from mobilenetv2.export.onnx_operators import (
    Parameters,
    activation_of,
    input_shape,
    tensor_shape,
    write_activation,
    write_node,
)
from mobilenetv2.export.onnx_writer import OnnxWriter
from mobilenetv2.export.requirements import is_dense, require_folded
from mobilenetv2.network.graph import Activation, Conv, Graph, Input, Node
from mobilenetv2.weights.quantized import Affine, Quantization

HIGHEST = 255
"""Of a uint8 activation."""
SIX = 6.0
HALF = 128
"""Between uint8 and int8."""


def to_qdq_onnx(
    graph: Graph,
    quantization: Quantization,
    metadata: Mapping[str, str] = NO_METADATA,
    source: Stored = "uint8",
) -> bytes:
    """The quantised network as an ONNX model of one picture.

    Its input is `input`, uint8 [1, 3, height, width]: the picture as `quantization` stores it, or
    what `source` says. Outputs are float32, as in `to_onnx`. Activations are uint8; weights are
    int8 a channel, or uint8 with their zero point where they are stored so.

    Args:
        graph: without batch norms.
        quantization: its integers.
        metadata: texts to travel with the file.
        source: the input's type; float32 is rounded as the first thing, int8 is 128 less.

    Raises:
        ExportError: a convolution has a batch norm.
        MissingDependencyError: the onnx package is not installed.
    """
    require_folded(graph)
    writer = _QdqWriter(graph, quantization, source)
    for node in graph.nodes:
        writer.write(node)
    return writer.pack(metadata)


def implied(activation: Activation, affine: Affine) -> bool:
    """Whether storing as uint8 cuts off just what the activation would.

    onnxruntime computes a convolution in integers only where nothing stands before QuantizeLinear.
    """
    if activation == "none":
        return True
    if affine.zero_point != 0:
        return False
    return activation == "relu" or round(SIX / affine.scale) >= HIGHEST


class _QdqWriter:
    def __init__(self, graph: Graph, quantization: Quantization, source: Stored) -> None:
        self._graph = graph
        self._source = source
        self._quantization = quantization
        self._writer = OnnxWriter()

    def write(self, node: Node) -> None:
        """Add a node in real numbers, and the rounding of what it makes."""
        affine = self._quantization.activations[node.name]
        if isinstance(node, Input):
            stored = self._input(node, affine)
        else:
            parameters = self._parameters(node) if isinstance(node, Conv) else None
            sources = [self._real(source) for source in node.sources]
            raw = f"{node.name}.linear"
            write_node(self._writer, self._graph, node, sources, parameters, raw)
            activation = activation_of(node)
            if not implied(activation, affine):
                raw = write_activation(self._writer, activation, raw, f"{node.name}.active")
            steps = self._affine(node.name, affine)
            stored = self._writer.operator("QuantizeLinear", [raw, *steps], f"{node.name}.stored")
        inputs = [stored, *self._affine(node.name, affine)]
        self._writer.operator("DequantizeLinear", inputs, self._real(node.name))

    def pack(self, metadata: Mapping[str, str]) -> bytes:
        """The file."""
        for name in self._graph.outputs:
            shape = tensor_shape(self._graph, self._graph.by_name[name])
            self._writer.output(name, shape)
        return self._writer.pack(metadata)

    def _input(self, node: Input, affine: Affine) -> str:
        """The picture in uint8, whatever comes in."""
        shape = input_shape(node.shape)
        if self._source == "uint8":
            return self._writer.input(node.name, shape, "uint8")
        if self._source == "float32":
            real = self._writer.input(node.name, shape)
        else:
            signed = self._writer.input(node.name, shape, "int8")
            zero = np.array(affine.zero_point - HALF, np.int8)
            scale, _ = self._affine(node.name, affine)
            shifted = self._writer.constant(f"{node.name}.signed.zero_point", zero)
            real = self._writer.operator(
                "DequantizeLinear", [signed, scale, shifted], f"{node.name}.signed"
            )
        steps = self._affine(node.name, affine)
        return self._writer.operator("QuantizeLinear", [real, *steps], f"{node.name}.stored")

    def _real(self, name: str) -> str:
        """The tensor of a node's map in real numbers."""
        return name if name in self._graph.outputs else f"{name}.real"

    def _affine(self, name: str, affine: Affine) -> tuple[str, str]:
        scale, zero = np.array(affine.scale, np.float32), np.array(affine.zero_point, np.uint8)
        return (
            self._writer.constant(f"{name}.scale", scale),
            self._writer.constant(f"{name}.zero_point", zero),
        )

    def _parameters(self, node: Conv) -> Parameters:
        integers = self._quantization.convs[node.name]
        weight = integers.weight
        if is_dense(self._graph, node):
            weight = weight[:, :, 0, 0]
        source_scale = self._quantization.activations[node.source].scale
        bias_scale = np.float32(source_scale) * integers.scale
        no_shift = np.zeros(len(bias_scale), np.int32)
        name = f"{node.name}.weight"
        zero = integers.zero_point.astype(weight.dtype)
        return Parameters(
            self._constant(name, weight, integers.scale, zero),
            self._constant(f"{node.name}.bias", integers.bias, bias_scale, no_shift),
        )

    def _constant(
        self,
        name: str,
        values: npt.NDArray[np.generic],
        scale: npt.NDArray[np.float32],
        zero: npt.NDArray[np.generic],
    ) -> str:
        """Integers in the file and their DequantizeLinear, one scale a channel or one for all."""
        alike = bool((scale == scale[0]).all() and (zero == zero[0]).all())
        stored = self._writer.constant(f"{name}.stored", values)
        inputs = [
            stored,
            self._writer.constant(f"{name}.scale", scale[0] if alike else scale),
            self._writer.constant(f"{name}.zero_point", zero[0] if alike else zero),
        ]
        axis: dict[str, int] = {} if alike else {"axis": 0}
        return self._writer.operator("DequantizeLinear", inputs, name, axis)
