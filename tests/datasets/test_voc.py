"""Pascal VOC in its layouts, and what XML files can be."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.read_boxes import ReadBoxes, box_split_names, read_boxes
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture, voc, voc_xml

BOX = (10, 20, 30, 40)


def kinds(read: ReadBoxes) -> list[str]:
    return [finding.kind for finding in read.findings]


def test_corners_are_taken_as_they_stand(tmp_path: Path):
    read = read_boxes(voc(tmp_path / "bugs", [("bee", BOX), ("ant", (0, 0, 80, 60))]))
    (one,) = read.pictures.pictures
    assert read.pictures.labels == ("ant", "bee")
    assert one.boxes.tolist() == [[10, 20, 30, 40], [0, 0, 80, 60]]
    assert (one.classes.tolist(), one.areas.tolist()) == ([1, 0], [400, 4800])
    assert (one.identity, one.size, read.pictures.name) == ("one", (60, 80), "bugs")
    assert not read.findings


def test_xml_files_may_lie_beside_their_pictures(tmp_path: Path):
    for part in ("train", "valid"):
        picture(tmp_path / part / f"{part}.png")
        voc_xml(tmp_path / part / f"{part}.xml", [("ant", BOX)])
    assert box_split_names(tmp_path) == ("train", "valid")
    assert [p.identity for p in read_boxes(tmp_path, "val").pictures.pictures] == ["valid"]
    assert len(read_boxes(tmp_path).pictures.pictures) == 2


def test_labels_come_from_all_parts_so_that_they_are_the_same_in_each(tmp_path: Path):
    for part, label in (("train", "ant"), ("val", "bee")):
        picture(tmp_path / part / f"{part}.png")
        voc_xml(tmp_path / part / f"{part}.xml", [(label, BOX)])
    read = read_boxes(tmp_path, "train")
    assert read.pictures.labels == ("ant", "bee")
    assert kinds(read) == ["class without examples"]


def test_official_lists_name_splits_and_lists_of_classes_do_not(tmp_path: Path):
    for name in ("a", "b", "c"):
        picture(tmp_path / f"JPEGImages/{name}.png")
        picture(tmp_path / f"SegmentationClass/{name}.png")
    for name in ("a", "b"):
        voc_xml(tmp_path / f"Annotations/{name}.xml", [("ant", BOX)])
    lists = tmp_path / "ImageSets/Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("a\nc\n")
    (lists / "val.txt").write_text("b.png\n")
    (lists / "ant_train.txt").write_text("a  1\nc -1\n")
    assert box_split_names(tmp_path) == ("train", "val")
    train = read_boxes(tmp_path, "train")
    assert [p.path.parent.name for p in train.pictures.pictures] == ["JPEGImages"]
    assert kinds(train) == ["annotation missing"]
    assert [p.identity for p in read_boxes(tmp_path, "val").pictures.pictures] == ["b"]
    assert kinds(read_boxes(tmp_path)) == ["annotation missing"]


def test_an_unknown_split_is_refused_with_those_there_are(tmp_path: Path):
    picture(tmp_path / "train/a.png")
    voc_xml(tmp_path / "train/a.xml", [("ant", BOX)])
    with pytest.raises(DatasetError, match="there is no 'test'; the splits are: train"):
        read_boxes(tmp_path, "test")


def test_difficult_boxes_are_ignored_ones(tmp_path: Path):
    picture(tmp_path / "a.png")
    voc_xml(tmp_path / "a.xml", [("ant", BOX)], difficult=True)
    assert read_boxes(tmp_path).pictures.pictures[0].ignored.tolist() == [True]


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<?xml version="1.0"?><!DOCTYPE annotation SYSTEM "http://example.org/a.dtd">',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_any_entity_is_read(
    tmp_path: Path, declared: str, encoding: str
):
    voc(tmp_path, [("ant", BOX)])
    picture(tmp_path / "images/two.png")
    bad = voc_xml(tmp_path / "annotations/two.xml", [("&x;", BOX)], before=declared)
    bad.write_bytes(bad.read_text().encode(encoding))
    read = read_boxes(tmp_path)
    assert [p.identity for p in read.pictures.pictures] == ["one"]
    (finding,) = [found for found in read.findings if found.kind == "annotation unreadable"]
    assert finding.path == bad
    assert "DOCTYPE" in finding.detail


def test_a_broken_file_costs_its_picture_only(tmp_path: Path):
    voc(tmp_path, [("ant", BOX)])
    picture(tmp_path / "images/two.png")
    (tmp_path / "annotations/two.xml").write_text("<annotation><object>")
    picture(tmp_path / "images/three.png")
    whole = voc_xml(tmp_path / "annotations/three.xml", [("ant", BOX), ("ant", (1, 2, 3, 9))])
    whole.write_text(whole.read_text().replace("<xmax>3<", "<xmax>wide<"))
    read = read_boxes(tmp_path)
    assert {p.identity: len(p.boxes) for p in read.pictures.pictures} == {"one": 1, "three": 1}
    assert kinds(read) == ["annotation unreadable"] * 2
    assert "<bndbox/xmax> must be a number, got 'wide'" in read.findings[0].detail


def test_annotations_without_a_picture_and_second_ones_are_counted(tmp_path: Path):
    voc(tmp_path, [("ant", BOX)])
    voc_xml(tmp_path / "annotations/lost.xml", [("ant", BOX)])
    voc_xml(tmp_path / "annotations/other/one.xml", [("ant", BOX), ("bee", BOX)])
    read = read_boxes(tmp_path)
    assert read.pictures.boxes == 1
    assert kinds(read)[:2] == ["picture missing", "annotation twice"]


def test_a_renamed_picture_is_found_by_what_the_file_says(tmp_path: Path):
    picture(tmp_path / "images/one.png")
    file = voc_xml(tmp_path / "annotations/one.xml", [("ant", BOX)])
    file.rename(tmp_path / "annotations/0001.xml")
    assert read_boxes(tmp_path).pictures.pictures[0].path.name == "one.png"


def test_one_xml_file_is_a_data_set(tmp_path: Path):
    voc(tmp_path, [("ant", BOX)])
    assert read_boxes(tmp_path / "annotations/one.xml").pictures.boxes == 1
