"""What every tensor of a TFLite graph is: a view of a layer, or numbers."""

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.budget import Budget
from mobilenetv2.weights.recognize.layers import Doubles, Kernel, Unknown
from mobilenetv2.weights.recognize.view import NHWC, View
from mobilenetv2.weights.tflite.model import (
    Model,
    Operator,
    Quantization,
    Tensor,
    dequantize,
    values,
)

_LARGEST_ZERO_POINT = 255


class Tensors:
    """Filled by the translator, in the order of the operators."""

    def __init__(self, model: Model, budget: Budget, picture: View) -> None:
        self.model = model
        self.budget = budget
        self.views: dict[int, View] = {model.inputs[0]: picture}
        self.dequantized: dict[int, int] = {}
        """Results of DEQUANTIZE on a constant: the constant's own index."""
        self._constants: dict[int, npt.NDArray[Any]] = {}
        self._steps: dict[int, Kernel] = {}

    def output_view(self, index: int) -> View:
        """What a tensor is; one that no operator wrote is unknown."""
        if index in self.views:
            return self.views[index]
        tensor = self.model.tensors[index]
        what = "a tensor that nothing computes"
        return View(Unknown(tensor.name, _declared(tensor), what, ()), NHWC)

    def unknown(self, operator: Operator, tensor: Tensor) -> View:
        """The result of an operator that no MobileNetV2 has."""
        sources = [self.views[i].layer for i in operator.inputs if i in self.views]
        shape = _declared(tensor)
        return View(Unknown(tensor.name, shape, operator.name, tuple(sources)), NHWC)

    def view(self, operator: Operator, place: int) -> View | None:
        """The view of an input; None for a constant and for one that is left out."""
        index = operator.inputs[place] if place < len(operator.inputs) else -1
        return self.views.get(index)

    def _tensor(self, operator: Operator, place: int) -> Tensor | None:
        """The constant at a place, looked at through the operators that dequantise it."""
        index = operator.inputs[place] if place < len(operator.inputs) else -1
        index = self.dequantized.get(index, index)
        if index < 0 or index in self.views or not self.model.tensors[index].constant:
            return None
        return self.model.tensors[index]

    def stored(self, operator: Operator, place: int) -> npt.NDArray[Any] | None:
        """Stored numbers, unscaled."""
        tensor = self._tensor(operator, place)
        return None if tensor is None else values(tensor)

    def whole(self, operator: Operator, place: int) -> npt.NDArray[Any] | None:
        """Axes, shapes, pads.

        Raises:
            CheckpointError: floats, which are none of these.
        """
        stored = self.stored(operator, place)
        if stored is not None and not np.issubdtype(stored.dtype, np.integer):
            raise CheckpointError(
                f"a {operator.name} operator takes whole numbers in place {place}, got "
                f"{stored.dtype}; the file is corrupt"
            )
        return stored

    def real(self, operator: Operator, place: int) -> npt.NDArray[Any] | None:
        """Real numbers, float32."""
        tensor = self._tensor(operator, place)
        if tensor is None:
            return None
        if tensor.index not in self._constants:
            self.budget.spend(prod(tensor.shape))
            self._constants[tensor.index] = dequantize(tensor)
        return self._constants[tensor.index]

    def weight(self, operator: Operator, axis: int) -> tuple[Kernel, Doubles | None] | None:
        """A weight, and what its output channels are multiplied by; None for 1.

        Integers stay integers: a network that runs in them never pays for real numbers.

        Args:
            operator: with the weight in the second place.
            axis: of the output channels.
        """
        tensor = self._tensor(operator, 1)
        if tensor is None:
            return None
        quantization = _by_channel(tensor, axis)
        if quantization is None:
            real = self.real(operator, 1)
            return None if real is None else (real, None)
        if tensor.index not in self._steps:
            self.budget.spend(prod(tensor.shape))
            self._steps[tensor.index] = _steps(tensor, quantization, axis)
        scale = quantization.scale.astype(np.float64)
        return self._steps[tensor.index], np.broadcast_to(scale, tensor.shape[axis])

    def bias(self, operator: Operator) -> Doubles | None:
        """Float64 [channels]; None where the operator has no bias."""
        tensor = self._tensor(operator, 2)
        if tensor is None:
            if len(operator.inputs) > 2 and operator.inputs[2] >= 0:
                raise CheckpointError(f"{self.output(operator).name}: its bias is not a constant")
            return None
        self.budget.spend(prod(tensor.shape))
        source, weight = self.model.tensors[operator.inputs[0]], self._tensor(operator, 1)
        scales = None
        if source.quantization and weight and weight.quantization:
            if not source.quantization.per_tensor:
                raise CheckpointError(
                    f"the map {source.name!r} has {len(source.quantization.scale)} scales; a map "
                    "has one for all of its channels, the file is corrupt"
                )
            # The runtime adds the integers as they are, so their unit is the products' own; the
            # scale stored with a bias is a rounded copy of it.
            scales = source.quantization.scale.astype(np.float64) * weight.quantization.scale
        if scales is not None and len(scales) not in (1, prod(tensor.shape)):
            scales = None
        elif scales is not None and len(scales) > 1:
            # A damaged file may say that its bias has more than one dimension.
            scales = scales.reshape(tensor.shape)
        return dequantize(tensor, scales).astype(np.float64)

    def output(self, operator: Operator) -> Tensor:
        """The tensor an operator writes.

        Raises:
            CheckpointError: it writes none.
        """
        if not operator.outputs:
            raise CheckpointError(f"a {operator.name} operator writes nothing; the file is corrupt")
        return self.model.tensors[operator.outputs[0]]


def _by_channel(tensor: Tensor, axis: int) -> Quantization | None:
    """How a constant is quantised, if its bytes are steps of one size for each output channel."""
    found = tensor.quantization
    if tensor.dtype not in ("int8", "uint8") or found is None or len(tensor.shape) <= axis:
        return None
    zero, sizes = found.zero_point, len(found.scale)
    if zero.min() < -_LARGEST_ZERO_POINT or zero.max() > _LARGEST_ZERO_POINT:
        return None
    fits = found.per_tensor or (found.axis == axis and sizes == tensor.shape[axis])
    return found if fits else None


def _steps(tensor: Tensor, quantization: Quantization, axis: int) -> Kernel:
    stored, zero = values(tensor), quantization.zero_point
    if not zero.any():
        return stored
    shape = [1] * stored.ndim
    shape[axis] = len(zero)
    return stored.astype(np.int16) - zero.astype(np.int16).reshape(shape)


def _declared(tensor: Tensor) -> Shape:
    """The shape a file states for a tensor we cannot compute; only messages use it."""
    if len(tensor.shape) == 4 and min(tensor.shape) > 0:
        return Shape(*tensor.shape[1:])
    return Shape(1, 1, max(1, tensor.shape[-1] if tensor.shape else 1))
