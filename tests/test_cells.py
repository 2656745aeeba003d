"""The embedded detector keeps what its metadata and the docs say of it."""

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

import mobilenetv2
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.evaluate import evaluate_detector
from mobilenetv2.tasks.boxes import pairwise_iou


@pytest.fixture(scope="module")
def model() -> mobilenetv2.Model:
    return mobilenetv2.load("cells")


def test_it_is_small_and_explains_itself(model: mobilenetv2.Model):
    file = Path(str(files("mobilenetv2").joinpath("data/cells.safetensors")))
    assert file.stat().st_size < 4_000_000
    checkpoint = model.checkpoint
    assert model.task == "detection"
    assert model.labels == ("Platelets", "RBC", "WBC")
    assert isinstance(checkpoint.spec.head, mobilenetv2.SSDLite)
    assert checkpoint.spec.size == (480, 640)
    assert "Apache-2.0" in checkpoint.license
    assert "MIT" in checkpoint.license
    assert json.loads(checkpoint.recipe)["kind"] == "DetectionRecipe"
    assert {(metric.dataset, metric.split, metric.count) for metric in checkpoint.metrics} == {
        ("bccd", "test", 72)
    }


def test_it_is_as_good_as_it_says(model: mobilenetv2.Model, shared: Path):
    data = read_boxes(shared / "data" / "bccd", "test")
    report = evaluate_detector(model, data.pictures, findings=data.findings)
    stated = {metric.name: metric.value for metric in model.checkpoint.metrics}
    assert report.coco.ap50 is not None
    assert report.coco.ap50 >= 0.9
    assert report.coco.ap50 == pytest.approx(stated["ap50"], abs=0.005)
    assert report.coco.ap == pytest.approx(stated["ap"], abs=0.005)


def test_it_finds_the_white_cell_where_it_is(model: mobilenetv2.Model, shared: Path):
    picture = read_boxes(shared / "data" / "bccd", "test").pictures.pictures[0]
    white = picture.boxes[picture.classes == model.labels.index("WBC")]
    found = model.predict(picture.path)
    assert isinstance(found, mobilenetv2.Detections)
    best = next(one for one in found.predictions if one.label == "WBC")
    (overlaps,) = pairwise_iou(np.array([best.box], np.float32), white)
    assert best.score > 0.9
    assert overlaps.max() > 0.5
