"""Where YOLO's label files lie, and what happens to pictures that have none."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.read_boxes import ReadBoxes, read_boxes
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture, yolo

LINE = "1 0.5 0.5 0.25 0.5"
BOX = [30, 15, 50, 45]
NAMES = "names: [ant, bee]\n"


def one_box(root: Path, image: str, label: str, line: str = LINE, yaml: str = NAMES) -> ReadBoxes:
    """A data set of one picture and one label file."""
    picture(root / image)
    file = root / label
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(line)
    (root / "data.yaml").write_text(yaml)
    return read_boxes(root)


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("images/1.png", "labels/1.txt"),
        ("Images/1.png", "Labels/1.txt"),
        ("images/1.png", "labels/1.TXT"),
        ("images/A.PNG", "labels/a.txt"),
        ("images/1.png", "annotations/1.txt"),
        ("train/1.png", "labels/train/1.txt"),
        ("images/train/1.png", "labels/train/1.txt"),
        ("train/images/1.png", "train/labels/1.txt"),
        ("train/images/1.png", "labels/train/1.txt"),
        ("img/1.png", "label/1.txt"),
        ("JPEGImages/1.png", "labels/1.txt"),
        ("images/1.png", "labels/1.png.txt"),
        ("images/1.png", "images/1.txt"),
        ("images/u\u0308.png", "labels/\u00fc.txt"),
    ],
)
def test_the_label_file_of_a_picture_is_found(tmp_path: Path, image: str, label: str):
    read = one_box(tmp_path, image, label)
    assert read.pictures.pictures[0].boxes.tolist() == [BOX]
    assert [found.kind for found in read.findings] == ["class without examples"]


@pytest.mark.parametrize(
    "line",
    ["1,0.5,0.5,0.25,0.5", "1, 0.5, 0.5, 0.25, 0.5", "1;0.5;0.5;0.25;0.5", "1\t.5\t.5\t.25\t.5",
     "1 0,5 0,5 0,25 0,5", "bee 0.5 0.5 0.25 0.5", "bee,0.5,0.5,0.25,0.5", "1.0 .5 .5 .25 .5 0.9",
     "\ufeff1 .5 .5 .25 .5"],
)  # fmt: skip
def test_lines_as_other_tools_write_them(tmp_path: Path, line: str):
    read = one_box(tmp_path, "images/1.png", "labels/1.txt", line)
    assert read.pictures.pictures[0].boxes.tolist() == [BOX]
    assert read.pictures.pictures[0].classes.tolist() == [1]


def test_names_with_spaces_and_numbers_at_their_end(tmp_path: Path):
    yaml = "names: [traffic light, class 1]"
    read = one_box(
        tmp_path, "images/1.png", "labels/1.txt",
        "class 1 .5 .5 .25 .5\ntraffic light .5 .5 .5 .5", yaml,
    )  # fmt: skip
    assert read.pictures.pictures[0].classes.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("shape", "points"),
    [("[4, 3]", ".1 .1 2 .9 .1 2 .9 .9 2 .1 .9 1"), ("[3, 2]", ".1 .1 .9 .1 .9 .9"),
     ("[2, 3]", "0 0 0 .1 .1 1")],
)  # fmt: skip
def test_the_points_of_a_pose_are_no_polygon(tmp_path: Path, shape: str, points: str):
    yaml = f"kpt_shape: {shape}\n{NAMES}"
    read = one_box(tmp_path, "images/1.png", "labels/1.txt", f"{LINE} {points}", yaml)
    assert read.pictures.pictures[0].boxes.tolist() == [BOX]


def test_a_pose_that_nobody_declared_is_not_guessed_at(tmp_path: Path):
    with pytest.raises(DatasetError, match=r"kpt_shape: \[4, 3\]"):
        one_box(tmp_path, "images/1.png", "labels/1.txt", f"{LINE} .1 .1 2 .9 .1 2 .9 .9 2 .1 .9 1")


def test_points_that_do_not_fit_their_shape_leave_the_picture_out(tmp_path: Path):
    yolo(tmp_path, {"good": LINE, "bad": f"{LINE} .1 .1 .2 .2 .3 .3"})
    (tmp_path / "data.yaml").write_text(f"kpt_shape: [4, 3]\n{NAMES}")
    read = read_boxes(tmp_path)
    assert [found.identity for found in read.pictures.pictures] == ["good"]
    assert "4 + 4 x 3 numbers, got 10" in read.findings[0].detail


def test_pictures_without_a_label_file_are_counted(tmp_path: Path):
    yolo(tmp_path, {"a": LINE})
    picture(tmp_path / "images/b.png")
    picture(tmp_path / "images/c.png")
    found = [finding for finding in read_boxes(tmp_path).findings
             if finding.kind == "without label file"]  # fmt: skip
    assert [finding.path.name for finding in found] == ["b.png", "c.png"]


def test_a_set_without_any_label_file_is_no_set_of_backgrounds(tmp_path: Path):
    for name in ("a", "b"):
        picture(tmp_path / f"images/{name}.png")
    (tmp_path / "data.yaml").write_text(NAMES)
    with pytest.raises(DatasetError, match="not one of 2 pictures has any"):
        read_boxes(tmp_path)


def test_label_files_of_no_picture_are_named(tmp_path: Path):
    yolo(tmp_path, {"a": LINE, "gone": LINE})
    (tmp_path / "images/gone.png").unlink()
    found = [finding for finding in read_boxes(tmp_path).findings
             if finding.kind == "picture missing"]  # fmt: skip
    assert [finding.path.name for finding in found] == ["gone.txt"]


def test_a_file_without_one_readable_line_leaves_its_picture_out(tmp_path: Path):
    yolo(tmp_path, {"a": LINE, "b": "who knows"})
    read = read_boxes(tmp_path)
    assert [found.identity for found in read.pictures.pictures] == ["a"]
    assert "the picture is left out" in read.findings[0].detail


def test_labels_without_names_are_recognized(tmp_path: Path):
    yolo(tmp_path, {"a": LINE})
    (tmp_path / "data.yaml").unlink()
    with pytest.raises(DatasetError, match=r"as YOLO writes them.*classes\.txt"):
        read_boxes(tmp_path)


def test_lists_of_another_machine_name_pictures_of_this_one(tmp_path: Path):
    yolo(tmp_path, {"a": LINE, "b": LINE})
    listed = "/home/somebody/data/images/a.png\nC:\\work\\images\\b.png\n"
    (tmp_path / "train.txt").write_text(listed)
    (tmp_path / "data.yaml").write_text(f"train: train.txt\n{NAMES}")
    read = read_boxes(tmp_path, "train")
    assert [found.identity for found in read.pictures.pictures] == ["a", "b"]
    assert read.pictures.boxes == 2
