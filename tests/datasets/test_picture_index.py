"""Which picture an annotation means, where names are not enough."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.picture_index import PictureIndex, settle
from mobilenetv2.datasets.read_boxes import read_boxes
from tests.datasets.annotated import coco, picture, voc_xml

A, B = (1.0, 2.0, 30.0, 40.0), (5.0, 6.0, 20.0, 21.0)


def found(root: Path) -> dict[str, list[list[float]]]:
    """Boxes by picture."""
    pictures = read_boxes(root).pictures.pictures
    return {p.path.relative_to(root).as_posix(): p.boxes.tolist() for p in pictures}


@pytest.mark.parametrize(
    ("images", "annotations"),
    [("images/{}", "annotations/{}"), ("{}/JPEGImages", "{}/Annotations"), ("{}", "Annotations/{}"),
     ("img/{}", "xml_labels/{}")],
)  # fmt: skip
def test_equal_names_in_parallel_folders_keep_their_own_boxes(
    tmp_path: Path, images: str, annotations: str
):
    for part, box in (("a", A), ("b", B)):
        picture(tmp_path / images.format(part) / "1.png")
        voc_xml(tmp_path / annotations.format(part) / "1.xml", [("ant", box)])
    assert found(tmp_path) == {
        f"{images.format('a')}/1.png": [list(A)], f"{images.format('b')}/1.png": [list(B)],
    }  # fmt: skip


def test_an_annotation_whose_picture_is_gone_takes_no_other(tmp_path: Path):
    picture(tmp_path / "images/b/1.png")
    voc_xml(tmp_path / "annotations/a/1.xml", [("ant", A)])
    voc_xml(tmp_path / "annotations/b/1.xml", [("ant", B)])
    assert found(tmp_path) == {"images/b/1.png": [list(B)]}
    assert "belongs to another" in read_boxes(tmp_path).findings[0].detail


def test_of_two_that_have_but_the_name_neither_is_guessed(tmp_path: Path):
    picture(tmp_path / "images/1.png")
    picture(tmp_path / "images/2.png")
    voc_xml(tmp_path / "annotations/a/1.xml", [("ant", A)])
    voc_xml(tmp_path / "annotations/b/1.xml", [("ant", B)])
    voc_xml(tmp_path / "annotations/a/2.xml", [("ant", B)])
    assert found(tmp_path) == {"images/2.png": [list(B)]}


def test_two_pictures_that_fit_as_well_are_told_and_not_chosen_from(tmp_path: Path):
    picture(tmp_path / "images/a/1.png")
    picture(tmp_path / "images/b/1.png")
    picture(tmp_path / "images/b/2.png")
    for name in ("1", "2"):
        voc_xml(tmp_path / f"annotations/{name}.xml", [("ant", A)])
    assert found(tmp_path) == {"images/b/2.png": [list(A)]}
    details = [finding.detail for finding in read_boxes(tmp_path).findings]
    assert any("it may be any of 2 pictures" in detail for detail in details)


def test_of_two_suffixes_the_stated_file_name_counts(tmp_path: Path):
    picture(tmp_path / "images/1.bmp")
    picture(tmp_path / "images/1.png")
    voc_xml(tmp_path / "annotations/1.xml", [("ant", A)])
    assert found(tmp_path) == {"images/1.png": [list(A)]}


def test_coco_names_with_folders_that_are_not_there_take_no_other_picture(tmp_path: Path):
    annotations = [{"image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4]},
                   {"image_id": 2, "category_id": 3, "bbox": [9, 9, 9, 9]}]  # fmt: skip
    coco(tmp_path, annotations, ("train/1.png", "val/1.png"))
    (tmp_path / "images/val/1.png").unlink()
    assert found(tmp_path) == {"images/train/1.png": [[1, 2, 4, 6]]}


@pytest.mark.parametrize(
    ("written", "there"),
    [("a.jpg", "A.JPG"), ("u\u0308.png", "\u00fc.png"), ("../../x/b c.png", "b c.png"),
     ("/data/local-files/?d=images/b%20c.png", "b c.png"), ("cb0618f6-d.png", "d.png"),
     ("https://h.example/p/e.png?sig=1", "e.png"), ("C:\\x\\f.png", "f.png"),
     ("100%.png", "100%.png")],
)  # fmt: skip
def test_names_as_other_machines_write_them(tmp_path: Path, written: str, there: str):
    path = picture(tmp_path / "images" / there)
    assert PictureIndex(tmp_path).by_name(tmp_path / "all.json", written).path == path


def test_two_spellings_side_by_side_are_two_pictures(tmp_path: Path):
    for name in ("a.png", "A.png"):
        picture(tmp_path / name)
    index = PictureIndex(tmp_path)
    assert index.by_name(tmp_path / "x.json", "a.png").path == tmp_path / "a.png"
    assert index.by_name(tmp_path / "x.json", "A.png").path == tmp_path / "A.png"


def test_settling_changes_nothing_that_is_sure(tmp_path: Path):
    picture(tmp_path / "1.png")
    match = PictureIndex(tmp_path).by_name(tmp_path / "x.json", "1.png")
    assert match.sure
    assert settle([match, match]) == [match, match]
