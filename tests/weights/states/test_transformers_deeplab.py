"""transformers' segmenters, made by transformers and proved against it."""

import json

import pytest
import torch
from transformers import MobileNetV2Config, MobileNetV2ForSemanticSegmentation

from mobilenetv2.catalog.labels import voc_labels
from mobilenetv2.deploy.convert import example_pictures, prove
from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import DeepLab
from mobilenetv2.weights.folder import model_file
from mobilenetv2.weights.open import read_foreign
from mobilenetv2.weights.states.importer import read_state_dict


def saved(folder, classes=21, **settings):
    """A folder of `save_pretrained`; every array of the network matters."""
    settings = {"depth_multiplier": 0.35, "image_size": 65, "output_stride": 16} | settings
    config = MobileNetV2Config(**settings)
    config.num_labels = classes
    torch.manual_seed(0)
    model = MobileNetV2ForSemanticSegmentation(config)
    with torch.no_grad():
        for name, array in model.state_dict().items():
            if name.endswith("running_var"):
                array.uniform_(0.5, 1.5)
            elif name.endswith(("normalization.weight", "running_mean", "bias")):
                array.uniform_(0.1, 1.0)
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("settings", [{}, {"output_stride": 8, "tf_padding": False, "classes": 5}])
def test_a_segmenter_computes_what_transformers_does(tmp_path, settings):
    source = model_file(saved(tmp_path, **settings))
    foreign = read_foreign(source)
    spec = foreign.checkpoint.spec
    assert isinstance(spec.head, DeepLab)
    assert (spec.size, spec.output_stride) == ((65, 65), settings.get("output_stride", 16))
    assert (spec.padding, spec.batch_norm_epsilon) == (
        "tensorflow" if settings.get("tf_padding", True) else "torch", 0.001
    )  # fmt: skip
    picture = example_pictures()[:1]
    parity = prove(source, foreign, picture)
    assert parity.relative_error < 1e-4
    assert parity.agreement == 1


def test_names_come_from_the_configuration_or_from_voc(tmp_path):
    source = model_file(saved(tmp_path))
    assert read_foreign(source).checkpoint.labels == ("background", *voc_labels())
    config = json.loads((tmp_path / "config.json").read_text("utf-8"))
    config["id2label"] = {str(index): f"kind {index}" for index in range(21)}
    (tmp_path / "config.json").write_text(json.dumps(config), "utf-8")
    assert read_foreign(source).checkpoint.labels[20] == "kind 20"


def test_what_the_file_leaves_open_or_unused_is_said(tmp_path):
    source = model_file(saved(tmp_path))
    assert any("conv_1x1" in note for note in read_foreign(source).notes)
    (tmp_path / "config.json").unlink()
    foreign = read_state_dict(source)
    assert foreign.checkpoint.spec.output_stride == 8
    assert any("assumed 8" in note for note in foreign.notes)


def test_a_head_of_another_make_is_refused_by_its_tensors(tmp_path):
    source = model_file(saved(tmp_path))
    from safetensors.numpy import load_file, save_file

    arrays = load_file(source)
    arrays["segmentation_head.conv_low.convolution.weight"] = arrays.pop(
        "segmentation_head.conv_pool.convolution.weight"
    )
    save_file(arrays, source)
    with pytest.raises(CheckpointError, match=r"no place for 1 of .*conv_low"):
        read_state_dict(source)
