"""Pictures without labels are refused by whoever needs these, in words."""

from pathlib import Path

import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate import evaluate_classifier, evaluate_detector, evaluate_segmenter
from mobilenetv2.train import fine_tune_classifier, fine_tune_detector, fine_tune_segmenter

PICTURES = [Image.new("RGB", (8, 8))]
TOLD = r"labels must come with the pictures: give what .*read.* makes of a folder, got a list"


@pytest.mark.parametrize(
    ("judge", "model"),
    [
        (evaluate_classifier, "tiny_file"),
        (evaluate_detector, "tiny_detector_file"),
        (evaluate_segmenter, "tiny_segmenter_file"),
    ],
)
def test_who_judges(judge, model, request):
    with pytest.raises(DatasetError, match=TOLD):
        judge(mobilenetv2.load(request.getfixturevalue(model)), PICTURES)


def test_who_teaches(tiny_file: Path, tmp_path: Path):
    first = mobilenetv2.load(tiny_file).checkpoint
    with pytest.raises(DatasetError, match=TOLD):
        fine_tune_classifier(PICTURES, tmp_path, first=first)
    with pytest.raises(DatasetError, match=TOLD):
        fine_tune_detector(PICTURES, PICTURES, tmp_path, first=first)
    with pytest.raises(DatasetError, match="report_masks makes of a folder, got a list"):
        fine_tune_segmenter(PICTURES, PICTURES, tmp_path, meaning=None, first=first)
