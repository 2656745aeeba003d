"""TFLite files: the public ones, and ones written here in every dialect of the converters."""

import io
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from mobilenetv2.catalog.labels import imagenet_labels
from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.engine.reference import random_weights
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import TENSORFLOW, TORCHVISION
from mobilenetv2.weights.assumed_fit import CROPPED, SQUASHED
from mobilenetv2.weights.recognize.color_order import BLUE_BY_MEANS, TURNED
from mobilenetv2.weights.tflite.importer import read_tflite
from mobilenetv2.weights.to_float import to_float
from tests.weights.tflite_writer import Dialect, Writer, write_tflite

CORAL = "mobilenet_v2_1.0_224_quant.tflite"
TF2 = "tf2_mobilenet_v2_1.0_224_ptq.tflite"
SMALL = Spec(width=0.35, size=(64, 64), head=Classifier(10), batch_norm_epsilon=None)

WHOLE = replace(TENSORFLOW, fit="squash")
"""What Keras' loaders do to pictures of one's own."""


def written(tmp_path, spec=SMALL, **dialect):
    """(path of a random file, the weights in it)."""
    graph = build(spec)
    weights = random_weights(graph, 3)
    path = tmp_path / "model.tflite"
    path.write_bytes(write_tflite(graph, weights, Dialect(**dialect)))
    return path, weights


@pytest.mark.parametrize(
    ("name", "form", "mean"),
    [
        (CORAL, "TFLite, uint8 per tensor", 128 / 255),
        (TF2, "TFLite, int8 per channel", 127 / 255),
    ],
)
def test_the_public_files_give_their_spec_preprocessing_and_labels(shared, name, form, mean):
    foreign = read_tflite(shared / "weights" / name)
    checkpoint = foreign.checkpoint
    assert foreign.format == form
    assert foreign.runtime == "litert"
    assert checkpoint.spec == Spec(batch_norm_epsilon=None)
    assert checkpoint.preprocessing.mean == pytest.approx((mean,) * 3)
    assert to_float(checkpoint).preprocessing.mean == ((0.5 if name == TF2 else mean),) * 3
    assert checkpoint.preprocessing.std == ((0.5 if name == TF2 else mean),) * 3
    # Both files carry 1001 labels in a zip archive at their end.
    assert checkpoint.labels[0] == "tench, Tinca tinca"
    assert len(checkpoint.labels) == 1000
    assert any("class 0, the background, dropped" in note for note in foreign.notes)


def test_integers_are_dequantised_exactly(shared):
    """scale * (stored - zero point) with the numbers of the file's first layer."""
    schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
    path = shared / "weights" / CORAL
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes(), 0)
    graph = model.subgraphs[0]
    picture, kernel, bias = (graph.tensors[i] for i in graph.operators[0].inputs)
    stored = np.asarray(model.buffers[kernel.buffer].data, np.uint8).reshape(32, 3, 3, 3)
    scale = float(kernel.quantization.scale[0])
    real = ((stored.astype(np.int64) - kernel.quantization.zeroPoint[0]) * scale).astype(np.float32)
    integers = np.asarray(model.buffers[bias.buffer].data, np.uint8).view(np.int32)
    unit = float(picture.quantization.scale[0]) * scale
    weights = read_tflite(path).checkpoint.weights
    np.testing.assert_array_equal(weights["stem.weight"], real.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(weights["stem.bias"], (integers * unit).astype(np.float32))


@pytest.mark.parametrize("width", [0.35, 0.5, 1.4])
@pytest.mark.parametrize("stored", ["float32", "float16"])
def test_every_weight_comes_back_at_any_width(tmp_path, width, stored):
    spec = replace(SMALL, width=width)
    path, weights = written(tmp_path, spec, stored=stored)
    foreign = read_tflite(path)
    assert foreign.checkpoint.spec == spec
    assert foreign.format == f"TFLite, {stored}"
    for name, array in weights.items():
        np.testing.assert_array_equal(
            foreign.checkpoint.weights[name], array.astype(stored).astype(np.float32), err_msg=name
        )


@pytest.mark.parametrize("average", ["MEAN", "AVERAGE_POOL_2D"])
@pytest.mark.parametrize("head", ["CONV_2D", "FULLY_CONNECTED"])
@pytest.mark.parametrize("ending", ["", "SOFTMAX"])
def test_heads_may_be_written_in_any_way(tmp_path, average, head, ending):
    path, weights = written(tmp_path, average=average, head=head, ending=ending)
    checkpoint = read_tflite(path).checkpoint
    assert checkpoint.spec == SMALL
    np.testing.assert_array_equal(checkpoint.weights["logits.weight"], weights["logits.weight"])


def test_a_softmax_of_one_output_is_refused(tmp_path):
    path, _ = written(tmp_path, replace(SMALL, head=Classifier(1)), ending="SOFTMAX")
    with pytest.raises(CheckpointError, match="which is 1 whatever a picture shows"):
        read_tflite(path)


@pytest.mark.parametrize(
    ("padding", "pads", "preprocessing"),
    [
        ("tensorflow", "SAME", WHOLE),
        ("tensorflow", "PAD", WHOLE),
        ("torch", "PAD", TORCHVISION),
    ],
)
def test_padding_is_found_from_the_strided_layers(tmp_path, padding, pads, preprocessing):
    spec = replace(SMALL, padding=padding)
    path, _ = written(tmp_path, spec, pads=pads)
    foreign = read_tflite(path)
    assert foreign.checkpoint.spec.padding == padding
    assert foreign.checkpoint.preprocessing == replace(preprocessing, size=(64, 64))
    assert any("does not say how pixels are normalised" in note for note in foreign.notes)


@pytest.mark.parametrize(
    ("classes", "fit", "told"),
    [(5, "squash", SQUASHED), (1000, "crop", CROPPED), (1001, "crop", CROPPED)],
)
def test_a_fit_that_no_file_states_is_told_as_assumed(tmp_path, classes, fit, told):
    """1001 are 1000 once the background is dropped; 5 were taught on pictures of one's own."""
    path, _ = written(tmp_path, replace(SMALL, head=Classifier(classes)))
    foreign = read_tflite(path)
    assert foreign.checkpoint.preprocessing.fit == fit
    assert told in foreign.notes
    assert told in foreign.checkpoint.provenance.history


def test_torchs_padding_says_nothing_of_keras_loaders(tmp_path):
    path, _ = written(tmp_path, replace(SMALL, padding="torch"), pads="PAD")
    foreign = read_tflite(path)
    assert foreign.checkpoint.preprocessing.fit == "crop"
    assert not {SQUASHED, CROPPED} & {*foreign.notes}


def test_an_odd_size_is_the_same_in_both_paddings(tmp_path):
    spec = replace(SMALL, size=(65, 97))
    path, _ = written(tmp_path, spec, pads="SAME")
    assert read_tflite(path).checkpoint.spec == spec


def test_normalisation_inside_the_graph_becomes_the_preprocessing(tmp_path):
    path, _ = written(tmp_path, rescale=True)
    foreign = read_tflite(path)
    assert foreign.checkpoint.preprocessing == replace(WHOLE, size=(64, 64))
    assert "normalisation inside the graph, of pixels in 0..255" in foreign.notes


TURNS = ["GATHER", "REVERSE_V2", "SLICE", "SPLIT", "SPLIT_V", "STRIDED_SLICE"]


@pytest.mark.parametrize("turn", TURNS)
def test_colors_that_are_turned_around_turn_the_first_layer(tmp_path, turn):
    path, weights = written(tmp_path, turn=turn, rescale=True)
    foreign = read_tflite(path)
    assert any(note.endswith(TURNED) for note in foreign.notes)
    stem = foreign.checkpoint.weights["stem.weight"]
    np.testing.assert_array_equal(stem, weights["stem.weight"][:, ::-1])
    parity = prove(path, foreign, example_pictures()[:1])
    assert parity is not None
    assert parity.max_error < 1e-4


@pytest.mark.parametrize("turn", ["", *TURNS])
def test_means_of_imagenet_say_which_color_is_the_first(tmp_path, turn):
    """Turned and then normalised red first, or never turned and normalised blue first."""
    numbers = [TORCHVISION.mean, TORCHVISION.std]
    mean, std = numbers if turn else [n[::-1] for n in numbers]
    path, weights = written(tmp_path, turn=turn, normalized=(mean, std))
    foreign = read_tflite(path)
    assert any(note.endswith(BLUE_BY_MEANS) for note in foreign.notes)
    stem = foreign.checkpoint.weights["stem.weight"]
    own = weights["stem.weight"]
    np.testing.assert_array_equal(stem, own if turn else own[:, ::-1])
    preprocessing = foreign.checkpoint.preprocessing
    np.testing.assert_allclose(preprocessing.mean, TORCHVISION.mean, 1e-6)
    np.testing.assert_allclose(preprocessing.std, TORCHVISION.std, 1e-6)
    parity = prove(path, foreign, example_pictures()[:1])
    assert parity is not None
    assert parity.max_error < 1e-4


@pytest.mark.parametrize("turn", ["REVERSE_V2", "STRIDED_SLICE"])
def test_a_picture_upside_down_is_no_turn_of_colors(tmp_path, turn):
    path, _ = written(tmp_path, turn=turn, turned_axis=1)
    with pytest.raises(CheckpointError, match=turn):
        read_tflite(path)


def test_1001_outputs_lose_the_background(tmp_path):
    path, weights = written(tmp_path, replace(SMALL, head=Classifier(1001)))
    checkpoint = read_tflite(path).checkpoint
    assert checkpoint.spec.head.classes == 1000
    assert checkpoint.labels == imagenet_labels()
    np.testing.assert_array_equal(checkpoint.weights["logits.weight"], weights["logits.weight"][1:])
    np.testing.assert_array_equal(checkpoint.weights["logits.bias"], weights["logits.bias"][1:])


def test_1001_real_classes_stay_if_their_labels_say_so(tmp_path):
    path, _ = written(tmp_path, replace(SMALL, head=Classifier(1001)))
    labels = tuple(f"species {i}" for i in range(1001))
    assert read_tflite(path, labels).checkpoint.labels == labels
    with_background = ("background", *labels[1:])
    assert read_tflite(path, with_background).checkpoint.labels == labels[1:]


def test_labels_are_taken_from_the_archive_behind_the_model(tmp_path):
    path, _ = written(tmp_path)
    assert read_tflite(path).checkpoint.labels[0] == "class 0"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("labels.txt", "\n".join(f"flower {i}" for i in range(10)))
    path.write_bytes(path.read_bytes() + archive.getvalue())
    assert read_tflite(path).checkpoint.labels[9] == "flower 9"
    with pytest.raises(CheckpointError, match="10 labels"):
        read_tflite(path, ("one", "two"))


def test_an_unknown_operator_is_named(tmp_path):
    path, _ = written(tmp_path, ending="TANH")
    with pytest.raises(CheckpointError, match=r"uses TANH .* looks like MobileNetV2 0\.35, inp"):
        read_tflite(path)


def test_arrays_behind_the_flatbuffer_are_read(tmp_path):
    path, weights = written(tmp_path, outside=True)
    foreign = read_tflite(path)
    for name, array in weights.items():
        np.testing.assert_array_equal(foreign.checkpoint.weights[name], array, err_msg=name)
    assert prove(path, foreign, example_pictures()[:1]).max_error < 1e-4
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CheckpointError, match="beyond the end of the file"):
        read_tflite(path)


def test_a_file_for_an_edge_tpu_names_its_source(tmp_path):
    writer = Writer(Dialect())
    source = writer.tensor((1, 64, 64, 3))
    output = writer.operator("custom", [source], (1, 10))
    data = writer.pack(source, output, custom=b"edgetpu-custom-op")
    (tmp_path / "model.tflite").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"compiled for an Edge TPU.*without _edgetpu"):
        read_tflite(tmp_path / "model.tflite")


def test_a_missing_shortcut_is_named(tmp_path):
    """The same shapes without one addition are another function."""
    spec = replace(SMALL, backbone=replace(SMALL.backbone, shortcut="none"))
    path, _ = written(tmp_path, spec)
    with pytest.raises(CheckpointError, match=r"MobileNetV2 0\.35, but .*block2\.add"):
        read_tflite(path)


def test_another_stride_is_named(tmp_path):
    first, second, *rest = SMALL.backbone.stages
    stages = (first, replace(second, stride=1), *rest)
    spec = replace(SMALL, backbone=replace(SMALL.backbone, stages=stages))
    path, _ = written(tmp_path, spec)
    with pytest.raises(
        CheckpointError, match=r"block1\.depthwise: stride: MobileNetV2 has \(2, 2\)"
    ):
        read_tflite(path)
