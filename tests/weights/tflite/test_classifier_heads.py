"""Hidden layers and single outputs in TFLite files, float and quantised, against LiteRT."""

from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.export.tflite import to_tflite
from mobilenetv2.export.tflite_integer import to_integer_tflite
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import Classifier, Embedding, Hidden, MobileNetV1, Spec
from mobilenetv2.weights.assemble import TWO_CLASSES
from mobilenetv2.weights.quantized import Affine, Quantization
from mobilenetv2.weights.tflite.importer import read_tflite
from tests.engine.integers import random_quantization
from tests.weights.tflite_writer import Dialect, write_tflite

HEAD = Classifier(3, Hidden(24))
SMALL = Spec(width=0.35, size=(64, 64), head=HEAD, batch_norm_epsilon=None)


@pytest.mark.parametrize("activation", ["relu", "relu6"])
@pytest.mark.parametrize("layer", ["CONV_2D", "FULLY_CONNECTED"])
def test_a_hidden_layer_comes_back(tmp_path, activation, layer):
    spec = replace(SMALL, head=Classifier(3, Hidden(24, activation)))
    weights = random_weights(build(spec), 3)
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(build(spec), weights, Dialect(head=layer)))
    foreign = read_tflite(path)
    assert foreign.checkpoint.spec == spec
    for name, array in weights.items():
        np.testing.assert_array_equal(foreign.checkpoint.weights[name], array)
    assert prove(path, foreign, example_pictures()[:1]).max_error < 1e-5


@pytest.mark.parametrize("ending", ["", "LOGISTIC"])
def test_one_output_is_two_classes(tmp_path, ending):
    spec = replace(SMALL, head=Classifier(1))
    weights = random_weights(build(spec), 3)
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(build(spec), weights, Dialect(ending=ending)))
    foreign = read_tflite(path)
    assert foreign.checkpoint.spec.head == Classifier(2)
    assert TWO_CLASSES in foreign.notes
    logits = foreign.checkpoint.weights["logits.weight"]
    assert not logits[0].any()
    assert foreign.checkpoint.weights["logits.bias"][0] == 0
    np.testing.assert_array_equal(logits[1:], weights["logits.weight"])
    parity = prove(path, foreign, example_pictures()[:1])
    assert parity.quantity == ("probabilities" if ending else "logits")
    assert parity.max_error < 1e-4


def test_several_sigmoids_are_labels_of_which_several_may_hold(tmp_path):
    path = tmp_path / "model.tflite"
    weights = random_weights(build(SMALL), 3)
    path.write_bytes(write_tflite(build(SMALL), weights, Dialect(ending="LOGISTIC")))
    foreign = read_tflite(path)
    assert foreign.checkpoint.spec.head == replace(HEAD, scores="sigmoid")
    parity = prove(path, foreign, example_pictures()[:1])
    assert parity.quantity == "probabilities"
    assert parity.max_error < 1e-5


@pytest.mark.parametrize("width", [0.25, 0.5])
def test_mobilenet_v1_comes_back(tmp_path, width):
    spec = replace(SMALL, backbone=MobileNetV1(), width=width)
    weights = random_weights(build(spec), 3)
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(build(spec), weights, Dialect()))
    foreign = read_tflite(path)
    assert foreign.checkpoint.spec == spec
    for name, array in weights.items():
        np.testing.assert_array_equal(foreign.checkpoint.weights[name], array)
    assert prove(path, foreign, example_pictures()[:1]).max_error < 1e-4


def integers(graph: Graph, dtype: type) -> Quantization:
    """Random ones whose ranges say what the graph's activations do, as a converter's would."""
    ranges = {"none": Affine(0.05, 128), "relu": Affine(0.05, 0), "relu6": Affine(6 / 255, 0)}
    made = random_quantization(graph, 0, dtype)
    affines = {node.name: ranges[getattr(node, "activation", "none")] for node in graph.nodes} | {
        "pool": ranges["relu6"]
    }
    convs = {}
    for name, conv in made.convs.items():
        one_scale = np.full_like(conv.scale, conv.scale[0])
        zeros = np.full_like(conv.zero_point, conv.zero_point[0])
        # The older scheme has one scale and zero point a weight.
        older = dtype is np.uint8
        convs[name] = replace(conv, scale=one_scale, zero_point=zeros) if older else conv
    return Quantization(affines, convs)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8])
@pytest.mark.parametrize("classes", [1, 3])
def test_integers_stay_integers(tmp_path, dtype, classes):
    graph = build(replace(SMALL, head=Classifier(classes, Hidden(24))))
    quantization = integers(graph, dtype)
    path = tmp_path / "model.tflite"
    path.write_bytes(to_integer_tflite(graph, quantization))
    foreign = read_tflite(path)
    assert "kept in integers of 8 bits" in foreign.notes
    ours = foreign.checkpoint.quantization
    for name, conv in quantization.convs.items():
        kept = ours.convs[name].channels(slice(-len(conv.bias), None))
        np.testing.assert_array_equal(kept.weight, conv.weight)
        np.testing.assert_array_equal(kept.bias, conv.bias)
    parity = prove(path, foreign, example_pictures()[:1])
    assert parity.max_error < 1e-6
    assert parity.layers.max_steps <= 1
    if classes == 1:
        silent = ours.convs["logits"]
        assert not silent.real_weight()[0].any()
        assert silent.bias[0] == 0


@pytest.mark.parametrize("dtype", [np.float32, np.int8, np.uint8])
def test_features_without_classes_come_back(tmp_path, dtype):
    """Floats and integers, as a file of another tool that says nothing of itself."""
    graph = build(replace(SMALL, head=Embedding()))
    path = tmp_path / "model.tflite"
    if dtype is np.float32:
        path.write_bytes(to_tflite(graph, random_weights(graph, 3)))
    else:
        path.write_bytes(to_integer_tflite(graph, integers(graph, dtype)))
    foreign = read_tflite(path)
    assert foreign.checkpoint.spec == replace(SMALL, head=Embedding())
    assert (foreign.checkpoint.quantization is None) == (dtype is np.float32)
    parity = prove(path, foreign, example_pictures()[:1])
    assert parity.quantity == "features"
    assert parity.relative_error < 1e-5
