"""Quantised files give the integer reference's outputs, counted in quantisation steps."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mobilenetv2.calibration.calibrate import Stages, calibrate
from mobilenetv2.engine.integer_reference import evaluate_integer_node, integer_reference_runner
from mobilenetv2.errors import ExportError
from mobilenetv2.export.files import FileTensors
from mobilenetv2.export.onnx_qdq import implied, to_qdq_onnx
from mobilenetv2.export.tflite_integer import is_int8, to_integer_tflite
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import MobileNetV2, Stage
from mobilenetv2.peers import litert, onnxruntime, openvino
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights.quantized import Affine, IntegerConv, Quantization
from tests.calibration.networks import SPECS, floats, pictures
from tests.export.integers import Kind, quantize
from tests.export.networks import NETWORKS, case

SHALLOW = MobileNetV2(stages=(Stage(1, 16, 1, 1), Stage(6, 24, 2, 2), Stage(6, 32, 2, 2)))
"""Every kind of node, and so few that one rounding does not grow into many."""

NAMES = ("classifier", "torch padding, odd sizes", "SSDLite", "DeepLab with ASPP")


def network(name: str, kind: Kind):
    spec = replace(NETWORKS[name], backbone=SHALLOW, width=0.5)
    made = case(build(spec))
    return made, quantize(made.graph, made.weights, made.picture, kind)


def steps(made, quantization: Quantization, tensors: FileTensors, run):
    """How many steps each output value is from the integer reference's."""
    found = run(tensors.input(made.picture))
    expected = integer_reference_runner(made.graph, quantization)(made.picture)
    return np.concatenate(
        [
            np.abs(
                tensors.output(name, found[name], made.graph.by_name[name].shape) - values
            ).ravel()
            / quantization.activations[name].scale
            for name, values in expected.items()
        ]
    )


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("name", NAMES)
def test_onnxruntime_computes_a_qdq_file_nearly_to_the_step(name, kind, tmp_path):
    made, quantization = network(name, kind)
    path = tmp_path / "network.onnx"
    path.write_bytes(to_qdq_onnx(made.graph, quantization))
    run = onnxruntime.open_file(str(path), threads=1)
    apart = steps(made, quantization, FileTensors("nchw", quantization), run)
    # It adds and joins maps in floats, we in LiteRT's fixed point: a step here and there, which
    # the layers behind them spread.
    assert (apart < 1.01).mean() > 0.99


@pytest.mark.parametrize(
    ("name", "seed"),
    [("classifier", 10), ("expansion shortcut", 0), ("ssdlite", 1), ("deeplab", 2)],
)
def test_what_was_calibrated_here_onnxruntime_computes_to_the_last_integer(name, seed, tmp_path):
    """Each of these parted while the scales of sums were any numbers."""
    made = floats(SPECS[name], seed)
    seen = pictures(made.spec, 8)
    graph, found = build(made.spec), calibrate(made, seen, lambda: None, Stages()).integers
    path = tmp_path / "network.onnx"
    path.write_bytes(to_qdq_onnx(graph, found.quantization))
    run, tensors = onnxruntime.open_file(str(path), 1), FileTensors("nchw", found.quantization)
    reference = integer_reference_runner(graph, found.quantization)
    for picture in pictures(made.spec, 4, seed=9):
        given = normalize(picture, found.preprocessing)[None]
        theirs = run(tensors.input(given))
        for output, ours in reference(given).items():
            shape = graph.by_name[output].shape
            np.testing.assert_array_equal(tensors.output(output, theirs[output], shape), ours)


def test_openvino_reads_a_qdq_file(tmp_path):
    """uint8 weights: of int8 ones it overflows on processors without VNNI."""
    pytest.importorskip("openvino")
    made, quantization = network("SSDLite", "uint8 per tensor")
    path = tmp_path / "network.onnx"
    path.write_bytes(to_qdq_onnx(made.graph, quantization))
    run = openvino.open_file(str(path), threads=1)
    apart = steps(made, quantization, FileTensors("nchw", quantization), run)
    assert (apart < 1.01).mean() > 0.99


@pytest.mark.parametrize("name", NAMES)
def test_litert_computes_an_int8_file_to_the_last_integer(name, tmp_path):
    made, quantization = network(name, "int8 per channel")
    path = tmp_path / "network.tflite"
    path.write_bytes(to_integer_tflite(made.graph, quantization))
    tensors = FileTensors("nhwc", quantization, shift=128, stored_outputs=True)
    apart = steps(made, quantization, tensors, litert.open_file(str(path), threads=1))
    assert apart.max() < 0.01


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("name", NAMES)
def test_every_layer_of_an_integer_file_is_ours_to_the_step(name, kind):
    """LiteRT's older kernels multiply in fixed point: one step off now and then, in every layer."""
    made, quantization = network(name, kind)
    shift = 128 if is_int8(quantization) else 0
    assert bool(shift) == (kind == "int8 per channel")
    picture = FileTensors("nhwc", quantization, shift).input(made.picture)
    maps = every_map(to_integer_tflite(made.graph, quantization), picture)
    equal = count = 0
    for node in made.graph.nodes[1:]:
        shapes = [made.graph.by_name[source].shape for source in node.sources]
        sources = [
            (maps[source].reshape(1, *shape).astype(np.int16) + shift).astype(np.uint8)
            for source, shape in zip(node.sources, shapes, strict=True)
        ]
        ours = evaluate_integer_node(node, sources, quantization).astype(np.int16)
        apart = np.abs(ours - shift - maps[node.name].reshape(1, *node.shape))
        assert apart.max() <= 1, node.name
        equal += int((apart == 0).sum())
        count += apart.size
    assert equal / count > 0.98


def every_map(data: bytes, picture):
    """All tensors of a TFLite file after a run, by name, as stored."""
    interpreter = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
    interpreter.invoke()
    details = interpreter.get_tensor_details()
    return {item["name"]: interpreter.get_tensor(item["index"]) for item in details}


def test_onnxruntime_finds_integers_everywhere(tmp_path):
    """A file that it would compute in float makes every comparison of speed worthless."""
    onnx = pytest.importorskip("onnx")
    import onnxruntime as runtime

    made, quantization = network("classifier", "int8 per channel")
    options = runtime.SessionOptions()
    options.optimized_model_filepath = str(tmp_path / "optimized.onnx")
    options.log_severity_level = 3
    runtime.InferenceSession(to_qdq_onnx(made.graph, quantization), options)
    kinds = {node.op_type for node in onnx.load(tmp_path / "optimized.onnx").graph.node}
    assert {"QLinearConv", "QLinearAdd", "QLinearGlobalAveragePool", "QGemm"} <= kinds
    assert not {"Conv", "Add", "GlobalAveragePool", "Gemm", "Clip"} & kinds


@pytest.mark.parametrize(
    ("activation", "affine", "expected"),
    [
        ("none", Affine(0.1, 100), True),
        ("relu", Affine(0.1, 0), True),
        ("relu", Affine(0.1, 3), False),
        ("relu6", Affine(6 / 255, 0), True),
        ("relu6", Affine(0.01, 0), True),
        ("relu6", Affine(0.03, 0), False),
    ],
)
def test_an_activation_that_the_range_implies_is_left_out(activation, affine, expected):
    assert implied(activation, affine) is expected


def test_tflite_cannot_hold_a_zero_point_a_channel():
    made, quantization = network("classifier", "uint8 per tensor")
    stem = quantization.convs["stem"]
    zero = stem.zero_point.copy()
    zero[0] += 1
    convs = dict(quantization.convs)
    convs["stem"] = IntegerConv(stem.weight, stem.scale, zero, stem.bias)
    with pytest.raises(ExportError, match="stem has one a channel; write ONNX instead"):
        to_integer_tflite(made.graph, Quantization(quantization.activations, convs))
