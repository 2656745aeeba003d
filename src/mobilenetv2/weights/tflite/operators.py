"""TFLite's operators, one after the other, as layers of no format."""

from dataclasses import replace
from math import inf

from mobilenetv2.network.graph import Pads, window_output
from mobilenetv2.weights.recognize import simplify
from mobilenetv2.weights.recognize.layers import (
    FREE,
    Average,
    Clamp,
    Convolution,
    Picture,
    Resize,
)
from mobilenetv2.weights.recognize.view import (
    NHWC,
    Arithmetic,
    View,
    combine,
    covers_map,
    per_channel,
    reshape,
    transpose,
    without,
)
from mobilenetv2.weights.tflite.colors import COLORS, choose_colors
from mobilenetv2.weights.tflite.endings import translate_ending
from mobilenetv2.weights.tflite.model import Operator, Tensor, options_of
from mobilenetv2.weights.tflite.own import is_rescaled
from mobilenetv2.weights.tflite.tensors import Tensors

_FUSED: dict[int, Clamp] = {0: FREE, 1: (0.0, inf), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
_ARITHMETIC: dict[str, Arithmetic] = {"ADD": "add", "SUB": "sub", "MUL": "mul", "DIV": "div"}


class Translator:
    """Walks the operators in file order."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors

    def translate(self, operator: Operator) -> None:
        """Give every output of one operator its view."""
        if operator.name == "DEQUANTIZE" and self._tensors.stored(operator, 0) is not None:
            self._tensors.dequantized[self._tensors.output(operator).index] = operator.inputs[0]
            return
        colors = choose_colors(operator, self._tensors) if operator.name in COLORS else None
        if colors is not None:
            self._tensors.views.update(zip(operator.outputs, colors, strict=True))
            return
        view = self._view_of(operator) if len(operator.outputs) == 1 else None
        for index in operator.outputs:
            self._tensors.views[index] = view or self._tensors.unknown(
                operator, self._tensors.model.tensors[index]
            )

    def _view_of(self, operator: Operator) -> View | None:
        """The result of an operator, or None where no MobileNetV2 has such a thing."""
        match operator.name:
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                return self._convolution(operator)
            case "FULLY_CONNECTED":
                return self._fully_connected(operator)
            case "ADD" | "SUB" | "MUL" | "DIV":
                return self._arithmetic(operator)
            case "PAD" | "PADV2":
                return self._pad(operator)
            case "AVERAGE_POOL_2D":
                return self._average_pool(operator)
            case "MEAN" | "SUM":
                return self._reduce(operator)
            case "RELU" | "RELU6" | "RELU_N1_TO_1" | "MAXIMUM" | "MINIMUM":
                return self._clip(operator)
            case (
                "SOFTMAX" | "LOGISTIC" | "ARG_MAX" | "CONCATENATION" | "RESIZE_BILINEAR" | "TILE"
                | "BROADCAST_TO"
            ):  # fmt: skip
                return translate_ending(operator, self._tensors)
            case _:
                return self._rearrangement(operator)

    def _rearrangement(self, operator: Operator) -> View | None:
        """Operators that move numbers about or store them otherwise."""
        view = self._tensors.view(operator, 0)
        if view is None:
            return None
        match operator.name:
            case "RESHAPE" | "SQUEEZE" | "EXPAND_DIMS":
                return reshape(view, self._dims_after(operator))
            case "TRANSPOSE":
                order = self._tensors.whole(operator, 1)
                return None if order is None else transpose(view, order.reshape(-1).tolist())
            case "QUANTIZE" if isinstance(view.layer, Picture):
                # What the first convolution reads is the rounded picture.
                return view.of(replace(view.layer, tensor=self._tensors.output(operator).name))
            case "QUANTIZE" if isinstance(view.layer, Average | Resize) and is_rescaled(
                self._tensors.model, operator
            ):
                return view.of(replace(view.layer, tensor=self._tensors.output(operator).name))
            case "QUANTIZE" | "DEQUANTIZE" | "CAST":
                return view
            case _:
                return None

    def _convolution(self, operator: Operator) -> View | None:
        options = options_of(operator)
        depthwise = operator.name == "DEPTHWISE_CONV_2D"
        # CONV_2D stores [out, height, width, in], DEPTHWISE_CONV_2D [1, height, width, out].
        view = self._tensors.view(operator, 0)
        found = self._tensors.weight(operator, axis=3 if depthwise else 0)
        if view is None or found is None or view.axes != NHWC or found[0].ndim != 4:
            return None
        weight, gain = found
        weight = weight.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        channels = view.layer.shape.channels
        after = 4 if depthwise else 3
        layer = simplify.convolution(
            view.layer,
            weight,
            self._tensors.bias(operator),
            gain=gain,
            tensor=self._tensors.output(operator).name,
            stride=(options.int32(2), options.int32(1)),
            dilation=(options.int32(after + 2, 1), options.int32(after + 1, 1)),
            groups=channels if depthwise else channels // max(1, weight.shape[1]),
            padding="same" if options.int8(0) == 0 else "valid",
        )
        return self._finish(operator, view.of(layer), options.int8(after))

    def _fully_connected(self, operator: Operator) -> View | None:
        view, found = self._tensors.view(operator, 0), self._tensors.weight(operator, axis=0)
        if view is None or found is None or not view.flat or found[0].ndim != 2:
            return None
        weight, gain = found
        if weight.shape[1] != view.layer.shape.channels:
            return None
        layer = simplify.convolution(
            view.layer,
            weight[:, :, None, None],
            self._tensors.bias(operator),
            gain=gain,
            tensor=self._tensors.output(operator).name,
        )
        return self._finish(operator, View(layer, ("n", "c")), options_of(operator).int8(0))

    def _arithmetic(self, operator: Operator) -> View | None:
        first, second = self._tensors.view(operator, 0), self._tensors.view(operator, 1)
        operation, tensor = _ARITHMETIC[operator.name], self._tensors.output(operator).name
        result: View | None = None
        if first is not None and second is not None:
            if operation == "add" and first.axes == second.axes:
                result = first.of(simplify.add(first.layer, second.layer, tensor))
        else:
            view, place = (first, 1) if first is not None else (second, 0)
            numbers = self._tensors.real(operator, place)
            constant = None if view is None or numbers is None else per_channel(view, numbers)
            if view is not None and constant is not None:
                self._tensors.budget.spend(2 * len(constant))
                first_is_constant = place == 0
                result = combine(
                    view, operation, constant, tensor, constant_first=first_is_constant
                )
        return result and self._finish(operator, result, options_of(operator).int8(0))

    def _pad(self, operator: Operator) -> View | None:
        view, amounts = self._tensors.view(operator, 0), self._tensors.whole(operator, 1)
        filler = self._tensors.real(operator, 2) if operator.name == "PADV2" else None
        if view is None or amounts is None or amounts.shape != (len(view.axes), 2):
            return None
        around = dict(zip(view.axes, amounts.tolist(), strict=True))
        elsewhere = any(any(around[axis]) for axis in view.axes if axis in ("n", "c"))
        if elsewhere or (filler is not None and filler.any()):
            return None
        pads = Pads(*around.get("h", (0, 0)), *around.get("w", (0, 0)))
        return view.of(simplify.pad(view.layer, pads, self._tensors.output(operator).name))

    def _average_pool(self, operator: Operator) -> View | None:
        view, options = self._tensors.view(operator, 0), options_of(operator)
        if view is None or view.axes != NHWC:
            return None
        size, kernel = view.layer.shape[:2], (options.int32(4), options.int32(3))
        strides = (max(1, options.int32(2)), max(1, options.int32(1)))
        outputs = [
            window_output(length, window, step, 1, 0) if options.int8(0) else -(-length // step)
            for length, window, step in zip(size, kernel, strides, strict=True)
        ]
        if kernel != size or outputs != [1, 1]:
            return None
        layer = simplify.average(view.layer, self._tensors.output(operator).name)
        return self._finish(operator, view.of(layer), options.int8(5))

    def _reduce(self, operator: Operator) -> View | None:
        view, axes = self._tensors.view(operator, 0), self._tensors.whole(operator, 1)
        if view is None or axes is None or not covers_map(view, axes.reshape(-1).tolist()):
            return None
        height, width, _ = view.layer.shape
        factor = float(height * width) if operator.name == "SUM" else 1.0
        layer = simplify.average(view.layer, self._tensors.output(operator).name, factor)
        keep = bool(options_of(operator).uint8(0))
        return without(view.of(layer), axes.reshape(-1).tolist(), keep)

    def _clip(self, operator: Operator) -> View | None:
        limits: Clamp | None
        match operator.name:
            case "RELU":
                view, limits = self._tensors.view(operator, 0), (0.0, inf)
            case "RELU6":
                view, limits = self._tensors.view(operator, 0), (0.0, 6.0)
            case "RELU_N1_TO_1":
                view, limits = self._tensors.view(operator, 0), (-1.0, 1.0)
            case _:
                place = 0 if self._tensors.view(operator, 0) is not None else 1
                view, numbers = (
                    self._tensors.view(operator, place),
                    self._tensors.real(operator, 1 - place),
                )
                if numbers is None or numbers.size != 1:
                    return None
                limit = float(numbers.reshape(-1)[0])
                limits = (limit, inf) if operator.name == "MAXIMUM" else (-inf, limit)
        if view is None:
            return None
        return view.of(simplify.clip(view.layer, *limits, self._tensors.output(operator).name))

    def _finish(self, operator: Operator, view: View, fused: int) -> View | None:
        """The activation that is fused into an operator, said or implied."""
        if fused not in _FUSED:
            return None
        tensor = self._tensors.output(operator)
        clamp = _FUSED[fused]
        if clamp == FREE and isinstance(view.layer, Convolution):
            clamp = _implied(tensor)
        return view.of(simplify.clip(view.layer, *clamp, tensor.name))

    def _dims_after(self, operator: Operator) -> list[int]:
        wanted = self._tensors.whole(operator, 1) if operator.name == "RESHAPE" else None
        return list(
            self._tensors.output(operator).shape if wanted is None else wanted.reshape(-1).tolist()
        )


def _implied(tensor: Tensor) -> Clamp:
    """The activation that a quantised result's range says without words."""
    if tensor.quantization is None or tensor.dtype not in ("uint8", "int8"):
        return FREE
    scale, zero = float(tensor.quantization.scale[0]), int(tensor.quantization.zero_point[0])
    return simplify.saturation(scale, zero, tensor.dtype)
