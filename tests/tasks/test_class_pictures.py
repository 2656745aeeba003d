"""Masks among the pictures of a class."""

from pathlib import Path

import pytest

from mobilenetv2.tasks.class_pictures import about_masks, class_pictures, masks_beside


@pytest.mark.parametrize(
    ("picture", "mask"),
    [("benign (1).png", "benign (1)_mask.png"), ("benign (1).png", "benign (1)_mask_1.png"),
     ("a.jpg", "a_MASK.png"), ("a.jpg", "mask_a.png"), ("a.jpg", "a-gt.png"),
     ("A.jpg", "a_segmentation.tif"), ("a_1.jpg", "a_1_masks.png"),
     ("a.jpg", "a_gtFine_labelIds.png")],
)  # fmt: skip
def test_a_name_with_a_word_of_masks_beside_the_name_without(picture: str, mask: str):
    found = masks_beside([Path("x", picture), Path("x", mask), Path("x/other.jpg")])
    assert found == {Path("x", mask): Path("x", picture)}


@pytest.mark.parametrize(
    ("one", "other"),
    [("x/a.jpg", "y/a_mask.jpg"), ("x/a.jpg", "x/a_L.jpg"), ("x/a.jpg", "x/a_1.jpg"),
     ("x/a.jpg", "x/b_mask.jpg"), ("x/a.jpg", "x/amask.jpg"), ("x/a.jpg", "x/a_masked.jpg"),
     ("x/a.jpg", "x/a.png"), ("x/with_mask.jpg", "x/without_mask.jpg")],
)  # fmt: skip
def test_other_names_are_pictures(one: str, other: str):
    assert masks_beside([Path(one), Path(other)]) == {}


def test_masks_are_no_pictures_of_their_class(tmp_path: Path):
    for name in (
        "ill/1.png",
        "ill/1_mask.png",
        "ill/1_mask_1.png",
        "well/2.png",
        "well/1_mask.png",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    ill, well = tmp_path / "ill", tmp_path / "well"
    found = class_pictures([ill, well])
    assert found.of == {ill: [ill / "1.png"], well: [well / "1_mask.png", well / "2.png"]}
    assert set(found.masks) == {ill / "1_mask.png", ill / "1_mask_1.png"}
    assert about_masks(tmp_path, found.masks).startswith(
        f"{tmp_path}: 2 pictures are called as masks of others beside them, such as 1_mask.png of "
    )
    assert about_masks(tmp_path, {}) == ""
