"""Which files of a folder are pictures where no label is looked at, and which are masks."""

import pytest

from mobilenetv2.datasets.bare_pictures import bare_pictures, masks_told
from mobilenetv2.quantization.pictures import all_pictures
from tests.datasets.annotated import picture


@pytest.mark.parametrize(
    ("shown", "mask"),
    [
        ("a.jpg", "a_mask.png"),
        ("a.jpg", "A_Seg.png"),
        ("images/a.jpg", "masks/a.png"),
        ("train/images/a.jpg", "train/labels/a.png"),
        ("train/images/deep/a.jpg", "train/masks/deep/a.png"),
        ("JPEGImages/a.jpg", "SegmentationClass/a.png"),
        ("JPEGImages/a.jpg", "SegmentationObject/a.png"),
        ("imgs/a.jpg", "masks/of_another_name.png"),
    ],
)
def test_masks_are_left_out_with_a_line(tmp_path, shown, mask):
    picture(tmp_path / shown)
    picture(tmp_path / mask)
    found = bare_pictures(tmp_path)
    assert [found.paths, found.masks] == [[tmp_path / shown], [tmp_path / mask]]
    assert masks_told(tmp_path) == (
        f"{tmp_path}: left out 1 mask of other pictures, as names or folders say, such as {mask}",
    )
    assert all_pictures(tmp_path) == [tmp_path / shown]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mask/a.jpg", "no_mask/a.jpg"),  # faces with and without one
        ("left/a.jpg", "right/a_L.jpg"),
        ("masks/a.jpg", "masks/b.jpg"),
    ],
)
def test_what_may_be_a_class_stays(tmp_path, one, other):
    picture(tmp_path / one)
    picture(tmp_path / other)
    assert len(bare_pictures(tmp_path).paths) == 2
    assert masks_told(tmp_path) == masks_told(tmp_path / "missing") == ()


def test_a_folder_of_masks_that_is_named_itself_is_one_of_pictures(tmp_path):
    picture(tmp_path / "images/a.png")
    picture(tmp_path / "masks/a.png")
    assert bare_pictures(tmp_path / "masks").paths == [tmp_path / "masks/a.png"]
