"""Hugging Face transformers files, made by transformers and proved against it."""

import json
import shutil

import pytest
import torch
from transformers import (
    MobileNetV2Config,
    MobileNetV2ForImageClassification,
    MobileNetV2Model,
)

from mobilenetv2.catalog.labels import imagenet_labels
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Classifier, Embedding, MobileNetV2
from mobilenetv2.preprocessing import TENSORFLOW
from mobilenetv2.weights.states.importer import read_state_dict
from mobilenetv2.weights.states.transformers import read_transformers
from tests.weights.lively import lively_torch, relative_error


def write(folder, labels=3, **settings):
    """model.safetensors and config.json in a folder, written by transformers."""
    config = MobileNetV2Config(**settings)
    config.num_labels = labels
    lively_torch(MobileNetV2ForImageClassification(config)).save_pretrained(folder)
    return folder / "model.safetensors"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    write(folder, depth_multiplier=0.35)
    return folder


@pytest.fixture
def small(tmp_path, written):
    """The folder of a small network with three classes, to be changed by the test."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.parametrize(
    "settings",
    [
        {"labels": 1001},
        {"depth_multiplier": 0.35},
        {"depth_multiplier": 0.75, "image_size": 160, "finegrained_output": False},
        {"depth_multiplier": 1.4, "labels": 2},
        {"depth_multiplier": 0.5, "tf_padding": False, "layer_norm_eps": 1e-5},
        # transformers rounds 24 * 0.37 = 8.88 up to 9 before it divides: a table of its own.
        {"depth_multiplier": 0.37},
        {"depth_multiplier": 0.35, "output_stride": 16},
        {"depth_multiplier": 0.35, "image_size": 97},
    ],
    ids=str,
)
def test_any_configuration_gives_transformers_logits(tmp_path, settings):
    path = write(tmp_path, **settings)
    foreign = read_transformers(path)
    spec = foreign.checkpoint.spec
    assert relative_error(path, foreign) < 1e-4
    assert spec.padding == ("tensorflow" if settings.get("tf_padding", True) else "torch")
    assert spec.batch_norm_epsilon == settings.get("layer_norm_eps", 0.001)
    assert spec.output_stride == settings.get("output_stride", 32)
    assert spec.size == (settings.get("image_size", 224),) * 2


def test_a_last_convolution_that_shrinks_is_recognized(tmp_path):
    path = write(tmp_path, depth_multiplier=0.75, finegrained_output=False)
    spec = read_transformers(path).checkpoint.spec
    assert spec.width == 0.75
    assert spec.backbone == MobileNetV2(last_channel="scaled")


def test_1001_outputs_become_the_1000_classes(tmp_path):
    path = write(tmp_path, labels=1001, depth_multiplier=0.35)
    foreign = read_transformers(path)
    assert foreign.checkpoint.labels == imagenet_labels()
    assert "1001 outputs: class 0, the background, dropped" in foreign.notes
    assert relative_error(path, foreign) < 1e-4


def test_the_files_own_labels_are_used(small):
    config = json.loads((small / "config.json").read_text())
    config["id2label"] = {"0": "ant", "1": "bee", "2": "cow"}
    (small / "config.json").write_text(json.dumps(config))
    assert read_transformers(small / "model.safetensors").checkpoint.labels == ("ant", "bee", "cow")


def test_several_labels_a_picture_stay_several(small):
    """`problem_type` chooses the loss: logits alone do not tell that they are no softmax's."""
    config = json.loads((small / "config.json").read_text())
    config["problem_type"] = "multi_label_classification"
    (small / "config.json").write_text(json.dumps(config))
    foreign = read_transformers(small / "model.safetensors")
    assert foreign.checkpoint.spec.head == Classifier(3, scores="sigmoid")
    assert any("each of 3 labels is scored by itself" in note for note in foreign.notes)
    config["problem_type"] = "regression"
    (small / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="answers with numbers, not with classes"):
        read_transformers(small / "model.safetensors")


def test_placeholders_are_not_labels(small):
    labels = read_transformers(small / "model.safetensors").checkpoint.labels
    assert labels == ("class 0", "class 1", "class 2")


def test_labels_given_go_before_the_files_own(small):
    foreign = read_transformers(small / "model.safetensors", ("x", "y", "z"))
    assert foreign.checkpoint.labels == ("x", "y", "z")


def test_without_a_configuration_the_defaults_hold(small):
    (small / "config.json").unlink()
    foreign = read_transformers(small / "model.safetensors")
    assert foreign.checkpoint.spec.padding == "tensorflow"
    assert foreign.checkpoint.spec.batch_norm_epsilon == 0.001
    assert foreign.checkpoint.preprocessing == TENSORFLOW
    assert relative_error(small / "model.safetensors", foreign) < 1e-4


def test_a_torch_file_is_read_too(small):
    from safetensors.torch import load_file

    torch.save(load_file(small / "model.safetensors"), small / "pytorch_model.bin")
    path = small / "pytorch_model.bin"
    assert relative_error(path, read_state_dict(path)) < 1e-4


def test_preprocessing_comes_from_the_image_processor(small):
    (small / "preprocessor_config.json").write_text(
        json.dumps(
            {
                "size": {"shortest_edge": 200},
                "crop_size": {"height": 160, "width": 160},
                "resample": 3,
                "do_rescale": True,
                "rescale_factor": 0.00392156862745098,
                "image_mean": [0.4, 0.5, 0.6],
                "image_std": [0.2, 0.3, 0.4],
            }
        )
    )
    foreign = read_transformers(small / "model.safetensors")
    preprocessing = foreign.checkpoint.preprocessing
    assert foreign.checkpoint.spec.size == preprocessing.size == (160, 160)
    assert (preprocessing.crop_fraction, preprocessing.interpolation) == (0.8, "bicubic")
    assert (preprocessing.mean, preprocessing.std) == ((0.4, 0.5, 0.6), (0.2, 0.3, 0.4))


@pytest.mark.parametrize(
    ("processor", "fit", "size", "mean", "std"),
    [
        ({"size": {"height": 96, "width": 128}}, "squash", (96, 128), 0.5, 0.5),
        ({"size": 128, "crop_size": 96}, "crop", (96, 96), 0.5, 0.5),
        ({"do_normalize": False}, "crop", (224, 224), 0.0, 1.0),
        # (v * 2 / 255 - 1) / 1 is our (v / 255 - 0.5) / 0.5.
        (
            {"rescale_factor": 2 / 255, "image_mean": [1, 1, 1], "image_std": [1, 1, 1]},
            "crop",
            (224, 224),
            0.5,
            0.5,
        ),
    ],
)
def test_image_processors_of_every_age_are_understood(small, processor, fit, size, mean, std):
    (small / "preprocessor_config.json").write_text(json.dumps(processor))
    preprocessing = read_transformers(small / "model.safetensors").checkpoint.preprocessing
    assert (preprocessing.fit, preprocessing.size) == (fit, size)
    assert preprocessing.mean == pytest.approx((mean,) * 3)
    assert preprocessing.std == pytest.approx((std,) * 3)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("config.json", "{", "not valid JSON"),
        ("config.json", '{OURS, "hidden_act": "gelu"}', "activation is relu6"),
        ("config.json", '{OURS, "layer_norm_eps": 7}', "epsilon must be in"),
        ("config.json", '{OURS, "layer_norm_eps": 1' + "0" * 400 + "}", "fit into 64 bits"),
        ("config.json", '{OURS, "layer_norm_eps": 1e999}', "epsilon must be in"),
        ("config.json", '{OURS, "output_stride": 7}', "must be 8, 16 or 32"),
        ("config.json", '{OURS, "tf_padding": "yes"}', "must be a bool"),
        ("config.json", '{OURS, "image_size": -1}', "at least"),
        ("preprocessor_config.json", '{"resample": 1}', "resample must be"),
        ("preprocessor_config.json", '{"crop_size": "big"}', "a size must be"),
        ("preprocessor_config.json", '{"rescale_factor": 0}', "must be positive"),
    ],
)  # fmt: skip
def test_a_configuration_that_makes_no_sense_is_refused(small, file, text, message):
    (small / file).write_text(text.replace("OURS", '"model_type": "mobilenet_v2"'))
    with pytest.raises(CheckpointError, match=message):
        read_transformers(small / "model.safetensors")


def test_what_is_no_classifier_of_the_paper_is_refused(tmp_path):
    config = MobileNetV2Config(depth_multiplier=0.35, first_layer_is_expansion=False)
    MobileNetV2ForImageClassification(config).save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="first_layer_is"):
        read_state_dict(tmp_path / "model.safetensors")


def test_a_network_without_a_classifier_gives_its_features(tmp_path):
    config = MobileNetV2Config(depth_multiplier=0.35, image_size=96)
    lively_torch(MobileNetV2Model(config)).save_pretrained(tmp_path)
    path = tmp_path / "model.safetensors"
    foreign = read_state_dict(path)
    assert foreign.checkpoint.spec.head == Embedding()
    assert relative_error(path, foreign) < 1e-4
