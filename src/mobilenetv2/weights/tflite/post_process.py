"""The operator in which a TFLite detector decodes its boxes: it holds anchors and scales."""

import numpy as np

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.recognize.network import Decoding
from mobilenetv2.weights.tflite.flexbuffer import read_numbers
from mobilenetv2.weights.tflite.model import Model, Operator, dequantize

NAME = "custom operator 'TFLite_Detection_PostProcess'"
SCALES = ("y_scale", "x_scale", "h_scale", "w_scale")
NUMBERS = 4


def find_post_process(model: Model) -> Operator | None:
    """The operator whose results are the file's outputs; None where there is none."""
    found = [operator for operator in model.operators if operator.name == NAME]
    if len(found) != 1 or not set(model.outputs) <= set(found[0].outputs):
        return None
    return found[0]


def read_decoding(operator: Operator, model: Model) -> Decoding:
    """Anchors and scales of the operator, and how far its rounding may have moved them.

    Raises:
        CheckpointError: options or anchors that make no sense, or no class for the background.
    """
    options = read_numbers(operator.custom)
    missing = [name for name in (*SCALES, "num_classes") if name not in options]
    if missing or len(operator.inputs) != 3 or min(operator.inputs) < 0:
        raise CheckpointError(
            f"TFLite_Detection_PostProcess must have boxes, classes, anchors and scales, this "
            f"file's lacks {', '.join(missing) or 'an input'}"
        )
    table = model.tensors[operator.inputs[2]]
    if table.shape[1:] != (NUMBERS,) or not table.constant:
        raise CheckpointError(
            f"anchors must be a constant [anchors, {NUMBERS}], this file's are {table.shape}"
        )
    anchors = dequantize(table).astype(np.float64)
    step = 0.0 if table.quantization is None else float(table.quantization.scale[0])
    y, x, height, width = (options[name] for name in SCALES)
    return Decoding(
        anchors=anchors,
        rounding=step / 2,
        box_scales=(y, x, height, width),
        classes=int(min(max(options["num_classes"], 0), 1e6)),
        tensors=operator.inputs[:2],
    )
