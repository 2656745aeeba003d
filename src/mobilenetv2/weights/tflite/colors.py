"""TFLite's operators that turn the colors of the picture around, or take it apart by color."""

import numpy as np
import numpy.typing as npt

from mobilenetv2.weights.recognize import simplify
from mobilenetv2.weights.recognize.layers import Picture
from mobilenetv2.weights.recognize.view import View
from mobilenetv2.weights.tflite.model import Operator, options_of
from mobilenetv2.weights.tflite.tensors import Tensors

Numbers = npt.NDArray[np.integer]

MAX_COLORS = 3
"""That are picked; more would be copies of a picture without end."""

COLORS = ("GATHER", "REVERSE_V2", "SLICE", "SPLIT", "SPLIT_V", "STRIDED_SLICE")
"""The operators that a file may do it with."""


def choose_colors(operator: Operator, tensors: Tensors) -> list[View] | None:
    """One view an output; None for what is no choice among the colors of the picture."""
    view = tensors.view(operator, 1 if operator.name == "SPLIT" else 0)
    if view is None or not isinstance(view.layer, Picture) or "c" not in view.axes:
        return None
    place = view.axes.index("c")
    shape = [size if axis == place else 1 for axis, size in enumerate(view.dims)]
    # Every element is the number of its channel, so what the operator picks of it is the order.
    numbers = np.broadcast_to(np.arange(view.dims[place], dtype=np.uint8).reshape(shape), view.dims)
    try:
        parts = _picked(operator, tensors, numbers)
    except (ValueError, IndexError, np.exceptions.AxisError):
        return None
    if parts is None or len(parts) != len(operator.outputs):
        return None
    whole = [size for axis, size in enumerate(view.dims) if axis != place]
    chosen = []
    for index, part in zip(operator.outputs, parts, strict=True):
        if part.ndim != len(shape) or not part.size:
            return None
        rest = [size for axis, size in enumerate(part.shape) if axis != place]
        if rest != whole:
            return None
        order = tuple(np.moveaxis(part, place, -1)[(0,) * (part.ndim - 1)].tolist())
        name = tensors.model.tensors[index].name
        chosen.append(view.of(simplify.reorder(view.layer, order, name)))
    return chosen


def _picked(operator: Operator, tensors: Tensors, numbers: Numbers) -> list[Numbers] | None:
    """What an operator gives of an array of the picture's shape."""
    first = 0 if operator.name == "SPLIT" else 1
    given = [tensors.whole(operator, place) for place in range(len(operator.inputs))]
    constants = [array.reshape(-1) for array in given if array is not None]
    if len(constants) != len(operator.inputs) - 1 or given[1 - first] is not None:
        return None
    match operator.name, constants:
        case "REVERSE_V2", [axis] if len(axis) == 1 and _along_colors(numbers, int(axis[0])):
            return [np.flip(numbers, int(axis[0]))]
        case "GATHER", [places] if places.size <= MAX_COLORS:
            along = options_of(operator).int32(0)
            return [np.take(numbers, places, along)] if _along_colors(numbers, along) else None
        case "SLICE", [begin, size] if len(begin) == len(size) == numbers.ndim:
            ends = np.where(size < 0, numbers.shape, begin + size)
            return [numbers[tuple(map(slice, begin.tolist(), ends.tolist()))]]
        case "STRIDED_SLICE", [begin, end, step] if len(begin) == len(end) == len(step):
            return _strided(operator, numbers, begin, end, step)
        case "SPLIT", [axis] if len(axis) == 1:
            return np.array_split(numbers, len(operator.outputs), int(axis[0]))
        case "SPLIT_V", [sizes, axis] if len(axis) == 1 and (sizes > 0).all():
            return np.split(numbers, np.cumsum(sizes)[:-1].tolist(), int(axis[0]))
        case _:
            return None


def _strided(
    operator: Operator, numbers: Numbers, begin: Numbers, end: Numbers, step: Numbers
) -> list[Numbers] | None:
    options = options_of(operator)
    if any(options.int32(mask) for mask in (2, 3, 4)) or not step.all():
        return None
    cuts = [
        slice(
            None if options.int32(0) >> axis & 1 else int(begin[axis]),
            None if options.int32(1) >> axis & 1 else int(end[axis]),
            int(step[axis]),
        )
        for axis in range(len(begin))
    ]
    if any(cut.step != 1 and not _along_colors(numbers, axis) for axis, cut in enumerate(cuts)):
        return None
    return [numbers[tuple(cuts)]]


def _along_colors(numbers: Numbers, axis: int) -> bool:
    """Else a picture would be turned, not its colors: the same numbers in another order."""
    first = numbers[(0,) * numbers.ndim]
    return numbers.shape[axis] > 1 and bool(np.take(numbers, 1, axis).reshape(-1)[0] != first)
