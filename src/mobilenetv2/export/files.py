"""From a checkpoint to a file, by the suffix of its name; and how to feed and read such a file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import ExportError
from mobilenetv2.export.interface import AS_IT_IS, Interface, Stored, check_interface
from mobilenetv2.export.layout import Layout, from_nhwc, to_nhwc
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Shape
from mobilenetv2.network.spec import SSD, SSDLite
from mobilenetv2.weights.checkpoint import Array, Checkpoint
from mobilenetv2.weights.exported import BUFFER, exported_json, exported_texts
from mobilenetv2.weights.quantized import Quantization

Format = Literal["onnx", "tflite", "ncnn"]
FORMATS: Mapping[str, Format] = {".onnx": "onnx", ".tflite": "tflite", ".param": "ncnn"}
"""By the suffix of the file."""

HALF = 128
"""Between uint8 and int8."""


@dataclass(frozen=True, slots=True)
class FileTensors:
    """What a file of `write_files` wants as its input, and what its outputs stand for."""

    layout: Layout
    quantization: Quantization | None = field(repr=False)
    shift: int = 0
    """What stored integers are less than ours: 128 in int8 files."""
    stored_outputs: bool = False
    """Whether outputs are integers as well; ONNX files give real numbers."""
    real_input: bool = False
    """Whether a network in integers takes real numbers all the same."""
    output_shift: int | None = None
    """`shift` of the outputs, where they are stored in another type than the input."""

    def input(self, images: Array) -> npt.NDArray[Any]:
        """The input tensor for preprocessed pictures, float32 [1, height, width, 3]."""
        if self.quantization is None or self.real_input:
            return from_nhwc(images, self.layout)
        affine = self.quantization.activations["input"]
        steps = np.rint(images / np.float32(affine.scale)) + affine.zero_point
        stored = np.clip(steps, 0, 255).astype(np.int16) - self.shift
        return from_nhwc(stored.astype(np.int8 if self.shift else np.uint8), self.layout)

    def output(self, name: str, values: npt.NDArray[Any], shape: Shape) -> Array:
        """An output as float32 [1, height, width, channels]."""
        if self.quantization is not None and self.stored_outputs:
            affine = self.quantization.activations[name]
            shift = self.shift if self.output_shift is None else self.output_shift
            steps = values.astype(np.float32) + (shift - affine.zero_point)
            values = steps * np.float32(affine.scale)
        return to_nhwc(values, self.layout, shape)


def format_of(target: Path) -> Format:
    """The format that a file's suffix asks for.

    Raises:
        ExportError: none of those known.
    """
    kind = FORMATS.get(target.suffix.lower())
    if kind is None:
        raise ExportError(
            f"the file's suffix says the format: {', '.join(FORMATS)} (ncnn), or .program for "
            f"our own engine, got {target.name!r}"
        )
    return kind


def write_files(
    folded: Checkpoint, target: Path, interface: Interface = AS_IT_IS
) -> tuple[Path, ...]:
    """Write a checkpoint without batch norms; the main file comes first.

    One that keeps its integers becomes an ONNX file of quantise-dequantise pairs, or a quantised
    TFLite file. The same checkpoint gives the same bytes.

    Args:
        folded: the checkpoint.
        target: the main file; its suffix says the format.
        interface: what goes in and what comes out.

    Raises:
        ExportError: an unknown suffix, or a network that the format cannot say.
        MissingDependencyError: what writes the format is not installed.
    """
    kind = format_of(target)
    check_interface(folded, interface, kind)
    match kind:
        case "onnx":
            target.write_bytes(_onnx(folded, interface))
            return (target,)
        case "tflite":
            target.write_bytes(_tflite(folded, interface))
            return (target,)
        case "ncnn":
            return _ncnn(folded, target)
        case never:
            assert_never(never)


def file_tensors(folded: Checkpoint, kind: Format, interface: Interface = AS_IT_IS) -> FileTensors:
    """How to feed and read the file that `write_files` makes of a checkpoint."""
    quantization = folded.quantization
    match kind:
        case "ncnn":
            return FileTensors("nchw", None)
        case "onnx" | "tflite" if quantization is None:
            return FileTensors("nchw" if kind == "onnx" else "nhwc", None)
        case "onnx":
            source = interface.input or "uint8"
            shift = HALF * (source == "int8")
            return FileTensors("nchw", quantization, shift, real_input=source == "float32")
        case "tflite":
            from mobilenetv2.export.tflite_integer import is_int8

            own: Stored = "int8" if is_int8(quantization) else "uint8"
            source, result = interface.input or own, interface.output or own
            return FileTensors(
                "nhwc",
                quantization,
                HALF * (source == "int8"),
                result != "float32",
                source == "float32",
                HALF * (result == "int8"),
            )
        case never:
            assert_never(never)


def _onnx(folded: Checkpoint, interface: Interface) -> bytes:
    graph, texts = build(folded.spec), exported_texts(folded)
    if folded.quantization is not None:
        from mobilenetv2.export.onnx_qdq import to_qdq_onnx

        return to_qdq_onnx(graph, folded.quantization, texts, interface.input or "uint8")
    from mobilenetv2.export.onnx import to_onnx

    return to_onnx(graph, folded.weights, texts)


def _tflite(folded: Checkpoint, interface: Interface) -> bytes:
    from mobilenetv2.export.tflite import Extras, to_tflite
    from mobilenetv2.export.tflite_detections import detection_tail
    from mobilenetv2.export.tflite_integer import to_integer_tflite
    from mobilenetv2.export.tflite_metadata import NAME, to_metadata, with_labels

    graph, description, head = build(folded.spec), folded.provenance.source, folded.spec.head
    tail = None
    if interface.detections is not None and isinstance(head, SSD | SSDLite):
        tail = detection_tail(folded.spec, head, interface.detections)
    extras = Extras(
        input=interface.input,
        output=interface.output,
        detections=tail,
        metadata={NAME: to_metadata(folded, interface), BUFFER: exported_json(folded)},
    )
    if folded.quantization is not None:
        model = to_integer_tflite(graph, folded.quantization, description, extras)
    else:
        model = to_tflite(graph, folded.weights, description, extras)
    return with_labels(model, folded.labels)


def _ncnn(folded: Checkpoint, target: Path) -> tuple[Path, Path]:
    if folded.quantization is not None:
        raise ExportError(
            "ncnn files are written in float32 only, and this network is quantised. Turn it into "
            "real numbers first: mobilenetv2 convert MODEL OUT --precision float32"
        )
    from mobilenetv2.export.ncnn import to_ncnn

    files = to_ncnn(build(folded.spec), folded.weights)
    target.write_text(files.param, "ascii")
    beside = target.with_suffix(".bin")
    beside.write_bytes(files.bin)
    return target, beside
