"""The embedded classifier keeps what its metadata and docs/models.md say of it."""

from pathlib import Path

import numpy as np
import pytest

import mobilenetv2
from mobilenetv2.catalog.labels import imagenet_labels
from mobilenetv2.evaluate import evaluate_classifier
from mobilenetv2.tasks.labeled import read_labeled
from tests.packaged import EXAMPLES, stated


@pytest.fixture(scope="module")
def model() -> mobilenetv2.Model:
    return mobilenetv2.load()


def test_it_explains_itself(model: mobilenetv2.Model):
    checkpoint = model.checkpoint
    assert checkpoint.labels == imagenet_labels()
    assert checkpoint.quantization is not None
    assert checkpoint.license == "Apache-2.0"
    assert checkpoint.provenance.sha256.startswith("7aad0c74")
    assert {metric.count for metric in checkpoint.metrics} == {500}


@pytest.mark.parametrize(
    ("picture", "label"),
    [("coffee", "espresso"), ("cat", "tiger cat"), ("photographer", "tripod")],
)
def test_a_person_nods_at_the_examples(model: mobilenetv2.Model, picture: str, label: str):
    assert model.predict(EXAMPLES / f"{picture}.jpg").label == label


def test_it_is_as_accurate_and_as_sure_as_it_says(model: mobilenetv2.Model, shared: Path):
    """Calibration: in ten groups by score, the mean score against the share that is right."""
    data = read_labeled(shared / "data/imagenet-flickr", model.labels)
    report = evaluate_classifier(model, data)
    assert report.top1.hits >= 427
    figures = stated(model)
    assert report.top1.value == pytest.approx(figures["top1"], abs=0.002)
    assert report.top5.value == pytest.approx(figures["top5"], abs=0.002)
    scores = np.array([model.predict(path, top=1).score for path in data.paths])
    right, groups = np.array(report.right), np.minimum((scores * 10).astype(int), 9)
    gaps = [
        abs(scores[groups == one].mean() - right[groups == one].mean()) * (groups == one).mean()
        for one in set(groups.tolist())
    ]
    assert sum(gaps) <= 0.05
