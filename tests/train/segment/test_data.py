"""What a segmenter learns from and is judged on, read from folders."""

import shutil
from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.train.segment.data import natural_size, read_segmentation_data
from tests.train.segment.drawn_shapes import draw, read


def test_the_natural_size_holds_every_picture(drawn: Path, shared: Path) -> None:
    assert natural_size(read(drawn).training) == (49, 65)
    road = read_segmentation_data(shared / "data" / "camvid" / "val")
    assert natural_size(road.training) == (369, 481)


def test_without_validation_a_fifth_is_held_out(drawn: Path) -> None:
    data = read_segmentation_data(drawn / "train", ignore={9})
    assert data.meaning.labels == ("class 0", "class 1", "class 2")
    assert (len(data.training.pictures), len(data.validation.pictures)) == (13, 3)
    assert not set(data.training.pictures) & set(data.validation.pictures)
    assert (data.training.split, data.validation.split) == ("four fifths", "held-out fifth")


def test_the_parent_of_parts_is_learnt_from_and_judged_on_by_part(drawn: Path) -> None:
    data = read_segmentation_data(drawn, ignore={9})
    assert (len(data.training.pictures), len(data.validation.pictures)) == (16, 4)
    assert (data.training.split, data.validation.split) == ("train", "val")


def test_a_folder_without_masks_says_what_is_missing(drawn: Path) -> None:
    with pytest.raises(DatasetError, match="images and masks"):
        read_segmentation_data(drawn / "train" / "images")
    with pytest.raises(DatasetError, match="validation masks need their pictures"):
        read_segmentation_data(drawn / "train", validation_masks=drawn / "val" / "masks")


@pytest.mark.parametrize("pictures", [0, 3])
def test_a_part_without_masks_is_told_of_and_pictures_are_held_out(
    tmp_path: Path, pictures: int
) -> None:
    for index in range(10):
        draw(tmp_path / "train", index)
    for name in ("images", "masks"):
        (tmp_path / "val" / name).mkdir(parents=True)
    for index in range(pictures):
        shutil.copy(tmp_path / f"train/images/{index}.png", tmp_path / "val/images")
    found = read_segmentation_data(tmp_path)
    assert (len(found.training.pictures), len(found.validation.pictures)) == (8, 2)
    assert any("no picture of val has a mask" in note for note in found.meaning.notes)
