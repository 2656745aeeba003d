"""What a TFLite file of ours says of itself in a buffer of its metadata."""

from mobilenetv2.weights.exported import BUFFER, read_exported_json
from mobilenetv2.weights.recognize.layers import Clamp, Layer
from mobilenetv2.weights.recognize.network import Described
from mobilenetv2.weights.recognize.simplify import stored_range
from mobilenetv2.weights.tflite.model import Model, Operator, Tensor
from mobilenetv2.weights.tflite.tensors import Tensors

STORED = ".stored"
"""Behind a node's name: its map in the integers that the network works in."""
UNSCALED = (".pooled", ".resized")
"""Behind a node's name: its map before it is brought to a scale of its own."""


def read_own(model: Model, tensors: Tensors) -> Described | None:
    """The description and the layers by node; None for a file that is not ours.

    Args:
        model: the file.
        tensors: all of them, translated.

    Raises:
        CheckpointError: the file says that it is ours, and what it says cannot be.
    """
    exported = read_exported_json(model.metadata.get(BUFFER, memoryview(b"")))
    if exported is None:
        return None
    names = {index: _name(model.tensors[index]) for index in tensors.views}
    layers = {name: tensors.views[index].layer for index, name in names.items()}
    ranges = {name: _range(model.tensors[index]) for index, name in names.items()}
    inner = [name for name in layers if name.endswith(STORED)]
    return Described(
        exported,
        layers | {name.removesuffix(STORED): layers[name] for name in inner},
        {name.removesuffix(STORED): found for name, found in ranges.items() if found is not None},
    )


def stored_ranges(model: Model, tensors: Tensors) -> dict[Layer, Clamp]:
    """(lowest, highest) that a layer's integers can say, of the tensors that hold integers."""
    found = ((view.layer, _range(model.tensors[index])) for index, view in tensors.views.items())
    return {layer: limits for layer, limits in found if limits is not None}


def is_rescaled(model: Model, operator: Operator) -> bool:
    """Whether a QUANTIZE gives a node of ours the scale that its kernel could not."""
    before, after = (_name(model.tensors[i]) for i in (operator.inputs[0], operator.outputs[0]))
    return before in {after + suffix for suffix in UNSCALED}


def _name(tensor: Tensor) -> str:
    """Without the index that `Tensor.name` puts in front."""
    return tensor.table.string(3)


def _range(tensor: Tensor) -> Clamp | None:
    """(lowest, highest) that a tensor's integers can say."""
    quantization = tensor.quantization
    if quantization is None or tensor.dtype not in ("uint8", "int8"):
        return None
    scale, zero = float(quantization.scale[0]), int(quantization.zero_point[0])
    return stored_range(scale, zero, tensor.dtype)
