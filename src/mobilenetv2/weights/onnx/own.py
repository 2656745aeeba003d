"""What an ONNX file of ours says of itself in its metadata_props."""

from collections.abc import Mapping

from mobilenetv2.weights.exported import read_exported
from mobilenetv2.weights.onnx.model import Model
from mobilenetv2.weights.onnx.tensors import Tensors
from mobilenetv2.weights.recognize.layers import Clamp
from mobilenetv2.weights.recognize.network import Described

REAL = ".real"
"""Behind a node's name: its map in real numbers, where the file stores integers."""
STORED = ".stored"
HIGHEST = 255
"""Of the integers that our files store maps in, uint8."""


def read_own(model: Model, tensors: Tensors) -> Described | None:
    """The description and the layers by node; None for a file that is not ours.

    Args:
        model: the file.
        tensors: all of them, translated.

    Raises:
        CheckpointError: the file says that it is ours, and what it says cannot be.
    """
    exported = read_exported(model.metadata)
    if exported is None:
        return None
    layers = {name: view.layer for name, view in tensors.views.items()}
    named = {name.removesuffix(REAL): layer for name, layer in layers.items() if REAL in name}
    return Described(exported, layers | named, _ranges(tensors.rounded))


def _ranges(rounded: Mapping[str, tuple[float, float]]) -> dict[str, Clamp]:
    return {
        name.removesuffix(STORED): (-zero * scale, (HIGHEST - zero) * scale)
        for name, (scale, zero) in rounded.items()
        if name.endswith(STORED)
    }
