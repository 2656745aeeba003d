"""Which mask belongs to which picture, and the parts of a data set with masks."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.datasets.masks import masked_split_names, read_masked
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture


def mask(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, np.zeros((60, 80), np.uint8))
    else:
        Image.new("L", (80, 60)).save(path)
    return path


@pytest.mark.parametrize(
    ("image", "name"),
    [("a.jpg", "a.jpg.png"), ("a.jpg", "mask_a.png"), ("a.jpg", "a_mask.png"),
     ("a.jpg", "a_GT.png"), ("a.jpg", "a.npy"), ("a.jpg", "A.PNG"), ("a_image.jpg", "a_mask.png"),
     ("img_3.jpg", "mask_3.png"),
     ("u\u0308.jpg", "\u00fc.png"), ("a.jpg", "a_SEGMENTATION.tif")],
)  # fmt: skip
def test_names_that_masks_have(tmp_path: Path, image: str, name: str):
    picture(tmp_path / "images" / image)
    path = mask(tmp_path / "masks" / name)
    (pair,) = read_masked(tmp_path).pictures
    assert pair.mask == path


@pytest.mark.parametrize(
    ("images", "masks"),
    [("images", "masks"), ("Images", "Masks"), ("image", "mask"), ("images", "labels"),
     ("JPEGImages", "SegmentationClass"), ("imgs", "masks"), ("images", "annotations")],
)  # fmt: skip
def test_folders_of_pictures_and_masks(tmp_path: Path, images: str, masks: str):
    picture(tmp_path / images / "a.jpg")
    mask(tmp_path / masks / "a.png")
    assert len(read_masked(tmp_path).pictures) == 1


def test_a_mask_is_one_pictures_alone(tmp_path: Path):
    for part in ("a", "b"):
        picture(tmp_path / f"images/{part}/1.png")
    own = mask(tmp_path / "masks/a/1.png")
    data = read_masked(tmp_path)
    assert [(pair.path.parent.name, pair.mask) for pair in data.pictures] == [("a", own)]
    assert [path.parent.name for path in data.without_mask] == ["b"]


def test_a_mask_that_two_pictures_could_have_is_nobodys(tmp_path: Path):
    for name in ("images/a/1.png", "images/b/1.png", "images/2.png"):
        picture(tmp_path / name)
    for name in ("masks/1.png", "masks/2.png"):
        mask(tmp_path / name)
    data = read_masked(tmp_path)
    assert [pair.path.name for pair in data.pictures] == ["2.png"]
    assert len(data.without_mask) == 2
    assert len(data.without_picture) == 1


@pytest.mark.parametrize("layout", ["{part}/{kind}/1.png", "{kind}/{part}/1.png"])
@pytest.mark.parametrize("parts", [("train", "val"), ("Training", "Validation")])
def test_parts_are_folders_around_or_inside(tmp_path: Path, layout: str, parts: tuple[str, str]):
    for part in parts:
        picture(tmp_path / layout.format(part=part, kind="images"))
        mask(tmp_path / layout.format(part=part, kind="masks"))
    assert masked_split_names(tmp_path) == parts
    assert len(read_masked(tmp_path).pictures) == 2
    for wanted, part in (("train", parts[0]), ("val", parts[1])):
        (pair,) = read_masked(tmp_path, split=wanted).pictures
        assert part in pair.path.parts
        assert part in pair.mask.parts
    with pytest.raises(DatasetError, match=r"no (split )?'eval'; the splits are"):
        read_masked(tmp_path, split="eval")
    assert read_masked(tmp_path, split="first 1").split == "first 1 by name"


def test_what_is_neither_is_told(tmp_path: Path):
    picture(tmp_path / "images/a.jpg")
    mask(tmp_path / "masks/a.png")
    (tmp_path / "images/film.mp4").write_bytes(b"x")
    (item,) = read_masked(tmp_path).left_aside
    assert (item.path.name, item.kind) == ("film.mp4", "video")
