"""Networks that onnxruntime quantised run here in its integers, and give its answers."""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.export.onnx import to_onnx
from mobilenetv2.export.onnx_qdq import to_qdq_onnx
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import (
    Classifier,
    DeepLab,
    Hidden,
    MobileNetV1,
    MobileNetV2,
    Spec,
    SSDLite,
    Stage,
)
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights.onnx.importer import import_onnx, translate_onnx
from mobilenetv2.weights.recognize.layers import Padding
from tests.quantized import random_quantized

onnxruntime = pytest.importorskip("onnxruntime")
quantization = pytest.importorskip("onnxruntime.quantization")
QDQ, OPERATORS = quantization.QuantFormat.QDQ, quantization.QuantFormat.QOperator
INT8, UINT8 = quantization.QuantType.QInt8, quantization.QuantType.QUInt8


def backbone(*strides: int) -> MobileNetV2:
    """The first rows of Table 2, whose strides an undescribed file is taken to have."""
    stages = tuple(
        Stage(3 if row else 1, 8 + 4 * row, 2 if row == 1 else 1, stride)
        for row, stride in enumerate(strides)
    )
    return MobileNetV2(stages, stem_channels=8, last_channels=16, divisor=1)


CLASSIFIER = Spec(backbone(1, 2), Classifier(5), size=(24, 32), batch_norm_epsilon=None)
HIDDEN = Spec(
    backbone(1), Classifier(2, Hidden(7, "relu6")), size=(24, 24), batch_norm_epsilon=None
)
V1 = Spec(MobileNetV1(), Classifier(4), 0.25, (32, 32), batch_norm_epsilon=None)
DETECTOR = Spec(
    backbone(1, 2, 2, 2, 1, 2),
    SSDLite(2, (8,), (3, 1, 1), tensorflow_anchors(3)),
    size=(64, 64),
    batch_norm_epsilon=None,
)
SEGMENTER = Spec(
    backbone(1, 2, 2, 2),
    DeepLab(3, channels=8),
    size=(33, 33),
    output_stride=16,
    batch_norm_epsilon=None,
)


class Pictures(quantization.CalibrationDataReader):
    """Noise of the range that pixels are normalised to."""

    def __init__(self, spec: Spec) -> None:
        noise = np.random.default_rng(0).uniform(-1, 1, (4, 1, 3, *spec.size))
        self._left = iter([{"input": picture.astype(np.float32)} for picture in noise])

    def get_next(self):
        return next(self._left, None)


def quantised(folder: Path, spec: Spec, form=QDQ, **options) -> Path:
    """A network of random weights that onnxruntime has quantised; no map is always 0."""
    graph = build(spec)
    weights = dict(random_weights(graph, 3))
    for name in weights:
        if name.endswith(".bias"):
            weights[name] = weights[name] + np.float32(0.3)
    source, target = folder / "float.onnx", folder / "integers.onnx"
    source.write_bytes(to_onnx(graph, weights))
    quantization.quantize_static(source, target, Pictures(spec), quant_format=form, **options)
    return target


def session(path: Path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def steps_apart(path: Path) -> list[float]:
    """How far each output is from onnxruntime's, in steps of its own scale, over two pictures."""
    imported = import_onnx(path)
    checkpoint = imported.foreign.checkpoint
    assert "kept in integers of 8 bits" in imported.foreign.notes
    graph, integers = build(checkpoint.spec), checkpoint.quantization
    ours, theirs = integer_reference_runner(graph, integers), session(path)
    found = []
    for picture in np.random.default_rng(1).integers(0, 256, (2, *checkpoint.spec.size, 3), "u1"):
        fed = {theirs.get_inputs()[0].name: imported.feed.arrange(picture)}
        mine = ours(normalize(picture[None], checkpoint.preprocessing))
        for name, view, values in zip(
            graph.outputs, imported.network.outputs, theirs.run(None, fed), strict=True
        ):
            expected = view.as_nhwc(np.asarray(values, np.float32))
            assert mine[name].std() > 0
            apart = np.abs(mine[name].reshape(-1) - expected.reshape(-1)).max()
            found.append(float(apart) / integers.activations[name].scale)
    return found


@pytest.mark.parametrize("form", [QDQ, OPERATORS], ids=["QDQ", "QOperator"])
@pytest.mark.parametrize(
    ("maps", "weights", "per_channel"),
    [(UINT8, INT8, True), (INT8, INT8, False), (INT8, INT8, True), (UINT8, UINT8, False)],
    ids=["u8s8 channels", "s8s8", "s8s8 channels", "u8u8"],
)
def test_a_classifier_gives_onnxruntime_s_integers(tmp_path, form, maps, weights, per_channel):
    path = quantised(
        tmp_path, CLASSIFIER, form, activation_type=maps, weight_type=weights,
        per_channel=per_channel,
    )  # fmt: skip
    assert max(steps_apart(path)) < 1.01
    assert import_onnx(path).foreign.checkpoint.spec == CLASSIFIER


@pytest.mark.parametrize("form", [QDQ, OPERATORS], ids=["QDQ", "QOperator"])
@pytest.mark.parametrize(
    ("spec", "steps"),
    [(HIDDEN, 1), (V1, 1), (DETECTOR, 1), (SEGMENTER, 3)],
    ids=["hidden", "v1", "detector", "segmenter"],
)
def test_so_does_every_head(tmp_path, spec, steps, form):
    """Joined maps are brought to one scale as LiteRT does, up to a step away from onnxruntime."""
    path = quantised(tmp_path, spec, form, per_channel=True)
    assert max(steps_apart(path)) < steps + 0.01
    assert import_onnx(path).foreign.checkpoint.spec.head == spec.head


def test_our_own_pairs_are_read_by_the_same_rules(tmp_path):
    """Without our metadata, as after another tool has rewritten the file."""
    checkpoint = random_quantized(CLASSIFIER, seed=1)
    path = tmp_path / "own.onnx"
    path.write_bytes(to_qdq_onnx(build(CLASSIFIER), checkpoint.quantization))
    found = import_onnx(path).foreign.checkpoint.quantization
    assert found.activations == pytest.approx(checkpoint.quantization.activations)
    for name, conv in checkpoint.quantization.convs.items():
        np.testing.assert_array_equal(found.convs[name].weight, conv.weight)
        np.testing.assert_array_equal(found.convs[name].bias, conv.bias)
        np.testing.assert_array_equal(found.convs[name].scale, conv.scale)


def rewritten(path: Path, change) -> Path:
    model = onnx.load(path)
    change(model.graph)
    onnx.save(model, path)
    return path


def constant(graph, name):
    return next(tensor for tensor in graph.initializer if tensor.name == name)


def replaced(graph, name, values):
    constant(graph, name).CopyFrom(numpy_helper.from_array(values, name))


def the_weight_in_floats(graph):
    """As tools leave layers that they were told to spare."""
    conv = next(node for node in graph.node if node.op_type == "Conv")
    values = np.full((8, 3, 3, 3), 0.1, np.float32)
    graph.initializer.append(numpy_helper.from_array(values, "spared"))
    conv.input[1] = "spared"


def another_scale_between(graph):
    """A map rounded a second time, coarser."""
    first = next(node for node in graph.node if node.op_type == "QuantizeLinear")
    graph.initializer.append(numpy_helper.from_array(np.float32(0.5), "coarse"))
    place, read = next((i, n) for i, n in enumerate(graph.node) if first.output[0] in n.input)
    parts = [read.output[0], "coarse", first.input[2]]
    again = helper.make_node("QuantizeLinear", parts, ["again"])
    real = helper.make_node("DequantizeLinear", ["again", *parts[1:]], ["again.real"])
    for node in graph.node:
        node.input[:] = ["again.real" if n == read.output[0] else n for n in node.input]
    graph.node.insert(place + 1, again)
    graph.node.insert(place + 2, real)


def a_bias_of_other_steps(graph):
    conv = next(node for node in graph.node if node.op_type == "Conv")
    bias = next(node for node in graph.node if node.output[0] == conv.input[2])
    before = numpy_helper.to_array(constant(graph, bias.input[1]))
    replaced(graph, bias.input[1], np.asarray(before * 2, np.float32))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (the_weight_in_floats, "the constant 'spared' is stored as floats"),
        (another_scale_between, "changes the scale and zero point of a map from"),
        (a_bias_of_other_steps, "is not counted in its products"),
    ],
)
def test_what_cannot_be_run_in_integers_is_read_as_floats(tmp_path, change, reason):
    foreign = import_onnx(rewritten(quantised(tmp_path, CLASSIFIER), change)).foreign
    assert foreign.checkpoint.quantization is None
    (note,) = [note for note in foreign.notes if note.startswith("read as floats")]
    assert re.search(reason, note), note


def test_sixteen_bits_are_read_as_floats(tmp_path):
    path = quantised(tmp_path, CLASSIFIER, activation_type=quantization.QuantType.QUInt16)
    foreign = import_onnx(path).foreign
    assert foreign.checkpoint.quantization is None
    assert any("uint16, not in 8 bits" in note for note in foreign.notes)


def weights_rounded_in_the_graph(graph):
    """As quantisation-aware training leaves them: floats, and the rounding behind them."""
    for node in list(graph.node):
        stored = node.input[0]
        if node.op_type != "DequantizeLinear" or constant_type(graph, stored) != np.int8:
            continue
        values, scale, zero = (numpy_helper.to_array(constant(graph, n)) for n in node.input)
        axis = [-1, *[1] * (values.ndim - 1)]
        real = (values.astype(np.float32) - zero.reshape(axis)) * scale.reshape(axis)
        replaced(graph, stored, np.asarray(real, np.float32))
        rounding = helper.make_node(
            "QuantizeLinear", list(node.input), [f"{stored}.rounded"], axis=0
        )
        node.input[0] = f"{stored}.rounded"
        graph.node.insert(0, rounding)


def constant_type(graph, name):
    found = [tensor for tensor in graph.initializer if tensor.name == name]
    return numpy_helper.to_array(found[0]).dtype if found and found[0].dims else None


def test_weights_that_are_rounded_in_the_graph_are_integers_too(tmp_path):
    path = quantised(tmp_path, CLASSIFIER, per_channel=True)
    original = import_onnx(path).foreign.checkpoint.quantization
    changed = rewritten(path, weights_rounded_in_the_graph)
    found = import_onnx(changed).foreign.checkpoint.quantization
    assert {n.op_type for n in onnx.load(changed).graph.node} >= {"QuantizeLinear", "Conv"}
    for name, conv in original.convs.items():
        np.testing.assert_array_equal(found.convs[name].weight, conv.weight)


SYMMETRIC = {"ActivationSymmetric": True}
"""Maps whose zero is a byte of 0 keep ReLU6 as an operator, between two roundings."""


def test_an_activation_between_equal_roundings_is_a_limit_of_integers(tmp_path):
    path = quantised(tmp_path, CLASSIFIER, extra_options=SYMMETRIC)
    assert "Clip" in {node.op_type for node in onnx.load(path).graph.node}
    assert max(steps_apart(path)) < 1.01


def test_an_activation_between_other_roundings_is_read_as_floats(tmp_path):
    def change(graph):
        replaced(graph, "stem.linear_scale", np.float32(0.5))

    path = quantised(tmp_path, CLASSIFIER, extra_options=SYMMETRIC)
    notes = import_onnx(rewritten(path, change)).foreign.notes
    assert any("stem is rounded in one way before its activation" in note for note in notes)


def test_an_average_in_floats_is_said(tmp_path):
    """onnxruntime's operators of integers leave a map behind a ReLU6 unrounded."""
    path = quantised(tmp_path, CLASSIFIER, OPERATORS, extra_options=SYMMETRIC)
    notes = import_onnx(path).foreign.notes
    assert any("the map 'last' is not rounded, but kept as floats" in note for note in notes)


@pytest.mark.parametrize(("zero", "padded"), [(7, True), (0, False)])
def test_stored_zeros_are_padded_with_the_zero_point(zero, padded):
    """A border of bytes 0 around a map whose zero point is 7 is a border of -7 steps."""
    stem = [
        helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["stored"]),
        helper.make_node("Pad", ["stored", "pads", "filler"], ["padded"]),
        helper.make_node("DequantizeLinear", ["padded", "scale", "zero"], ["real"]),
    ]
    constants = {
        "scale": np.float32(0.1),
        "zero": np.uint8(7),
        "filler": np.uint8(zero),
        "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64),
    }
    shape = [1, 3, 8, 8]
    graph = helper.make_graph(
        stem,
        "padded",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("real", onnx.TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()],
    )
    network = translate_onnx(helper.make_model(graph).SerializeToString())
    assert isinstance(network.layers[0], Padding) == padded
