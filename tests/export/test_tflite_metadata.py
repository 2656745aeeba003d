"""TFLite's own metadata, read with the library that other tools read it with."""

import io
import json
import zipfile

import pytest
from flatbuffers import flexbuffers
from flatbuffers.table import Table

from mobilenetv2.export.files import write_files
from mobilenetv2.export.interface import Interface
from mobilenetv2.network.build import build
from mobilenetv2.tasks.options import Options
from mobilenetv2.weights.exported import BUFFER
from mobilenetv2.weights.fold import fold_checkpoint
from mobilenetv2.weights.tflite.metadata import read_metadata
from mobilenetv2.weights.tflite.model import parse
from tests.peculiar import LABELS, peculiar

pytest.importorskip("ai_edge_litert")


def written(name, tmp_path, interface=None) -> bytes:
    folded = fold_checkpoint(peculiar(name))
    path = tmp_path / "model.tflite"
    return write_files(folded, path, *filter(None, [interface]))[0].read_bytes()


def buffer_of(data: bytes, name: str) -> bytes:
    return bytes(parse(data).metadata[name])


class Reader:
    """Fields of a FlatBuffer by their place in the schema, as generated code reads them."""

    def __init__(self, data: bytes, position: int | None = None) -> None:
        if position is None:
            position = int.from_bytes(data[:4], "little")
        self.data, self.table = data, Table(data, position)

    def _at(self, slot: int) -> int:
        offset = self.table.Offset(4 + 2 * slot)
        assert offset, f"field {slot} is missing"
        return offset + self.table.Pos

    def text(self, slot: int) -> str:
        return self.table.String(self._at(slot)).decode()

    def byte(self, slot: int) -> int:
        return self.data[self._at(slot)]

    def number(self, slot: int) -> int:
        return int.from_bytes(self.data[self._at(slot) :][:4], "little")

    def child(self, slot: int) -> "Reader":
        return Reader(self.data, self.table.Indirect(self._at(slot)))

    def children(self, slot: int) -> "list[Reader]":
        start = self.table.Vector(self._at(slot) - self.table.Pos)
        count = self.table.VectorLen(self._at(slot) - self.table.Pos)
        return [Reader(self.data, self.table.Indirect(start + 4 * i)) for i in range(count)]


def test_normalisation_size_and_licence(tmp_path):
    data = written("classifier", tmp_path)
    metadata = read_metadata(data, parse(data).metadata)
    assert metadata.mean == pytest.approx([255 * m for m in (0.41, 0.52, 0.47)])
    assert metadata.std == pytest.approx([255 * s for s in (0.31, 0.27, 0.29)])
    assert (metadata.author, metadata.license) == ("mobilenetv2", peculiar("classifier").license)
    model = Reader(buffer_of(data, "TFLITE_METADATA"))
    image = model.children(3)[0].children(2)[0].child(3)
    assert image.byte(0) == 2  # ImageProperties
    assert image.child(1).byte(0) == 1  # RGB
    assert [image.child(1).child(1).number(slot) for slot in (0, 1)] == [40, 48]


def test_labels_are_a_text_file_behind_the_model(tmp_path):
    data = written("classifier", tmp_path)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["labels.txt"]
        lines = archive.read("labels.txt").decode().split("\n")
    # A line break within a label would make two of it, and an empty line is passed over.
    assert lines == ['größer, "als"', "犬", "two lines", "spaces", "class 4", ""]
    output = Reader(buffer_of(data, "TFLITE_METADATA")).children(3)[0].children(3)[0]
    assert (output.text(0), output.children(6)[0].text(0)) == ("score", "labels.txt")
    assert output.children(6)[0].byte(2) == 2  # TENSOR_AXIS_LABELS


def test_a_detector_says_what_its_four_outputs_are(tmp_path):
    interface = Interface(detections=Options(threshold=0.25))
    data = written("SSDLite", tmp_path, interface)
    graph = Reader(buffer_of(data, "TFLITE_METADATA")).children(3)[0]
    outputs = graph.children(3)
    names = [output.text(0) for output in outputs]
    assert names == ["location", "category", "score", "number of detections"]
    assert outputs[1].children(6)[0].byte(2) == 3  # TENSOR_VALUE_LABELS
    unit = outputs[2].children(4)[0]
    assert unit.byte(0) == 3  # ScoreThresholdingOptions
    assert graph.children(8)[0].text(0) == "detection_result"


def test_the_operator_knows_threshold_overlap_and_scales(tmp_path):
    options = Options(threshold=0.25, nms=0.4, max_detections=7)
    data = written("SSDLite", tmp_path, Interface(detections=options))
    operator = parse(data).operators[-1]
    assert operator.name == "custom operator 'TFLite_Detection_PostProcess'"
    from ai_edge_litert import schema_py_generated as schema

    model = schema.ModelT.InitFromPackedBuf(data, 0)
    stored = flexbuffers.Loads(bytes(model.subgraphs[0].operators[-1].customOptions))
    assert stored == pytest.approx(
        {
            "max_detections": 7, "max_classes_per_detection": 1, "detections_per_class": 7,
            "use_regular_nms": True, "nms_score_threshold": 0.25, "nms_iou_threshold": 0.4,
            "num_classes": 3, "y_scale": 8.0, "x_scale": 7.0, "h_scale": 4.0, "w_scale": 3.0,
        }
    )  # fmt: skip


def test_our_own_words_are_whole(tmp_path):
    texts = json.loads(buffer_of(written("classifier", tmp_path), BUFFER))
    assert tuple(json.loads(texts["labels"])) == LABELS
    assert (texts["format"], texts["integers"]) == ("mobilenetv2-export", "false")


@pytest.mark.parametrize("name", ["classifier", "SSD", "DeepLab"])
def test_the_signature_runs(name, tmp_path):
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    folded = fold_checkpoint(peculiar(name))
    interpreter = Interpreter(model_content=written(name, tmp_path))
    run = interpreter.get_signature_runner("serving_default")
    found = run(input=np.zeros((1, *folded.spec.size, 3), np.float32))
    assert list(interpreter.get_signature_list()) == ["serving_default"]
    assert set(found) == set(build(folded.spec).outputs)
