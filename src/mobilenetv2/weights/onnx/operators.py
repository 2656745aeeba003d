"""ONNX's operations, one after the other, as layers of no format."""

from math import inf

import numpy as np

from mobilenetv2.network.graph import Pads
from mobilenetv2.weights.onnx.constants import evaluate
from mobilenetv2.weights.onnx.endings import translate_ending
from mobilenetv2.weights.onnx.model import Node
from mobilenetv2.weights.onnx.rearrange import rearrange
from mobilenetv2.weights.onnx.tensors import Tensors
from mobilenetv2.weights.recognize import simplify
from mobilenetv2.weights.recognize.layers import Layer, Picture
from mobilenetv2.weights.recognize.view import (
    NCHW,
    Arithmetic,
    View,
    combine,
    covers_map,
    per_channel,
    without,
)

_ARITHMETIC: dict[str, Arithmetic] = {"Add": "add", "Sub": "sub", "Mul": "mul", "Div": "div"}
_PADDING: dict[str, simplify.Same] = {
    "SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"
}  # fmt: skip


class Translator:
    """Walks the nodes in file order."""

    def __init__(self, tensors: Tensors, opset: int) -> None:
        self._tensors = tensors
        self._opset = opset

    def translate(self, node: Node) -> None:
        """Give every output of one node its view, or its numbers."""
        if not node.outputs:
            return
        constant = self._tensors.numbers(node, 0) if node.operation == "CastLike" else None
        if node.operation == "Constant":
            self._tensors.put_constant(node)
        elif constant is not None:
            self._tensors.constants[node.outputs[0]] = constant
        elif node.operation == "Split" and self._split(node):
            return
        elif any(name in self._tensors.views for name in node.inputs):
            view = self._view_of(node)
            if view is not None:
                self._tensors.views[node.outputs[0]] = view
            elif node.outputs[0] not in self._tensors.constants:
                for name in node.outputs:
                    self._tensors.views[name] = self._tensors.unknown(node, name)
        else:
            numbers = evaluate(
                node, [self._tensors.named(name) for name in node.inputs], self._tensors.budget
            )
            if numbers is None:
                self._tensors.views[node.outputs[0]] = self._tensors.unknown(node, node.outputs[0])
            else:
                self._tensors.constants[node.outputs[0]] = numbers

    def _split(self, node: Node) -> bool:
        """Single colors of the picture, one an output; whether that is what the node gives."""
        view = self._tensors.view(node, 0)
        if view is None or not isinstance(view.layer, Picture) or "c" not in view.axes:
            return False
        channels, along = view.layer.shape.channels, view.axes.index("c")
        if node.integer("axis", 0) % len(view.axes) != along or len(node.outputs) != channels:
            return False
        for place, name in enumerate(node.outputs):
            self._tensors.views[name] = view.of(simplify.reorder(view.layer, (place,), name))
        return True

    def _view_of(self, node: Node) -> View | None:
        """The result of a node, or None where no MobileNetV2 has such a thing."""
        match node.operation:
            case "Conv":
                return self._convolution(node)
            case "BatchNormalization":
                return self._batch_norm(node)
            case "Gemm" | "MatMul":
                return self._matrix_product(node)
            case "Add" | "Sub" | "Mul" | "Div":
                return self._arithmetic(node)
            case "Relu" | "Clip" | "Min" | "Max":
                return self._clip(node)
            case "GlobalAveragePool" | "AveragePool":
                return self._average_pool(node)
            case "ReduceMean" | "ReduceSum":
                return self._reduce(node)
            case "Pad":
                return self._pad(node)
            case (
                "Softmax" | "LogSoftmax" | "Sigmoid" | "ArgMax" | "Concat" | "Resize" | "Upsample"
                | "Expand" | "Tile"
            ):  # fmt: skip
                return translate_ending(node, self._tensors, self._opset)
            case _:
                return rearrange(node, self._tensors)

    def _convolution(self, node: Node) -> View | None:
        view, weight = self._tensors.view(node, 0), self._tensors.numbers(node, 1)
        if view is None or weight is None or view.axes != NCHW or weight.ndim != 4:
            return None
        strides, dilations = (
            node.integers("strides") or (1, 1),
            node.integers("dilations") or (1, 1),
        )
        pads = node.integers("pads") or (0, 0, 0, 0)
        if len(strides) != 2 or len(dilations) != 2 or len(pads) != 4:
            return None
        top, left, bottom, right = pads
        auto = node.string("auto_pad", "NOTSET")
        layer = simplify.convolution(
            view.layer,
            weight.astype(np.float32),
            self._tensors.bias(node, 2),
            tensor=node.outputs[0],
            stride=(strides[0], strides[1]),
            dilation=(dilations[0], dilations[1]),
            groups=node.integer("group", 1),
            padding=_PADDING.get(auto, Pads(top, bottom, left, right)),
        )
        return view.of(layer)

    def _batch_norm(self, node: Node) -> View | None:
        view = self._tensors.view(node, 0)
        given = [self._tensors.numbers(node, place) for place in range(1, 5)]
        arrays = [array.astype(np.float64) for array in given if array is not None]
        if view is None or len(arrays) != 4 or node.integer("training_mode", 0):
            return None
        channels = view.layer.shape.channels
        if view.axes[1:2] != ("c",) or any(array.shape != (channels,) for array in arrays):
            return None
        self._tensors.budget.spend(2 * channels)
        gamma, beta, mean, variance = arrays
        with np.errstate(all="ignore"):
            scale = gamma / np.sqrt(variance + node.float32("epsilon", 1e-5))
            shift = beta - scale * mean
        return view.of(simplify.affine(view.layer, scale, shift, node.outputs[0]))

    def _matrix_product(self, node: Node) -> View | None:
        view, weight = self._tensors.view(node, 0), self._tensors.numbers(node, 1)
        if view is None or weight is None or weight.ndim != 2 or not view.flat:
            return None
        if view.axes[-1] != "c" or node.integer("transA", 0):
            return None
        if not node.integer("transB", 0):
            weight = weight.T
        if weight.shape[1] != view.layer.shape.channels:
            return None
        alpha, beta = node.float32("alpha", 1.0), node.float32("beta", 1.0)
        tensor = node.outputs[0]
        layer: Layer = simplify.convolution(
            view.layer, weight.astype(np.float32)[:, :, None, None], None, tensor=tensor
        )
        bias = (
            per_channel(view.of(layer), added)
            if (added := self._tensors.numbers(node, 2)) is not None
            else None
        )
        if len(node.inputs) > 2 and node.inputs[2] and bias is None:
            return None
        offset = np.zeros(len(weight)) if bias is None else bias * beta
        return view.of(simplify.affine(layer, np.full(len(weight), alpha), offset, tensor))

    def _arithmetic(self, node: Node) -> View | None:
        first, second = self._tensors.view(node, 0), self._tensors.view(node, 1)
        operation = _ARITHMETIC[node.operation]
        if first is not None and second is not None:
            if operation != "add" or first.axes != second.axes:
                return None
            return first.of(simplify.add(first.layer, second.layer, node.outputs[0]))
        view, place = (first, 1) if first is not None else (second, 0)
        numbers = self._tensors.numbers(node, place)
        constant = None if view is None or numbers is None else per_channel(view, numbers)
        if view is None or constant is None:
            return None
        self._tensors.budget.spend(2 * len(constant))
        return combine(view, operation, constant, node.outputs[0], constant_first=place == 0)

    def _clip(self, node: Node) -> View | None:
        place = (
            0
            if self._tensors.view(node, 0) is not None or node.operation in ("Relu", "Clip")
            else 1
        )
        view = self._tensors.view(node, place)
        low, high = -inf, inf
        match node.operation:
            case "Relu":
                low = 0.0
            case "Clip":
                low, high = node.float32("min", -inf), node.float32("max", inf)
                low, high = self._tensors.limit(node, 1, low), self._tensors.limit(node, 2, high)
            case "Max" if len(node.inputs) == 2:
                low = self._tensors.limit(node, 1 - place, low)
            case "Min" if len(node.inputs) == 2:
                high = self._tensors.limit(node, 1 - place, high)
            case _:
                return None
        if view is None or np.isnan(low) or np.isnan(high):
            return None
        if (steps := self._tensors.rounded.get(node.inputs[place])) is not None:
            # Integers are compared with integers; 0 is what their zero point stands for.
            low, high = ((limit - steps[1]) * steps[0] for limit in (low, high))
        # Float16 exports write the type's own limits where they mean none.
        low, high = (-inf if low < -65000 else low), (inf if high > 65000 else high)
        return view.of(simplify.clip(view.layer, low, high, node.outputs[0]))

    def _average_pool(self, node: Node) -> View | None:
        view = self._tensors.view(node, 0)
        if view is None or view.axes != NCHW:
            return None
        if node.operation == "AveragePool":
            whole = node.integers("kernel_shape") == view.layer.shape[:2]
            if not whole or any(node.integers("pads") or ()) or "auto_pad" in node.attributes:
                return None
        return view.of(simplify.average(view.layer, node.outputs[0]))

    def _reduce(self, node: Node) -> View | None:
        view, axes = self._tensors.view(node, 0), self._tensors.axes(node, 1)
        if view is None or not axes or not covers_map(view, axes):
            return None
        height, width, _ = view.layer.shape
        factor = float(height * width) if node.operation == "ReduceSum" else 1.0
        layer = simplify.average(view.layer, node.outputs[0], factor)
        return without(view.of(layer), axes, bool(node.integer("keepdims", 1)))

    def _pad(self, node: Node) -> View | None:
        view = self._tensors.view(node, 0)
        amounts = list(node.integers("pads") or self._tensors.integers(node, 1))
        filler = node.float32("value", 0.0)
        filler = self._tensors.limit(node, 2, filler)
        _, zero = self._tensors.rounded.get(node.inputs[0], (1.0, 0.0))
        if view is None or node.string("mode", "constant") != "constant" or filler != zero:
            return None
        axes = self._tensors.axes(node, 3) or list(range(len(view.axes)))
        if len(amounts) != 2 * len(axes) or not all(0 <= a < len(view.axes) for a in axes):
            return None
        before = {view.axes[axis]: amounts[i] for i, axis in enumerate(axes)}
        after = {view.axes[axis]: amounts[i + len(axes)] for i, axis in enumerate(axes)}
        if any(around.get("n") or around.get("c") for around in (before, after)):
            return None
        pads = Pads(before.get("h", 0), after.get("h", 0), before.get("w", 0), after.get("w", 0))
        return view.of(simplify.pad(view.layer, pads, node.outputs[0]))
