"""Writes small TFLite files, so that importers can be tried on any width, type and dialect."""

from dataclasses import dataclass, field
from typing import Literal

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from mobilenetv2.network.graph import Add, Conv, Graph, Pool
from mobilenetv2.weights.checkpoint import Array, Weights

CODES = {
    "ADD": 0, "AVERAGE_POOL_2D": 1, "CONV_2D": 3, "DEPTHWISE_CONV_2D": 4, "DEQUANTIZE": 6,
    "FULLY_CONNECTED": 9, "LOGISTIC": 14, "MUL": 18, "SOFTMAX": 25, "PAD": 34, "MEAN": 40,
    "SUB": 41, "TANH": 28, "custom": 32, "CONCATENATION": 2, "GATHER": 36, "STRIDED_SLICE": 45,
    "SPLIT": 49, "SLICE": 65, "SPLIT_V": 102, "REVERSE_V2": 105,
}  # fmt: skip
TYPES = {"float32": 0, "float16": 1, "int32": 2}
ACTIVATIONS = {"none": 0, "relu": 1, "relu6": 3}


@dataclass(frozen=True)
class Dialect:
    """Ways in which converters say the same thing."""

    stored: Literal["float32", "float16"] = "float32"
    average: Literal["AVERAGE_POOL_2D", "MEAN"] = "MEAN"
    head: Literal["CONV_2D", "FULLY_CONNECTED"] = "FULLY_CONNECTED"
    pads: Literal["SAME", "PAD"] = "PAD"
    ending: Literal["", "SOFTMAX", "LOGISTIC", "TANH"] = "SOFTMAX"
    outside: bool = False
    """Whether arrays lie behind the FlatBuffer instead of in it."""
    rescale: bool = False
    """Whether the graph itself maps 0..255 to -1..1."""
    normalized: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    """Means and deviations by channel, of pixels in 0..1, which the graph makes of 0..255."""
    turn: str = ""
    """The operator that turns the three colors around."""
    turned_axis: int = 3


@dataclass
class Writer:
    """Collects operators; every method returns the index of the tensor it made."""

    dialect: Dialect
    tensors: list = field(default_factory=list)
    buffers: list = field(default_factory=lambda: [schema.BufferT()])
    operators: list = field(default_factory=list)
    codes: list = field(default_factory=list)

    def tensor(
        self, shape: tuple[int, ...], dtype: str = "float32", data: Array | None = None
    ) -> int:
        made = schema.TensorT()
        made.name = f"tensor{len(self.tensors)}"
        made.shape, made.type, made.buffer = list(shape), TYPES[dtype], 0
        if data is not None:
            made.buffer = len(self.buffers)
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data, dtype).tobytes(), np.uint8)
            self.buffers.append(buffer)
        self.tensors.append(made)
        return len(self.tensors) - 1

    def operator(
        self, name: str, inputs: list[int], shape: tuple[int, ...], options: str = "", **values: int
    ) -> int:
        made = schema.OperatorT()
        if name not in self.codes:
            self.codes.append(name)
        made.opcodeIndex = self.codes.index(name)
        made.inputs, made.outputs = inputs, [self.tensor(shape)]
        if options:
            made.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            made.builtinOptions = getattr(schema, f"{options}T")()
            for key, value in values.items():
                setattr(made.builtinOptions, key, value)
        self.operators.append(made)
        return made.outputs[0]

    def constant(self, values: Array) -> int:
        stored = self.tensor(values.shape, self.dialect.stored, values)
        if self.dialect.stored == "float32":
            return stored
        return self.operator("DEQUANTIZE", [stored], values.shape, "DequantizeOptions")

    def conv(self, node: Conv, source: int, weights: Weights) -> int:
        weight, bias = weights[f"{node.name}.weight"], self.constant(weights[f"{node.name}.bias"])
        activation = ACTIVATIONS[node.activation]
        dense = node.name in ("hidden", "logits")
        if dense and self.dialect.head == "FULLY_CONNECTED":
            matrix = self.constant(weight[:, :, 0, 0])
            shape = (1, node.shape.channels)
            return self.operator(
                "FULLY_CONNECTED", [source, matrix, bias], shape, "FullyConnectedOptions",
                fusedActivationFunction=activation,
            )  # fmt: skip
        if self.dialect.pads == "PAD" and any(node.pads):
            source = self.pad(node, source)
        common = {
            "padding": int(self.dialect.pads == "PAD"),
            "strideH": node.stride, "strideW": node.stride, "dilationHFactor": 1,
            "dilationWFactor": 1, "fusedActivationFunction": activation,
        }  # fmt: skip
        shape = (1, *node.shape)
        if node.depthwise:
            kernel = self.constant(weight.transpose(1, 2, 3, 0))
            return self.operator(
                "DEPTHWISE_CONV_2D", [source, kernel, bias], shape, "DepthwiseConv2DOptions",
                depthMultiplier=1, **common,
            )  # fmt: skip
        kernel = self.constant(weight.transpose(0, 2, 3, 1))
        return self.operator("CONV_2D", [source, kernel, bias], shape, "Conv2DOptions", **common)

    def pad(self, node: Conv, source: int) -> int:
        top, bottom, left, right = node.pads
        amounts = np.array([[0, 0], [top, bottom], [left, right], [0, 0]])
        before = self.tensors[source].shape
        shape = (1, before[1] + top + bottom, before[2] + left + right, before[3])
        return self.operator(
            "PAD", [source, self.tensor((4, 2), "int32", amounts)], shape, "PadOptions"
        )

    def average(self, node: Pool, source: int) -> int:
        if self.dialect.average == "MEAN":
            axes = self.tensor((2,), "int32", np.array([1, 2]))
            keep = self.dialect.head == "CONV_2D"
            shape = (1, *node.shape) if keep else (1, node.shape.channels)
            return self.operator("MEAN", [source, axes], shape, "ReducerOptions", keepDims=keep)
        height, width = node.kernel
        return self.operator(
            "AVERAGE_POOL_2D", [source], (1, *node.shape), "Pool2DOptions",
            padding=1, strideH=1, strideW=1, filterHeight=height, filterWidth=width,
        )  # fmt: skip

    def rescale(self, source: int, shape: tuple[int, ...]) -> int:
        scale = self.constant(np.array(1 / 127.5, np.float32))
        scaled = self.operator("MUL", [source, scale], shape, "MulOptions")
        return self.operator(
            "SUB", [scaled, self.constant(np.array(1.0, np.float32))], shape, "SubOptions"
        )

    def normalize(self, source: int, shape: tuple[int, ...]) -> int:
        mean, std = (np.array(n, np.float32) for n in self.dialect.normalized or ())
        share = self.constant(np.array(1 / 255, np.float32))
        shares = self.operator("MUL", [source, share], shape, "MulOptions")
        less = self.operator("SUB", [shares, self.constant(mean)], shape, "SubOptions")
        return self.operator("MUL", [less, self.constant(1 / std)], shape, "MulOptions")

    def turn(self, source: int, shape: tuple[int, ...]) -> int:
        def whole(*numbers: int) -> int:
            return self.tensor((len(numbers),), "int32", np.array(numbers))

        axis = self.dialect.turned_axis
        match self.dialect.turn:
            case "GATHER":
                inputs = [source, whole(2, 1, 0)]
                return self.operator("GATHER", inputs, shape, "GatherOptions", axis=axis)
            case "REVERSE_V2":
                return self.operator("REVERSE_V2", [source, whole(axis)], shape)
            case "STRIDED_SLICE":
                steps = [-1 if i == axis else 1 for i in range(4)]
                inputs = [source, whole(0, 0, 0, 0), whole(0, 0, 0, 0), whole(*steps)]
                return self.operator(
                    "STRIDED_SLICE", inputs, shape, "StridedSliceOptions", beginMask=15, endMask=15
                )
            case "SLICE":
                one = (*shape[:3], 1)
                parts = [
                    self.operator("SLICE", [source, whole(0, 0, 0, n), whole(-1, -1, -1, 1)], one)
                    for n in (2, 1, 0)
                ]
                return self.join(parts, shape)
            case _:
                one = (*shape[:3], 1)
                at = self.tensor((), "int32", np.array(axis))
                name = self.dialect.turn
                given = [at, source] if name == "SPLIT" else [source, whole(1, 1, 1), at]
                options = "SplitOptions" if name == "SPLIT" else "SplitVOptions"
                first = self.operator(name, given, one, options, numSplits=3)
                split = self.operators[-1]
                split.outputs = [first, self.tensor(one), self.tensor(one)]
                return self.join(split.outputs[::-1], shape)

    def join(self, parts: list[int], shape: tuple[int, ...]) -> int:
        axis = self.dialect.turned_axis
        return self.operator("CONCATENATION", parts, shape, "ConcatenationOptions", axis=axis)

    def pack(self, source: int, output: int, custom: bytes = b"") -> bytes:
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self.tensors, self.operators
        graph.inputs, graph.outputs = [source], [output]
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers = 3, [graph], self.buffers
        model.operatorCodes = []
        for name in self.codes:
            code = schema.OperatorCodeT()
            code.builtinCode = code.deprecatedBuiltinCode = CODES[name]
            code.version = 1
            code.customCode = custom if name == "custom" else None
            model.operatorCodes.append(code)
        if not self.dialect.outside:
            return _packed(model)
        # As newer converters write: offset and size in the buffer, the bytes behind everything.
        arrays = [buffer.data for buffer in self.buffers]
        for buffer, array in zip(self.buffers, arrays, strict=True):
            if array is not None:
                buffer.data, buffer.offset, buffer.size = None, 1 << 40, len(array)
        end = len(_packed(model))
        for buffer, array in zip(self.buffers, arrays, strict=True):
            if array is not None:
                buffer.offset = end
                end += len(array)
        return _packed(model) + b"".join(array.tobytes() for array in arrays if array is not None)


def _packed(model: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def write_tflite(graph: Graph, weights: Weights, dialect: Dialect) -> bytes:
    """A file that computes a folded classifier."""
    writer = Writer(dialect)
    shape = (1, *graph.input.shape)
    source = writer.tensor(shape)
    picture = writer.turn(source, shape) if dialect.turn else source
    if dialect.rescale:
        picture = writer.rescale(picture, shape)
    if dialect.normalized:
        picture = writer.normalize(picture, shape)
    made = {graph.input.name: picture}
    for node in graph.nodes:
        match node:
            case Conv():
                made[node.name] = writer.conv(node, made[node.source], weights)
            case Add():
                inputs = [made[node.first], made[node.second]]
                made[node.name] = writer.operator("ADD", inputs, (1, *node.shape), "AddOptions")
            case Pool():
                made[node.name] = writer.average(node, made[node.source])
    output = made["logits"]
    shape = tuple(writer.tensors[output].shape)
    if dialect.ending == "SOFTMAX":
        output = writer.operator("SOFTMAX", [output], shape, "SoftmaxOptions", beta=1.0)
    elif dialect.ending:
        output = writer.operator(dialect.ending, [output], shape)
    return writer.pack(source, output)
