"""What goes into an exported file and what comes out of it, where there is a choice."""

from dataclasses import dataclass
from typing import Literal

from mobilenetv2.errors import ExportError
from mobilenetv2.network.spec import SSD, Embedding, SSDLite
from mobilenetv2.tasks.options import DEFAULTS, Options
from mobilenetv2.weights.checkpoint import Checkpoint

Stored = Literal["float32", "uint8", "int8"]


@dataclass(frozen=True, slots=True)
class Interface:
    """Choices about a file's input and outputs; the default leaves both as the network has them."""

    input: Stored | None = None
    """float32 takes the picture as `preprocessing` makes it, the others its stored integers."""
    output: Stored | None = None
    detections: Options | None = None
    """A detector's file gives boxes, classes, scores and their number instead of raw maps, with
    this threshold, overlap and number of boxes; None leaves the maps."""


AS_IT_IS = Interface()
DETECTIONS = Interface(detections=DEFAULTS)


def check_interface(checkpoint: Checkpoint, interface: Interface, kind: str) -> None:
    """See that a network and a format can have what is wanted.

    Args:
        checkpoint: the network.
        interface: what is wanted.
        kind: of file: onnx, tflite, ncnn or program.

    Raises:
        ExportError: says what can be had instead.
    """
    for chosen in (interface.input, interface.output):
        if chosen not in (None, "float32") and checkpoint.quantization is None:
            raise ExportError(
                f"a network in real numbers takes and gives float32, got {chosen}; quantise it "
                "first, or leave --input and --output out"
            )
    if kind == "program" and isinstance(checkpoint.spec.head, Embedding):
        raise ExportError(
            "a program file answers pictures in our engine, and a feature extractor has none; "
            "write .onnx, .tflite or .param (ncnn)"
        )
    if interface != AS_IT_IS and kind in ("ncnn", "program"):
        raise ExportError(
            "input, output and detections can be chosen for .tflite and .onnx files; a file for "
            f"{kind} has one form only"
        )
    if kind == "onnx" and interface.output not in (None, "float32"):
        raise ExportError(
            f"an ONNX file gives its outputs in real numbers, got --output {interface.output}; "
            "write .tflite for outputs in integers"
        )
    if interface.detections is None:
        return
    if kind != "tflite" or not isinstance(checkpoint.spec.head, SSD | SSDLite):
        raise ExportError(
            "boxes, classes and scores come out of a detector's .tflite file "
            "(TFLite_Detection_PostProcess), got "
            f"a {type(checkpoint.spec.head).__name__} as {kind}; leave --detections out"
        )
    if interface.output not in (None, "float32"):
        raise ExportError(
            f"boxes and scores come out in real numbers, got --output {interface.output}; leave "
            "--output or --detections out"
        )
