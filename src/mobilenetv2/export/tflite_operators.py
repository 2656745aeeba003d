"""Every kind of node as TFLite operators, NHWC. Float and quantised files share them."""

from collections.abc import Mapping, Sequence

import numpy as np

from mobilenetv2.errors import ExportError
from mobilenetv2.export.requirements import is_global
from mobilenetv2.export.tflite_numbers import Numbers
from mobilenetv2.export.tflite_writer import TfliteWriter
from mobilenetv2.network.builder import same_pads
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Node, Pads, Pool, Resize, Shape

SAME, VALID = 0, 1
ACTIVATIONS = {"none": 0, "relu": 1, "relu6": 3}
QUANTIZED_VERSIONS = {
    "ADD": 2, "AVERAGE_POOL_2D": 2, "CONCATENATION": 2, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 3,
    "DEQUANTIZE": 2, "FULLY_CONNECTED": 4, "MAX_POOL_2D": 2, "MEAN": 2, "PAD": 2, "PADV2": 2,
    "QUANTIZE": 2, "RESIZE_BILINEAR": 3,
}  # fmt: skip
"""The first version of each operator that knows int8; LiteRT's converter writes the same."""
FLOAT_VERSIONS = {"DEPTHWISE_CONV_2D": 2, "RESIZE_BILINEAR": 3}
"""Above 1 where a feature needs it: dilated depthwise filters, half pixel centres."""


class OperatorWriter:
    """Writes one node at a time; every method returns the number of the tensor that it filled."""

    def __init__(self, writer: TfliteWriter, graph: Graph, numbers: Numbers) -> None:
        self._writer = writer
        self._graph = graph
        self._numbers = numbers
        self._sources = graph.by_name

    def map(self, node: Node, suffix: str = "", like: str | None = None) -> int:
        """Declare a node's map; `like` names another node whose quantisation it has."""
        steps = self._numbers.steps(like or node.name)
        shape = (1, *node.shape)
        return self._writer.tensor(node.name + suffix, shape, self._numbers.activations, steps)

    def convolution(self, node: Conv, source: int) -> int:
        """CONV_2D or DEPTHWISE_CONV_2D, behind a PAD where SAME does not mean the node's pads."""
        source, padding = self._padded(node, source, node.kernel, node.dilation, 0.0)
        weight, dtype, steps = self._numbers.weight(node)
        order = (1, 2, 3, 0) if node.depthwise else (0, 2, 3, 1)
        if steps is not None and node.depthwise:
            steps = type(steps)(steps.scale, steps.zero_point, axis=3)
        name = f"{node.name}.weight"
        kernel = self._writer.constant(name, weight.transpose(order), dtype, steps)
        options = {
            "padding": padding,
            "strideH": node.stride,
            "strideW": node.stride,
            "dilationHFactor": node.dilation,
            "dilationWFactor": node.dilation,
            "fusedActivationFunction": ACTIVATIONS[node.activation],
        }
        inputs = [source, kernel, self._bias(node)]
        if node.depthwise:
            options["depthMultiplier"] = 1
            return self._put(
                "DEPTHWISE_CONV_2D", inputs, self.map(node), "DepthwiseConv2DOptions", options
            )
        return self._put("CONV_2D", inputs, self.map(node), "Conv2DOptions", options)

    def dense(self, node: Conv, source: int) -> int:
        """FULLY_CONNECTED: [1, classes]."""
        weight, dtype, steps = self._numbers.weight(node)
        matrix = self._writer.constant(f"{node.name}.weight", weight[:, :, 0, 0], dtype, steps)
        output = self._writer.tensor(
            node.name,
            (1, node.shape.channels),
            self._numbers.activations,
            self._numbers.steps(node.name),
        )
        inputs = [source, matrix, self._bias(node)]
        return self._put("FULLY_CONNECTED", inputs, output, "FullyConnectedOptions", {})

    def add(self, node: Add, first: int, second: int) -> int:
        """ADD with its activation."""
        options = {"fusedActivationFunction": ACTIVATIONS[node.activation]}
        return self._put("ADD", [first, second], self.map(node), "AddOptions", options)

    def pool(self, node: Pool, source: int) -> int:
        """MEAN over a whole map, else AVERAGE_POOL_2D or MAX_POOL_2D."""
        if node.kind == "average" and is_global(self._graph, node):
            axes = self._writer.constant(f"{node.name}.axes", np.array([1, 2]), "int32")
            options = {"keepDims": True}
            return self._put("MEAN", [source, axes], self.map(node), "ReducerOptions", options)
        lowest = float(np.finfo(np.float32).min)
        source, padding = self._padded(node, source, node.kernel, 1, lowest)
        kind = "MAX_POOL_2D" if node.kind == "max" else "AVERAGE_POOL_2D"
        window: dict[str, object] = {
            "padding": padding,
            "strideH": node.stride,
            "strideW": node.stride,
            "filterHeight": node.kernel[0],
            "filterWidth": node.kernel[1],
        }
        # Integer pools keep the quantisation of what they read; a QUANTIZE makes it the node's.
        pooled = self.map(node, ".pooled", node.source) if self._moves(node) else self.map(node)
        self._put(kind, [source], pooled, "Pool2DOptions", window)
        return self._requantized(node, pooled)

    def resize(self, node: Resize, source: int) -> int:
        """RESIZE_BILINEAR."""
        size = self._writer.constant(f"{node.name}.size", np.array(node.shape[:2]), "int32")
        options = {
            "alignCorners": node.alignment == "corners",
            "halfPixelCenters": node.alignment == "half_pixel",
        }
        resized = self.map(node, ".resized", node.source) if self._moves(node) else self.map(node)
        self._put("RESIZE_BILINEAR", [source, size], resized, "ResizeBilinearOptions", options)
        return self._requantized(node, resized)

    def concat(self, node: Concat, sources: Sequence[int]) -> int:
        """CONCATENATION; a part of another quantisation than the whole goes through a QUANTIZE."""
        parts = list(sources)
        for place, part in enumerate(node.parts):
            if not self._same_steps(part, node.name):
                brought = self.map(self._sources[part], f".for.{node.name}", node.name)
                parts[place] = self._put("QUANTIZE", [parts[place]], brought, "QuantizeOptions", {})
        options = {"axis": 3}
        return self._put("CONCATENATION", parts, self.map(node), "ConcatenationOptions", options)

    def _put(
        self,
        kind: str,
        inputs: Sequence[int],
        output: int,
        options: str,
        values: Mapping[str, object],
    ) -> int:
        quantized = self._numbers.activations != "float32"
        version = QUANTIZED_VERSIONS[kind] if quantized else FLOAT_VERSIONS.get(kind, 1)
        return self._writer.operator(kind, inputs, output, options, values, version)

    def _bias(self, node: Conv) -> int:
        values, dtype, steps = self._numbers.bias(node)
        return self._writer.constant(f"{node.name}.bias", values, dtype, steps)

    def _padded(
        self, node: Conv | Pool, source: int, kernel: tuple[int, int], dilation: int, filler: float
    ) -> tuple[int, int]:
        """The tensor to read and the kind of padding left to the operator."""
        if not any(node.pads):
            return source, VALID
        shape = self._sources[node.source].shape
        sides = zip(shape[:2], kernel, strict=True)
        rule = [same_pads(side, reach, node.stride, dilation) for side, reach in sides]
        if Pads(*rule[0], *rule[1]) == node.pads:
            return source, SAME
        if isinstance(node, Pool) and (node.kind == "average" or self._quantized):
            raise ExportError(
                f"{node.name}: TFLite pads such a pool by its SAME rule only, and the network "
                f"pads it by {node.pads}; write ONNX instead"
            )
        return self._pad(node, shape, source, filler), VALID

    def _pad(self, node: Conv | Pool, shape: Shape, source: int, filler: float) -> int:
        """Zeros in PAD; of an integer tensor the stored zero point stands for them."""
        top, bottom, left, right = node.pads
        amounts = np.array([[0, 0], [top, bottom], [left, right], [0, 0]])
        inputs = [source, self._writer.constant(f"{node.name}.pads", amounts, "int32")]
        output = self._writer.tensor(
            f"{node.name}.padded",
            (1, shape.height + top + bottom, shape.width + left + right, shape.channels),
            self._numbers.activations,
            self._numbers.steps(node.source),
        )
        if not filler:
            return self._put("PAD", inputs, output, "PadOptions", {})
        inputs.append(self._writer.constant(f"{node.name}.filler", np.array(filler), "float32"))
        return self._put("PADV2", inputs, output, "PadV2Options", {})

    @property
    def _quantized(self) -> bool:
        return self._numbers.activations != "float32"

    def _same_steps(self, first: str, second: str) -> bool:
        a, b = self._numbers.steps(first), self._numbers.steps(second)
        if a is None or b is None:
            return True
        return bool((a.scale == b.scale).all() and (a.zero_point == b.zero_point).all())

    def _moves(self, node: Pool | Resize) -> bool:
        return not self._same_steps(node.source, node.name)

    def _requantized(self, node: Pool | Resize, source: int) -> int:
        if not self._moves(node):
            return source
        return self._put("QUANTIZE", [source], self.map(node), "QuantizeOptions", {})
