"""Segmenters are judged by pixel, at each picture's own size."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate import evaluate_segmenter
from mobilenetv2.metrics.mean_iou import MaskAgreement, confusion_matrix


@pytest.fixture
def model(tiny_segmenter_file: Path) -> mobilenetv2.Model:
    return mobilenetv2.load(tiny_segmenter_file)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    noise = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


def masked(picture: Path, *masks: np.ndarray) -> MaskedPictures:
    """The one picture with each of the masks."""
    pairs = []
    for number, mask in enumerate(masks):
        path = picture.with_name(f"mask{number}.png")
        Image.fromarray(mask).save(path)
        pairs.append(MaskedPicture(picture, path))
    return MaskedPictures("noise", "val", tuple(pairs), without_mask=(Path("alone.png"),))


def test_a_models_own_masks_are_all_right(model, picture):
    mask = model.predict(picture).mask
    steps = []
    report = evaluate_segmenter(model, masked(picture, mask, mask), None, lambda: steps.append(1))
    assert report.agreement.mean_iou == report.agreement.pixel_accuracy == 1
    assert (report.count, len(steps)) == (2, 2)
    values = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert values["classes_present"] == len(np.unique(mask))
    assert values["without_mask"] == ["alone.png"]


def test_confusions_of_pictures_add_up_and_255_is_not_judged(model, picture):
    predicted = model.predict(picture).mask
    first = np.full_like(predicted, 1)
    second = np.full_like(predicted, 2)
    second[:30] = 255
    report = evaluate_segmenter(model, masked(picture, first, second))
    matrix = confusion_matrix(first, predicted, 3) + confusion_matrix(second, predicted, 3)
    assert (report.agreement.confusion == matrix).all()
    assert report.agreement.mean_iou == MaskAgreement(matrix).mean_iou
    low, high = report.mean_iou_interval
    assert low <= report.agreement.mean_iou <= high
    assert report.to_json()["ignored"] == 0.25


def test_named_ids_are_matched_with_the_models_classes(model, picture):
    predicted = model.predict(picture).mask
    # The same answers, with the ids of another data set: cow 0, tree 1, background 2; void 7.
    own = np.array([2, 7, 0], np.uint8)[predicted]
    own[:15] = 1
    meaning = MaskMeaning(("Cow", "tree", "background"), frozenset({7}))
    report = evaluate_segmenter(model, masked(picture, own), meaning)
    assert report.agreement.pixel_accuracy == 1
    assert report.pixels_left_out == 15 * 90
    assert report.pixels_ignored == (own == 7).sum()
    assert report.shared.only_data == ("tree",)
    assert report.shared.only_model == ("bee",)
    assert report.shared.respelled == {"cow": "Cow"}
    assert report.pixels == 60 * 90


def test_masks_that_do_not_fit_are_reported_and_not_counted(model, picture):
    good = np.zeros((60, 90), np.uint8)
    small, foreign = good[:50], good + np.uint8(9)
    report = evaluate_segmenter(model, masked(picture, small, good, foreign))
    assert report.count == 1
    reasons = " ".join(why for _, why in report.unreadable)
    assert "90 x 60 pixels, got 90 x 50" in reasons
    assert "below the 3 classes, got 9" in reasons
    with pytest.raises(DatasetError, match="no picture can be judged"):
        evaluate_segmenter(model, masked(picture, foreign))


def test_an_unreadable_picture_takes_its_mask_with_it(model, picture, tmp_path):
    truth = model.predict(picture).mask
    data = masked(picture, truth)
    (tmp_path / "broken.png").write_bytes(b"broken")
    Image.fromarray(truth * 0).save(tmp_path / "zeros.png")
    broken = MaskedPicture(tmp_path / "broken.png", tmp_path / "zeros.png")
    report = evaluate_segmenter(
        model, MaskedPictures("noise", "val", (broken, *data.pictures, broken))
    )
    assert [path.name for path, _ in report.unreadable] == ["broken.png", "broken.png"]
    assert report.agreement.pixel_accuracy == 1


def test_a_classifier_is_refused(tiny_file: Path, picture: Path):
    classifier = mobilenetv2.load(tiny_file)
    with pytest.raises(
        TypeError, match="for segmentation is judged here, got one for classification"
    ):
        evaluate_segmenter(classifier, masked(picture, np.zeros((60, 90), np.uint8)))
