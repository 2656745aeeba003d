"""What onnxruntime's integers are not carried for, each read as floats with its reason."""

import re

import numpy as np
import pytest
from onnx import helper, numpy_helper

from mobilenetv2.weights.onnx.importer import import_onnx
from tests.weights.onnx.quantised import (
    CLASSIFIER,
    OPERATORS,
    SYMMETRIC,
    constant,
    quantised,
    quantization,
    replaced,
    rewritten,
)


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
