"""The real data sets are read whole: counts as their makers state them."""

from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.datasets.findings import tally
from mobilenetv2.datasets.masks import read_masked
from mobilenetv2.datasets.read_boxes import box_split_names, read_boxes
from mobilenetv2.datasets.read_mask import read_mask


def test_bccd_keeps_its_official_split(shared: Path):
    data = shared / "data/bccd"
    parts = {name: read_boxes(data, name) for name in ("train", "val", "test")}
    assert [len(part.pictures.pictures) for part in parts.values()] == [205, 87, 72]
    assert {part.pictures.labels for part in parts.values()} == {("Platelets", "RBC", "WBC")}
    # The files hold 4888 boxes; of two, all corners are one and the same point.
    assert sum(part.pictures.boxes for part in parts.values()) == 4886
    points = [tally(part.findings).get("too small") for part in parts.values()]
    assert [found.boxes if found else 0 for found in points] == [1, 1, 0]
    assert box_split_names(data) == ("test", "train", "trainval", "val")


def test_raccoon_has_no_split_but_an_order(shared: Path):
    data = shared / "data/raccoon"
    whole, last = read_boxes(data).pictures, read_boxes(data, "last 40").pictures
    assert (len(whole.pictures), whole.boxes, whole.split) == (200, 217, "all")
    assert (len(last.pictures), last.split) == (40, "last 40 by name")
    first = read_boxes(data, "first:160").pictures
    assert not {p.path for p in first.pictures} & {p.path for p in last.pictures}
    assert box_split_names(data) == ()


def test_of_two_formats_in_a_folder_one_is_read_and_the_other_named(shared: Path):
    data = shared / "data/coco128-val"
    yolo = read_boxes(data)
    assert (len(yolo.pictures.pictures), yolo.pictures.boxes) == (128, 898)
    assert len(yolo.pictures.labels) == 80
    (note,) = [found for found in yolo.findings if found.kind == "several formats"]
    assert "panoptic_val2017.json" in note.detail
    panoptic = read_boxes(data / "panoptic_val2017.json")
    assert len(panoptic.pictures.pictures) == 100
    assert panoptic.pictures.labels == yolo.pictures.labels
    assert any(picture.ignored.any() for picture in panoptic.pictures.pictures)


def test_two_formats_agree_on_the_same_pictures(shared: Path):
    data = shared / "data/coco128-val"
    yolo = {p.path.name: p for p in read_boxes(data / "yolo-classes.yaml").pictures.pictures}
    near = total = 0
    for picture in read_boxes(data / "panoptic_val2017.json").pictures.pictures:
        other = yolo[picture.path.name]
        assert picture.size == other.size
        for box, index in zip(picture.boxes, picture.classes, strict=True):
            same = other.boxes[other.classes == index]
            total += 1
            near += bool(len(same)) and np.abs(same - box).max(1).min() < 3
    # Segments are whole pixels and were annotated anew: most, not all, are the same boxes.
    assert near / total > 0.9


@pytest.mark.parametrize(("part", "count"), [("train", 367), ("val", 101)])
def test_camvid_pairs_every_picture(shared: Path, part: str, count: int):
    folder = shared / "data/camvid" / part
    read = read_masked(folder / "images", folder / "masks")
    assert (read.name, read.split, len(read.pictures)) == ("camvid", part, count)
    assert not read.without_mask
    ids = read_mask(read.pictures[0].mask, 11, ignore={11})
    assert ids.shape == (360, 480)
    assert set(np.unique(ids).tolist()) <= {*range(11), 255}


def test_pictures_without_a_mask_are_counted(shared: Path):
    data = shared / "data/coco128-val"
    read = read_masked(data / "images", data / "voc-masks")
    assert (len(read.pictures), len(read.without_mask)) == (100, 28)
