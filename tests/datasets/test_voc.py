"""Pascal VOC in its layouts, and what XML files can be."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.picture_header import read_header
from mobilenetv2.datasets.read_boxes import ReadBoxes, box_split_names, read_boxes
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.image import decode
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


def test_several_boxes_in_one_object_are_several_boxes(tmp_path: Path):
    voc(tmp_path, [("ant", BOX)])
    file = tmp_path / "annotations/one.xml"
    second = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax></bndbox></object>"
    file.write_text(file.read_text().replace("</object>", second))
    assert read_boxes(tmp_path).pictures.pictures[0].boxes.tolist() == [list(BOX), [1, 2, 9, 8]]


@pytest.mark.parametrize(
    ("shape", "corners"),
    [
        ("<polygon><x1>1</x1><y1>2</y1><x2>9</x2><y2>3</y2><x3>4</x3><y3>8</y3></polygon>",
         [1, 2, 9, 8]),
        ("<polygon><pt><x>1</x><y>2</y></pt><pt><x>9</x><y>8</y></pt></polygon>", [1, 2, 9, 8]),
        ("<robndbox><cx>20</cx><cy>20</cy><w>10</w><h>4</h><angle>0</angle></robndbox>",
         [15, 18, 25, 22]),
    ],
)  # fmt: skip
def test_objects_without_a_box_have_that_around_their_outline(tmp_path: Path, shape, corners):
    voc(tmp_path, [])
    file = tmp_path / "annotations/one.xml"
    item = f"<object><name>ant</name>{shape}</object></annotation>"
    file.write_text(file.read_text().replace("</annotation>", item))
    assert read_boxes(tmp_path).pictures.pictures[0].boxes.tolist() == [corners]


def test_a_picture_without_one_readable_object_is_no_background(tmp_path: Path):
    voc(tmp_path, [("ant", BOX)])
    picture(tmp_path / "images/two.png")
    (tmp_path / "annotations/two.xml").write_text(
        "<annotation><object><name>ant</name></object></annotation>"
    )
    read = read_boxes(tmp_path)
    assert [found.identity for found in read.pictures.pictures] == ["one"]
    assert "the picture is left out" in read.findings[0].detail


@pytest.mark.parametrize("encoding", ["gb2312", "GBK", "shift_jis", "utf-16", "latin-1", "cp1252"])
def test_xml_in_the_encoding_that_it_declares(tmp_path: Path, encoding: str):
    name = "\u732b" if encoding.lower() in ("gb2312", "gbk", "shift_jis", "utf-16") else "caf\u00e9"
    voc(tmp_path, [(name, BOX)])
    file = tmp_path / "annotations/one.xml"
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + file.read_text()
    file.write_bytes(text.encode(encoding))
    assert read_boxes(tmp_path).pictures.labels == (name,)


@pytest.mark.parametrize("encoding", ["hex", "zlib", "utf-7x", "gb2312"])
def test_an_encoding_that_does_not_fit_is_named(tmp_path: Path, encoding: str):
    voc(tmp_path, [("ant", BOX)])
    (tmp_path / "annotations/one.xml").write_bytes(
        f'<?xml version="1.0" encoding="{encoding}"?><annotation>'.encode() + b"\xff\xff"
    )
    with pytest.raises(DatasetError, match=r"one\.xml"):
        read_boxes(tmp_path)


def test_depth_without_end_is_refused(tmp_path: Path):
    voc(tmp_path, [("ant", BOX)])
    (tmp_path / "annotations/one.xml").write_text("<annotation>" + "<a>" * 200)
    with pytest.raises(DatasetError, match="100 deep"):
        read_boxes(tmp_path)


@pytest.mark.parametrize("orientation", [1, 2, 3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("suffix", [".tif", ".png", ".jpg"])
def test_header_and_decoder_agree_on_the_size(tmp_path: Path, orientation: int, suffix: str):
    path = picture(tmp_path / f"one{suffix}", (60, 80), orientation)
    assert read_header(path).size == decode(path).shape[:2]
    assert read_header(path).stored == (60, 80)


def test_classes_that_differ_by_spelling_alone_are_named(tmp_path: Path):
    names = ("Cat", "cat", "c at", "dog", "cafe\u0301", "caf\u00e9")
    voc(tmp_path, [(name, BOX) for name in names])
    found = [finding.detail for finding in read_boxes(tmp_path).findings
             if finding.kind == "similar classes"]  # fmt: skip
    assert found == ["'Cat', 'c at', 'cat'", "'cafe\u0301', 'caf\u00e9'"]


@pytest.mark.parametrize(
    "opening", ['<annotation xmlns="http://a.b/c"', '<v:annotation xmlns:v="x"']
)
def test_a_namespace_changes_nothing(tmp_path: Path, opening: str):
    voc(tmp_path, [("ant", (10, 20, 30, 40))])
    file = tmp_path / "annotations/one.xml"
    text = file.read_text().replace("<annotation", opening, 1)
    if "v:" in opening:
        text = text.replace("</annotation>", "</v:annotation>")
    file.write_text(text)
    assert read_boxes(tmp_path).pictures.pictures[0].boxes.tolist() == [[10, 20, 30, 40]]
