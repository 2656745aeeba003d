"""ONNX's operations of heads: joined and resized maps, scores, the largest class of a pixel."""

from math import floor

from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.onnx.model import Node
from mobilenetv2.weights.onnx.tensors import Tensors
from mobilenetv2.weights.recognize import simplify
from mobilenetv2.weights.recognize.join import join
from mobilenetv2.weights.recognize.layers import Alignment, ArgMax, Rows, Sigmoid, Softmax
from mobilenetv2.weights.recognize.view import View, drop_channels

_ALIGNMENTS: dict[str, Alignment] = {
    "align_corners": "corners",
    "half_pixel": "half_pixel",
    # The two differ only where the result is a single pixel.
    "pytorch_half_pixel": "half_pixel",
    "asymmetric": "asymmetric",
}


def translate_ending(node: Node, tensors: Tensors, opset: int) -> View | None:
    """The result of a node, or None where no MobileNetV2 has such a thing."""
    view = tensors.view(node, 0)
    if view is None:
        return None
    match node.operation:
        case "Concat":
            views = [tensors.view(node, place) for place in range(len(node.inputs))]
            parts = [part for part in views if part is not None]
            if len(parts) != len(views):
                return None
            return join(parts, node.integer("axis", 0), node.outputs[0])
        case "Resize" | "Upsample" | "Expand" | "Tile":
            return _resize(node, view, tensors, opset)
        case "ArgMax":
            return _largest(node, view)
        case "Softmax" | "LogSoftmax":
            return _softmax(node, view, opset)
        case "Sigmoid" if view.flat or isinstance(view.layer, Rows):
            return view.of(Sigmoid(node.outputs[0], view.layer.shape, view.layer))
        case _:
            return None


def _resize(node: Node, view: View, tensors: Tensors, opset: int) -> View | None:
    """Bilinear, or of a single pixel in any way."""
    sizes = _sizes(node, view, tensors)
    linear = node.operation in ("Resize", "Upsample") and node.string("mode", "nearest") == "linear"
    if sizes is None or not (linear or view.flat) or node.integer("antialias", 0):
        return None
    wanted = dict(zip(view.axes, sizes, strict=True))
    if wanted.get("c") not in (1, view.layer.shape.channels) or wanted.get("n", 1) != 1:
        return None
    # Before opset 11 nothing but this was known.
    default = "half_pixel" if opset >= 11 and node.operation == "Resize" else "asymmetric"
    alignment = _ALIGNMENTS.get(node.string("coordinate_transformation_mode", default))
    if alignment is None or "h" not in wanted or "w" not in wanted:
        return None
    size = (wanted["h"], wanted["w"])
    return view.of(simplify.resize(view.layer, size, alignment, node.outputs[0]))


def _sizes(node: Node, view: View, tensors: Tensors) -> list[int] | None:
    """The shape after resizing, from sizes or from scales."""
    rank = len(view.axes)
    spread = node.operation in ("Expand", "Tile")
    sizes = tensors.integers(node, 1 if spread else 3)
    # Of a single pixel, how often it is repeated and the shape that gives are the same.
    if len(sizes) == rank and (node.operation != "Tile" or sizes[view.axes.index("c")] == 1):
        return sizes
    if spread:
        return None
    # Resize had its scales second before opset 11, as Upsample, and third since.
    for place in (1, 2):
        scales = tensors.numbers(node, place)
        if scales is not None and scales.shape == (rank,) and "axes" not in node.attributes:
            dims = zip(view.dims, scales.tolist(), strict=True)
            return [floor(min(size * scale, 1e6)) if scale > 0 else 0 for size, scale in dims]
    return None


def _largest(node: Node, view: View) -> View | None:
    axis, rank = node.integer("axis", 0), len(view.axes)
    if not -rank <= axis < rank or view.axes[axis] != "c" or node.integer("select_last_index", 0):
        return None
    shape = Shape(*view.layer.shape[:2], 1)
    result = view.of(ArgMax(node.outputs[0], shape, view.layer))
    return result if node.integer("keepdims", 1) else drop_channels(result)


def _softmax(node: Node, view: View, opset: int) -> View | None:
    axis = node.integer("axis", -1 if opset >= 13 else 1)
    rest = view.axes[axis:]
    # Before opset 13 all axes from this one on count together; the others must have size one.
    alone = rest == ("c",) or (opset >= 13 and rest[:1] == ("c",))
    if not alone and not (opset < 13 and "c" in rest and view.flat):
        return None
    logarithm = node.operation == "LogSoftmax"
    return view.of(Softmax(node.outputs[0], view.layer.shape, view.layer, logarithm))
