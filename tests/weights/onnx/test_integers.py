"""Networks that onnxruntime quantised run here in its integers, and give its answers."""

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from mobilenetv2.export.onnx_qdq import to_qdq_onnx
from mobilenetv2.network.build import build
from mobilenetv2.weights.onnx.importer import import_onnx, translate_onnx
from mobilenetv2.weights.recognize.layers import Padding
from tests.quantized import random_quantized
from tests.weights.onnx.quantised import (
    CLASSIFIER,
    DETECTOR,
    HIDDEN,
    INT8,
    OPERATORS,
    QDQ,
    SEGMENTER,
    SYMMETRIC,
    UINT8,
    V1,
    constant,
    quantised,
    replaced,
    rewritten,
    steps_apart,
)


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


@pytest.mark.parametrize(
    "options", [{"QuantizeBias": False}, {"DedicatedQDQPair": True}, {"AddQDQPairToWeight": True}]
)
def test_biases_may_be_floats_and_each_reader_may_have_a_rounding_of_its_own(tmp_path, options):
    assert max(steps_apart(quantised(tmp_path, CLASSIFIER, extra_options=options))) < 1.01


def test_an_activation_between_equal_roundings_is_a_limit_of_integers(tmp_path):
    path = quantised(tmp_path, CLASSIFIER, extra_options=SYMMETRIC)
    assert "Clip" in {node.op_type for node in onnx.load(path).graph.node}
    assert max(steps_apart(path)) < 1.01


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
