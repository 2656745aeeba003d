"""ONNX's operations that move numbers about or store them otherwise."""

import numpy as np

from mobilenetv2.weights.onnx.constants import evaluate
from mobilenetv2.weights.onnx.model import Node
from mobilenetv2.weights.onnx.tensors import Tensors
from mobilenetv2.weights.recognize import simplify
from mobilenetv2.weights.recognize.layers import FREE, Convolution, Picture
from mobilenetv2.weights.recognize.view import View, drop, insert, per_channel, reshape, transpose


def rearrange(node: Node, tensors: Tensors) -> View | None:
    """Operations that move numbers about or store them otherwise."""
    view = tensors.view(node, 0)
    if view is None:
        return None
    match node.operation:
        case "Identity" | "Dropout" | "Cast" | "CastLike":
            return view
        case "DequantizeLinear":
            return _dequantized(node, view, tensors)
        case "QuantizeLinear":
            return _quantized(node, view, tensors)
        case "Transpose":
            default = tuple(reversed(range(len(view.axes))))
            return transpose(view, node.integers("perm") or default)
        case "Flatten" if node.integer("axis", 1) in (1, 1 - len(view.axes)):
            return reshape(view, [1, view.layer.shape.channels])
        case "Reshape":
            return reshape(view, tensors.integers(node, 1) or node.integers("shape") or ())
        case "Squeeze":
            ones = [i for i, size in enumerate(view.dims) if size == 1 and view.axes[i] != "n"]
            return drop(view, tensors.axes(node, 1) or ones)
        case "Unsqueeze":
            return insert(view, tensors.axes(node, 1) or ())
        case "Gather" | "Slice":
            return _chosen_channels(node, view, tensors)
        case "Shape":
            cut = slice(node.integer("start", 0), node.integer("end", len(view.dims)))
            tensors.constants[node.outputs[0]] = np.array(view.dims[cut], np.int64)
            return None
        case _:
            return None


def _quantized(node: Node, view: View, tensors: Tensors) -> View:
    """The same values; a range may imply the activation that its exporter took away."""
    numbers = (tensors.numbers(node, 1), tensors.numbers(node, 2))
    scale, zero = (None if n is None or n.size != 1 else float(n.reshape(-1)[0]) for n in numbers)
    if scale is None or zero is None or numbers[1] is None:
        return view
    tensors.rounded[node.outputs[0]] = (scale, zero)
    dtype = str(numbers[1].dtype)
    if dtype not in ("uint8", "int8", "uint16", "int16"):
        return view
    if isinstance(view.layer, Convolution) and view.layer.clamp == FREE:
        key = (view.layer, simplify.saturation(scale, int(zero), dtype))
        clipped = simplify.clip(view.layer, *key[1], node.outputs[0])
        view = view.of(tensors.saturated.setdefault(key, clipped))
    tensors.ranges[view.layer] = simplify.stored_range(scale, zero, dtype)
    return view


def _dequantized(node: Node, view: View, tensors: Tensors) -> View | None:
    """Undoes a quantisation, which needs nothing; of an integer picture it is arithmetic."""
    if not isinstance(view.layer, Picture) or node.inputs[0] in tensors.rounded:
        return view
    scale, zero = tensors.numbers(node, 1), tensors.numbers(node, 2)
    factor = None if scale is None else per_channel(view, scale)
    shift = np.zeros(3) if zero is None else per_channel(view, zero)
    if factor is None or shift is None:
        return None
    return view.of(simplify.affine(view.layer, factor, -shift * factor, node.outputs[0]))


def _chosen_channels(node: Node, view: View, tensors: Tensors) -> View | None:
    """Channels by their numbers: how a file turns red, green and blue around."""
    if "c" not in view.axes:
        return None
    numbers = np.arange(view.layer.shape.channels)
    given = [tensors.numbers(node, place) for place in range(1, len(node.inputs))]
    place = view.axes.index("c")
    shape = [len(numbers) if axis == place else 1 for axis in range(len(view.axes))]
    picked = evaluate(node, [numbers.reshape(shape), *given], tensors.budget)
    if picked is None or picked.ndim != len(shape) or picked.size != picked.shape[place]:
        return None
    order = tuple(int(number) for number in picked.reshape(-1))
    return view.of(simplify.reorder(view.layer, order, node.outputs[0]))
