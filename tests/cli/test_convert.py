"""`mobilenetv2 convert` on a detector and a segmenter: what it writes and what it says."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from mobilenetv2.cli import main
from mobilenetv2.weights.store import load


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, ["convert", *map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def weights(shared: Path) -> Path:
    return shared / "weights"


def test_a_detector_reports_boxes_and_logits(weights, tmp_path):
    target = tmp_path / "ssd.safetensors"
    source = weights / "object_detection_ssd_mobilenetv2_oidv4_fp16.tflite"
    labels = weights / "object_detection_oidv4_labelmap.txt"
    report = json.loads(run(source, target, "--labels", labels, "--json"))
    assert report["parity"]["quantity"] == "boxes and logits"
    assert report["parity"]["agreement_of"] == "anchors"
    assert report["max_error"] < 1e-3
    assert load(target).labels[:2] == ("Bicycle", "Boot")


def test_a_label_list_ends_at_a_blank_line(weights, tmp_path):
    """VOC's list goes on with a note about the ignored class."""
    target = tmp_path / "deeplab.safetensors"
    labels = weights / "pascal_voc_segmentation_labels.txt"
    text = run(weights / "deeplabv3_257_mv_gpu.tflite", target, "--labels", labels)
    assert "of the pixels" in text
    assert load(target).labels[-1] == "tvmonitor"
