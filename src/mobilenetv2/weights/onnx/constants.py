"""Arithmetic on constants: exporters leave shapes and pads to be computed when the graph runs."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.budget import Budget
from mobilenetv2.weights.onnx.model import TYPES, Node

Numbers = npt.NDArray[Any]


def evaluate(node: Node, inputs: Sequence[Numbers | None], budget: Budget) -> Numbers | None:
    """The result of a node whose inputs are all known; None for an operation that is not.

    Args:
        node: the operation.
        inputs: its inputs in order, None where one is left out.
        budget: pays for the result before it is made.

    Raises:
        CheckpointError: inputs that the operation cannot take.
    """
    try:
        if node.operation in ("Add", "Sub", "Mul", "Div"):
            return _arithmetic(node.operation, _needed(inputs, 2), budget)
        if node.operation == "ConstantOfShape":
            return _filled(node, _needed(inputs, 1)[0], budget)
        if node.operation == "Expand":
            shape = np.broadcast_shapes(_needed(inputs, 1)[0].shape, tuple(_list(inputs, 1)))
            budget.spend(prod(shape))
            return np.broadcast_to(_needed(inputs, 1)[0], shape)
        if node.operation == "Gather":
            return _gather(node, _needed(inputs, 2), budget)
        if node.operation == "DequantizeLinear":
            return _dequantize(node, inputs, budget)
        if node.operation == "QuantizeLinear":
            return _quantize(node, inputs, budget)
        result = _rearranged(node, inputs)
        if result is not None:
            budget.spend(result.size)
        return result
    except (ValueError, IndexError, TypeError, OverflowError, ZeroDivisionError) as error:
        raise CheckpointError(
            f"{node.operation} to {node.outputs[:1]} cannot be computed from its constants: {error}"
        ) from error


def _needed(inputs: Sequence[Numbers | None], count: int) -> list[Numbers]:
    given = [values for values in inputs[:count] if values is not None]
    if len(given) < count:
        raise ValueError(f"it needs {count} inputs, the file gives {len(given)}")
    return given


def _rearranged(node: Node, inputs: Sequence[Numbers | None]) -> Numbers | None:
    """Operations whose result is no larger than their inputs."""
    first = _needed(inputs, 1)[0]
    match node.operation:
        case "Identity":
            return first
        case "Cast":
            return first.astype(TYPES.get(node.integer("to", 0), ""))
        case "Reshape":
            return first.reshape(_kept(first, _list(inputs, 1)))
        case "Transpose":
            return first.transpose(node.integers("perm"))
        case "Unsqueeze":
            return np.expand_dims(first, _axes(node, inputs) or ())
        case "Squeeze":
            return np.squeeze(first, _axes(node, inputs))
        case "Concat":
            return np.concatenate(
                [part for part in inputs if part is not None], node.integer("axis", 0)
            )
        case "Slice":
            return first[_slices(node, first, inputs)]
        case "CastLike":
            return first.astype(_needed(inputs, 2)[1].dtype)
        case "Shape":
            cut = slice(node.integer("start", 0), node.integer("end", first.ndim))
            return np.array(first.shape[cut], np.int64)
        case "Sqrt":
            return np.sqrt(first)
        case "Neg":
            return np.negative(first)
        case _:
            return None


def _kept(first: Numbers, dims: Sequence[int]) -> tuple[int, ...]:
    """ONNX's 0 keeps the size that was there."""
    return tuple(size or first.shape[i] for i, size in enumerate(dims))


def _axes(node: Node, inputs: Sequence[Numbers | None]) -> tuple[int, ...] | None:
    """An attribute before opset 13, an input since."""
    given = node.integers("axes")
    return given if given is not None else (tuple(_list(inputs, 1)) or None)


def _list(inputs: Sequence[Numbers | None], place: int) -> list[int]:
    values = inputs[place] if place < len(inputs) else None
    return [] if values is None else [int(value) for value in values.reshape(-1)[:64]]


def _slices(node: Node, first: Numbers, inputs: Sequence[Numbers | None]) -> tuple[slice, ...]:
    """Starts, ends, axes and steps: attributes before opset 10, inputs since."""
    starts = list(node.integers("starts") or _list(inputs, 1))
    ends = list(node.integers("ends") or _list(inputs, 2))
    axes = list(node.integers("axes") or _list(inputs, 3)) or list(range(len(starts)))
    steps = _list(inputs, 4) or [1] * len(starts)
    cuts = [slice(None)] * first.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        # Going backwards to before the first element has no end that Python could count.
        cuts[axis] = slice(start, None if step < 0 and end < -first.shape[axis] else end, step)
    return tuple(cuts)


def _arithmetic(operation: str, operands: Sequence[Numbers], budget: Budget) -> Numbers:
    first, second = operands
    budget.spend(prod(np.broadcast_shapes(first.shape, second.shape)))
    with np.errstate(all="ignore"):
        match operation:
            case "Add":
                return np.asarray(first + second)
            case "Sub":
                return np.asarray(first - second)
            case "Mul":
                return np.asarray(first * second)
            case _ if np.issubdtype(first.dtype, np.integer):
                return np.asarray(np.floor_divide(first, second))
            case _:
                return np.asarray(first / second)


def _filled(node: Node, shape: Numbers, budget: Budget) -> Numbers:
    dims = [int(size) for size in shape.reshape(-1)[:9]]
    budget.spend(prod(max(0, size) for size in dims))
    value = node.constant("value")
    return np.full(dims, np.float32(0) if value is None else value.array(budget).reshape(-1)[0])


def _gather(node: Node, operands: Sequence[Numbers], budget: Budget) -> Numbers:
    first, places = operands
    axis = node.integer("axis", 0)
    budget.spend(places.size * (first.size // max(1, first.shape[axis])))
    return np.take(first, places.astype(np.int64), axis)


def _quantize(node: Node, inputs: Sequence[Numbers | None], budget: Budget) -> Numbers:
    """Weights that quantisation-aware training leaves as floats, as the runtime rounds them."""
    real, scale = _needed(inputs, 2)
    zero = inputs[2] if len(inputs) > 2 and inputs[2] is not None else np.zeros(1, np.uint8)
    shape = _broadcast(node, real, scale)
    budget.spend(prod(np.broadcast_shapes(real.shape, tuple(shape))))
    limits = np.iinfo(zero.dtype)
    with np.errstate(all="ignore"):
        steps = np.rint(real.astype(np.float32) / scale.astype(np.float32).reshape(shape))
    zeros = zero.astype(np.float64).reshape(shape if zero.size > 1 else [1] * real.ndim)
    stored = np.clip(np.nan_to_num(steps) + zeros, limits.min, limits.max)
    return np.asarray(stored, zero.dtype)


def _broadcast(node: Node, values: Numbers, scale: Numbers) -> list[int]:
    """A shape for one scale, or for those along `axis`, beside the values."""
    if node.integer("block_size", 0):
        raise ValueError("block-wise scales are not supported")
    shape = [1] * values.ndim
    if scale.size > 1:
        shape[node.integer("axis", 1)] = scale.size
    return shape


def _dequantize(node: Node, inputs: Sequence[Numbers | None], budget: Budget) -> Numbers:
    """`(stored - zero_point) * scale`, for the whole array or along `axis`."""
    stored, scale = _needed(inputs, 2)
    zero = inputs[2] if len(inputs) > 2 else None
    shape = _broadcast(node, stored, scale)
    budget.spend(prod(np.broadcast_shapes(stored.shape, tuple(shape))))
    centered = stored.astype(np.float64) - (
        0
        if zero is None
        else zero.astype(np.float64).reshape(shape if zero.size > 1 else [1] * stored.ndim)
    )
    return np.asarray(centered * scale.astype(np.float64).reshape(shape), np.float32)
