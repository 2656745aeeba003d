"""The embedded detector of common things keeps what its metadata and docs/models.md say of it."""

from pathlib import Path

import pytest

import mobilenetv2
from mobilenetv2.catalog.labels import open_images_labels
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.evaluate import evaluate_detector
from tests.packaged import EXAMPLES, stated


@pytest.fixture(scope="module")
def model() -> mobilenetv2.Model:
    return mobilenetv2.load("everyday")


def test_it_explains_itself(model: mobilenetv2.Model):
    checkpoint = model.checkpoint
    assert model.task == "detection"
    assert checkpoint.labels == open_images_labels()
    assert checkpoint.quantization is not None
    assert checkpoint.license == "Apache-2.0"
    assert checkpoint.provenance.sha256.startswith("d0a5255b")
    assert {metric.count for metric in checkpoint.metrics} == {128}


@pytest.mark.parametrize(
    ("picture", "label"),
    [("coffee", "Coffee cup"), ("cat", "Cat"), ("photographer", "Person")],
)
def test_a_person_nods_at_the_examples(model: mobilenetv2.Model, picture: str, label: str):
    found = model.predict(EXAMPLES / f"{picture}.jpg")
    assert isinstance(found, mobilenetv2.Detections)
    assert [one.label for one in found.predictions] == [label]


def test_it_is_not_below_the_network_that_it_was_made_of(model: mobilenetv2.Model, shared: Path):
    data = read_boxes(shared / "data" / "coco128-val")
    report = evaluate_detector(model, data.pictures, findings=data.findings)
    figures = stated(model)
    assert report.coco.ap50 == pytest.approx(figures["ap50"], abs=0.005)
    assert report.coco.ap50 >= figures["float_ap50"]
    assert figures["float_ap50"] == pytest.approx(0.283, abs=0.001)
