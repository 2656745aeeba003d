"""CVAT's XML, labelme's JSON, tables of boxes; and formats that are named instead of read."""

import json
from pathlib import Path

import pytest

from mobilenetv2.datasets.read_boxes import ReadBoxes, box_split_names, read_boxes
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture

CVAT = """<?xml version="1.0"?><annotations><version>1.1</version><meta><task/></meta>
<image id="0" name="sub/one.png" width="80" height="60">{}</image></annotations>"""


def boxes(read: ReadBoxes) -> list[tuple[str, list[float]]]:
    """Label and corners of the only picture's boxes."""
    (only,) = read.pictures.pictures
    return [(read.pictures.labels[index], [round(side, 3) for side in box])
            for index, box in zip(only.classes, only.boxes.tolist(), strict=True)]  # fmt: skip


def cvat(root: Path, shapes: str) -> ReadBoxes:
    picture(root / "images/sub/one.png")
    (root / "annotations.xml").write_text(CVAT.format(shapes))
    return read_boxes(root)


@pytest.mark.parametrize(
    ("shape", "corners"),
    [
        ('<box label="ant" xtl="10" ytl="5" xbr="30.5" ybr="25"/>', [10, 5, 30.5, 25]),
        ('<box label="ant" xtl="10" ytl="20" xbr="30" ybr="30" rotation="90"/>', [15, 15, 25, 35]),
        ('<polygon label="ant" points="10,5;30,5;20,25"/>', [10, 5, 30, 25]),
        ('<ellipse label="ant" cx="20" cy="20" rx="10" ry="5"/>', [10, 15, 30, 25]),
        ('<mask label="ant" rle="1" left="3" top="4" width="10" height="20"/>', [3, 4, 13, 24]),
    ],
)
def test_cvats_shapes(tmp_path: Path, shape: str, corners: list[float]):
    assert boxes(cvat(tmp_path, shape)) == [("ant", corners)]


def test_cvats_broken_shapes_cost_themselves_and_tags_nothing(tmp_path: Path):
    good = '<box label="ant" xtl="10" ytl="5" xbr="30" ybr="25"/>'
    read = cvat(tmp_path, f'{good}<box label="ant" xtl="wide"/><tag label="x"/>')
    assert boxes(read) == [("ant", [10, 5, 30, 25])]
    assert [(found.kind, found.boxes) for found in read.findings] == [("annotation unreadable", 1)]


def test_a_film_of_cvats_is_named(tmp_path: Path):
    (tmp_path / "a.xml").write_text("<annotations><track id='0' label='ant'/></annotations>")
    with pytest.raises(DatasetError, match="tracks of a film"):
        read_boxes(tmp_path)


def labelme(file: Path, shapes: list[object], name: str = "one.png") -> Path:
    content = {"shapes": shapes, "imagePath": name, "imageHeight": 60, "imageWidth": 80}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))
    return file


@pytest.mark.parametrize(
    ("kind", "points", "corners"),
    [
        ("rectangle", [[10, 5], [30, 25]], [10, 5, 30, 25]),
        ("rectangle", [[30, 25], [10, 5]], [10, 5, 30, 25]),
        ("polygon", [[10, 5], [30, 5], [20, 25]], [10, 5, 30, 25]),
        ("circle", [[20, 20], [20, 30]], [10, 10, 30, 30]),
    ],
)
def test_labelmes_shapes(tmp_path: Path, kind: str, points: list[object], corners: list[float]):
    picture(tmp_path / "one.png")
    shape = {"label": "ant", "points": points, "shape_type": kind}
    file = labelme(tmp_path / "one.json", [shape])
    assert boxes(read_boxes(tmp_path)) == boxes(read_boxes(file)) == [("ant", corners)]


def test_a_picture_of_points_alone_is_left_out(tmp_path: Path):
    picture(tmp_path / "one.png")
    picture(tmp_path / "two.png")
    box = {"label": "ant", "points": [[1, 1], [9, 9]], "shape_type": "rectangle"}
    labelme(tmp_path / "one.json", [box])
    labelme(tmp_path / "two.json", [box | {"shape_type": "point", "points": [[1, 1]]}], "two.png")
    read = read_boxes(tmp_path)
    assert [found.identity for found in read.pictures.pictures] == ["one"]
    assert "a point has no box" in read.findings[0].detail


def test_a_picture_inside_its_annotation_is_said_to_be_there(tmp_path: Path):
    box = {"label": "ant", "points": [[1, 1], [9, 9]], "shape_type": "rectangle"}
    file = labelme(tmp_path / "one.json", [box])
    file.write_text(json.dumps(json.loads(file.read_text()) | {"imageData": "iVBORw0KGgo="}))
    with pytest.raises(DatasetError, match=r"inside the annotation \(imageData\): write it beside"):
        read_boxes(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "filename,width,height,class,xmin,ymin,xmax,ymax\none.png,80,60,ant,10,5,30,25\n",
        "Filename;Class;XMin;YMin;XMax;YMax\n/home/x/one.png;ant;10;5;30;25\n",
        '"image","xmin","ymin","xmax","ymax","label"\n"one.png",10,5,30,25,"ant"\n',
        "path\tx1\ty1\tx2\ty2\tlabel\none.png\t10\t5\t30\t25\tant\n",
        "sep=;\nfilename;class;xmin;ymin;xmax;ymax\none.png;ant;10,0;5,00;30;25,0\n",
        "label_name,bbox_x,bbox_y,bbox_width,bbox_height,image_name,image_width,image_height\n"
        "ant,10,5,20,20,one.png,80,60\n",
    ],
)
def test_tables_of_boxes(tmp_path: Path, text: str):
    picture(tmp_path / "images/one.png")
    (tmp_path / "boxes.csv").write_text(text)
    assert boxes(read_boxes(tmp_path)) == [("ant", [10, 5, 30, 25])]


def test_tables_name_their_split_and_pictures_of_nothing(tmp_path: Path):
    heading = "filename,width,height,class,xmin,ymin,xmax,ymax\n"
    for part in ("train", "test"):
        picture(tmp_path / f"images/{part}.png")
        row = f"{part}.png,80,60,{'ant,1,1,9,9' if part == 'train' else ',,,,'}\n"
        (tmp_path / f"{part}_labels.csv").write_text(heading + row)
    assert box_split_names(tmp_path) == ("test", "train")
    assert [read_boxes(tmp_path, part).pictures.boxes for part in ("train",)] == [1]
    assert read_boxes(tmp_path).pictures.boxes == 1
    assert len(read_boxes(tmp_path).pictures.pictures) == 2


@pytest.mark.parametrize("side", ["9" * 5000, "1e400", "nan", "", "wide"])
def test_numbers_that_are_none_cost_their_box(tmp_path: Path, side: str):
    picture(tmp_path / "one.png")
    heading = "filename,class,xmin,ymin,xmax,ymax\n"
    rows = f"one.png,ant,1,1,9,9\none.png,ant,1,1,9,{side}\n"
    (tmp_path / "boxes.csv").write_text(heading + rows)
    read = read_boxes(tmp_path)
    assert read.pictures.boxes == 1
    assert [found.kind for found in read.findings] == ["annotation unreadable"]


FOREIGN = {
    "Create ML": ("a.json", '[{"image": "1.png", "annotations": [{"coordinates": {}}]}]'),
    "VGG Image Annotator": ("via.json", '{"1.png1": {"regions": [{"shape_attributes": {}}]}}'),
    "VoTT": ("x-asset.json", '{"asset": {"name": "1.png"}, "regions": []}'),
    "Label Studio": ("ls.json", '[{"annotations": [{"result": [{"from_name": "a"}]}]}]'),
    "Open Images": ("o.csv", "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\n"),
    "TFRecord": ("a.tfrecord", "x"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_formats_that_are_not_read_are_named_with_a_way_out(tmp_path: Path, name: str):
    picture(tmp_path / "1.png")
    file, text = FOREIGN[name]
    (tmp_path / file).write_text(text)
    for data in (tmp_path, tmp_path / file) if not file.endswith("d") else (tmp_path,):
        with pytest.raises(DatasetError, match=rf"{name}.*(export|Export|choose|convert)"):
            read_boxes(data)
