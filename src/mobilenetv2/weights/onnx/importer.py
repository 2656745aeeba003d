"""Import of ONNX files without the onnx package: exports of torch, of Keras, and others."""

from functools import partial
from pathlib import Path

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.budget import Budget
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.onnx.integers import holds_integers, read_integers
from mobilenetv2.weights.onnx.model import Model, Tensor, parse
from mobilenetv2.weights.onnx.operators import Translator
from mobilenetv2.weights.onnx.order import in_order
from mobilenetv2.weights.onnx.own import read_own
from mobilenetv2.weights.onnx.pairs import as_pairs
from mobilenetv2.weights.onnx.tensors import Tensors
from mobilenetv2.weights.recognize.feed import GREY, MAX_SIDE, Input
from mobilenetv2.weights.recognize.importer import Imported, import_file
from mobilenetv2.weights.recognize.layers import Picture
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.view import NCHW, NHWC, View

_DEFAULT_SIZE = 224
_MAX_BATCH = 256


def read_onnx(path: Path, labels: tuple[str, ...] | None = None) -> Foreign:
    """Import a classifier, a detector or a segmenter from an ONNX file.

    Args:
        path: the file; arrays that it keeps in a plain file beside it are read as well.
        labels: one a class, or one more with the background first; None for the names of a
            well-known data set with as many classes, else "class 0", "class 1" ...

    Raises:
        CheckpointError: corrupt, hostile, or no MobileNetV2 with a head of ours, with what it
            looks like.
    """
    return import_onnx(path, labels).foreign


def import_onnx(path: Path, labels: tuple[str, ...] | None = None) -> Imported:
    """As `read_onnx`, with what a proof of parity needs.

    Raises:
        CheckpointError: as `read_onnx`.
    """
    return import_file(path, labels, translate_onnx)


def translate_onnx(data: bytes, folder: Path | None = None) -> ForeignNetwork:
    """The layers of an ONNX file's bytes.

    Args:
        data: the file.
        folder: where arrays kept in other files may lie; None refuses such arrays.

    Raises:
        CheckpointError: corrupt or hostile, or with other than one picture as input.
    """
    model = parse(data, folder)
    source, view, notes = _read_input(model)
    tensors = Tensors(model, Budget(len(data)), view)
    translator = Translator(tensors, model.opset)
    nodes = tuple(pair for node in in_order(model.nodes) for pair in as_pairs(node))
    for node in nodes:
        translator.translate(node)
    return ForeignNetwork(
        format=f"ONNX opset {model.opset}, {_precision(model)}",
        runtime="onnxruntime",
        input=source,
        outputs=tuple(tensors.output_view(name) for name in model.outputs),
        operations=tuple(node.operation for node in model.nodes),
        output_quantization=tuple(tensors.rounded.get(name) for name in model.outputs),
        author=model.producer,
        notes=notes,
        integers=partial(read_integers, nodes, tensors) if holds_integers(nodes) else None,
        ranges=tensors.ranges,
        described=read_own(model, tensors),
    )


def _read_input(model: Model) -> tuple[Input, View, tuple[str, ...]]:
    if len(model.inputs) != 1:
        raise CheckpointError(
            f"a MobileNetV2 has one input, a picture; this file has {len(model.inputs)}: "
            f"{', '.join(tensor.name for tensor in model.inputs[:4])}"
        )
    tensor = model.inputs[0]
    if len(tensor.dims) != 4 or 3 not in (tensor.dims[1], tensor.dims[3]):
        grey = len(tensor.dims) == 4 and 1 in (tensor.dims[1], tensor.dims[3])
        raise CheckpointError(
            "a MobileNetV2 reads RGB pictures, [batch, 3, height, width] or [batch, height, "
            f"width, 3]; this file's input {tensor.name!r} is {list(tensor.dims)}"
            + (GREY if grey else "")
        )
    axes = NCHW if tensor.dims[1] == 3 else NHWC
    sides = dict(zip(axes, tensor.dims, strict=True))
    is_open = -1 in (sides["h"], sides["w"])
    height, width = (_DEFAULT_SIZE if sides[side] == -1 else sides[side] for side in ("h", "w"))
    if not 1 <= min(height, width) <= max(height, width) <= MAX_SIDE or sides["n"] > _MAX_BATCH:
        raise CheckpointError(
            f"a MobileNetV2 reads pictures with sides from 1 to {MAX_SIDE}, at most {_MAX_BATCH} "
            f"at once; this file's input {tensor.name!r} is {list(tensor.dims)}"
        )
    picture = Picture(tensor.name, Shape(height, width, 3), np.ones(3), np.zeros(3))
    notes = (f"the file leaves the size open: taken as {height}x{width}",) if is_open else ()
    return _input(tensor, axes is NCHW), View(picture, axes), notes


def _input(tensor: Tensor, channels_first: bool) -> Input:
    axes = NCHW if channels_first else NHWC
    if tensor.dtype in ("float32", "float16", "float64"):
        return Input(tensor.dtype, axes)
    if tensor.dtype in ("uint8", "int8", "int32", "int64", "uint16", "uint32"):
        return Input(tensor.dtype, axes, np.ones(3), np.full(3, -128.0 * (tensor.dtype == "int8")))
    raise CheckpointError(
        "a picture enters as floats or as whole numbers from 0 to 255; this file's input "
        f"{tensor.name!r} is {tensor.dtype}"
    )


def _precision(model: Model) -> str:
    """How the constants with the most numbers in all are stored."""
    sizes: dict[str, int] = {}
    for constant in model.constants.values():
        elements = int(np.prod(constant.dims, dtype=np.float64))
        sizes[constant.dtype] = sizes.get(constant.dtype, 0) + elements
    return max(sizes, key=lambda dtype: sizes[dtype]) if sizes else "without weights"
