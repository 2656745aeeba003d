"""The public TFLite files of DeepLab and SSD, whole, cut and damaged."""

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.catalog.labels import voc_labels
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.spec import SSD, DeepLab, MobileNetV2, Spec
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights import store
from mobilenetv2.weights.open import read_foreign
from mobilenetv2.weights.recognize.importer import import_network
from mobilenetv2.weights.recognize.layers import Concat, Convolution, Resize
from mobilenetv2.weights.recognize.trace_segmenter import trace_segmenter
from mobilenetv2.weights.tflite.importer import translate_tflite

OIDV4 = "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
DM05 = "deeplabv3_mnv2_dm05_pascal_quant.tflite"
GPU = "deeplabv3_257_mv_gpu.tflite"


@pytest.fixture
def weights(shared: Path) -> Path:
    return shared / "weights"


@pytest.mark.parametrize(
    ("name", "size", "stride", "backbone", "width", "mean"),
    [
        ("deeplabv3_mnv2_pascal_quant.tflite", 513, 16, MobileNetV2(), 1.0, 128 / 255),
        (DM05, 513, 16, MobileNetV2(divisor=1), 0.5, 128 / 255),
        (GPU, 257, 8, MobileNetV2(divisor=1), 0.5, 0.5),
    ],
)
def test_segmenters_give_their_spec_and_preprocessing(
    weights, name, size, stride, backbone, width, mean
):
    checkpoint = read_foreign(weights / name).checkpoint
    expected = Spec(backbone, DeepLab(21), width, (size, size), stride, "tensorflow", None)
    assert checkpoint.spec == expected
    assert checkpoint.preprocessing == Preprocessing(
        size=(size, size), fit="pad", mean=(mean,) * 3, std=(mean,) * 3
    )
    assert checkpoint.labels == ("background", *voc_labels())


def test_the_detector_gives_its_spec_preprocessing_and_labels(weights, tmp_path):
    labels = (weights / "object_detection_oidv4_labelmap.txt").read_text("utf-8").split("\n")
    foreign = read_foreign(weights / OIDV4, tuple(label for label in labels if label))
    checkpoint = foreign.checkpoint
    head = SSD(23, predictor_kernels=(1,) * 6, anchors=tensorflow_anchors(), scores="sigmoid")
    assert checkpoint.spec == Spec(head=head, size=(300, 300), batch_norm_epsilon=None)
    assert checkpoint.preprocessing == Preprocessing(size=(300, 300), fit="squash")
    # "???", the background, is no label.
    assert (checkpoint.labels[0], len(checkpoint.labels)) == ("Bicycle", 23)
    assert any(note.startswith("scores: the file ends in logits") for note in foreign.notes)
    store.save(checkpoint, tmp_path / "ssd.safetensors")
    assert store.load(tmp_path / "ssd.safetensors").spec == checkpoint.spec


def test_a_wrong_number_of_labels_is_refused(weights):
    with pytest.raises(CheckpointError, match="21 labels"):
        read_foreign(weights / GPU, ("background", "cat"))


def changed(weights: Path, name: str, kind: type, **values: object):
    """A file's layers, one of which says something else."""
    network = translate_tflite((weights / name).read_bytes())
    layers = trace_segmenter(network).layers
    layer = next(layer for layer in layers.values() if isinstance(layer, kind))
    for field, value in values.items():
        object.__setattr__(layer, field, value(layer) if callable(value) else value)
    return network


@pytest.mark.parametrize(
    ("kind", "values", "reason"),
    [
        (Concat, {"parts": lambda layer: layer.parts[::-1]}, r"aspp\.concat: joins: .*aspp\.resi"),
        (Resize, {"shape": lambda x: x.shape._replace(height=32)}, r"aspp\.resize: size: "),
        (Resize, {"alignment": "half_pixel"}, r"aspp\.resize: alignment: .* corners, the file"),
        (Convolution, {"clamp": (0.0, 5.0)}, r"stem: activation: .* relu6, the file clip"),
        (Convolution, {"stride": (1, 1)}, "output stride must be 8, 16 or 32|things differ"),
    ],
)
def test_what_a_segmenter_computes_otherwise_is_named(weights, kind, values, reason):
    network = changed(weights, GPU, kind, **values)
    with pytest.raises(CheckpointError, match=reason):
        import_network(network, GPU, "", None)


def test_a_detector_without_one_of_its_outputs_is_refused(weights):
    network = translate_tflite((weights / OIDV4).read_bytes())
    boxes, _ = network.outputs
    for outputs in ((boxes,), (boxes, boxes), (*network.outputs, boxes)):
        with pytest.raises(CheckpointError, match="it looks like"):
            import_network(replace(network, outputs=outputs), OIDV4, "", None)


def test_a_detector_without_one_of_its_maps_is_refused(weights):
    """1917 anchors less the 600 of the second map."""
    network = translate_tflite((weights / OIDV4).read_bytes())
    for view in network.outputs:
        object.__setattr__(view.layer, "maps", (view.layer.maps[0], *view.layer.maps[2:]))
    with pytest.raises(CheckpointError):
        import_network(network, OIDV4, "", None)


@pytest.mark.parametrize("name", [DM05, OIDV4])
def test_a_cut_file_is_refused(weights, tmp_path, name):
    data = (weights / name).read_bytes()
    path = tmp_path / "cut.tflite"
    for share in (0.001, 0.1, 0.5, 0.9):
        path.write_bytes(data[: int(len(data) * share)])
        with pytest.raises(CheckpointError):
            read_foreign(path)


@pytest.mark.parametrize(("name", "structure"), [(DM05, 0.08), (OIDV4, 0.01)])
def test_a_damaged_file_is_read_or_refused_but_never_breaks(weights, tmp_path, name, structure):
    """Most bytes are weights; tables of tensors and operators lie at both ends."""
    data = (weights / name).read_bytes()
    path = tmp_path / "broken.tflite"
    chance = random.Random(7)
    refused = 0
    for _ in range(40):
        broken = bytearray(data)
        for _ in range(chance.choice((1, 4, 30))):
            place = chance.randrange(int(len(data) * structure))
            place = place if chance.random() < 0.5 else len(data) - 1 - place
            broken[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        path.write_bytes(broken)
        try:
            read_foreign(path)
        except CheckpointError:
            refused += 1
    assert refused > 10


def test_every_number_of_a_float_file_is_kept(weights):
    """The float file's own tensors, in the order of our nodes."""
    network = translate_tflite((weights / GPU).read_bytes())
    checkpoint = read_foreign(weights / GPU).checkpoint
    for name, layer in trace_segmenter(network).convolutions.items():
        np.testing.assert_array_equal(checkpoint.weights[f"{name}.weight"], layer.weight)
