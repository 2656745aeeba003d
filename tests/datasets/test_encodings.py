"""The same data set in every encoding that editors, shells and Excel save text in."""

import json
from pathlib import Path

import pytest

from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")
COCO = {
    "images": [{"id": 7, "file_name": "one.png", "width": 80, "height": 60}],
    "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 5, 20, 20]}],
    "categories": [{"id": 3, "name": "ant"}],
}
TEXTS = {
    "COCO": {"boxes.json": json.dumps(COCO)},
    "YOLO": {
        "data.yaml": "names: [ant]\n",
        "labels/one.txt": f"0 {20 / 80} {15 / 60} {20 / 80} {20 / 60}\n",
    },
    "YOLO without a description": {
        "classes.txt": "ant\n",
        "labels/one.txt": f"0 {20 / 80} {15 / 60} {20 / 80} {20 / 60}\n",
    },
    "CSV": {"boxes.csv": "filename,class,xmin,ymin,xmax,ymax\none.png,ant,10,5,30,25\n"},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("kind", TEXTS)
def test_boxes_are_read(tmp_path: Path, kind: str, ends: str, encoding: str):
    picture(tmp_path / "images/one.png")
    for name, text in TEXTS[kind].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(text.replace("\n", ends).encode(encoding))
    data = read_boxes(tmp_path).pictures
    assert data.labels == ("ant",)
    assert [one.boxes.round(3).tolist() for one in data.pictures] == [[[10, 5, 30, 25]]]


def test_a_table_in_excels_own_letters_is_told_the_way_out(tmp_path: Path):
    picture(tmp_path / "one.png")
    text = "filename,class,xmin,ymin,xmax,ymax\none.png,K\u00e4fer,10,5,30,25\n"
    (tmp_path / "boxes.csv").write_bytes(text.encode("cp1252"))
    with pytest.raises(DatasetError, match=r'boxes\.csv .*in Excel as "CSV UTF-8"'):
        read_boxes(tmp_path)


@pytest.mark.parametrize(("written", "right"), [("30,0", 30), ("30,25", 30.25), ("30,2500", 30.25)])
def test_decimal_commas(tmp_path: Path, written: str, right: float):
    picture(tmp_path / "one.png")
    (tmp_path / "one.xml").write_text(
        "<annotation><filename>one.png</filename><object><name>ant</name><bndbox><xmin>10</xmin>"
        f"<ymin>5</ymin><xmax>{written}</xmax><ymax>25</ymax></bndbox></object></annotation>"
    )
    assert read_boxes(tmp_path).pictures.pictures[0].boxes.tolist() == [[10, 5, right, 25]]


def test_a_comma_before_three_digits_may_mean_thousands(tmp_path: Path):
    picture(tmp_path / "one.png")
    rows = "one.png;ant;10;5;30;25\none.png;ant;1,000;5;30;25\n"
    (tmp_path / "boxes.csv").write_text("filename;class;xmin;ymin;xmax;ymax\n" + rows)
    read = read_boxes(tmp_path)
    assert read.pictures.boxes == 1
    assert [finding.kind for finding in read.findings] == ["annotation unreadable"]
