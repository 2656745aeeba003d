"""The embedded segmenter keeps what its metadata and docs/models.md say of it."""

from pathlib import Path

import pytest

import mobilenetv2
from mobilenetv2.catalog.labels import segmenter_labels
from tests.packaged import EXAMPLES, stated


@pytest.fixture(scope="module")
def model() -> mobilenetv2.Model:
    return mobilenetv2.load("outline")


def test_it_explains_itself(model: mobilenetv2.Model):
    checkpoint = model.checkpoint
    assert model.task == "segmentation"
    assert checkpoint.labels == segmenter_labels(21)
    assert checkpoint.quantization is not None
    assert checkpoint.license == "Apache-2.0"
    assert checkpoint.provenance.sha256.startswith("350af47f")
    assert stated(model)["mean_iou"] > 0.50
    assert {metric.count for metric in checkpoint.metrics} == {100}


@pytest.mark.parametrize(
    ("picture", "label"), [("coffee", "diningtable"), ("cat", "cat"), ("photographer", "person")]
)
def test_a_person_nods_at_the_examples(model: mobilenetv2.Model, picture: str, label: str):
    found = model.predict(EXAMPLES / f"{picture}.jpg")
    assert isinstance(found, mobilenetv2.Segmentation)
    assert (
        max(
            (one for one in found.predictions if one.label != "background"),
            key=lambda one: one.pixels,
        ).label
        == label
    )


def test_it_is_the_public_file(model: mobilenetv2.Model, shared: Path):
    """Pixel by pixel, so that what was measured of that file holds."""
    public = mobilenetv2.load(shared / "weights/deeplabv3_mnv2_pascal_quant.tflite")
    picture = EXAMPLES / "cat.jpg"
    assert (model.predict(picture).mask == public.predict(picture).mask).all()
