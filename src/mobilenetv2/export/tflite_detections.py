"""A detector's maps as boxes: TFLite_Detection_PostProcess, which runtimes have built in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import MissingDependencyError
from mobilenetv2.export.tflite_writer import TfliteWriter
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import SSD, Scores, Spec, SSDLite
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.tasks.options import Options

KIND = "TFLite_Detection_PostProcess"
OUTPUTS = ("", ":1", ":2", ":3")
"""Behind the operator's name: boxes, classes, scores, and how many there are."""


@dataclass(frozen=True, slots=True)
class DetectionTail:
    """What the operator has to know."""

    anchors: npt.NDArray[np.float32] = field(repr=False)
    """[anchors, 4]: (y, x) of the center, height, width, in shares of the input."""
    classes: int
    scores: Scores
    box_scales: tuple[float, float, float, float]
    options: Options
    """Threshold, overlap and number of boxes."""


def detection_tail(spec: Spec, head: SSD | SSDLite, options: Options) -> DetectionTail:
    """The tail of a detector's file."""
    corners = anchor_boxes(spec).astype(np.float64)
    low, high = corners[:, :2], corners[:, 2:]
    anchors = np.concatenate([((low + high) / 2)[:, ::-1], (high - low)[:, ::-1]], 1)
    return DetectionTail(
        anchors.astype(np.float32), head.classes, head.scores, head.box_scales, options
    )


def write_detections(
    writer: TfliteWriter, graph: Graph, maps: Mapping[str, int], tail: DetectionTail
) -> list[int]:
    """Add the operators behind the maps, and return the four outputs' tensors.

    Args:
        writer: receives them.
        graph: the detector's.
        maps: by node, tensors in real numbers.
        tail: what the operator has to know.
    """
    boxes = _joined(writer, graph, maps, "box", 4)
    logits = _joined(writer, graph, maps, "class", tail.classes + 1)
    scores = _scores(writer, logits, (1, len(tail.anchors), tail.classes + 1), tail.scores)
    anchors = writer.constant("anchors", tail.anchors, "float32")
    most = tail.options.max_detections
    shapes = ((1, most, 4), (1, most), (1, most), (1,))
    outputs = [
        writer.tensor(KIND + suffix, shape, "float32")
        for suffix, shape in zip(OUTPUTS, shapes, strict=True)
    ]
    writer.custom(KIND, [boxes, scores, anchors], outputs, _options(tail))
    return outputs


def _joined(
    writer: TfliteWriter, graph: Graph, maps: Mapping[str, int], kind: str, numbers: int
) -> int:
    """All maps of a kind as [1, anchors, numbers]."""
    names = [name for name in graph.outputs if name.startswith(kind)]
    sizes = [int(np.prod(graph.by_name[name].shape)) // numbers for name in names]
    rows = []
    for name, size in zip(names, sizes, strict=True):
        shape = np.array([1, size, numbers])
        inputs = [maps[name], writer.constant(f"{name}.rows.shape", shape, "int32")]
        output = writer.tensor(f"{name}.rows", shape.tolist(), "float32")
        options = {"newShape": shape.tolist()}
        rows.append(writer.operator("RESHAPE", inputs, output, "ReshapeOptions", options))
    whole = writer.tensor(f"{kind}.rows", (1, sum(sizes), numbers), "float32")
    return writer.operator("CONCATENATION", rows, whole, "ConcatenationOptions", {"axis": 1})


def _scores(writer: TfliteWriter, logits: int, shape: Sequence[int], scores: Scores) -> int:
    output = writer.tensor("scores", shape, "float32")
    match scores:
        case "softmax":
            return writer.operator("SOFTMAX", [logits], output, "SoftmaxOptions", {"beta": 1.0})
        case "sigmoid":
            return writer.operator("LOGISTIC", [logits], output, "", {})
        case never:
            assert_never(never)


def _options(tail: DetectionTail) -> bytes:
    try:
        from flatbuffers import flexbuffers
    except ImportError as error:
        raise MissingDependencyError("flatbuffers", "litert", "writing TFLite") from error
    y, x, height, width = tail.box_scales
    builder = flexbuffers.Builder()
    with builder.Map():
        builder.Int("max_detections", tail.options.max_detections)
        builder.Int("max_classes_per_detection", 1)
        builder.Int("detections_per_class", tail.options.max_detections)
        # An anchor may stand for several classes, and boxes of one class alone suppress each other.
        builder.Bool("use_regular_nms", True)
        builder.Float("nms_score_threshold", tail.options.least_score("detection"))
        builder.Float("nms_iou_threshold", tail.options.nms)
        builder.Int("num_classes", tail.classes)
        builder.Float("y_scale", y)
        builder.Float("x_scale", x)
        builder.Float("h_scale", height)
        builder.Float("w_scale", width)
    return bytes(builder.Finish())
