"""Any weight file is recognised by its content, whatever it is called."""

import shutil
import zipfile
from pathlib import Path

import pytest

from mobilenetv2.deploy.export import deploy
from mobilenetv2.errors import CheckpointError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.weights.open import detect, read_foreign


def test_public_files_under_a_wrong_name(shared: Path, tmp_path: Path):
    for name, kind in (
        ("tf2_mobilenet_v2_1.0_224_ptq.tflite", "tflite"),
        ("mobilenet_v2_0.35_128_flowers.onnx", "onnx"),
    ):
        shutil.copy(shared / "weights" / name, tmp_path / "weights.dat")
        assert detect(tmp_path / "weights.dat") == kind


def test_our_own_files(tiny_file: Path):
    assert detect(tiny_file) == "mobilenetv2"
    assert read_foreign(tiny_file).runtime is None


def test_a_zip_is_keras_only_with_its_configuration(tmp_path: Path):
    for member, kind in (("config.json", "keras"), ("archive/data.pkl", "state_dict")):
        path = tmp_path / f"{kind}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(member, "{}")
        assert detect(path) == kind


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "too short"), (b"GIF89a" + bytes(64), "in no format that can be read")],
)
def test_other_content_is_refused(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        detect(tmp_path / "x")
    with pytest.raises(CheckpointError, match="cannot read"):
        detect(tmp_path / "missing")


def test_a_file_of_the_catalogue_brings_its_license(shared: Path):
    folder = shared / "weights"
    assert (
        read_foreign(folder / "tf2_mobilenet_v2_1.0_224_ptq.tflite").checkpoint.license
        == "Apache-2.0"
    )
    flowers = read_foreign(folder / "mobilenet_v2_0.35_128_flowers.onnx").checkpoint
    assert flowers.license == "unknown"


@pytest.mark.parametrize("suffix", ["param", "bin"])
def test_ncnns_files_are_written_and_not_read(tiny_file, tmp_path, suffix):
    deploy(load_checkpoint(tiny_file), tmp_path / "model.param", verify=False)
    with pytest.raises(CheckpointError, match="written here but not read; use the checkpoint"):
        detect(tmp_path / f"model.{suffix}")
