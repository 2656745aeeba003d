"""What one layer of a Keras model scales its picture by."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.keras.layers import ConfiguredLayer

Doubles = npt.NDArray[np.float64]
Operation = Literal["add", "subtract", "multiply", "divide"]

KERAS_3: Mapping[str, Operation] = {
    "Add": "add", "Subtract": "subtract", "Multiply": "multiply", "Divide": "divide",
    "TrueDivide": "divide",
}  # fmt: skip
"""Classes of what Keras 3 makes of `x / 127.5`."""
KERAS_2: Mapping[str, Operation] = {
    "math.add": "add", "math.subtract": "subtract", "math.multiply": "multiply",
    "math.truediv": "divide", "math.divide": "divide", "__operators__.add": "add",
    "__operators__.sub": "subtract", "__operators__.mul": "multiply",
    "__operators__.truediv": "divide", "realdiv": "divide",
}  # fmt: skip
"""Functions that Keras 2 calls in a TFOpLambda."""
OLDEST: Mapping[str, Operation] = {
    "AddV2": "add", "Add": "add", "BiasAdd": "add", "Sub": "subtract", "Mul": "multiply",
    "RealDiv": "divide",
}  # fmt: skip
"""TensorFlow's operations in the TensorFlowOpLayer of its releases 2.0 to 2.3."""
CASTS = ("cast", "Cast")
SMALLEST_DEVIATION = 1e-7
"""Keras' own, below which a Normalization divides by it."""


def scaling(
    layer: ConfiguredLayer, arrays: Mapping[str, Mapping[str, Array]], path: Path
) -> tuple[Doubles, Doubles] | None:
    """(gain, offset) of one layer; None for one that does nothing when the model is used."""
    settings = layer.settings
    match layer.kind:
        case "Rescaling":
            scale = _numbers(settings.get("scale"), layer, path)
            return scale, _numbers(settings.get("offset", 0.0), layer, path)
        case "Normalization":
            return _normalization(layer, arrays.get(layer.name, {}), path)
        case "TFOpLambda":
            name = str(settings.get("function", ""))
            return None if name in CASTS else _arithmetic(KERAS_2.get(name), name, layer, path)
        case "TensorFlowOpLayer":
            name = _operation(settings.get("node_def"))
            return None if name in CASTS else _arithmetic(OLDEST.get(name), name, layer, path)
        case kind if kind in KERAS_3:
            return _arithmetic(KERAS_3[kind], kind, layer, path)
        case _:
            return None


def _arithmetic(
    operation: Operation | None, name: str, layer: ConfiguredLayer, path: Path
) -> tuple[Doubles, Doubles]:
    if operation is None:
        raise CheckpointError(
            f"{path}: what is done to the picture must be a scaling by channel, the model has "
            f"{name!r} ({layer.name}); take it out of the model"
        )
    constant, first = _operand(layer, path)
    zero = np.zeros(3)
    match operation:
        case "add":
            return np.ones(3), constant
        case "subtract":
            return (-np.ones(3), constant) if first else (np.ones(3), -constant)
        case "multiply":
            return constant, zero
        case _ if first or not constant.all():
            raise CheckpointError(f"{path}: {layer.name} divides by the picture, or by zero")
        case _:
            return 1 / constant, zero


def _operand(layer: ConfiguredLayer, path: Path) -> tuple[Doubles, bool]:
    """The constant of a binary operation, and whether it is on the left."""
    constants = layer.settings.get("constants")
    if isinstance(constants, dict) and len(constants) == 1:
        ((place, value),) = constants.items()
        return _numbers(value, layer, path), str(place) == "0"
    found = list(_constants(layer.inbound))
    if len(found) != 1:
        raise CheckpointError(
            f"{path}: {layer.name} ({layer.kind}) must combine the picture with one constant, got "
            f"{len(found)}"
        )
    ((first, value),) = found
    return _numbers(value, layer, path), first


def _constants(inbound: object) -> Iterator[tuple[bool, object]]:
    """(whether it is the left operand, value) of each operand that is no tensor."""
    calls = inbound if isinstance(inbound, list) else []
    for call in calls[:1]:
        if isinstance(call, dict):  # {"args": [x, 127.5], "kwargs": {}}
            arguments = call.get("args")
            given = arguments if isinstance(arguments, list) else []
            for place, value in enumerate(given[:2]):
                if not _is_tensor(value):
                    yield place == 0, value
            yield from _named(call.get("kwargs"))


def _named(arguments: object) -> Iterator[tuple[bool, object]]:
    for name, value in arguments.items() if isinstance(arguments, dict) else ():
        if name in ("x", "x1", "y", "x2") and not _is_tensor(value):
            yield name in ("x", "x1"), value


def _is_tensor(value: object) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "__keras_tensor__"


def _normalization(
    layer: ConfiguredLayer, arrays: Mapping[str, Array], path: Path
) -> tuple[Doubles, Doubles]:
    """`(v - mean) / deviation`, of the configuration or as learnt from pictures."""
    values = [layer.settings.get(name) for name in ("mean", "variance")]
    if None in values:
        values = [arrays.get(name) for name in ("mean", "variance")]
    mean, variance = (_numbers(value, layer, path) for value in values)
    deviation = np.maximum(np.sqrt(np.maximum(variance, 0)), SMALLEST_DEVIATION)
    if layer.settings.get("invert") is True:
        return deviation, mean
    return 1 / deviation, -mean / deviation


def _numbers(value: object, layer: ConfiguredLayer, path: Path) -> Doubles:
    """One number for all channels or one for each, float64 [3]."""
    if isinstance(value, dict):  # Keras 3 wraps arrays: {"class_name": "__numpy__", "config": ...}
        inner = value.get("config")
        value = inner.get("value") if isinstance(inner, dict) else None
    try:
        numbers = np.asarray(value, np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError):
        numbers = np.empty(0)
    if numbers.size not in (1, 3) or not np.isfinite(numbers).all():
        raise CheckpointError(
            f"{path}: {layer.name} ({layer.kind}) must scale the picture by one number or by "
            f"three, one a channel, got {str(value)[:60]}"
        )
    return np.broadcast_to(numbers, 3).copy()


def _operation(node: object) -> str:
    """The name of TensorFlow's operation, of a node that is JSON inside JSON."""
    if isinstance(node, str):
        try:
            node = json.loads(node)
        except (ValueError, RecursionError):
            return ""
    return str(node.get("op", "")) if isinstance(node, dict) else ""
