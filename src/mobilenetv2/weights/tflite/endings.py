"""TFLite's operators of heads: joined and resized maps, scores, the largest class of a pixel."""

from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.recognize import simplify
from mobilenetv2.weights.recognize.join import join
from mobilenetv2.weights.recognize.layers import Alignment, ArgMax, Rows, Sigmoid, Softmax
from mobilenetv2.weights.recognize.view import NHWC, View, drop_channels
from mobilenetv2.weights.tflite.model import Operator, options_of
from mobilenetv2.weights.tflite.tensors import Tensors


def translate_ending(operator: Operator, tensors: Tensors) -> View | None:
    """The result of an operator, or None where no MobileNetV2 has such a thing."""
    view = tensors.view(operator, 0)
    if view is None:
        return None
    match operator.name:
        case "CONCATENATION":
            return _concatenation(operator, tensors)
        case "RESIZE_BILINEAR":
            return _resize(operator, view, tensors)
        case "TILE" | "BROADCAST_TO":
            return _spread(operator, view, tensors)
        case "ARG_MAX":
            return _largest(operator, view, tensors)
        case "SOFTMAX":
            return _softmax(operator, view, tensors)
        case "LOGISTIC" if view.flat or isinstance(view.layer, Rows):
            tensor = tensors.output(operator).name
            return view.of(Sigmoid(tensor, view.layer.shape, view.layer))
        case _:
            return None


def _concatenation(operator: Operator, tensors: Tensors) -> View | None:
    options = options_of(operator)
    views = [tensors.view(operator, place) for place in range(len(operator.inputs))]
    parts = [view for view in views if view is not None]
    if len(parts) != len(views) or options.int8(1) != 0:
        return None
    return join(parts, options.int32(0), tensors.output(operator).name)


def _resize(operator: Operator, view: View, tensors: Tensors) -> View | None:
    options, size = options_of(operator), tensors.whole(operator, 1)
    if view.axes != NHWC or size is None or size.size != 2:
        return None
    alignment: Alignment = "asymmetric"
    if options.uint8(2):
        alignment = "corners"
    elif options.uint8(3):
        alignment = "half_pixel"
    height, width = (int(side) for side in size.reshape(-1))
    tensor = tensors.output(operator).name
    return view.of(simplify.resize(view.layer, (height, width), alignment, tensor))


def _spread(operator: Operator, view: View, tensors: Tensors) -> View | None:
    """A single pixel over a whole map: how often it is repeated, or to what shape, is the same."""
    sizes = tensors.stored(operator, 1)
    if view.axes != NHWC or not view.flat or sizes is None or sizes.size != len(NHWC):
        return None
    batch, height, width, channels = (int(size) for size in sizes.reshape(-1))
    if batch != 1 or channels != (1 if operator.name == "TILE" else view.layer.shape.channels):
        return None
    tensor = tensors.output(operator).name
    return view.of(simplify.resize(view.layer, (height, width), "corners", tensor))


def _largest(operator: Operator, view: View, tensors: Tensors) -> View | None:
    axis = tensors.whole(operator, 1)
    rank = len(view.axes)
    if axis is None or axis.size != 1 or int(axis.reshape(-1)[0]) % rank != rank - 1:
        return None
    if view.axes[-1] != "c":
        return None
    shape = Shape(*view.layer.shape[:2], 1)
    largest = ArgMax(tensors.output(operator).name, shape, view.layer)
    return drop_channels(view.of(largest))


def _softmax(operator: Operator, view: View, tensors: Tensors) -> View | None:
    if view.axes[-1] != "c" or options_of(operator).float32(0) != 1:
        return None
    return view.of(Softmax(tensors.output(operator).name, view.layer.shape, view.layer))
