"""The integers of quantised TFLite files, against the file's own bytes, and when they are left."""

import re
from copy import deepcopy
from dataclasses import replace

import flatbuffers
import numpy as np
import pytest

from mobilenetv2.engine.integer_reference import quantize
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.export.tflite_integer import to_integer_tflite
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import TENSORFLOW, TORCHVISION
from mobilenetv2.tasks.pixels import normalize
from mobilenetv2.weights.open import read_foreign
from mobilenetv2.weights.quantized import Affine, DequantizedWeights
from mobilenetv2.weights.recognize.feed import on_grid
from mobilenetv2.weights.tflite.importer import translate_tflite
from tests.quantized import random_quantized
from tests.weights.tflite_writer import Dialect, write_tflite

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")

SMALL = Spec(width=0.1, size=(32, 32), head=Classifier(3), batch_norm_epsilon=None)
CORAL = "mobilenet_v2_1.0_224_quant.tflite"
TF2 = "tf2_mobilenet_v2_1.0_224_ptq.tflite"
DEEPLAB = "deeplabv3_mnv2_pascal_quant.tflite"
DM05 = "deeplabv3_mnv2_dm05_pascal_quant.tflite"
CODES = schema.BuiltinOperator


def parsed(path):
    return schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)


def rewritten(shared, tmp_path, name, change):
    """A public file after `change(model, subgraph)`, imported."""
    model = parsed(shared / "weights" / name)
    change(model, model.subgraphs[0])
    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(model.Pack(builder), b"TFL3")
    path = tmp_path / "changed.tflite"
    path.write_bytes(builder.Output())
    return read_foreign(path)


def operators(model, graph, code):
    """The operators of one kind, in order."""
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    return [operator for operator in graph.operators if codes[operator.opcodeIndex] == code]


def affine_of(tensor) -> Affine:
    shift = 128 if tensor.type == schema.TensorType.INT8 else 0
    steps = tensor.quantization
    return Affine(float(steps.scale[0]), int(steps.zeroPoint[0]) + shift)


def stored(model, tensor):
    dtypes = {3: np.uint8, 9: np.int8, 2: np.int32}
    data = np.asarray(model.buffers[tensor.buffer].data, np.uint8)
    return data.view(dtypes[tensor.type]).reshape(tensor.shape)


@pytest.mark.parametrize("name", [CORAL, TF2, DEEPLAB, DM05])
def test_every_integer_is_the_file_s_own(shared, name):
    foreign = read_foreign(shared / "weights" / name)
    quantization, graph = foreign.checkpoint.quantization, build(foreign.checkpoint.spec)
    assert "kept in integers of 8 bits" in foreign.notes
    assert isinstance(foreign.checkpoint.weights, DequantizedWeights)
    model = parsed(shared / "weights" / name)
    tensors, kinds = model.subgraphs[0].tensors, (CODES.CONV_2D, CODES.DEPTHWISE_CONV_2D)
    codes = [max(c.builtinCode, c.deprecatedBuiltinCode) for c in model.operatorCodes]
    convs = [op for op in model.subgraphs[0].operators if codes[op.opcodeIndex] in kinds]
    # Both list their convolutions in the order they run, but for the head's two branches.
    names = [conv.name for conv in graph.convs]
    if "aspp.image" in names:
        at = names.index("aspp.image")
        names[at : at + 2] = ["aspp.point", "aspp.image"]
    assert len(convs) == len(names)
    for node, operator in zip(names, convs, strict=True):
        source, weight, bias = (tensors[index] for index in operator.inputs)
        ours, conv = quantization.convs[node], graph.by_name[node]
        depthwise = codes[operator.opcodeIndex] == CODES.DEPTHWISE_CONV_2D
        theirs = stored(model, weight).transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        # Class 0, the background of 1001, is gone.
        kept = slice(len(theirs) - conv.shape.channels, None)
        np.testing.assert_array_equal(ours.weight, theirs[kept])
        np.testing.assert_array_equal(ours.bias, stored(model, bias)[kept])
        steps = weight.quantization
        scales = np.broadcast_to(np.array(steps.scale, np.float32), len(theirs))
        np.testing.assert_array_equal(ours.scale, scales[kept])
        np.testing.assert_array_equal(
            ours.zero_point, np.broadcast_to(steps.zeroPoint, len(theirs))[kept]
        )
        assert quantization.activations[conv.source] == affine_of(source)
        assert quantization.activations[node] == affine_of(tensors[operator.outputs[0]])


@pytest.mark.parametrize("name", [CORAL, TF2])
def test_sums_and_means_have_scales_of_their_own(shared, name):
    quantization = read_foreign(shared / "weights" / name).checkpoint.quantization
    model = parsed(shared / "weights" / name)
    graph = model.subgraphs[0]
    sums = [affine_of(graph.tensors[op.outputs[0]]) for op in operators(model, graph, CODES.ADD)]
    ours = [affine for node, affine in quantization.activations.items() if node.endswith(".add")]
    assert ours == sums
    assert len(sums) == 10
    pool, source = (quantization.activations[node] for node in ("pool", "input"))
    scales = {CORAL: (0.0235284772, 1 / 128), TF2: (0.0190778319, 2 / 255)}[name]
    assert (pool.scale, source.scale) == pytest.approx(scales)
    assert (pool.zero_point, source.zero_point) == (0, 128 if name == CORAL else 127)


def test_the_image_branch_keeps_its_scale_until_it_is_joined(shared):
    """The file requantises it in front of the concatenation, ours does so inside."""
    maps = read_foreign(shared / "weights" / DEEPLAB).checkpoint.quantization.activations
    assert maps["aspp.image"] == maps["aspp.resize"]
    assert maps["aspp.resize"].scale == pytest.approx(0.0124224406)
    assert maps["aspp.concat"] == maps["aspp.point"]
    assert maps["aspp.concat"].scale == pytest.approx(0.0352093689)


@pytest.mark.parametrize("name", [CORAL, TF2, DEEPLAB, DM05])
def test_every_pixel_value_is_stored_as_itself(shared, name):
    checkpoint = read_foreign(shared / "weights" / name).checkpoint
    ramp = np.arange(256, dtype=np.uint8).repeat(3).reshape(1, 256, 3)
    affine = checkpoint.quantization.activations["input"]
    np.testing.assert_array_equal(quantize(normalize(ramp, checkpoint.preprocessing), affine), ramp)


@pytest.mark.parametrize(
    ("preprocessing", "affine", "shift"),
    [
        (TENSORFLOW, Affine(2 / 255, 127), -0.5),
        (TENSORFLOW, Affine(2 / 255, 128), 0.5),
        (TENSORFLOW, Affine(2 / 256, 128), 0),
        (TORCHVISION, Affine(4.76 / 255, 114), 0),
        (replace(TENSORFLOW, mean=(127 / 255,) * 3), Affine(2 / 255, 127), 0),
    ],
)
def test_half_a_pixel_goes_where_every_value_has_an_integer(preprocessing, affine, shift):
    moved = on_grid(preprocessing, affine)
    expected = np.array(preprocessing.mean) + shift / 255
    np.testing.assert_allclose(moved.mean, expected, atol=1e-7)
    assert replace(moved, mean=preprocessing.mean) == preprocessing


def test_a_float_picture_is_quantised_to_its_pixels(shared, tmp_path):
    """As exported with a float interface: the graph itself begins with QUANTIZE."""

    def change(_, graph):
        picture = graph.tensors[graph.inputs[0]]
        picture.type, picture.quantization = schema.TensorType.FLOAT32, None

    checkpoint = rewritten(shared, tmp_path, TF2, change).checkpoint
    original = read_foreign(shared / "weights" / TF2).checkpoint
    assert checkpoint.quantization.activations == original.quantization.activations
    assert checkpoint.preprocessing.mean == pytest.approx((127 / 255,) * 3)


def test_an_activation_may_be_an_operator_of_its_own(shared, tmp_path):
    def change(model, graph):
        conv = operators(model, graph, CODES.CONV_2D)[-2]
        conv.builtinOptions.fusedActivationFunction = 0
        graph.tensors.append(deepcopy(graph.tensors[conv.outputs[0]]))
        code = schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = CODES.RELU
        model.operatorCodes.append(code)
        relu = schema.OperatorT()
        relu.opcodeIndex = len(model.operatorCodes) - 1
        relu.inputs, relu.outputs = [len(graph.tensors) - 1], conv.outputs
        conv.outputs = relu.inputs
        graph.operators.insert(graph.operators.index(conv) + 1, relu)

    changed = rewritten(shared, tmp_path, DM05, change).checkpoint
    original = read_foreign(shared / "weights" / DM05).checkpoint
    assert build(changed.spec).by_name["aspp.project"].activation == "relu"
    assert changed.quantization.activations == original.quantization.activations
    assert changed.quantization.convs.keys() == original.quantization.convs.keys()


def rescaled(index, scale):
    """Another scale for the map behind the convolution of this number."""

    def change(model, graph):
        conv = operators(model, graph, CODES.CONV_2D)[index]
        steps = graph.tensors[conv.outputs[0]].quantization
        steps.scale = np.array([scale], np.float32)

    return change


def without_scale(model, graph):
    conv = operators(model, graph, CODES.CONV_2D)[3]
    graph.tensors[conv.outputs[0]].quantization = None


def dead_channel(model, graph):
    conv = operators(model, graph, CODES.CONV_2D)[3]
    graph.tensors[conv.inputs[1]].quantization.scale = np.array([0], np.float32)


def wide_map(model, graph):
    conv = operators(model, graph, CODES.CONV_2D)[3]
    graph.tensors[conv.outputs[0]].type = schema.TensorType.INT16


def wide_bias(model, graph):
    conv = operators(model, graph, CODES.CONV_2D)[3]
    bias = graph.tensors[conv.inputs[2]]
    values = stored(model, bias).astype(np.int64)
    model.buffers[bias.buffer].data = np.frombuffer(values.tobytes(), np.uint8)
    bias.type = schema.TensorType.INT64


def requantised_between(model, graph):
    """A QUANTIZE to another scale between a bottleneck and the next."""
    conv = operators(model, graph, CODES.CONV_2D)[3]
    made = deepcopy(graph.tensors[conv.inputs[0]])
    made.quantization.scale = made.quantization.scale * 2
    graph.tensors.append(made)
    quantize_op = deepcopy(operators(model, graph, CODES.QUANTIZE)[0])
    quantize_op.inputs, quantize_op.outputs = [conv.inputs[0]], [len(graph.tensors) - 1]
    conv.inputs = [quantize_op.outputs[0], *conv.inputs[1:]]
    graph.operators.insert(graph.operators.index(conv), quantize_op)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (without_scale, "is uint8, not uint8 or int8 with a scale"),
        (dead_channel, "scales of weights must be from .* got 0"),
        (wide_map, "is int16, not uint8 or int8"),
        (wide_bias, "is int64, not int32"),
        (requantised_between, "changes the scale and zero point of a map from"),
        (rescaled(3, 1e-20), "the scale of a map must be from"),
    ],
)
def test_what_cannot_be_run_in_integers_is_read_as_floats(shared, tmp_path, change, reason):
    foreign = rewritten(shared, tmp_path, DM05, change)
    assert foreign.checkpoint.quantization is None
    assert type(foreign.checkpoint.weights) is dict
    (note,) = [note for note in foreign.notes if note.startswith("read as floats")]
    assert re.search(reason, note), note


@pytest.mark.parametrize("kind", ["float32", "float16"])
def test_floats_stay_floats_without_a_word(tmp_path, kind):
    spec = Spec(width=0.1, size=(32, 32), head=Classifier(3), batch_norm_epsilon=None)
    path = tmp_path / "model.tflite"
    path.write_bytes(
        write_tflite(build(spec), random_weights(build(spec), 3), Dialect(stored=kind))
    )
    foreign = read_foreign(path)
    assert foreign.checkpoint.quantization is None
    assert not any("integers" in note for note in foreign.notes)


def test_a_bias_of_many_dimensions_is_refused_by_its_shape():
    checkpoint = random_quantized(SMALL)
    model = schema.ModelT.InitFromPackedBuf(
        to_integer_tflite(build(SMALL), checkpoint.quantization), 0
    )
    graph = model.subgraphs[0]
    bias = graph.tensors[operators(model, graph, CODES.CONV_2D)[0].inputs[2]]
    (channels,) = bias.shape
    bias.shape = [2, 1, 1, channels // 2]
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    with pytest.raises(CheckpointError, match=rf"a bias must be \[{channels}\], got \[2, 1, 1, "):
        translate_tflite(bytes(builder.Output()))


def test_a_map_with_a_scale_for_each_channel_is_refused_by_its_name():
    """No runtime computes with one; its scales times the weight's mean nothing."""
    checkpoint = random_quantized(SMALL)
    model = schema.ModelT.InitFromPackedBuf(
        to_integer_tflite(build(SMALL), checkpoint.quantization), 0
    )
    graph = model.subgraphs[0]
    picture = graph.tensors[operators(model, graph, CODES.CONV_2D)[0].inputs[0]]
    picture.quantization.scale, picture.quantization.zeroPoint = [0.1, 0.2], [0, 0]
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    with pytest.raises(CheckpointError, match=r"input.* 2 scales"):
        translate_tflite(bytes(builder.Output()))
