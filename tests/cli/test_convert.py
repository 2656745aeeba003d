"""`mobilenetv2 convert` on a detector and a segmenter: what it writes and what it says."""

import json
import re
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


def torch_file(tmp_path: Path) -> Path:
    """A state dict, which says nothing of pixels."""
    torch = pytest.importorskip("torch")
    models = pytest.importorskip("torchvision.models")
    path = tmp_path / "model.pth"
    torch.save(models.MobileNetV2(num_classes=3, width_mult=0.1).state_dict(), path)
    return path


def test_what_is_assumed_of_pixels_is_said_and_can_be_said_otherwise(tmp_path):
    source, target = torch_file(tmp_path), tmp_path / "ours.safetensors"
    assert "assumed ImageNet mean and standard deviation" in run(source, target)
    told = CliRunner().invoke(main, ["info", str(target)]).output
    assert "assumed ImageNet mean" in " ".join(told.split())
    text = run(
        source, target, "--mean", "0", "--std", "1", "--fit", "squash",
        "--interpolation", "bicubic",
    )  # fmt: skip
    assert "mean: 0.485,0.456,0.406 in the file, 0,0,0 as given" in text
    preprocessing = load(target).preprocessing
    assert (preprocessing.mean, preprocessing.std) == ((0.0,) * 3, (1.0,) * 3)
    assert (preprocessing.fit, preprocessing.interpolation) == ("squash", "bicubic")
    run(source, target, "--mean", "0.5,0.4,0.3")
    assert load(target).preprocessing.mean == (0.5, 0.4, 0.3)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--mean", "123.7,116.3,103.5", r"values in 0..1 .* on 0..255 that would be 0.485"),
        ("--std", "127.5", r"from 0.001 to 8, got 127.5; on 0..255 that would be 0.5"),
        ("--std", "0", "from 0.001 to 8, got 0"),
        ("--mean", "nan", "got nan"),
        ("--mean", "0.1,0.2", "one number or three"),
    ],
)
def test_absurd_numbers_are_refused_with_a_hint(tmp_path, option, value, message):
    target = tmp_path / "ours.safetensors"
    result = CliRunner().invoke(
        main, ["convert", str(torch_file(tmp_path)), str(target), option, value]
    )
    assert result.exit_code != 0
    assert re.search(message, str(result.exception) + result.output)
    assert not target.exists()


def test_numbered_labels_in_a_file_with_a_byte_order_mark(tmp_path):
    labels, target = tmp_path / "labels.txt", tmp_path / "ours.safetensors"
    labels.write_bytes("\ufeff0 Mask\r\n1 No mask\r\n2 Badly worn\r\n".encode())
    run(torch_file(tmp_path), target, "--labels", labels)
    assert load(target).labels == ("Mask", "No mask", "Badly worn")
