"""TFLite's own metadata: what Android's, MediaPipe's and Coral's tools read from a file.

A second FlatBuffer inside the first (metadata_schema.fbs, identifier M001), and a zip archive
behind the model's last byte with the labels, one a line.
"""

import io
import zipfile
from collections.abc import Sequence

from mobilenetv2.export.flatbuffer import Byte, Field, Floats, Numbers, Table, Unsigned, pack
from mobilenetv2.export.interface import Interface
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, SSDLite
from mobilenetv2.weights.checkpoint import Checkpoint, describe

NAME = "TFLITE_METADATA"
IDENTIFIER = b"M001"
LABELS = "labels.txt"
PARSER = "1.2.0"
"""The first version of the readers that knows groups of outputs."""
DETECTIONS = ("location", "category", "score", "number of detections")
"""The four outputs of TFLite_Detection_PostProcess, in its order."""

_IMAGE, _BOXES, _FEATURE = 2, 3, 1
"""Kinds of content."""
_RGB, _BOUNDARIES = 1, 1
_AXIS_LABELS, _VALUE_LABELS = 2, 3
_NORMALIZATION, _THRESHOLD = 1, 3


def to_metadata(folded: Checkpoint, interface: Interface) -> bytes:
    """The metadata of a file.

    Args:
        folded: the checkpoint.
        interface: of the file.
    """
    outputs, groups = _outputs(folded, interface)
    graph: dict[int, Field] = {0: "main", 2: [_input(folded)], 3: outputs}
    return pack(
        Table(
            {
                0: describe(folded.spec),
                1: folded.provenance.source,
                3: [Table(graph | groups)],
                4: "mobilenetv2",
                5: folded.license,
                7: PARSER,
            }
        ),
        IDENTIFIER,
    )


def with_labels(model: bytes, labels: Sequence[str]) -> bytes:
    """A file with its labels packed behind it; the same labels give the same bytes."""
    buffer = io.BytesIO(model)
    # The archive's places count from the model's first byte, as all that reads it expects.
    with zipfile.ZipFile(buffer, "a") as archive:
        # Readers pass over empty lines, and count wrongly from there on.
        lines = [" ".join(name.split()) or f"class {index}" for index, name in enumerate(labels)]
        # A name alone has the archive's first day as its date, whatever the clock says.
        archive.writestr(zipfile.ZipInfo(LABELS), "".join(f"{line}\n" for line in lines))
    return buffer.getvalue()


def _input(folded: Checkpoint) -> Table:
    height, width = folded.spec.size
    preprocessing = folded.preprocessing
    mean = tuple(255 * value for value in preprocessing.mean)
    std = tuple(255 * value for value in preprocessing.std)
    size = Table({0: Unsigned(width), 1: Unsigned(height)})
    image = Table({0: Byte(_RGB), 1: size})
    unit = Table({0: Byte(_NORMALIZATION), 1: Table({0: Floats(mean), 1: Floats(std)})})
    return Table(
        {
            0: "image",
            1: f"RGB picture, {width} pixels wide and {height} high ({preprocessing.fit})",
            3: Table({0: Byte(_IMAGE), 1: image}),
            4: [unit],
        }
    )


def _outputs(
    folded: Checkpoint, interface: Interface
) -> tuple[list[Table], dict[int, list[Table]]]:
    """Of every output, and what groups them."""
    head = folded.spec.head
    match head:
        case Classifier():
            text = "One logit a class."
            if head.multi_label:
                text = "One logit a label; its logistic function is the label's score."
            return [_named("score", text, _labels(_AXIS_LABELS))], {}
        case Embedding():
            return [_named("feature", "The features, averaged over the picture.", None)], {}
        case DeepLab():
            text = "One logit a class for every cell of the map."
            return [_named("segmentation", text, _labels(_AXIS_LABELS))], {}
        case SSD() | SSDLite() if interface.detections is not None:
            return _detections(interface.detections.least_score("detection"))
        case SSD() | SSDLite():
            packed = [_labels(_VALUE_LABELS)]
            names = build(folded.spec).outputs
            return [_named(name, _raw(name), None) for name in names], {4: packed}


def _detections(threshold: float) -> tuple[list[Table], dict[int, list[Table]]]:
    location, category, score, count = DETECTIONS
    # Boxes come as top, left, bottom, right; the index says where left, top, right, bottom are.
    corners = Table({0: Numbers((1, 0, 3, 2)), 1: Byte(_BOUNDARIES)})
    unit = Table({0: Byte(_THRESHOLD), 1: Table({0: float(threshold)})})
    outputs = [
        Table({0: location, 1: "Boxes.", 3: Table({0: Byte(_BOXES), 1: corners})}),
        _named(category, "Classes.", _labels(_VALUE_LABELS)),
        Table({0: score, 1: "Scores, 0..1.", 3: _feature(), 4: [unit]}),
        _named(count, "How many boxes there are.", None),
    ]
    group = Table({0: "detection_result", 1: [location, category, score]})
    return outputs, {8: [group]}


def _raw(name: str) -> str:
    if name.startswith("box"):
        return "Four offsets (y, x, height, width) for each anchor of each cell."
    return "One logit a class, the background first, for each anchor of each cell."


def _named(name: str, text: str, labels: Table | None) -> Table:
    files = {} if labels is None else {6: [labels]}
    return Table({0: name, 1: text, 3: _feature(), **files})


def _feature() -> Table:
    return Table({0: Byte(_FEATURE), 1: Table({})})


def _labels(kind: int) -> Table:
    return Table({0: LABELS, 1: "The classes in order, one a line.", 2: Byte(kind)})
