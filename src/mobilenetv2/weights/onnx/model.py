"""What an ONNX file holds, read without the onnx package: nodes, constants, inputs, outputs.

Field numbers are those of onnx.proto3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.budget import MAX_FILE_BYTES, Budget, read_bounded, require_shape
from mobilenetv2.weights.onnx.protobuf import Message

MAX_NODES = 5000
"""Quantised exports wrap every convolution in six more nodes; theirs have about 500."""
MAX_RANK = 8
MAX_METADATA_BYTES = 16_000_000
"""Four million characters."""
MAX_NAME_BYTES = 255
"""Of a file beside the model; no file system has longer names."""

TYPES: Mapping[int, str] = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Constant:
    """A stored array, decoded when it is needed."""

    message: Message
    name: str
    dims: tuple[int, ...]
    dtype: str
    folder: Path | None
    """Where files with external data would be; None refuses them."""

    def array(self, budget: Budget) -> npt.NDArray[Any]:
        """The numbers, in the stored type (bfloat16 as float32).

        Raises:
            CheckpointError: sizes that contradict each other, or a type that weights never have.
        """
        if self.dtype not in TYPES.values():
            raise CheckpointError(f"constant {self.name!r}: {self.dtype} is not supported")
        require_shape(self.name, self.dims)
        budget.spend(prod(self.dims))
        values = self._values()
        if values.size != prod(self.dims):
            raise CheckpointError(
                f"constant {self.name!r} should hold {list(self.dims)} numbers, the file has "
                f"{values.size}; it is truncated or corrupt"
            )
        return values.reshape(self.dims)

    def _values(self) -> npt.NDArray[Any]:
        half = self.dtype == "bfloat16"
        stored = np.dtype("uint16" if half else self.dtype).newbyteorder("<")
        raw = _external(self) if self.message.integer(14) == 1 else self.message.bytes(9)
        if len(raw):
            if len(raw) % stored.itemsize:
                raise CheckpointError(f"constant {self.name!r} has {len(raw)} bytes of {stored}")
            values: npt.NDArray[Any] = np.frombuffer(raw, stored)
        else:
            values = self._typed(stored)
        if half:
            return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return values

    def _typed(self, stored: np.dtype[Any]) -> npt.NDArray[Any]:
        """From the field of the array's own type; 16-bit floats hide in integers there."""
        match self.dtype:
            case "float32":
                return self.message.floats(4, "<f4")
            case "float64":
                return self.message.floats(10, "<f8")
            case "int64":
                return self.message.integers(7)
            case "uint32" | "uint64":
                return self.message.integers(11).astype(stored)
            case "float16" | "bfloat16":
                return self.message.integers(5).astype(np.uint16).view(stored)
            case _:
                return self.message.integers(5).astype(stored)


@dataclass(frozen=True, slots=True)
class Node:
    """One operation: names of its tensors ("" where left out) and its attributes."""

    operation: str
    """With its domain in front where that is not ONNX's own."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Message] = field(repr=False)
    folder: Path | None = None

    def integer(self, name: str, default: int) -> int:
        """An integer attribute."""
        found = self.attributes.get(name)
        return default if found is None else found.integer(3)

    def float32(self, name: str, default: float) -> float:
        """A float attribute."""
        found = self.attributes.get(name)
        return default if found is None else found.float32(2)

    def string(self, name: str, default: str) -> str:
        """A text attribute."""
        found = self.attributes.get(name)
        return default if found is None else found.string(4)

    def integers(self, name: str) -> tuple[int, ...] | None:
        """A list of integers, None where it is not given."""
        found = self.attributes.get(name)
        return None if found is None else tuple(found.integers(8)[:64].tolist())

    def constant(self, name: str) -> Constant | None:
        """An array attribute."""
        found = self.attributes.get(name)
        return None if found is None else _constant(found.message(5), self.folder)


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input's or output's name, type and shape; -1 where the file leaves a size open."""

    name: str
    dtype: str
    dims: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """The main graph of a file."""

    nodes: tuple[Node, ...]
    constants: Mapping[str, Constant] = field(repr=False)
    inputs: tuple[Tensor, ...]
    outputs: tuple[str, ...]
    opset: int
    producer: str
    metadata: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The file's metadata_props."""


def parse(data: bytes, folder: Path | None) -> Model:
    """Read a file's structure; no array is decoded yet.

    Args:
        data: the file.
        folder: where it lies, for arrays kept in files beside it.

    Raises:
        CheckpointError: no ONNX file, corrupt, or too large for any MobileNetV2.
    """
    model = Message(memoryview(data))
    graph = model.message(7)
    nodes = graph.messages(1)
    if not nodes or len(nodes) > MAX_NODES:
        raise CheckpointError(
            f"an ONNX graph must have 1 to {MAX_NODES} nodes to be a MobileNetV2, got {len(nodes)}"
        )
    constants = [_constant(message, folder) for message in graph.messages(5)]
    named = {constant.name: constant for constant in constants}
    opsets = {item.string(1): item.integer(2) for item in model.messages(8)}
    tensors = [_tensor(message) for message in graph.messages(11)]
    return Model(
        nodes=tuple(_node(message, folder) for message in nodes),
        constants=named,
        # Files of IR version 3 and before list their constants among the inputs.
        inputs=tuple(tensor for tensor in tensors if tensor.name not in named),
        outputs=tuple(message.string(1) for message in graph.messages(12)),
        opset=opsets.get("", opsets.get("ai.onnx", 1)),
        producer=f"{model.string(2)} {model.string(3)}".strip(),
        metadata=_metadata(model),
    )


def _metadata(model: Message) -> dict[str, str]:
    """Whole texts, where they are not taken for an attack; other names are cut short."""
    items = [(item.string(1), item.bytes(2)) for item in model.messages(14)]
    if sum(len(value) for _, value in items) > MAX_METADATA_BYTES:
        raise CheckpointError(f"metadata_props must be at most {MAX_METADATA_BYTES} bytes")
    return {name: str(value, "utf-8", "replace") for name, value in items}


def _node(message: Message, folder: Path | None) -> Node:
    domain = message.string(7)
    operation = message.string(4)
    return Node(
        operation=operation if domain in ("", "ai.onnx") else f"{domain}::{operation}",
        inputs=message.strings(1),
        outputs=message.strings(2),
        attributes={item.string(1): item for item in message.messages(5)},
        folder=folder,
    )


def _constant(message: Message, folder: Path | None) -> Constant:
    dims = tuple(message.integers(1)[: MAX_RANK + 1].tolist())
    name = message.string(8)
    if len(dims) > MAX_RANK or any(size < 0 for size in dims):
        raise CheckpointError(f"constant {name!r} has the impossible shape {dims}")
    code = message.integer(2)
    return Constant(message, name, dims, TYPES.get(code, f"ONNX type {code}"), folder)


def _tensor(message: Message) -> Tensor:
    kind = message.message(2).message(1)
    dims = [
        item.integer(1) if item.has(1) else -1 for item in kind.message(2).messages(1)[:MAX_RANK]
    ]
    code = kind.integer(1)
    return Tensor(message.string(1), TYPES.get(code, f"ONNX type {code}"), tuple(dims))


def _external(constant: Constant) -> memoryview:
    """Bytes in a file beside the model: only a plain name there, never a path or a link."""
    entries = {item.string(1): item.string(2) for item in constant.message.messages(13)}
    location = entries.get("location", "")
    plain = location not in ("", ".", "..") and not set(location) & set("/\\:\0")
    plain = plain and len(location.encode()) <= MAX_NAME_BYTES
    if constant.folder is None or not plain or (constant.folder / location).is_symlink():
        raise CheckpointError(
            f"constant {constant.name!r} lies in another file, {location[:80]!r}. Only a plain "
            "file beside the model is read; save the model as one file: "
            "torch.onnx.export(..., external_data=False)"
        )
    try:
        offset, length = (
            int(entries.get("offset", "0")),
            int(entries.get("length", str(MAX_FILE_BYTES))),
        )
    except ValueError as error:
        raise CheckpointError(f"constant {constant.name!r} has no readable place") from error
    return memoryview(read_bounded(constant.folder / location, offset, length))
