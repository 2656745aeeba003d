"""A model as a file of another runtime: written, run there, compared, and only then in place."""

import json
import os
from dataclasses import replace
from errno import ENOSPC

import numpy as np
import pytest

from mobilenetv2 import load
from mobilenetv2.deploy.export import deploy
from mobilenetv2.errors import ExportError, ParityError
from mobilenetv2.export import files
from mobilenetv2.model import load_checkpoint


@pytest.fixture(params=["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def checkpoint(request):
    return load_checkpoint(request.getfixturevalue(request.param))


@pytest.mark.parametrize(
    ("suffix", "runtime"), [("onnx", "onnxruntime"), ("tflite", "LiteRT"), ("param", "ncnn")]
)
def test_every_task_in_every_format(checkpoint, suffix, runtime, tmp_path):
    deployment = deploy(checkpoint, tmp_path / "new" / f"model.{suffix}")
    assert deployment.parity.runtime == runtime
    assert deployment.parity.relative_error < 5e-4
    assert deployment.parity.pictures == 3
    assert deployment.unproved == ""
    beside = ["model.bin"] if suffix == "param" else []
    found = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert found == sorted([*beside, f"model.{suffix}"])
    assert sorted(path.name for path in deployment.files) == found


@pytest.mark.parametrize("suffix", ["onnx", "tflite"])
@pytest.mark.parametrize("name", ["tf2_mobilenet_v2_1.0_224_ptq", "mobilenet_v2_1.0_224_quant"])
def test_public_integers_stay_what_they_are(shared, name, suffix, tmp_path):
    checkpoint = load_checkpoint(shared / "weights" / f"{name}.tflite")
    deployment = deploy(checkpoint, tmp_path / f"model.{suffix}")
    # Two steps of some 120 that the logits span.
    assert deployment.parity.relative_error < 0.02
    assert deployment.parity.agreement == 1
    assert deployment.files[0].stat().st_size < 4_500_000


def test_without_proof_the_reason_is_said(tiny_file, tmp_path):
    deployment = deploy(load_checkpoint(tiny_file), tmp_path / "model.onnx", verify=False)
    assert (deployment.parity, deployment.unproved) == (None, "not asked for")


def test_preprocessing_and_labels_travel_in_an_onnx_file(tiny_file, tmp_path):
    onnx = pytest.importorskip("onnx")
    target = tmp_path / "model.onnx"
    deploy(load_checkpoint(tiny_file), target, verify=False)
    texts = {item.key: item.value for item in onnx.load(target).metadata_props}
    assert json.loads(texts["labels"]) == ["ant", "bee", "cow"]
    assert json.loads(texts["preprocessing"])["size"] == [48, 40]
    assert texts["license"] == "CC0-1.0"


def test_a_file_that_computes_something_else_never_appears(tiny_file, tmp_path, monkeypatch):
    checkpoint = load_checkpoint(tiny_file)
    weights = dict(checkpoint.weights)
    weights["stem.weight"] = np.flip(weights["stem.weight"], axis=0)
    wrong = replace(checkpoint, weights=weights)
    written = files.write_files
    monkeypatch.setattr(
        "mobilenetv2.deploy.export.write_files",
        lambda folded, *rest: written(replace(folded, weights=fold(wrong)), *rest),
    )
    with pytest.raises(ParityError, match="onnxruntime gives other outputs than the network"):
        deploy(checkpoint, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def fold(checkpoint):
    from mobilenetv2.weights.fold import fold_checkpoint

    return fold_checkpoint(checkpoint).weights


def test_an_unknown_suffix_names_the_known_ones(tiny_file, tmp_path):
    with pytest.raises(ExportError, match=r"\.param \(ncnn\), or \.program .*, got 'model\.pb'"):
        deploy(load_checkpoint(tiny_file), tmp_path / "model.pb")


def test_a_folder_that_cannot_be(tiny_file, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExportError, match="choose another folder"):
        deploy(load_checkpoint(tiny_file), tmp_path / "file" / "model.onnx")


def test_an_exported_file_is_a_model_again(tmp_path, tiny_file):
    target = tmp_path / "model.tflite"
    deploy(load_checkpoint(tiny_file), target)
    model = load(target)
    picture = np.full((48, 40, 3), 90, np.uint8)
    ours = load(tiny_file).predict(picture)
    assert model.predict(picture).score == pytest.approx(ours.score, abs=1e-4)


@pytest.mark.parametrize("suffix", ["onnx", "tflite", "program"])
def test_a_full_disk_is_told_of_the_file_that_was_asked_for(
    tiny_file, tmp_path, suffix, monkeypatch
):
    def full(*_, **__):
        raise OSError(ENOSPC, "No space left on device")

    checkpoint = load_checkpoint(tiny_file)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ExportError) as told:
        deploy(checkpoint, tmp_path / f"model.{suffix}")
    assert str(told.value) == (
        f"cannot write {tmp_path / f'model.{suffix}'}: No space left on device; "
        "choose another folder"
    )
    assert not list(tmp_path.iterdir())
