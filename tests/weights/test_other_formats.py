"""Formats that are not read are named, with a way out; a folder of `save_pretrained` is read."""

import shutil
import zipfile
from pathlib import Path

import pytest

from mobilenetv2.errors import CheckpointError, UnknownModelError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.weights.open import detect, read_foreign


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("saved_model.pb", b"\x08\x01" + bytes(30), r"SavedModel; .*from_saved_model"),
        ("graph.pb", b"\n\x20" + bytes(30), "frozen TensorFlow graph; .*tf2onnx"),
        ("model.json", b'{"format": "layers-model", "modelTopology": {}}', "TensorFlow.js"),
        ("a.safetensors.index.json", b'{"weight_map": {"a": "b"}}', "index of weights in several"),
        ("config.json", b'{"model_type": "mobilenet_v2"}', "JSON file and holds no weights"),
        ("model.xml", b'<?xml version="1.0"?><net name="m"></net>', "OpenVINO"),
        ("model.mlmodel", b"\x08\x04" + bytes(30), "Core ML"),
        ("model.param", b"7767517\n75 83\nInput x 0 1", "ncnn"),
    ],
)
def test_a_file_of_another_format_is_named(tmp_path: Path, name: str, content: bytes, message: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        detect(tmp_path / name)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["model/saved_model.pb", "model/variables/variables.index"], "SavedModel"),
        (["model.json", "metadata.json", "weights.bin"], "Teachable Machine: export it as"),
        (["keras_model.h5", "labels.txt"], "unpack it"),
        (["m/data.pkl", "m/code/__torch__.py", "m/constants.pkl"], r"torch\.jit\.load"),
        (["m/archive_format", "m/byteorder", "m/models/model.json"], r"torch\.export\.load"),
    ],
)
def test_an_archive_of_another_kind_is_named(tmp_path: Path, names: list[str], message: str):
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    with pytest.raises(CheckpointError, match=message):
        detect(path)


def test_a_folder_of_weights_in_several_files_is_named(tmp_path: Path):
    for name in ("model-00001-of-00002", "model-00002-of-00002", "model.safetensors.index"):
        (tmp_path / f"{name}.{'json' if 'index' in name else 'safetensors'}").write_bytes(b"{}")
    with pytest.raises(CheckpointError, match="save them as one"):
        read_foreign(tmp_path)


def test_a_saved_model_is_named_by_its_folder(tmp_path: Path):
    (tmp_path / "saved_model.pb").write_bytes(bytes(32))
    for read in (read_foreign, load_checkpoint):
        with pytest.raises((CheckpointError, UnknownModelError), match="SavedModel"):
            read(tmp_path)


def test_the_second_half_of_an_openvino_model_is_named(tmp_path: Path):
    (tmp_path / "model.xml").write_text("<?xml?>")
    (tmp_path / "model.bin").write_bytes(bytes(64))
    with pytest.raises(CheckpointError, match="OpenVINO"):
        detect(tmp_path / "model.bin")


def test_a_folder_without_weights_says_what_it_should_hold(tmp_path: Path):
    with pytest.raises(CheckpointError, match=r"model\.safetensors or pytorch_model\.bin"):
        read_foreign(tmp_path)


def test_a_folder_of_save_pretrained_is_its_weight_file(tmp_path: Path, tiny_file: Path):
    shutil.copy(tiny_file, tmp_path / "model.safetensors")
    assert read_foreign(tmp_path).checkpoint.spec == read_foreign(tiny_file).checkpoint.spec
    assert load_checkpoint(tmp_path).spec == read_foreign(tiny_file).checkpoint.spec
