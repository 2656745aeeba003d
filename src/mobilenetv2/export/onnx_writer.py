"""Collects the parts of an ONNX file."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import MissingDependencyError

if TYPE_CHECKING:
    import onnx

OPSET = 17
"""Read by every onnxruntime since 1.12 and every OpenVINO since 2022.3; no later one is needed."""
IR_VERSION = 8
"""The file format that came with opset 17; the onnx package writes its newest otherwise."""

Attribute = int | float | str | Sequence[int]


class OnnxWriter:
    """Adds operators in the order in which they run; tensors are known by name."""

    def __init__(self) -> None:
        try:
            import onnx
        except ImportError as error:
            raise MissingDependencyError("onnx", "export", "writing an ONNX file") from error
        self._onnx = onnx
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}
        self._inputs: list[Any] = []
        self._outputs: list[Any] = []

    def constant(self, name: str, values: npt.NDArray[Any]) -> str:
        """Store numbers in the file, once for each name."""
        if name not in self._constants:
            # Not ascontiguousarray: it gives a scalar an axis, and onnxruntime keeps additions
            # with such scales in float.
            ordered = np.asarray(values, order="C")
            self._constants[name] = self._onnx.numpy_helper.from_array(ordered, name)
        return name

    def operator(
        self,
        kind: str,
        inputs: Sequence[str],
        output: str,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> str:
        """Add an operator with one output, and return that output's name."""
        helper = self._onnx.helper
        made = helper.make_node(kind, list(inputs), [output], f"{output}/{kind}")
        made.attribute.extend(
            helper.make_attribute(name, value) for name, value in (attributes or {}).items()
        )
        self._nodes.append(made)
        return output

    def input(self, name: str, shape: Sequence[int], dtype: str = "float32") -> str:
        """Declare the file's input."""
        self._inputs.append(self._info(name, shape, dtype))
        return name

    def output(self, name: str, shape: Sequence[int]) -> None:
        """Declare an output, float32."""
        self._outputs.append(self._info(name, shape, "float32"))

    def pack(self, metadata: Mapping[str, str]) -> bytes:
        """The file, checked by the onnx package.

        Args:
            metadata: texts that travel with the network; ONNX calls them metadata_props.
        """
        helper = self._onnx.helper
        graph = helper.make_graph(
            self._nodes,
            "mobilenetv2",
            self._inputs,
            self._outputs,
            list(self._constants.values()),
        )
        model: onnx.ModelProto = helper.make_model(
            graph,
            producer_name="mobilenetv2",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        helper.set_model_props(model, dict(metadata))
        self._onnx.checker.check_model(model, full_check=True)
        data: bytes = model.SerializeToString()
        return data

    def _info(self, name: str, shape: Sequence[int], dtype: str) -> object:
        kind = self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        info: object = self._onnx.helper.make_tensor_value_info(name, kind, list(shape))
        return info
