"""TFLite files in LiteRT and in ours, on photographs."""

from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import ParityError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.parity.litert import measure
from mobilenetv2.parity.logits import network_inputs, our_logits
from mobilenetv2.tasks.image import decode, resize
from mobilenetv2.weights.quantized import DequantizedWeights
from mobilenetv2.weights.tflite.importer import read_tflite
from mobilenetv2.weights.to_float import to_float
from tests.weights.tflite_writer import Dialect, write_tflite


def photographs(foreign, count=2):
    preprocessing = foreign.checkpoint.preprocessing
    return [resize(decode(path), preprocessing) for path in example_pictures()[:count]]


@pytest.mark.parametrize("name", ["mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq"])
def test_every_layer_of_a_quantised_file_is_within_one_step(shared, name):
    """Fifty rounded layers drift far apart; one layer on the runtime's own input cannot."""
    path = shared / "weights" / f"{name}.tflite"
    foreign = read_tflite(path)
    parity = measure(path, foreign, photographs(foreign))
    assert parity.quantity == "probabilities"
    # 53 convolutions, 10 shortcuts and the pooling, in integers.
    assert parity.layers.layers == 64
    assert parity.layers.max_steps == 1
    assert parity.layers.within_one_step == 1
    # The runtime's plain kernels round twice; its fast ones do not: tests/engine/test_litert.py.
    assert parity.layers.exact > 0.95
    assert parity.mean_error < 1e-3


@pytest.mark.parametrize("name", ["mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq"])
def test_so_is_every_convolution_as_floats(shared, name):
    path = shared / "weights" / f"{name}.tflite"
    foreign = read_tflite(path)
    floats = replace(foreign, checkpoint=to_float(foreign.checkpoint))
    parity = measure(path, floats, photographs(foreign, 1))
    assert (parity.layers.layers, parity.layers.exact) == (53, None)
    assert parity.layers.max_steps < 1
    assert parity.layers.within_one_step == 1
    assert parity.mean_error < 1e-3


def test_a_wrong_weight_is_seen_in_its_layer(shared):
    path = shared / "weights" / "mobilenet_v2_1.0_224_quant.tflite"
    foreign = read_tflite(path)
    weights = dict(foreign.checkpoint.weights)
    weights["block7.depthwise.weight"] = weights["block7.depthwise.weight"][:, :, ::-1].copy()
    checkpoint = replace(foreign.checkpoint, weights=weights, quantization=None)
    layers = measure(path, replace(foreign, checkpoint=checkpoint), photographs(foreign, 1)).layers
    assert layers.worst == "block7.depthwise"
    assert layers.max_steps > 10


def test_a_wrong_integer_is_seen_in_its_layer(shared):
    path = shared / "weights" / "mobilenet_v2_1.0_224_quant.tflite"
    foreign = read_tflite(path)
    checkpoint = foreign.checkpoint
    convs = dict(checkpoint.quantization.convs)
    turned = convs["block7.depthwise"].weight[:, :, ::-1].copy()
    convs["block7.depthwise"] = replace(convs["block7.depthwise"], weight=turned)
    quantization = replace(checkpoint.quantization, convs=convs)
    weights = DequantizedWeights(build(checkpoint.spec), quantization)
    wrong = replace(
        foreign, checkpoint=replace(checkpoint, weights=weights, quantization=quantization)
    )
    layers = measure(path, wrong, photographs(foreign, 1)).layers
    assert layers.worst == "block7.depthwise"
    assert layers.max_steps > 10


@pytest.mark.parametrize("classes", [10, 1001])
@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(),
        Dialect(stored="float16", head="CONV_2D", average="AVERAGE_POOL_2D", ending=""),
        Dialect(pads="SAME", rescale=True),
    ],
    ids=["float32", "float16", "rescale"],
)
def test_float_files_agree_to_rounding(tmp_path, dialect, classes):
    spec = Spec(width=0.35, size=(96, 64), head=Classifier(classes), batch_norm_epsilon=None)
    graph = build(spec)
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(graph, random_weights(graph, 8), dialect))
    foreign = read_tflite(path)
    parity = measure(path, foreign, photographs(foreign))
    assert (parity.runtime, parity.pictures, parity.layers) == ("litert", 2, None)
    assert parity.quantity == ("probabilities" if dialect.ending else "logits")
    assert parity.max_error < 1e-4
    assert parity.agreement == 1


def test_a_torch_padded_file_agrees(tmp_path):
    spec = Spec(
        width=0.35, size=(64, 64), head=Classifier(4), padding="torch", batch_norm_epsilon=None
    )
    graph = build(spec)
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(graph, random_weights(graph, 8), Dialect(ending="")))
    foreign = read_tflite(path)
    assert measure(path, foreign, photographs(foreign)).max_error < 1e-4


def test_a_proof_needs_a_picture(tmp_path):
    graph = build(Spec(width=0.1, size=(32, 32), head=Classifier(2), batch_norm_epsilon=None))
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(graph, random_weights(graph, 8), Dialect()))
    with pytest.raises(ParityError, match="at least one picture"):
        measure(path, read_tflite(path), [])


def test_the_public_file_names_what_the_picture_shows(shared):
    foreign = read_tflite(shared / "weights" / "mobilenet_v2_1.0_224_quant.tflite")
    picture = resize(
        decode(shared / "data/imagenet-sample/0296_n02134084.jpg"), foreign.checkpoint.preprocessing
    )
    logits = our_logits(foreign.checkpoint, network_inputs(foreign.checkpoint, [picture]))
    assert foreign.checkpoint.labels[int(np.argmax(logits))].startswith("ice bear")


def test_a_file_that_litert_cannot_run_is_named(hostile):
    """A dilation of 0, which the runtime finds out about only when it prepares the layer."""
    path = hostile / "tflite_proof_7637a898.tflite"
    foreign = read_tflite(path)
    picture = np.zeros((*foreign.checkpoint.spec.size, 3), np.uint8)
    with pytest.raises(ParityError, match=r"7637a898\.tflite: LiteRT cannot run the file: .*"):
        measure(path, foreign, [picture])
