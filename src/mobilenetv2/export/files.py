"""From a checkpoint to a file, by the suffix of its name; and how to feed and read such a file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import ExportError
from mobilenetv2.export.layout import Layout, from_nhwc, to_nhwc
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.checkpoint import Array, Checkpoint
from mobilenetv2.weights.plain import to_plain
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

    def input(self, images: Array) -> npt.NDArray[Any]:
        """The input tensor for preprocessed pictures, float32 [1, height, width, 3]."""
        if self.quantization is None:
            return from_nhwc(images, self.layout)
        affine = self.quantization.activations["input"]
        steps = np.rint(images / np.float32(affine.scale)) + affine.zero_point
        stored = np.clip(steps, 0, 255).astype(np.int16) - self.shift
        return from_nhwc(stored.astype(np.int8 if self.shift else np.uint8), self.layout)

    def output(self, name: str, values: npt.NDArray[Any], shape: Shape) -> Array:
        """An output as float32 [1, height, width, channels]."""
        if self.quantization is not None and self.stored_outputs:
            affine = self.quantization.activations[name]
            steps = values.astype(np.float32) + (self.shift - affine.zero_point)
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


def write_files(folded: Checkpoint, target: Path) -> tuple[Path, ...]:
    """Write a checkpoint without batch norms; the main file comes first.

    One that keeps its integers becomes an ONNX file of quantise-dequantise pairs, or a quantised
    TFLite file.

    Raises:
        ExportError: an unknown suffix, or a network that the format cannot say.
        MissingDependencyError: what writes the format is not installed.
    """
    match format_of(target):
        case "onnx":
            target.write_bytes(_onnx(folded))
            return (target,)
        case "tflite":
            target.write_bytes(_tflite(folded))
            return (target,)
        case "ncnn":
            return _ncnn(folded, target)
        case never:
            assert_never(never)


def file_tensors(folded: Checkpoint, kind: Format) -> FileTensors:
    """How to feed and read the file that `write_files` makes of a checkpoint."""
    quantization = folded.quantization
    match kind:
        case "onnx":
            return FileTensors("nchw", quantization)
        case "ncnn":
            return FileTensors("nchw", None)
        case "tflite" if quantization is None:
            return FileTensors("nhwc", None)
        case "tflite":
            from mobilenetv2.export.tflite_integer import is_int8

            return FileTensors("nhwc", quantization, HALF * is_int8(quantization), True)
        case never:
            assert_never(never)


def _onnx(folded: Checkpoint) -> bytes:
    graph, texts = build(folded.spec), _texts(folded)
    if folded.quantization is not None:
        from mobilenetv2.export.onnx_qdq import to_qdq_onnx

        return to_qdq_onnx(graph, folded.quantization, texts)
    from mobilenetv2.export.onnx import to_onnx

    return to_onnx(graph, folded.weights, texts)


def _tflite(folded: Checkpoint) -> bytes:
    graph, description = build(folded.spec), folded.provenance.source
    if folded.quantization is not None:
        from mobilenetv2.export.tflite_integer import to_integer_tflite

        return to_integer_tflite(graph, folded.quantization, description)
    from mobilenetv2.export.tflite import to_tflite

    return to_tflite(graph, folded.weights, description)


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


def _texts(checkpoint: Checkpoint) -> dict[str, str]:
    """What a reader of the file needs to use it: preprocessing and labels above all."""
    named = {
        name: json.dumps(to_plain(getattr(checkpoint, name)), ensure_ascii=False)
        for name in ("spec", "preprocessing", "labels", "provenance")
    }
    return named | {"license": checkpoint.license}
