"""Collects the parts of a TFLite file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import MissingDependencyError

SCHEMA_VERSION = 3
CUSTOM = "CUSTOM"
"""The schema's name for operators that it does not have."""
FILE_IDENTIFIER = b"TFL3"
FIRST_BYTES = 1 << 20
"""What the builder begins with; it grows as it must."""

SIGNATURE = "serving_default"
"""What TensorFlow calls the one way to run a model; Google's quantizer insists on it."""

Dtype = Literal["float32", "int8", "uint8", "int32"]
NO_METADATA: Mapping[str, bytes] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """A quantised tensor: real = scale * (stored - zero point), one pair or one an entry of `axis`.

    Bias tensors carry them as well.
    """

    scale: npt.NDArray[np.float32]
    zero_point: npt.NDArray[np.int64]
    axis: int = 0


class TfliteWriter:
    """Adds operators in the order in which they run; tensors are known by number."""

    def __init__(self) -> None:
        try:
            import flatbuffers
            from ai_edge_litert import schema_py_generated as schema
        except ImportError as error:
            raise MissingDependencyError("ai-edge-litert", "litert", "writing TFLite") from error
        self._flatbuffers: Any = flatbuffers
        self._schema: Any = schema
        self._tensors: list[Any] = []
        # By the format's rule buffer 0 is empty: it is what tensors without data point to.
        self._buffers: list[Any] = [schema.BufferT()]
        self._operators: list[Any] = []
        self._codes: list[str] = []

    def tensor(
        self, name: str, shape: Sequence[int], dtype: Dtype, steps: Steps | None = None
    ) -> int:
        """Declare a tensor that an operator fills, and return its number."""
        made = self._schema.TensorT()
        made.name, made.shape, made.buffer = name, list(shape), 0
        made.type = getattr(self._schema.TensorType, dtype.upper())
        if steps is not None:
            made.quantization = self._schema.QuantizationParametersT()
            made.quantization.scale = steps.scale.tolist()
            made.quantization.zeroPoint = steps.zero_point.tolist()
            made.quantization.quantizedDimension = steps.axis
        self._tensors.append(made)
        return len(self._tensors) - 1

    def shape(self, index: int) -> tuple[int, ...]:
        """Of a tensor."""
        return tuple(self._tensors[index].shape)

    def rename(self, index: int, name: str) -> None:
        """Give a tensor another name, as one that stands behind it has its own."""
        self._tensors[index].name = name

    def constant(
        self, name: str, values: npt.NDArray[Any], dtype: Dtype, steps: Steps | None = None
    ) -> int:
        """Store numbers in the file, and return their tensor's number."""
        buffer = self._schema.BufferT()
        stored = np.ascontiguousarray(values, dtype)
        buffer.data = np.frombuffer(stored.tobytes(), np.uint8)
        index = self.tensor(name, values.shape, dtype, steps)
        self._tensors[index].buffer = len(self._buffers)
        self._buffers.append(buffer)
        return index

    def operator(
        self,
        kind: str,
        inputs: Sequence[int],
        output: int,
        options: str,
        values: Mapping[str, object],
        version: int = 1,
    ) -> int:
        """Add an operator with one output, and return that output's number.

        Args:
            kind: as the schema spells it, "CONV_2D".
            inputs: numbers of tensors.
            output: number of the tensor it fills.
            options: the schema's name for its options, "Conv2DOptions"; empty where it has none.
            values: of the options.
            version: of the operator; its quantised forms came later than the first.
        """
        made = self._schema.OperatorT()
        made.opcodeIndex = self._code(kind, version)
        made.inputs, made.outputs = list(inputs), [output]
        if options:
            made.builtinOptionsType = getattr(self._schema.BuiltinOptions, options)
            made.builtinOptions = getattr(self._schema, f"{options}T")()
        for name, value in values.items():
            setattr(made.builtinOptions, name, value)
        self._operators.append(made)
        return output

    def custom(
        self, kind: str, inputs: Sequence[int], outputs: Sequence[int], options: bytes
    ) -> None:
        """Add an operator that is not in the schema.

        Args:
            kind: its name.
            inputs: numbers of tensors.
            outputs: numbers of the tensors it fills.
            options: a FlexBuffer.
        """
        made = self._schema.OperatorT()
        made.opcodeIndex = self._code(f"{CUSTOM}:{kind}", 1)
        made.inputs, made.outputs = list(inputs), list(outputs)
        made.customOptions = np.frombuffer(options, np.uint8)
        self._operators.append(made)

    def pack(
        self,
        source: int,
        outputs: Sequence[int],
        description: str,
        metadata: Mapping[str, bytes] = NO_METADATA,
    ) -> bytes:
        """The file.

        Args:
            source: the input's tensor.
            outputs: the outputs' tensors.
            description: a line for people who look into the file.
            metadata: bytes to travel with the network, by name.
        """
        graph = self._schema.SubGraphT()
        graph.name = "main"
        graph.tensors, graph.operators = self._tensors, self._operators
        graph.inputs, graph.outputs = [source], list(outputs)
        model = self._schema.ModelT()
        model.version, model.description = SCHEMA_VERSION, description
        model.signatureDefs = [self._signature(source, outputs)]
        model.metadata = [self._entry(name, data) for name, data in metadata.items()]
        model.subgraphs, model.buffers = [graph], self._buffers
        model.operatorCodes = [self._operator_code(code) for code in self._codes]
        builder = self._flatbuffers.Builder(FIRST_BYTES)
        builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
        return bytes(builder.Output())

    def _signature(self, source: int, outputs: Sequence[int]) -> object:
        made = self._schema.SignatureDefT()
        made.signatureKey, made.subgraphIndex = SIGNATURE, 0
        made.inputs, made.outputs = [self._named(source)], [self._named(out) for out in outputs]
        return made

    def _named(self, index: int) -> object:
        made = self._schema.TensorMapT()
        made.name, made.tensorIndex = self._tensors[index].name, index
        return made

    def _entry(self, name: str, data: bytes) -> object:
        buffer, made = self._schema.BufferT(), self._schema.MetadataT()
        buffer.data = np.frombuffer(data, np.uint8)
        made.name, made.buffer = name, len(self._buffers)
        self._buffers.append(buffer)
        return made

    def _code(self, kind: str, version: int) -> int:
        code = f"{kind}/{version}"
        if code not in self._codes:
            self._codes.append(code)
        return self._codes.index(code)

    def _operator_code(self, code: str) -> object:
        kind, version = code.split("/")
        kind, _, custom = kind.partition(":")
        made = self._schema.OperatorCodeT()
        made.builtinCode = getattr(self._schema.BuiltinOperator, kind)
        made.customCode = custom or None
        # Readers before 2020 look at this field alone; it holds numbers up to 127.
        made.deprecatedBuiltinCode = min(made.builtinCode, 127)
        made.version = int(version)
        return made
