"""What a TFLite file holds, as far as a convolutional network needs it: tensors and operators.

Field numbers are those of TensorFlow's schema.fbs (version 3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.budget import require_shape
from mobilenetv2.weights.tflite.flatbuffer import Table, root

MAX_OPERATORS = 2000
MAX_RANK = 8

OPERATORS: Mapping[int, str] = {
    0: "ADD", 1: "AVERAGE_POOL_2D", 2: "CONCATENATION", 3: "CONV_2D", 4: "DEPTHWISE_CONV_2D",
    6: "DEQUANTIZE", 9: "FULLY_CONNECTED", 14: "LOGISTIC", 17: "MAX_POOL_2D", 18: "MUL",
    19: "RELU", 20: "RELU_N1_TO_1", 21: "RELU6", 22: "RESHAPE", 23: "RESIZE_BILINEAR",
    25: "SOFTMAX", 28: "TANH", 34: "PAD", 36: "GATHER",
    37: "BATCH_TO_SPACE_ND", 38: "SPACE_TO_BATCH_ND",
    39: "TRANSPOSE", 40: "MEAN", 41: "SUB", 42: "DIV", 43: "SQUEEZE", 45: "STRIDED_SLICE",
    49: "SPLIT", 50: "LOG_SOFTMAX", 53: "CAST", 54: "PRELU", 55: "MAXIMUM", 56: "ARG_MAX",
    57: "MINIMUM", 60: "PADV2", 65: "SLICE", 67: "TRANSPOSE_CONV", 69: "TILE", 70: "EXPAND_DIMS",
    74: "SUM", 77: "SHAPE", 83: "PACK", 97: "RESIZE_NEAREST_NEIGHBOR", 98: "LEAKY_RELU",
    102: "SPLIT_V", 105: "REVERSE_V2",
    114: "QUANTIZE", 117: "HARD_SWISH", 126: "BATCH_MATMUL", 130: "BROADCAST_TO", 150: "GELU",
}  # fmt: skip

TYPES: Mapping[int, str] = {
    0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16",
    9: "int8", 10: "float64", 15: "uint32", 16: "uint16",
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Quantization:
    """`real = scale * (stored - zero_point)`, for the whole tensor or along `axis`."""

    scale: npt.NDArray[np.float32]
    zero_point: npt.NDArray[np.int64]
    axis: int

    @property
    def per_tensor(self) -> bool:
        """Whether one scale holds for all values."""
        return len(self.scale) == 1


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor: the result of an operator, or a constant where the file has bytes for it."""

    index: int
    table: Table
    dtype: str
    shape: tuple[int, ...]
    quantization: Quantization | None
    data: memoryview

    @property
    def name(self) -> str:
        """Unique in its file: TFLite allows one name for many tensors, so the index leads."""
        return f"{self.index} {self.table.string(3)[:60]}"

    @property
    def constant(self) -> bool:
        """Whether the file holds the values."""
        return len(self.data) > 0

    @property
    def signature(self) -> tuple[int, ...]:
        """The shape with -1 for what the caller may choose; empty where nothing is said."""
        return tuple(self.table.vector(7, "i4").tolist()[:MAX_RANK])


@dataclass(frozen=True, slots=True)
class Operator:
    """One operation: indices of its tensors (-1: left out) and its options."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Table | None
    custom: memoryview = field(repr=False, default_factory=lambda: memoryview(b""))
    """Options of a custom operator, in a format of its own."""


@dataclass(frozen=True, slots=True)
class Model:
    """The first subgraph of a file, and its metadata buffers by name."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    description: str
    metadata: Mapping[str, memoryview]


def parse(data: bytes) -> Model:
    """Read a file's structure; every index in the result is valid.

    Raises:
        CheckpointError: not a TFLite file, corrupt, or with a feature that no MobileNetV2 uses.
    """
    model = root(memoryview(data), b"TFL3", "TFLite file")
    buffers = model.tables(4)
    graphs = model.tables(2)
    if len(graphs) != 1:
        raise CheckpointError(
            f"a MobileNetV2 file has one subgraph, this one has {len(graphs)}; "
            "export the inference graph alone, without control flow"
        )
    graph = graphs[0]
    tensors = tuple(_tensor(index, table, buffers) for index, table in enumerate(graph.tables(0)))
    operators = graph.tables(3)
    if len(operators) > MAX_OPERATORS:
        raise CheckpointError(
            f"a MobileNetV2 has at most {MAX_OPERATORS} operators, this file has {len(operators)}"
        )
    names = [_operator_name(code) for code in model.tables(1)]
    return Model(
        tensors=tensors,
        operators=tuple(_operator(table, names, len(tensors)) for table in operators),
        inputs=_indices(graph, 1, len(tensors), 0),
        outputs=_indices(graph, 2, len(tensors), 0),
        description=model.string(3),
        metadata={entry.string(0): _data(buffers, entry.uint32(1)) for entry in model.tables(6)},
    )


def tensor_index(name: str) -> int:
    """The file's number of the tensor of that name, see `Tensor.name`."""
    return int(name.partition(" ")[0])


def options_of(operator: Operator) -> Table:
    """The options of an operator that needs them.

    Raises:
        CheckpointError: there are none.
    """
    if operator.options is None:
        raise CheckpointError(f"a {operator.name} operator lacks its options; the file is corrupt")
    return operator.options


def values(tensor: Tensor) -> npt.NDArray[Any]:
    """The stored numbers of a constant, unscaled.

    Raises:
        CheckpointError: a type that weights never have, or bytes that do not fit the shape.
    """
    if tensor.dtype not in TYPES.values():
        raise CheckpointError(f"tensor {tensor.name!r}: type {tensor.dtype} is not supported")
    require_shape(tensor.name, tensor.shape)
    dtype = np.dtype(tensor.dtype).newbyteorder("<")
    if prod(tensor.shape) * dtype.itemsize != len(tensor.data):
        raise CheckpointError(
            f"tensor {tensor.name!r} of {tensor.dtype}{list(tensor.shape)} needs "
            f"{prod(tensor.shape) * dtype.itemsize} bytes, the file holds {len(tensor.data)}"
        )
    return np.frombuffer(tensor.data, dtype).reshape(tensor.shape)


def dequantize(tensor: Tensor, scale: npt.NDArray[np.float64] | None = None) -> npt.NDArray[Any]:
    """The real numbers of a constant: exact for weights of 8 bits, float32.

    Args:
        tensor: a constant.
        scale: overrides the stored scale; the result is then float64.

    Raises:
        CheckpointError: integers without a scale, or scales that do not fit the shape.
    """
    stored = values(tensor)
    if tensor.dtype.startswith("float"):
        return stored.astype(np.float32)
    quantization = tensor.quantization
    if scale is not None:
        return stored.astype(np.float64) * scale
    if quantization is None:
        raise CheckpointError(
            f"tensor {tensor.name!r} holds {tensor.dtype} without a scale; "
            "the file cannot be turned into real numbers"
        )
    shape = [1] * stored.ndim
    if not quantization.per_tensor:
        axis = quantization.axis
        if not 0 <= axis < stored.ndim or stored.shape[axis] != len(quantization.scale):
            raise CheckpointError(
                f"tensor {tensor.name!r} of {list(stored.shape)} has {len(quantization.scale)} "
                f"scales along axis {axis}"
            )
        shape[axis] = len(quantization.scale)
    zero = quantization.zero_point.reshape(shape)
    # A difference of at most 9 bits times a float32, in double precision: rounded once.
    real = (stored.astype(np.float64) - zero) * quantization.scale.astype(np.float64).reshape(shape)
    return real.astype(np.float32)


def _tensor(index: int, table: Table, buffers: list[Table]) -> Tensor:
    shape = tuple(table.vector(0, "i4")[: MAX_RANK + 1].tolist())
    if len(shape) > MAX_RANK or any(size < 0 for size in shape):
        raise CheckpointError(f"tensor {index} has the impossible shape {shape}")
    if table.has(6):
        raise CheckpointError(
            f"tensor {index} ({table.string(3)!r}) is sparse; export the model densely"
        )
    code = table.int8(1)
    return Tensor(
        index=index,
        table=table,
        dtype=TYPES.get(code, f"TFLite type {code}"),
        shape=shape,
        quantization=_quantization(index, table.table(4)),
        data=_data(buffers, table.uint32(2)),
    )


def _quantization(index: int, table: Table | None) -> Quantization | None:
    if table is None:
        return None
    scale = table.vector(2, "f4")
    if len(scale) == 0:
        return None
    zero = table.vector(3, "i8")
    if len(zero) == 0:
        zero = np.zeros(len(scale), np.int64)
    if len(zero) == 1 and len(scale) > 1:
        zero = np.broadcast_to(zero, scale.shape)
    if len(zero) != len(scale) or not (np.isfinite(scale) & (scale >= 0)).all():
        raise CheckpointError(
            f"tensor {index} has {len(scale)} scales and {len(zero)} zero points; "
            "scales must be finite and not negative"
        )
    return Quantization(scale, zero, table.int32(6))


def _data(buffers: list[Table], index: int) -> memoryview:
    if index >= len(buffers):
        raise CheckpointError(f"buffer {index} does not exist, the file has {len(buffers)}")
    offset, size = buffers[index].uint64(1), buffers[index].uint64(2)
    if offset <= 1:
        return buffers[index].bytes(0)
    # Newer converters put large arrays behind the FlatBuffer, whose own offsets end at 2 GB.
    data = buffers[index].buffer
    if offset + size > len(data):
        raise CheckpointError(
            f"buffer {index} of {size} bytes at byte {offset} reaches beyond the end of the file "
            f"({len(data)} bytes); it is truncated or corrupt"
        )
    return data[offset : offset + size]


def _operator_name(code: Table) -> str:
    # The old field is one signed byte; newer codes go into the new one and leave 127 behind.
    number = max(code.int8(0), code.int32(3))
    if number == 32:
        return f"custom operator {code.string(1)[:80]!r}"
    return OPERATORS.get(number, f"TFLite operator {number}")


def _operator(table: Table, names: list[str], tensors: int) -> Operator:
    code = table.uint32(0)
    if code >= len(names):
        raise CheckpointError(f"operator code {code} does not exist, the file has {len(names)}")
    return Operator(
        name=names[code],
        inputs=_indices(table, 1, tensors, -1),
        outputs=_indices(table, 2, tensors, 0),
        options=table.table(4),
        custom=table.bytes(5),
    )


def _indices(table: Table, field: int, tensors: int, lowest: int) -> tuple[int, ...]:
    found = table.vector(field, "i4")
    if len(found) > MAX_OPERATORS or not ((found >= lowest) & (found < tensors)).all():
        raise CheckpointError(
            f"tensor numbers must be below {tensors}, this file has {found[:4].tolist()}..."
        )
    return tuple(found.tolist())
