"""What `mobilenetv2 train detect` and `segment` say before and after a run."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from mobilenetv2.cli import main
from tests.datasets.annotated import coco, picture

pytest.importorskip("torchvision")


def train(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments)])


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    """Two pictures of ants, one of them with a box of an unknown class."""
    box = {"bbox": [10, 10, 40, 30], "category_id": 3}
    annotations = [box | {"id": 1, "image_id": 1}, box | {"id": 2, "image_id": 2}]
    unknown = box | {"id": 3, "image_id": 2, "category_id": 99}
    return coco(tmp_path / "garden", [*annotations, unknown], ("one.png", "two.png"))


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """Two pictures with masks, and one without."""
    for name in ("a", "b", "c"):
        picture(tmp_path / f"road/images/{name}.png")
    (tmp_path / "road/masks").mkdir()
    for name in ("a", "b"):
        ids = np.repeat([[0, 1]], 60, axis=0).repeat(40, axis=1).astype(np.uint8)
        Image.fromarray(ids).save(tmp_path / f"road/masks/{name}.png")
    return tmp_path / "road"


class TestDetect:
    def test_a_dry_run_reports_and_writes_nothing(self, tiny_file, boxes, tmp_path):
        result = train("detect", "--data", boxes, "--model", tiny_file, "--out", tmp_path / "run",
                       "--dry-run")  # fmt: skip
        assert result.exit_code == 0, result.output
        assert "garden: 2 classes" in result.stdout
        assert "(1 finding, 1 box; " in result.stdout
        assert not (tmp_path / "run").exists()

    def test_a_dry_run_as_json_is_the_whole_report(self, tiny_file, boxes, tmp_path):
        result = train("detect", "--data", boxes, "--model", tiny_file, "--out", tmp_path / "run",
                       "--dry-run", "--json", "--fit-anchors")  # fmt: skip
        report = json.loads(result.stdout)
        assert [part["boxes"] for part in report["splits"]] == [1, 1]
        assert {found["kind"] for found in report["findings"]} >= {"unknown class"}

    def test_a_run_as_json_says_one_object_on_stdout_and_warns_on_stderr(
        self, tiny_file, boxes, tmp_path
    ):
        result = train("detect", "--data", boxes, "--model", tiny_file, "--out", tmp_path / "run",
                       "--size", 64, "--epochs", 1, "--workers", 0, "--json")  # fmt: skip
        assert result.exit_code == 0, result.output
        assert set(json.loads(result.stdout)) >= {"model", "ap", "ap50", "ap75"}
        assert "Errors by kind" in (tmp_path / "run/report.html").read_text("utf-8")
        assert "category id 99 is not among the categories" in result.stderr


class TestSegment:
    def test_a_dry_run_as_json_reports_both_parts(self, tiny_file, masks, tmp_path):
        result = train("segment", "--data", masks, "--val", masks, "--model", tiny_file,
                       "--out", tmp_path / "run", "--dry-run", "--json")  # fmt: skip
        report = json.loads(result.stdout)
        assert report["training"]["pictures"] == report["validation"]["pictures"] == 2
        assert report["training"]["findings"][0]["kind"] == "mask missing"

    def test_a_run_as_json_says_one_object_on_stdout_and_warns_on_stderr(
        self, tiny_file, masks, tmp_path
    ):
        result = train("segment", "--data", masks, "--val", masks, "--model", tiny_file,
                       "--out", tmp_path / "run", "--size", 65, "--epochs", 1, "--workers", 0,
                       "--json")  # fmt: skip
        assert result.exit_code == 0, result.output
        assert set(json.loads(result.stdout)) >= {"model", "mean_iou", "pixel_accuracy"}
        assert "boundary F" in (tmp_path / "run/report.html").read_text("utf-8")
        # The validation pictures are the very ones that were learnt from.
        assert "2 pictures are both learnt from and judged on" in result.stderr
        assert "pictures without a mask were left out (1 file; c.png: " in result.stderr


class TestClassify:
    def test_a_run_ends_with_a_page_that_has_its_curves(self, tiny_file, tmp_path):
        for label in ("ant", "bee"):
            for part, count in (("train", 3), ("val", 2)):
                for index in range(count):
                    picture(tmp_path / f"insects/{part}/{label}/{label}{part}{index}.png")
        result = train("classify", "--data", tmp_path / "insects", "--model", tiny_file,
                       "--size", 32, "--out", tmp_path / "run", "--epochs", 2,
                       "--workers", 0)  # fmt: skip
        assert result.exit_code == 0, result.output
        page = (tmp_path / "run/report.html").read_text("utf-8")
        assert "The run" in page
        assert "4 pictures, 2 classes present" in page
        assert "report.html" in result.stderr


TOO_FEW = "Training refuses this; here they count as both parts"


class TestTooFewToHoldAnyOut:
    """A dry run tells what a first picture was read as; training asks for a second."""

    def test_boxes(self, tiny_file, tmp_path):
        box = {"bbox": [10, 10, 40, 30], "category_id": 3, "id": 1, "image_id": 1}
        data = coco(tmp_path / "garden", [box])
        dry = train("detect", "--data", data, "--model", tiny_file, "--dry-run", "--json")
        assert dry.exit_code == 0, dry.output
        assert [part["by_class"] for part in json.loads(dry.stdout)["splits"]] == [[1, 0], [1, 0]]
        assert TOO_FEW in dry.stderr
        taught = train("detect", "--data", data, "--model", tiny_file, "--out", tmp_path / "run")
        assert taught.exit_code == 1
        assert "give validation pictures instead (--val)" in taught.stderr

    def test_masks(self, tiny_file, masks):
        (masks / "images/b.png").unlink()
        dry = train("segment", "--data", masks, "--model", tiny_file, "--dry-run", "--json")
        assert dry.exit_code == 0, dry.output
        report = json.loads(dry.stdout)
        assert report["training"]["pictures"] == report["validation"]["pictures"] == 1
        assert TOO_FEW in dry.stderr

    @pytest.mark.parametrize("table", [None, "file,label\none.png,cat\ntwo.png,dog\n",
                                       "file,cat,dog\none.png,1,1\n"])  # fmt: skip
    def test_classes_and_labels(self, tiny_file, tmp_path, table):
        for name, label in (("one", "cat"), ("two", "dog")):
            picture(tmp_path / ("" if table else label) / f"{name}.png")
        data = tmp_path
        if table:
            data = tmp_path / "labels.csv"
            data.write_text(table)
        dry = train("classify", "--data", data, "--model", tiny_file, "--dry-run", "--json")
        assert dry.exit_code == 0, dry.output
        assert "cat" in dry.stdout
        assert "dog" in dry.stdout
        assert TOO_FEW in dry.stderr
