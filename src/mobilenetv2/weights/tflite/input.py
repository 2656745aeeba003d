"""The input of a TFLite file: its type, its layout, and what a pixel becomes in it."""

from math import isclose

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Shape
from mobilenetv2.preprocessing import TORCHVISION
from mobilenetv2.weights.recognize.feed import GREY, MAX_SIDE, Input
from mobilenetv2.weights.recognize.layers import Doubles, Picture
from mobilenetv2.weights.recognize.view import NCHW, NHWC, View
from mobilenetv2.weights.tflite.metadata import Metadata
from mobilenetv2.weights.tflite.model import Model, Quantization, Tensor

_DEFAULT_SIZE = 224
_PIXEL_RANGES = (1.0, 2.0, 255.0)
"""How far a quantised input reaches where each stored step is one step of a pixel."""
_IMAGENET_RANGE = 4.76
"""From black to white after subtracting ImageNet's mean and dividing by its deviation."""


def read_input(model: Model, metadata: Metadata) -> tuple[Input, View]:
    """The input tensor and the picture behind it.

    Raises:
        CheckpointError: not exactly one input, or not one RGB picture.
    """
    if len(model.inputs) != 1:
        raise CheckpointError(
            f"a MobileNetV2 has one input, a picture; this file has {len(model.inputs)}"
        )
    tensor = model.tensors[model.inputs[0]]
    dims = _dims(tensor)
    if len(dims) != 4 or 3 not in (dims[3], dims[1]) or not 1 <= min(dims) <= max(dims) <= MAX_SIDE:
        raise CheckpointError(
            "a MobileNetV2 reads one RGB picture, [1, height, width, 3] or [1, 3, height, width]; "
            f"with sides up to {MAX_SIDE}; this file's input {tensor.name!r} is {list(dims)}"
            + (GREY if len(dims) == 4 and 1 in (dims[3], dims[1]) else "")
        )
    axes = NHWC if dims[3] == 3 else NCHW
    size = dict(zip(axes, dims, strict=True))
    gain, offset = np.ones(3), np.zeros(3)
    if tensor.quantization is not None:
        scale, zero = _single(tensor, tensor.quantization)
        gain, offset = gain * scale, offset - _meant_zero(tensor, scale, zero) * scale
    picture = Picture(tensor.name, Shape(size["h"], size["w"], 3), gain, offset)
    stored = _stored(tensor, metadata)
    if stored is None:
        return Input(tensor.dtype, axes), View(picture, axes)
    return Input(tensor.dtype, axes, *stored), View(picture, axes)


def _dims(tensor: Tensor) -> tuple[int, ...]:
    """The shape, with 224 where the file leaves a side open."""
    signature = tensor.signature
    if len(signature) != len(tensor.shape):
        return tensor.shape
    return tuple(
        _DEFAULT_SIZE if known == -1 and axis > 0 else size
        for axis, (size, known) in enumerate(zip(tensor.shape, signature, strict=True))
    )


def _stored(tensor: Tensor, metadata: Metadata) -> tuple[Doubles, Doubles] | None:
    """(gain, offset) from a pixel 0..255 to what the file stores; None where nothing says it."""
    if tensor.dtype in ("float32", "float16"):
        if not metadata.mean or len(metadata.mean) != len(metadata.std) or 0 in metadata.std:
            return None
        deviation = np.broadcast_to(np.array(metadata.std), 3)
        return 1 / deviation, -np.array(metadata.mean) / deviation
    if tensor.dtype not in ("uint8", "int8"):
        raise CheckpointError(
            "a picture enters as float32, float16, uint8 or int8; this file's input "
            f"{tensor.name!r} is {tensor.dtype}"
        )
    if tensor.quantization is not None:
        scale, zero = _single(tensor, tensor.quantization)
        reach = 255 * scale
        pixelwise = any(isclose(reach, known, rel_tol=0.03) for known in _PIXEL_RANGES)
        if not pixelwise and isclose(reach, _IMAGENET_RANGE, rel_tol=0.03):
            std = np.array(TORCHVISION.std)
            return 1 / (255 * std * scale), zero - np.array(TORCHVISION.mean) / (std * scale)
    return np.ones(3), np.full(3, -128.0 if tensor.dtype == "int8" else 0.0)


def _meant_zero(tensor: Tensor, scale: float, zero: int) -> float:
    """The value that stands for 0 before it was rounded to a whole number.

    Black at -1 and white at 1 put it at 127.5; files say 127 or 128, half a pixel off. The
    network was trained with the half: of 500 pictures it makes one more right with it.
    """
    middle = -0.5 if tensor.dtype == "int8" else 127.5
    symmetric = isclose(255 * scale, 2, rel_tol=1e-3) and abs(zero - middle) <= 0.5
    return middle if symmetric else float(zero)


def _single(tensor: Tensor, quantization: Quantization) -> tuple[float, int]:
    scale, zero = float(quantization.scale[0]), int(quantization.zero_point[0])
    if not quantization.per_tensor or scale <= 0 or abs(zero) > 255:
        raise CheckpointError(
            f"the input {tensor.name!r} needs one positive scale and a zero point of its type, "
            f"got {len(quantization.scale)} scales, first {scale:g}, zero point {zero}"
        )
    return scale, zero
