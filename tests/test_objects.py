"""The embedded model keeps what its metadata and the README say of it."""

import json
from importlib.resources import files
from pathlib import Path

import pytest

import mobilenetv2
from mobilenetv2.evaluate import evaluate_classifier
from mobilenetv2.tasks.labeled import read_labeled

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"


@pytest.fixture(scope="module")
def model() -> mobilenetv2.Model:
    return mobilenetv2.load()


def test_it_is_small_and_explains_itself(model: mobilenetv2.Model):
    file = Path(str(files("mobilenetv2").joinpath("data/objects.safetensors")))
    assert file.stat().st_size < 5_000_000
    checkpoint = model.checkpoint
    assert len(checkpoint.labels) == 101
    assert "Apache-2.0" in checkpoint.license
    assert "CC-BY-4.0" in checkpoint.license
    assert checkpoint.provenance.sha256.startswith("5d313724")
    assert json.loads(checkpoint.recipe)["kind"] == "Recipe"
    assert {metric.count for metric in checkpoint.metrics} == {1010}


def test_it_knows_a_cup_of_coffee(model: mobilenetv2.Model):
    assert model.predict(EXAMPLES / "coffee.jpg").label == "cup"


def test_it_is_as_accurate_as_it_says(model: mobilenetv2.Model, shared: Path):
    data = read_labeled(shared / "data/caltech101/test", model.labels)
    report = evaluate_classifier(model, data)
    assert report.top1.count == 1010
    assert report.top1.value >= 0.92
    stated = {metric.name: metric.value for metric in model.checkpoint.metrics}
    assert report.top1.value == pytest.approx(stated["top1"], abs=0.002)
    assert report.mean_class_accuracy == pytest.approx(stated["mean_class_accuracy"], abs=0.002)
