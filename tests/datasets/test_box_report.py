"""The report before training: counts, sizes, cover, and pictures that lie in two parts."""

import json
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.cli.data_report import print_box_report, print_mask_report
from mobilenetv2.datasets.box_report import BoxReport, report_boxes
from mobilenetv2.datasets.duplicates import find_duplicates, fingerprint_pictures
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_report import report_masks
from mobilenetv2.datasets.masks import read_masked
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.errors import DatasetError
from mobilenetv2.network.spec import Spec, SSDLite
from tests.datasets.annotated import picture, yolo


def report(data: Path, *splits: str | None) -> BoxReport:
    first = read_boxes(data, splits[0])
    others = [read_boxes(data, split, first.pictures.labels) for split in splits[1:]]
    spec = Spec(size=(320, 320), head=SSDLite(len(first.pictures.labels)))
    read = [first, *others]
    return report_boxes(
        [part.pictures for part in read], spec, [found for part in read for found in part.findings]
    )


def test_counts_sizes_and_warnings_of_a_small_set(tmp_path: Path):
    box = "0 .5 .5 .25 .25\n"
    yolo(tmp_path, {"a": box + "0 .5 .5 1 1\n0 2 2 .1 .1\n", "b": ""}, "names: [ant, bee, cow]")
    found = report(tmp_path, None)
    (part,) = found.splits
    assert (part.pictures, part.without_boxes, part.boxes) == (2, 1, 2)
    assert part.by_class == (2, 0, 0)
    # 20 x 15 and 80 x 60 pixels: COCO's borders are in the picture's pixels ...
    assert (part.small, part.medium, part.large) == (1, 1, 0)
    # ... the sides in the network's: a quarter of 320, and all of it.
    assert (part.sides[0], part.sides[-1]) == pytest.approx((92, 308))
    text = " / ".join(found.warnings)
    assert "no box in 'all' to learn from: 2 classes (bee, cow)" in text
    assert "fewer than 10 boxes in 'all': 1 class (ant)" in text
    assert "under one pixel" in text
    assert json.loads(json.dumps(found.to_json()))["splits"][0]["boxes"] == 2


def test_parts_with_other_labels_are_not_compared(tmp_path: Path):
    one = read_boxes(yolo(tmp_path / "one", {"a": "0 .5 .5 .5 .5"})).pictures
    two = read_boxes(yolo(tmp_path / "two", {"a": "0 .5 .5 .5 .5"}, "names: [cat]")).pictures
    with pytest.raises(DatasetError, match="the same labels in all"):
        report_boxes([one, two], Spec(size=(320, 320), head=SSDLite(2)))


def smooth(seed: int) -> Image.Image:
    noise = np.random.default_rng(seed).integers(0, 255, (6, 7, 3), np.uint8)
    return Image.fromarray(noise).resize((350, 300), Image.Resampling.BICUBIC)


def test_copies_and_lookalikes_are_told_from_others(tmp_path: Path):
    first, second = [], []
    for seed in range(12):
        smooth(seed).save(tmp_path / f"{seed}.png")
        first.append(tmp_path / f"{seed}.png")
    (tmp_path / "copy.png").write_bytes(first[3].read_bytes())
    smooth(5).resize((200, 160)).save(tmp_path / "smaller.jpg", quality=60)
    smooth(99).save(tmp_path / "other.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    Image.new("RGB", (50, 50)).save(tmp_path / "black.png")
    Image.new("RGB", (60, 50)).save(tmp_path / "black too.png")
    first.append(tmp_path / "black.png")
    second = ["copy.png", "smaller.jpg", "other.png", "broken.png", "black too.png"]
    found = find_duplicates(
        fingerprint_pictures("train", first),
        fingerprint_pictures("test", [tmp_path / name for name in second]),
    )
    assert (found.exact, found.near) == (1, 1)
    pairs = [(one.name, other.name) for one, other in found.examples]
    assert pairs == [("3.png", "copy.png"), ("5.png", "smaller.jpg")]


def test_raccoons_last_40_hold_two_pictures_that_are_trained_on(shared: Path):
    begun = process_time()
    found = report(shared / "data/raccoon", "first 160", "last 40")
    assert process_time() - begun < 5
    (pair,) = found.duplicates
    assert (pair.exact, pair.near) == (2, 0)
    assert any("too good" in warning for warning in found.warnings)


def test_bccds_report_shows_what_anchors_miss(shared: Path, capsys: pytest.CaptureFixture[str]):
    found = report(shared / "data/bccd", "train", "val", "test")
    platelets = found.splits[0].coverage.covered_by_class[found.labels.index("Platelets")]
    assert platelets is not None
    assert platelets < 0.5 < 0.9 < found.splits[0].coverage.covered
    assert not any(pair.exact or pair.near for pair in found.duplicates)
    print_box_report(found)
    shown = capsys.readouterr().out
    assert "Platelets" in shown
    assert "Note: boxes with a side under one pixel" in " ".join(shown.split())


def test_long_tables_are_cut_and_names_are_no_markup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    names = ", ".join(f"'[b]{index}'" for index in range(50))
    yolo(tmp_path, {"a": "3 .5 .5 .5 .5"}, f"names: [{names}]")
    print_box_report(report(tmp_path, None))
    shown = capsys.readouterr().out
    assert "[b]3 " in shown
    assert "... 30 more" in shown


def test_a_mask_report_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    picture(tmp_path / "images/a.png", (2, 2))
    (tmp_path / "masks").mkdir()
    Image.fromarray(np.array([[0, 1], [1, 255]], np.uint8)).save(tmp_path / "masks/a.png")
    data = read_masked(tmp_path / "images", tmp_path / "masks")
    print_mask_report(report_masks(data, MaskMeaning(("[red]sky", "road", "car"))))
    shown = capsys.readouterr().out
    assert "[red]sky" in shown
    assert "66.67%" in shown
    assert "1 class has no pixel: car" in shown
