"""Programs of every head: the same answers as the model they were made from, and all that a page
needs, in one file.
"""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mobilenetv2 import CompiledClassifier, CompiledModel, Model
from mobilenetv2.deploy.compile import compile_network
from mobilenetv2.deploy.convert import example_pictures
from mobilenetv2.deploy.export import deploy
from mobilenetv2.engine import library
from mobilenetv2.engine.program_file import ProgramFile
from mobilenetv2.errors import CheckpointError
from mobilenetv2.model import load_checkpoint
from mobilenetv2.network.anchors import tensorflow_anchors
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Spec, SSDLite
from mobilenetv2.tasks.boxes import anchor_boxes
from mobilenetv2.tasks.palette import class_color
from mobilenetv2.weights.checkpoint import Checkpoint
from mobilenetv2.weights.fold import fold_checkpoint, folded_spec
from tests.quantized import random_quantized

pytestmark = pytest.mark.skipif(
    not library.available(), reason="the engine was not built: there is no C++ compiler"
)

HEADS = {
    "classifier": Spec(width=0.1, size=(40, 33), head=Classifier(3)),
    "ssdlite": Spec(width=0.1, size=(64, 48), head=SSDLite(3)),
    "ssd": Spec(
        width=0.1,
        size=(48, 64),
        head=SSD(2, (16, 8), (3, 1, 3, 1), tensorflow_anchors(4), scores="sigmoid"),
    ),
    "deeplab": Spec(
        width=0.1, size=(33, 49), head=DeepLab(4, channels=16, aspp_rates=(2, 3)), output_stride=16
    ),
}


HEADS = {name: folded_spec(spec) for name, spec in HEADS.items()}


def exported(checkpoint: Checkpoint, path: Path) -> CompiledModel:
    compile_network(fold_checkpoint(checkpoint), path)
    return CompiledModel(path, threads=1)


@pytest.mark.parametrize("spec", HEADS.values(), ids=HEADS)
def test_integers_answer_as_the_checkpoint_does(spec: Spec, tmp_path: Path):
    model = Model(random_quantized(spec), threads=1)
    compiled = exported(model.checkpoint, tmp_path / "a.program")
    assert (compiled.task, compiled.labels) == (model.task, model.labels)
    for picture in example_pictures():
        assert compiled.predict(picture).to_json() == model.predict(picture).to_json()


@pytest.mark.parametrize("file", ["tiny_file", "tiny_detector_file", "tiny_segmenter_file"])
def test_floats_answer_as_the_checkpoint_does(file: str, request, tmp_path: Path):
    checkpoint = load_checkpoint(request.getfixturevalue(file))
    path = tmp_path / "a.program"
    found = deploy(checkpoint, path)
    assert found.parity.relative_error < 1e-5
    assert found.answers.share == 1
    model, compiled = Model(checkpoint, threads=1), CompiledModel(path, threads=1)
    for picture in example_pictures():
        assert compiled.predict(picture).to_json() == model.predict(picture).to_json()
    assert pickle.loads(pickle.dumps(compiled)).labels == model.labels


@pytest.mark.parametrize("spec", HEADS.values(), ids=HEADS)
def test_a_page_finds_all_it_needs(spec: Spec, tmp_path: Path):
    checkpoint = random_quantized(spec)
    path = tmp_path / "a.program"
    exported(checkpoint, path)
    file, head = ProgramFile(str(path)), spec.head
    assert file.plain("labels") == list(checkpoint.labels)
    assert file.plain("preprocessing")["size"] == list(spec.size)
    assert file.text("license") == checkpoint.license
    outputs = file.plain("outputs")
    assert [shape[2] for shape in file.shapes()[1]] == [
        compiled.shape[-1] for compiled in CompiledModel(path).outputs(_grey(spec)).values()
    ]
    if isinstance(head, Classifier):
        assert outputs == ["logits"]
        assert file.plain("options") == {"top": 5, "threshold": 0}
        return
    assert file.plain("palette") == [list(class_color(index)) for index in range(head.classes)]
    if isinstance(head, DeepLab):
        assert (outputs, file.plain("options")) == (["logits"], {})
        return
    maps = len(head.anchors.shapes)
    assert set(outputs) == {f"{kind}{index}" for index in range(maps) for kind in ("box", "class")}
    assert file.plain("head") == {
        "box_scales": [10.0, 10.0, 5.0, 5.0],
        "scores": head.scores,
        "maps": maps,
    }
    assert file.plain("options") == {"threshold": 0.3, "nms": 0.5, "max_detections": 100}
    np.testing.assert_array_equal(load_file(path)["anchors"], anchor_boxes(spec))


def _grey(spec: Spec) -> np.ndarray:
    return np.full((*spec.size, 3), 128, np.uint8)


def test_files_of_earlier_releases_still_open(tiny_file: Path, tmp_path: Path):
    path = tmp_path / "a.program"
    exported(load_checkpoint(tiny_file), path)
    kept = ("format", "abi", "labels", "preprocessing", "source", "license")
    file = ProgramFile(str(path))
    rewritten(path, {name: file.text(name) for name in kept})
    expected = Model(load_checkpoint(tiny_file)).predict(example_pictures()[0])
    assert CompiledClassifier(path).predict(example_pictures()[0]).label == expected.label
    with pytest.raises(CheckpointError, match=r"earlier release.*CompiledClassifier"):
        CompiledModel(path)


def rewritten(path: Path, metadata: dict[str, str]) -> None:
    save_file(load_file(path), path, metadata)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("task", "regression", "must be for one of classification, detection, segmentation"),
        ("task", "classification", r"contradicts itself.* for classification"),
        ("labels", '["ant"]', r"contradicts itself.* has 1 labels"),
        ("outputs", '["class0"]', "contradicts itself"),
        ("spec", "{}", "spec"),
        ("spec", "[", "is no JSON|not JSON|'spec'"),
    ],
)
def test_contradictions_are_told(name: str, value: str, sentence: str, tmp_path: Path):
    path = tmp_path / "a.program"
    exported(random_quantized(HEADS["ssdlite"]), path)
    file = ProgramFile(str(path))
    rewritten(path, {**file.metadata, name: value})
    with pytest.raises(CheckpointError, match=sentence):
        CompiledModel(path)


def test_a_network_of_another_size_is_refused(tmp_path: Path):
    path = tmp_path / "a.program"
    exported(random_quantized(HEADS["deeplab"]), path)
    file = ProgramFile(str(path))
    spec = json.loads(file.text("spec"))
    spec["size"] = [65, 49]
    rewritten(path, {**file.metadata, "spec": json.dumps(spec)})
    with pytest.raises(CheckpointError, match="contradicts itself"):
        CompiledModel(path)


def test_pixels_of_another_size_are_refused(tmp_path: Path):
    compiled = exported(random_quantized(HEADS["deeplab"]), tmp_path / "a.program")
    with pytest.raises(ValueError, match=r"must be uint8 \[33, 49, 3\], got uint8 \(33, 48, 3\)"):
        compiled.outputs(np.zeros((33, 48, 3), np.uint8))
    with pytest.raises(ValueError, match="flip is not for a compiled program"):
        compiled.predict(np.zeros((9, 9, 3), np.uint8), flip=True)
