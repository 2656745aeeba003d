"""The integers of a quantised TFLite file, read a second time from the operators behind our nodes.

The first reading finds what the network computes and turns its constants into real numbers. Here
the stored ones are taken, and it is seen that every node reads its sources as they were written: a
change of scale in between is arithmetic that our integer network has in one place only, where maps
are joined.
"""

from collections.abc import Mapping

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Add, Concat, Conv, Graph, Input, Node, Pool, Resize
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization
from mobilenetv2.weights.recognize.layers import Layer
from mobilenetv2.weights.tflite.model import Model, Operator, Tensor, tensor_index, values

_MOVING = (
    "RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "QUANTIZE", "PAD", "PADV2", "RESIZE_BILINEAR",
)  # fmt: skip
"""What may stand between two nodes if it changes no scale; padded zeros are zero points, and a
resize that is no node of ours changes no size."""
_CLIPS = ("RELU", "RELU6")
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def read_integers(model: Model, graph: Graph, layers: Mapping[str, Layer]) -> Quantization:
    """The integers of every convolution and what every map's integers stand for.

    Args:
        model: the file.
        graph: what it was found to compute.
        layers: by node, what it was found in.

    Raises:
        CheckpointError: the file cannot be run as a quantised network of ours; says why.
    """
    return _Reader(model, layers).read(graph)


class _Reader:
    def __init__(self, model: Model, layers: Mapping[str, Layer]) -> None:
        self._model = model
        self._tensors = {name: tensor_index(layer.tensor) for name, layer in layers.items()}
        self._nodes = {index: name for name, index in self._tensors.items()}
        self._writers: dict[int, Operator] = {}
        for operator in model.operators:
            for index in operator.outputs:
                if index in self._writers:
                    raise CheckpointError(f"{model.tensors[index].name!r} is written twice")
                self._writers[index] = operator

    def read(self, graph: Graph) -> Quantization:
        activations: dict[str, Affine] = {}
        convs: dict[str, IntegerConv] = {}
        for node in graph.nodes:
            activations[node.name] = self._affine(self._tensors[node.name])
            if isinstance(node, Input):
                continue
            operator = self._operator(node)
            self._check_sources(node, operator)
            if isinstance(node, Conv):
                convs[node.name] = self._conv(operator)
        return Quantization(activations, convs)

    def _affine(self, index: int) -> Affine:
        tensor = self._model.tensors[index]
        quantization = tensor.quantization
        if tensor.dtype not in ("uint8", "int8") or quantization is None:
            raise CheckpointError(
                f"the map {tensor.name!r} is {tensor.dtype}, not uint8 or int8 with a scale"
            )
        if not quantization.per_tensor:
            raise CheckpointError(f"the map {tensor.name!r} has a scale for each of its channels")
        shift = 128 if tensor.dtype == "int8" else 0
        return Affine(float(quantization.scale[0]), int(quantization.zero_point[0]) + shift)

    def _operator(self, node: Node) -> Operator:
        """The operator that computes a node, before an activation that is one of its own."""
        index = self._tensors[node.name]
        for _ in self._model.operators:
            operator = self._writer(index)
            if operator.name not in _CLIPS:
                break
            self._check_same_scale(operator.inputs[0], index)
            index = operator.inputs[0]
        if operator.name == "QUANTIZE" and isinstance(node, Pool | Resize):
            # Pools and resizes of integers keep their input's scale; the map's own comes after.
            self._check_same_scale(self._writer(operator.inputs[0]).inputs[0], operator.inputs[0])
            operator = self._writer(operator.inputs[0])
        if operator.name not in _kinds(node):
            raise CheckpointError(f"{node.name} is computed by {operator.name}")
        return operator

    def _check_sources(self, node: Node, operator: Operator) -> None:
        match node:
            case Add():
                read = operator.inputs[:2]
            case Concat():
                read = tuple(self._before_joining(index, operator) for index in operator.inputs)
            case _:
                read = operator.inputs[:1]
        found = [self._origin(index) for index in read]
        if sorted(found) != sorted(node.sources):
            raise CheckpointError(f"{node.name} reads {found} instead of {list(node.sources)}")

    def _before_joining(self, index: int, operator: Operator) -> int:
        """A part before it is brought to the scale of the whole, which joining does itself."""
        writer = self._writers.get(index)
        if writer is None or writer.name != "QUANTIZE":
            return index
        self._check_same_scale(index, operator.outputs[0])
        return writer.inputs[0]

    def _origin(self, index: int) -> str:
        """The node whose map a tensor is, in the same integers."""
        for _ in self._model.operators:
            if index in self._nodes:
                return self._nodes[index]
            operator = self._writer(index)
            if operator.name not in _MOVING:
                raise CheckpointError(
                    f"{operator.name} ({self._model.tensors[index].name!r}) has integers of its own"
                )
            self._check_same_scale(operator.inputs[0], index)
            index = operator.inputs[0]
        raise CheckpointError("its operators read each other in a circle")

    def _writer(self, index: int) -> Operator:
        operator = self._writers.get(index)
        if operator is None or not operator.inputs:
            raise CheckpointError(f"nothing computes {self._model.tensors[index].name!r}")
        return operator

    def _check_same_scale(self, first: int, second: int) -> None:
        before, after = self._affine(first), self._affine(second)
        if before != after:
            raise CheckpointError(
                f"{self._model.tensors[second].name!r} changes the scale and zero point of "
                f"a map from {before.scale:g} and {before.zero_point} to {after.scale:g} and "
                f"{after.zero_point}"
            )

    def _conv(self, operator: Operator) -> IntegerConv:
        tensor = self._model.tensors[operator.inputs[1]]
        stored = values(tensor)
        match operator.name:
            case "DEPTHWISE_CONV_2D":
                weight, axis = stored.transpose(3, 0, 1, 2), 3
            case "CONV_2D":
                weight, axis = stored.transpose(0, 3, 1, 2), 0
            case _:
                weight, axis = stored[:, :, None, None], 0
        scale, zero_point = _per_channel(tensor, axis, len(weight))
        bias = np.zeros(len(weight), np.int32)
        if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
            given = self._model.tensors[operator.inputs[2]]
            if given.dtype != "int32":
                raise CheckpointError(f"the bias {given.name!r} is {given.dtype}, not int32")
            bias = np.array(values(given), np.int32)
        # Copies, so that the bytes of the file need not be kept.
        return IntegerConv(np.array(weight, order="C"), scale, zero_point, bias)


def _per_channel(
    tensor: Tensor, axis: int, channels: int
) -> tuple[
    np.ndarray[tuple[int], np.dtype[np.float32]], np.ndarray[tuple[int], np.dtype[np.int32]]
]:
    """(scale, zero point) of a weight, one each an output channel."""
    quantization = tensor.quantization
    if quantization is None:
        raise CheckpointError(f"the weight {tensor.name!r} is {tensor.dtype} without a scale")
    if not quantization.per_tensor and quantization.axis != axis:
        raise CheckpointError(
            f"the weight {tensor.name!r} has its scales along axis {quantization.axis}, "
            f"not along that of the output channels, {axis}"
        )
    limits = np.iinfo(np.int32)
    zero_point = np.clip(quantization.zero_point, limits.min, limits.max).astype(np.int32)
    return (
        np.broadcast_to(quantization.scale.astype(np.float32), channels).copy(),
        np.broadcast_to(zero_point, channels).copy(),
    )


def _kinds(node: Node) -> tuple[str, ...]:
    """The operators that compute a node as our integer network does."""
    match node:
        case Conv():
            return _CONVOLUTIONS
        case Add():
            return ("ADD",)
        case Pool():
            return ("AVERAGE_POOL_2D", "MEAN")
        case Resize():
            return ("RESIZE_BILINEAR",)
        case Concat():
            return ("CONCATENATION",)
        case Input():
            return ()
