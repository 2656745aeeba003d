"""Detectors as phones have them: boxes decoded inside, anchors and scales in that operator."""

from dataclasses import replace

import flatbuffers
import numpy as np
import pytest
from flatbuffers import flexbuffers

from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.export.tflite import to_tflite
from mobilenetv2.network.anchors import Anchors, tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import SSD, MobileNetV1, MobileNetV2, Spec
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.weights.tflite.flexbuffer import read_numbers
from mobilenetv2.weights.tflite.importer import read_tflite

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")

HEAD = SSD(2, (32, 16), (1,) * 4, tensorflow_anchors(4, 0.15, 0.9), scores="sigmoid",
           box_scales=(8.0, 8.0, 4.0, 4.0))  # fmt: skip
SPEC = Spec(MobileNetV2(), HEAD, 0.35, (96, 96), batch_norm_epsilon=None)
OPTIONS = {
    "max_detections": 10, "max_classes_per_detection": 1, "num_classes": 2,
    "nms_score_threshold": 0.1, "nms_iou_threshold": 0.6, "y_scale": 8.0, "x_scale": 8.0,
    "h_scale": 4.0, "w_scale": 4.0, "use_regular_nms": False,
}  # fmt: skip


def packed_options(**changes) -> bytes:
    builder = flexbuffers.Builder()
    with builder.Map():
        for name, value in sorted((OPTIONS | changes).items()):
            kinds = {bool: builder.Bool, int: builder.Int, float: builder.Float}
            kinds[type(value)](name, value)
    return bytes(builder.Finish())


class Extended:
    """A file of ours with operators behind its maps."""

    def __init__(self, spec: Spec) -> None:
        data = to_tflite(build(spec), random_weights(build(spec), 2))
        self.model = schema.ModelT.InitFromPackedBuf(data, 0)
        self.graph = self.model.subgraphs[0]

    def tensor(self, shape, data=None, steps=None) -> int:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = "t", list(shape), 0, 0
        if data is not None:
            buffer = schema.BufferT()
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
            self.model.buffers.append(buffer)
            made.buffer = len(self.model.buffers) - 1
            made.type = {"float32": 0, "int32": 2, "uint8": 3}[str(data.dtype)]
        if steps is not None:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale, made.quantization.zeroPoint = [steps], [0]
        self.graph.tensors.append(made)
        return len(self.graph.tensors) - 1

    def operator(self, code, inputs, outputs, options=None, custom=b"") -> list[int]:
        entry = schema.OperatorCodeT()
        entry.builtinCode, entry.deprecatedBuiltinCode, entry.version = code, min(code, 127), 1
        entry.customCode = b"TFLite_Detection_PostProcess" if custom else None
        self.model.operatorCodes.append(entry)
        made = schema.OperatorT()
        made.opcodeIndex = len(self.model.operatorCodes) - 1
        made.inputs, made.outputs = inputs, outputs
        if options is not None:
            name = type(options).__name__.removesuffix("T")
            made.builtinOptionsType = getattr(schema.BuiltinOptions, name)
            made.builtinOptions = options
        if custom:
            made.customOptions = np.frombuffer(custom, np.uint8)
        self.graph.operators.append(made)
        return outputs

    def table(self, maps, numbers) -> int:
        parts, total = [], 0
        for index in maps:
            rows = int(np.prod(self.graph.tensors[index].shape)) // numbers
            shape = self.tensor((3,), np.array([1, rows, numbers], np.int32))
            parts += self.operator(
                22, [index, shape], [self.tensor((1, rows, numbers))], schema.ReshapeOptionsT()
            )
            total += rows
        joined = schema.ConcatenationOptionsT()
        joined.axis = 1
        return self.operator(2, parts, [self.tensor((1, total, numbers))], joined)[0]

    def bytes(self) -> bytes:
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def anchor_table(spec: Spec) -> np.ndarray:
    """[anchors, 4]: center y and x, height and width."""
    left, top, right, bottom = anchor_boxes(spec).T
    table = np.stack([(top + bottom) / 2, (left + right) / 2, bottom - top, right - left], 1)
    return table.astype(np.float32)


def written(path, spec=SPEC, anchors=None, steps=None, **changes):
    file = Extended(spec)
    named = {str(t.name, "utf-8"): i for i, t in enumerate(file.graph.tensors) if t.name}
    outputs = [named[name] for name in build(spec).outputs]
    boxes, classes = file.table(outputs[::2], 4), file.table(outputs[1::2], 3)
    shape = file.graph.tensors[classes].shape
    (scores,) = file.operator(14, [classes], [file.tensor(shape)])
    table = anchor_table(spec) if anchors is None else anchors
    results = [file.tensor(s) for s in ((1, 10, 4), (1, 10), (1, 10), (1,))]
    constant = file.tensor(table.shape, table, steps)
    file.operator(32, [boxes, scores, constant], results, custom=packed_options(**changes))
    file.graph.outputs = results
    for signature in file.model.signatureDefs or []:
        signature.outputs = []
    file.model.signatureDefs = []
    path.write_bytes(file.bytes())
    return path


@pytest.mark.parametrize(
    "spec",
    [SPEC, replace(SPEC, backbone=MobileNetV1(), width=0.25), replace(SPEC, size=(96, 128))],
    ids=["V2", "V1", "not square"],
)
def test_anchors_and_scales_come_from_the_operator(tmp_path, spec):
    path = written(tmp_path / "ssd.tflite", spec)
    foreign = read_tflite(path)
    found = foreign.checkpoint.spec
    assert replace(found, head=HEAD) == spec
    assert replace(found.head, anchors=HEAD.anchors) == HEAD
    np.testing.assert_allclose(anchor_boxes(found), anchor_boxes(spec), atol=1e-5)
    assert any("anchors and box scales from the file's own" in note for note in foreign.notes)
    parity = prove(path, foreign, example_pictures()[:1])
    assert parity.quantity == "boxes and scores"
    assert parity.relative_error < 1e-4


def test_anchors_in_eight_bits_are_those_of_the_file(tmp_path):
    table, step = anchor_table(SPEC), float(np.float32(1.6 / 255))
    stored = np.clip(np.rint(table / step), 0, 255).astype(np.uint8)
    path = written(tmp_path / "ssd.tflite", anchors=stored, steps=step)
    found = read_tflite(path).checkpoint.spec
    sides = [side for shapes in found.head.anchors.shapes for shape in shapes for side in shape]
    assert np.abs(np.array(sides) / step - np.rint(np.array(sides) / step)).max() < 1e-4
    assert np.abs(anchor_boxes(found) - anchor_boxes(SPEC)).max() < 2 * step


def test_cells_of_their_own_size_are_kept(tmp_path):
    anchors = Anchors(HEAD.anchors.shapes, (16.0, 32.0, 64.0, 100.0))
    spec = replace(SPEC, head=replace(HEAD, anchors=anchors))
    found = read_tflite(written(tmp_path / "ssd.tflite", spec)).checkpoint.spec
    np.testing.assert_allclose(anchor_boxes(found), anchor_boxes(spec), atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t[:-1], "has .* anchors, its maps carry"),
        (lambda t: t + np.linspace(0, 0.2, len(t), dtype=np.float32)[:, None] * [0, 0, 1, 0],
         "every cell of a map must carry the same"),
        (lambda t: t + np.linspace(0, 0.2, len(t), dtype=np.float32)[:, None] * [1, 0, 0, 0],
         "in the middle of evenly spread cells"),
    ],
    ids=["number", "shapes", "centers"],
)  # fmt: skip
def test_another_table_is_refused(tmp_path, change, message):
    table = change(anchor_table(SPEC)).astype(np.float32)
    with pytest.raises(CheckpointError, match=message):
        read_tflite(written(tmp_path / "ssd.tflite", anchors=table))


def test_classes_without_a_background_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="the background and every class, 4 numbers"):
        read_tflite(written(tmp_path / "ssd.tflite", num_classes=3))


def test_options_are_read_as_flatbuffers_writes_them():
    found = read_numbers(memoryview(packed_options()))
    for name, value in OPTIONS.items():
        assert found[name] == pytest.approx(float(value))


def test_damaged_options_never_break():
    data, random = packed_options(), np.random.default_rng(0)
    for _ in range(3000):
        broken = bytearray(data[: random.integers(0, len(data) + 1)])
        for place in random.integers(0, max(1, len(broken)), 3):
            if len(broken):
                broken[place] = random.integers(0, 256)
        try:
            read_numbers(memoryview(bytes(broken)))
        except CheckpointError:
            continue
