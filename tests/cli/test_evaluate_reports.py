"""`evaluate --report`, `--details`, `--against` and `--mistakes`, for every task."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from mobilenetv2.cli import main
from tests.datasets.annotated import picture, voc_xml
from tests.evaluate.page.test_html import Tags


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


@pytest.fixture
def labeled(tmp_path: Path) -> Path:
    for label in ("ant", "bee", "cow"):
        for index in range(2):
            picture(tmp_path / f"insects/{label}/{label}{index}.png")
    return tmp_path / "insects"


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        picture(tmp_path / f"garden/images/{name}.png", (90, 120))
        marked = [("ant", (10, 10, 70, 80)), ("bee", (60, 20, 90, 60))]
        voc_xml(tmp_path / f"garden/annotations/{name}.xml", marked, (90, 120))
    return tmp_path / "garden"


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    for name in ("one", "two"):
        picture(tmp_path / f"road/images/{name}.png", (50, 70))
        mask = np.zeros((50, 70), np.uint8)
        mask[:, 30:] = 1
        (tmp_path / "road/masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(tmp_path / f"road/masks/{name}.png")
    return tmp_path / "road"


def test_a_classifiers_page_sheet_and_fields(tiny_file: Path, labeled: Path, tmp_path: Path):
    page, sheet = tmp_path / "report.html", tmp_path / "mistakes.png"
    done = evaluate(
        "--model", tiny_file, "--data", labeled, "--report", page, "--mistakes", sheet, "--json"
    )
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    wrong = told["count"] - told["top1_correct"]
    assert sum(one["count"] for one in told["confusions"]) == len(told["mistakes"]) == wrong
    assert [one["count"] for one in told["per_class"]] == [2, 2, 2]
    scores = [one["score"] for one in told["mistakes"]]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= told["calibration_error"] <= 1
    read = Tags(page.read_text("utf-8"))
    assert read.open == []
    assert [tag for tag, _ in read.seen].count("img") == wrong
    assert Image.open(sheet).width > 900


def test_a_detectors_page_and_details(tiny_detector_file: Path, boxes: Path, tmp_path: Path):
    page = tmp_path / "report.html"
    done = evaluate("--model", tiny_detector_file, "--data", boxes, "--report", page, "--details")
    assert done.exit_code == 0, done.output
    for text in ("costs AP50", "badly placed", "best from", "(background)"):
        assert text in done.stdout
    text = page.read_text("utf-8")
    assert Tags(text).open == []
    for heading in ("Errors by kind", "Precision over recall", "What was taken for what", "Sizes"):
        assert heading in text
    told = json.loads(evaluate("--model", tiny_detector_file, "--data", boxes, "--json").stdout)
    assert [one["kind"] for one in told["errors"]][:2] == ["wrong class", "badly placed"]
    assert told["threshold"] == 0.3
    assert [one["count"] for one in told["at_threshold"]] == [2, 2]
    assert sum(told["boxes_by_size"].values()) == told["boxes"] == 4


def test_a_segmenters_page_and_fields(tiny_segmenter_file: Path, masks: Path, tmp_path: Path):
    page = tmp_path / "report.html"
    done = evaluate("--model", tiny_segmenter_file, "--data", masks, "--report", page, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["mean_boundary_f"] is not None
    first = told["per_class"][0]
    assert {"precision", "recall", "boundary_f", "iou", "pixels"} <= set(first)
    wrong = sum(one["pixels"] for one in told["confusions"])
    assert wrong == pytest.approx(2 * 50 * 70 * (1 - told["pixel_accuracy"]))
    text = page.read_text("utf-8")
    assert "Pictures that agree least" in text
    assert Tags(text).open == []


@pytest.mark.parametrize(
    ("model", "data", "figure"),
    [
        ("tiny_file", "labeled", "top1"),
        ("tiny_detector_file", "boxes", "ap50"),
        ("tiny_segmenter_file", "masks", "mean_iou"),
    ],
)
def test_a_model_against_itself_differs_by_nothing(
    model: str, data: str, figure: str, request: pytest.FixtureRequest
):
    file, folder = request.getfixturevalue(model), request.getfixturevalue(data)
    told = json.loads(
        evaluate("--model", file, "--data", folder, "--against", file, "--json").stdout
    )
    assert told["against"]["figure"] == figure
    assert (told["against"]["difference"], told["against"]["beyond_chance"]) == (0, False)
    shown = evaluate("--model", file, "--data", folder, "--against", file)
    assert "may be chance" in shown.stdout
    # The two models have the same notes, which are told once.
    notes = [line for line in shown.stderr.splitlines() if line.startswith("Note:")]
    assert len(notes) == len(set(notes))


def test_a_model_of_another_task_is_refused(
    tiny_file: Path, tiny_detector_file: Path, labeled: Path
):
    done = evaluate("--model", tiny_file, "--data", labeled, "--against", tiny_detector_file)
    assert done.exit_code == 1
    assert "models of one task are compared" in done.output


def test_what_cannot_be_written_is_refused_before_the_work(
    tiny_file: Path, tiny_detector_file: Path, labeled: Path, tmp_path: Path
):
    for option, value, word in (
        ("--report", tmp_path / "nowhere/a.html", "folder that exists"),
        ("--mistakes", tmp_path / "a.doc", "such as sheet.png"),
    ):
        done = evaluate("--model", tiny_file, "--data", labeled, option, value)
        assert (done.exit_code, word in done.output) == (1, True)
    done = evaluate("--model", tiny_detector_file, "--data", labeled, "--mistakes", "a.png")
    assert (done.exit_code, "--mistakes is not for a detection" in done.output) == (2, True)


def test_the_page_of_the_embedded_detector_is_small_enough_to_be_sent(shared: Path, tmp_path: Path):
    # It shows twelve pictures, of how many ever.
    page, data = tmp_path / "cells.html", shared / "data/bccd"
    done = evaluate("--model", "cells", "--data", data, "--split", "first 16", "--report", page)
    assert done.exit_code == 0, done.output
    text = page.read_text("utf-8")
    assert [tag for tag, _ in Tags(text).seen].count("img") == 12
    assert len(text) < 3_000_000
