"""A TFLite file in LiteRT, TensorFlow Lite's own runtime."""

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.integer_reference import Stored, evaluate_integer_node
from mobilenetv2.engine.reference import evaluate_node
from mobilenetv2.errors import MissingDependencyError, MobileNetV2Error, ParityError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Conv, Input, Node
from mobilenetv2.parity.compare import LayerParity, Parity
from mobilenetv2.parity.logits import Images
from mobilenetv2.parity.outputs import compare_outputs
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.weights.checkpoint import Array, Checkpoint
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.quantized import Quantization
from mobilenetv2.weights.recognize.importer import Imported
from mobilenetv2.weights.recognize.layers import Average
from mobilenetv2.weights.tflite.importer import import_tflite
from mobilenetv2.weights.tflite.model import tensor_index

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

LAYER_PICTURES = 4
"""How many pictures the layers are compared on; each gives millions of values."""


def measure(path: str | Path, foreign: Foreign, images: Images) -> Parity:
    """Compare the file's output in LiteRT with ours; of quantised files every layer as well.

    Args:
        path: the file that `foreign` was imported from.
        foreign: what the importer made of it.
        images: uint8 [height, width, 3] each, at the network's input size.

    Raises:
        ParityError: LiteRT refuses the file, or there are no pictures.
        MissingDependencyError: LiteRT is not installed.
    """
    imported = import_tflite(Path(path))
    try:
        return _measure(Path(path), imported, foreign, images)
    # What LiteRT says of an operator that it cannot prepare or run.
    except (ValueError, RuntimeError) as error:
        if isinstance(error, MobileNetV2Error):
            raise
        raise ParityError(f"{path}: LiteRT cannot run the file: {error}") from error


def _measure(path: Path, imported: Imported, foreign: Foreign, images: Images) -> Parity:
    run = _Run(path, imported)
    layers = _compare_layers(run, imported, foreign.checkpoint, images[:LAYER_PICTURES])
    # What a file decodes itself is looked at before that, which only the plain kernels show.
    if foreign.checkpoint.quantization is not None and imported.network.decoding is None:
        # Integers follow the kernels that users run; the plain ones round every layer twice.
        run = _Run(path, imported, fast=True)
    return compare_outputs(
        foreign, imported, images, run.outputs, version("ai-edge-litert"), layers
    )


class _Run:
    """An interpreter that has the picture's size and gives real numbers."""

    def __init__(self, path: Path, imported: Imported, fast: bool = False) -> None:
        self._interpreter = _interpreter(path, fast)
        self._feed = imported.feed
        detail = self._interpreter.get_input_details()[0]
        size = imported.foreign.checkpoint.spec.size
        sides = {"n": 1, "h": size[0], "w": size[1], "c": 3}
        shape = [sides[axis] for axis in self._feed.axes]
        if list(detail["shape"]) != shape:
            self._interpreter.resize_tensor_input(detail["index"], shape)
        self._interpreter.allocate_tensors()
        self._input = detail["index"]
        self._views = imported.network.outputs
        decoding = imported.network.decoding
        given = [item["index"] for item in self._interpreter.get_output_details()]
        kept = imported.network.kept
        used = given if kept is None else [given[place] for place in kept]
        self._outputs = used if decoding is None else list(decoding.tensors)
        self._details = {item["index"]: item for item in self._interpreter.get_tensor_details()}

    def outputs(self, image: Pixels) -> list[Array]:
        """The file's outputs for one picture, [1, height, width, channels] each."""
        self._interpreter.set_tensor(self._input, self._feed.arrange(image))
        self._interpreter.invoke()
        found = zip(self._views, self._outputs, strict=True)
        return [view.as_nhwc(self.real(index)) for view, index in found]

    def real(self, index: int) -> Array:
        """A tensor's values, its integers multiplied out."""
        values: npt.NDArray[Any] = self._interpreter.get_tensor(index)
        scale, zero = self._details[index]["quantization"]
        if not scale:
            return np.asarray(values, np.float32)
        return (values.astype(np.float32) - np.float32(zero)) * np.float32(scale)

    def stored(self, index: int) -> Stored:
        """A tensor's integers, those of int8 shifted to 0..255."""
        values: npt.NDArray[Any] = self._interpreter.get_tensor(index)
        shift = 128 if values.dtype == np.int8 else 0
        return (values.astype(np.int16) + shift).astype(np.uint8)

    def range(self, index: int) -> tuple[float, float, float] | None:
        """(step, lowest, highest value) of a quantised tensor."""
        detail = self._details[index]
        scale, zero = detail["quantization"]
        if not scale or not np.issubdtype(detail["dtype"], np.integer):
            return None
        limits = np.iinfo(detail["dtype"])
        return float(scale), (limits.min - zero) * scale, (limits.max - zero) * scale


def _compare_layers(
    run: _Run, imported: Imported, checkpoint: Checkpoint, images: Images
) -> LayerParity | None:
    """None for a file that is not quantised."""
    largest: dict[str, float] = {}
    exact, within, count = 0, 0, 0
    for image in images:
        run.outputs(image)
        for node in build(checkpoint.spec).nodes:
            steps = _steps(run, imported, checkpoint, node)
            if steps is not None:
                largest[node.name] = max(largest.get(node.name, 0.0), float(steps.max()))
                exact += int((steps == 0).sum())
                within += int((steps <= 1).sum())
                count += steps.size
    if not largest:
        return None
    worst = max(largest, key=lambda name: largest[name])
    integers = checkpoint.quantization is not None
    return LayerParity(
        layers=len(largest),
        max_steps=largest[worst],
        within_one_step=within / count,
        worst=worst,
        exact=exact / count if integers else None,
    )


def _steps(run: _Run, imported: Imported, checkpoint: Checkpoint, node: Node) -> Array | None:
    """How far our layer is from LiteRT's on LiteRT's own input, in steps of its output.

    None where there is nothing to compare: an input, and in floats what is no convolution.
    """
    if isinstance(node, Input):
        return None
    if checkpoint.quantization is not None:
        return integer_steps(run, imported, checkpoint.quantization, node)
    return _float_steps(run, imported, checkpoint, node) if isinstance(node, Conv) else None


def integer_steps(run: _Run, imported: Imported, quantization: Quantization, node: Node) -> Array:
    """Our integers minus LiteRT's, without their signs, [1, height, width, channels]."""
    layers = imported.trace.by_node

    def stored(name: str) -> Stored:
        layer = layers[name]
        return run.stored(tensor_index(layer.tensor)).reshape(1, *layer.shape)

    ours = evaluate_integer_node(node, [stored(name) for name in node.sources], quantization)
    return np.abs(_difference(ours, stored(node.name)))


def _float_steps(run: _Run, imported: Imported, checkpoint: Checkpoint, conv: Conv) -> Array | None:
    layer = imported.trace.convolutions[conv.name]
    limits = run.range(tensor_index(layer.tensor))
    if limits is None or (isinstance(layer.source, Average) and layer.source.factor != 1):
        return None
    step, low, high = limits
    theirs = run.real(tensor_index(layer.tensor)).reshape(*layer.shape)
    source = run.real(tensor_index(layer.source.tensor)).reshape(1, *layer.source.shape)
    ours = evaluate_node(conv, [source], checkpoint.weights)[0]
    difference = np.abs(_difference(np.clip(ours, low, high), theirs))
    steps: Array = (difference / np.float32(step)).astype(np.float32)
    return steps


def _difference(ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> Array:
    """Of the channels that both have: one side may have a class more in front."""
    shared = min(ours.shape[-1], theirs.shape[-1])
    return ours[..., -shared:].astype(np.float32) - theirs[..., -shared:].astype(np.float32)


def _interpreter(path: Path, fast: bool) -> "Interpreter":
    try:
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
    except ImportError as error:
        raise MissingDependencyError("ai-edge-litert", "litert", "a parity proof") from error
    try:
        if fast:
            return Interpreter(str(path), num_threads=1)
        return Interpreter(
            str(path),
            num_threads=1,
            # XNNPACK would fuse layers and leave nothing to look at in between.
            experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
            experimental_preserve_all_tensors=True,
        )
    except (ValueError, RuntimeError) as error:
        raise ParityError(f"{path}: LiteRT cannot open the file: {error}") from error
