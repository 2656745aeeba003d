"""`mobilenetv2 evaluate` for every task, as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from tests.metrics.coco_tool import NAMES, judge

EXAMPLES = Path(mobilenetv2.__file__).parent / "examples"


def evaluate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mobilenetv2", "evaluate", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    """Two pictures in COCO's format, with the classes Ant and Dragon."""
    folder = tmp_path / "garden"
    folder.mkdir()
    for name in ("1.png", "2.png"):
        noise = np.random.default_rng(int(name[0])).integers(0, 256, (90, 120, 3), np.uint8)
        Image.fromarray(noise).save(folder / name)
    truth = {
        "images": [
            {"id": 1, "file_name": "1.png", "height": 90, "width": 120},
            {"id": 2, "file_name": "2.png", "height": 90, "width": 120},
        ],
        "categories": [{"id": 5, "name": "Ant"}, {"id": 6, "name": "Dragon"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 5, "bbox": [10, 10, 60, 70], "area": 4000},
            {"id": 2, "image_id": 1, "category_id": 6, "bbox": [20, 20, 30, 30], "area": 900},
        ],
    }
    (folder / "instances.json").write_text(json.dumps(truth))
    return folder


@pytest.fixture
def masks(tmp_path: Path, tiny_segmenter_file: Path) -> Path:
    """A folder with images/ and masks/ that the tiny segmenter agrees with."""
    folder = tmp_path / "road"
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    model = mobilenetv2.load(tiny_segmenter_file)
    for name in ("cat", "coffee"):
        picture = Image.open(EXAMPLES / f"{name}.jpg").convert("RGB").resize((70, 50))
        picture.save(folder / f"images/{name}.png")
        mask = model.predict(np.asarray(picture)).mask
        Image.fromarray(mask).save(folder / f"masks/{name}.png")
    return folder


def test_a_detectors_table_names_data_classes_and_what_was_left_out(
    tiny_detector_file: Path, boxes: Path
):
    result = evaluate("--model", tiny_detector_file, "--data", boxes)
    assert result.returncode == 0, result.stderr
    assert "on garden, all (2 pictures, 1 box, set " in result.stdout
    for line in ("AP50", "VOC AP50, area", "recall, 100 a picture"):
        assert line in result.stdout
    assert "The model has no class Dragon: 1 box of them left out" in result.stdout
    assert "The data has no class bee, cow: " in result.stdout
    assert "ant is Ant" in result.stdout


def test_a_detectors_saved_predictions_give_pycocotools_the_digits_of_the_json(
    tiny_detector_file: Path, boxes: Path, tmp_path: Path
):
    saved = tmp_path / "found.json"
    result = evaluate(
        "--model", tiny_detector_file, "--data", boxes, "--save-predictions", saved, "--json"
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["task"], report["count"], report["boxes_left_out"]) == ("detection", 2, 1)
    truth = json.loads((tmp_path / "found.truth.json").read_text())
    stats, _ = judge(truth, json.loads(saved.read_text()))
    ours = [-1 if report[name] is None else report[name] for name in NAMES]
    assert ours == stats


def test_a_folder_for_predictions_that_is_missing_is_told_before_anything_runs(
    tiny_detector_file: Path, boxes: Path, tmp_path: Path
):
    target = tmp_path / "missing/found.json"
    result = evaluate("--model", tiny_detector_file, "--data", boxes, "--save-predictions", target)
    assert result.returncode == 1
    assert "in a folder that exists" in result.stderr
    assert not result.stdout


def test_a_picture_that_cannot_be_read_is_told_and_ends_with_status_1(
    tiny_detector_file: Path, boxes: Path
):
    (boxes / "2.png").write_bytes(b"broken")
    result = evaluate("--model", tiny_detector_file, "--data", boxes, "--json")
    assert result.returncode == 1
    report = json.loads(result.stdout)
    assert report["count"] == 1
    assert [Path(one["path"]).name for one in report["unreadable"]] == ["2.png"]
    assert "2.png" in result.stderr


def test_a_segmenter_on_a_folder_with_images_and_masks(tiny_segmenter_file: Path, masks: Path):
    result = evaluate("--model", tiny_segmenter_file, "--data", masks)
    assert result.returncode == 0, result.stderr
    assert "on road, all (2 pictures, set " in result.stdout
    assert "mean IoU" in result.stdout
    assert "100.00" in result.stdout


def test_a_segmenter_with_named_ids_and_one_to_ignore(
    tiny_segmenter_file: Path, masks: Path, tmp_path: Path
):
    labels = tmp_path / "labels.txt"
    labels.write_text("background\nBee\ncow\n")
    result = evaluate(
        "--model", tiny_segmenter_file, "--data", masks / "images", "--masks", masks / "masks",
        "--labels", labels, "--ignore", 2, "--split", "first 1", "--json",
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["count"], report["split"]) == (1, "first 1 by name")
    assert report["labels_spelled_otherwise"] == {"bee": "Bee"}
    assert report["pixel_accuracy"] == 1
    assert "cow" not in [one["label"] for one in report["per_class"] if one["iou"] is not None]


def test_options_of_another_task_are_refused(
    tiny_file: Path, tiny_detector_file: Path, masks: Path
):
    for model, option, value in (
        (tiny_file, "--masks", masks),
        (tiny_file, "--save-predictions", "x.json"),
        (tiny_detector_file, "--masks", masks),
    ):
        result = evaluate("--model", model, "--data", masks, option, value)
        assert result.returncode == 2
        assert f"{option} is not for a" in result.stderr


def test_a_segmenter_without_masks_says_where_they_belong(tiny_segmenter_file: Path):
    result = evaluate("--model", tiny_segmenter_file, "--data", EXAMPLES)
    assert result.returncode == 1
    assert "must hold a folder of pictures and one of masks" in result.stderr


def test_the_id_after_the_last_class_is_void_and_said_to_be(
    tiny_segmenter_file: Path, tmp_path: Path
):
    classes = len(mobilenetv2.load(tiny_segmenter_file).labels)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (40, 30), "gray").save(tmp_path / "images" / "a.png")
    ids = np.zeros((30, 40), np.uint8)
    ids[:10] = classes
    Image.fromarray(ids).save(tmp_path / "masks" / "a.png")
    result = evaluate("--model", tiny_segmenter_file, "--data", tmp_path, "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["ignored"] == pytest.approx(1 / 3)
    assert f"--ignore {classes}" in result.stderr
    ids[:10] = classes + 1
    Image.fromarray(ids).save(tmp_path / "masks" / "a.png")
    refused = evaluate("--model", tiny_segmenter_file, "--data", tmp_path, "--json")
    assert refused.returncode == 1
    assert "ids must be below" in refused.stderr


def test_a_segmenter_is_judged_at_several_scales(tiny_segmenter_file: Path, tmp_path: Path):
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (40, 30), "gray").save(tmp_path / "images" / "a.png")
    Image.new("L", (40, 30)).save(tmp_path / "masks" / "a.png")
    more = ("--scales", "0.5,1", "--flip", "--json")
    result = evaluate("--model", tiny_segmenter_file, "--data", tmp_path, *more)
    assert json.loads(result.stdout)["count"] == 1, result.stderr
    refused = evaluate("--model", tiny_segmenter_file, "--data", tmp_path, "--scales", "0")
    assert refused.returncode == 2
