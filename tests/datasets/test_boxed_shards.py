"""Boxes and masks in shards, read as from any other layout."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.datasets.mask_meaning import find_meaning
from mobilenetv2.datasets.masks import masked_split_names, read_masked
from mobilenetv2.datasets.read_boxes import box_split_names, read_boxes
from mobilenetv2.errors import DatasetError
from tests.shards.tars import png, tar


def boxed(**boxes: list[dict[str, object]]) -> list[tuple[str, bytes]]:
    """Pictures of 24 x 32, and what is in each."""
    members = []
    for seed, (key, annotations) in enumerate(boxes.items()):
        content = {"width": 32, "height": 24, "annotations": annotations}
        members += [(f"{key}.png", png(seed)), (f"{key}.json", json.dumps(content).encode())]
    return members


CUP = {"bbox": [1.5, 2, 10, 12.25], "category": "cup", "area": 100.5}
CROWD = {"bbox": [0, 0, 32, 24], "category": "bowl", "iscrowd": 1}


def test_boxes_as_coco_writes_them(tmp_path: Path):
    tar(tmp_path / "a.tar", boxed(one=[CUP, CROWD], two=[]))
    read = read_boxes(tmp_path / "a.tar")
    assert (read.pictures.labels, read.format) == (("bowl", "cup"), "shards (a.tar)")
    one, two = read.pictures.pictures
    assert one.boxes.tolist() == [[1.5, 2, 11.5, 14.25], [0, 0, 32, 24]]
    assert (one.classes.tolist(), one.ignored.tolist()) == ([1, 0], [False, True])
    assert one.areas.tolist() == [100.5, 768]
    assert (one.size, one.identity, len(two.boxes)) == ((24, 32), "one", 0)


def test_numbers_are_lines_of_the_file_of_classes(tmp_path: Path):
    tar(tmp_path / "a.tar", boxed(one=[{"bbox": [1, 2, 3, 4], "category_id": 1}]))
    (tmp_path / "classes.txt").write_text("bowl\ncup\n")
    read = read_boxes(tmp_path)
    assert read.pictures.labels == ("bowl", "cup")
    assert read.pictures.pictures[0].classes.tolist() == [1]


def test_what_cannot_be_read_is_told_of_and_left_out(tmp_path: Path):
    """A picture without its boxes may be full of objects."""
    members = [*boxed(good=[CUP], bad=[{"bbox": [1, 2], "category": "cup"}]), ("none.png", png(9)),
               ("text.png", png(8)), ("text.json", b"{")]  # fmt: skip
    tar(tmp_path / "a.tar", members)
    read = read_boxes(tmp_path)
    assert [picture.path.name for picture in read.pictures.pictures] == ["good.png"]
    assert {(found.kind, found.path.name) for found in read.findings} == {
        ("annotation unreadable", "bad.png"),
        ("annotation unreadable", "text.png"),
        ("annotation missing", "none.png"),
    }


def test_numbers_of_any_length_are_read_or_left(tmp_path: Path):
    """No float holds 10**400, and no picture has such a side."""
    tar(
        tmp_path / "a.tar",
        boxed(one=[CUP | {"area": 10**400}], two=[CUP | {"bbox": [10**400] * 4}]),
    )
    read = read_boxes(tmp_path / "a.tar")
    (one,) = read.pictures.pictures
    assert one.areas.tolist() == [10 * 12.25]
    assert "'bbox' must be [left, top, width, height]" in read.findings[0].detail


def test_shards_without_any_boxes_are_refused(tmp_path: Path):
    tar(tmp_path / "a.tar", [("1.png", png(1)), ("1.cls", b"0")])
    with pytest.raises(DatasetError, match=r"KEY\.json beside KEY\.jpg"):
        read_boxes(tmp_path)


def test_pictures_of_one_key_in_two_shards_have_identities_of_their_own(tmp_path: Path):
    for name in ("a", "b"):
        tar(tmp_path / f"{name}.tar", boxed(one=[CUP]))
    pictures = read_boxes(tmp_path).pictures.pictures
    assert [picture.identity for picture in pictures] == ["a/one", "b/one"]


def test_parts_of_boxes_and_parts_by_name(tmp_path: Path):
    tar(tmp_path / "train-0.tar", boxed(one=[CUP], two=[CUP]))
    tar(tmp_path / "val-0.tar", boxed(three=[CUP]))
    assert box_split_names(tmp_path) == ("train", "val")
    assert len(read_boxes(tmp_path, "train").pictures.pictures) == 2
    assert [p.identity for p in read_boxes(tmp_path, "last 1").pictures.pictures] == ["two"]


def mask(ids: list[list[int]]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(np.array(ids, np.uint8)).save(file, "PNG")
    return file.getvalue()


def test_masks_and_what_their_ids_are_called(tmp_path: Path):
    array = io.BytesIO()
    np.save(array, np.array([[1, 1]], np.uint8))
    members = [("1.png", png(1, (1, 2))), ("1.mask.png", mask([[0, 1]])),
               ("2.png", png(2, (1, 2))), ("2.mask.npy", array.getvalue()),
               ("3.png", png(3, (1, 2)))]  # fmt: skip
    tar(tmp_path / "train-0.tar", members)
    tar(tmp_path / "val-0.tar", members[:2])
    (tmp_path / "classes.txt").write_text("road\nsky\n")
    assert masked_split_names(tmp_path) == ("train", "val")
    data = read_masked(tmp_path, split="train")
    assert [path.name for path in data.without_mask] == ["3.png"]
    meaning = find_meaning(data)
    assert meaning.labels == ("road", "sky")
    pixels, ids = meaning.read(data.pictures[0])
    assert (pixels.shape, ids.tolist()) == ((1, 2, 3), [[0, 1]])
    assert meaning.read(data.pictures[1])[1].tolist() == [[1, 1]]
    assert read_masked(tmp_path, split="val").fingerprint != data.fingerprint


def test_a_mask_that_is_broken_or_of_another_size_is_named(tmp_path: Path):
    tar(tmp_path / "a.tar", [("1.png", png(1, (1, 2))), ("1.mask.png", mask([[0, 1, 1]]))])
    data = read_masked(tmp_path)
    with pytest.raises(DatasetError, match=r"a\.tar/1\.mask\.png: a mask must have the size"):
        find_meaning(data, ["a", "b"]).read(data.pictures[0])
