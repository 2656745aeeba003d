"""Import of TFLite files: float32, float16, uint8 and int8, in their many dialects."""

from functools import partial
from pathlib import Path

from mobilenetv2.weights.budget import Budget
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.recognize.importer import Imported, import_file
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.tflite.input import read_input
from mobilenetv2.weights.tflite.integers import read_integers
from mobilenetv2.weights.tflite.metadata import read_metadata
from mobilenetv2.weights.tflite.model import Model, Tensor, parse
from mobilenetv2.weights.tflite.operators import Translator
from mobilenetv2.weights.tflite.own import read_own, stored_ranges
from mobilenetv2.weights.tflite.post_process import find_post_process, read_decoding
from mobilenetv2.weights.tflite.tensors import Tensors


def read_tflite(path: Path, labels: tuple[str, ...] | None = None) -> Foreign:
    """Import a classifier, a detector or a segmenter from a TFLite file.

    Args:
        path: the file.
        labels: one a class, or one more with the background first; None for those packed in the
            file, else the names of a well-known data set with as many classes, else "class 0" ...

    Raises:
        CheckpointError: corrupt, hostile, or no MobileNetV2 with a head of ours, with what it
            looks like.
    """
    return import_tflite(path, labels).foreign


def import_tflite(path: Path, labels: tuple[str, ...] | None = None) -> Imported:
    """As `read_tflite`, with what a proof of parity needs.

    Raises:
        CheckpointError: as `read_tflite`.
    """
    return import_file(path, labels, lambda data, _: translate_tflite(data))


def translate_tflite(data: bytes) -> ForeignNetwork:
    """The layers of a TFLite file's bytes.

    Raises:
        CheckpointError: corrupt or hostile, or with other than one picture as input.
    """
    model = parse(data)
    metadata = read_metadata(data, model.metadata)
    source, view = read_input(model, metadata)
    tensors = Tensors(model, Budget(len(data)), view)
    translator = Translator(tensors)
    last = find_post_process(model)
    for operator in model.operators:
        if operator is not last:
            translator.translate(operator)
    described = read_own(model, tensors)
    in_integers = _in_eight_bits(model) or bool(described and described.exported.in_integers)
    decoding = None if last is None else read_decoding(last, model)
    outputs = model.outputs if decoding is None else decoding.tensors
    return ForeignNetwork(
        format=f"TFLite, {_precision(model)}",
        runtime="litert",
        input=source,
        outputs=tuple(tensors.output_view(index) for index in outputs),
        operations=tuple(operator.name for operator in model.operators),
        labels=metadata.labels,
        license=metadata.license or "unknown",
        author=metadata.author,
        decoding=decoding,
        integers=partial(read_integers, model) if in_integers else None,
        ranges=stored_ranges(model, tensors),
        described=described,
    )


def _in_eight_bits(model: Model) -> bool:
    largest = _largest_constant(model)
    return largest is not None and largest.dtype in ("uint8", "int8")


def _largest_constant(model: Model) -> Tensor | None:
    """Which is always a weight."""
    constants = [tensor for tensor in model.tensors if tensor.constant]
    return max(constants, key=lambda tensor: len(tensor.data), default=None)


def _precision(model: Model) -> str:
    """How the weights are stored, and where it needs saying, what they are multiplied with."""
    largest = _largest_constant(model)
    if largest is None:
        return "without weights"
    if largest.quantization is None:
        return largest.dtype
    per_channel = any(
        not tensor.quantization.per_tensor
        for tensor in model.tensors
        if tensor.constant and tensor.quantization
    )
    scheme = f"{largest.dtype} {'per channel' if per_channel else 'per tensor'}"
    results = {
        model.tensors[index].dtype for operator in model.operators for index in operator.outputs
    }
    if largest.dtype in results:
        return scheme
    return f"{scheme}, {'int16 activations' if 'int16' in results else 'weights only'}"
