"""YOLO's text files and the YAML file that names their classes."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.read_boxes import box_split_names, read_boxes
from mobilenetv2.datasets.yolo_yaml import read_yolo_yaml
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import picture, yolo


def test_shares_become_pixels(tmp_path: Path):
    read = read_boxes(yolo(tmp_path, {"a": "1 0.5 0.5 0.25 0.5\n0 .5 .5 1 1 0.87\n", "b": ""}))
    a, b = read.pictures.pictures
    assert a.boxes.tolist() == [[30, 15, 50, 45], [0, 0, 80, 60]]
    assert (a.classes.tolist(), b.boxes.shape) == ([1, 0], (0, 4))
    assert not read.findings


def test_a_polygon_gives_its_hull(tmp_path: Path):
    read = read_boxes(yolo(tmp_path, {"a": "0 0.5 0.25 0.75 0.5 0.25 0.5"}))
    assert read.pictures.pictures[0].boxes.tolist() == [[20, 15, 60, 30]]


def test_a_picture_without_a_text_file_is_one_without_boxes(tmp_path: Path):
    yolo(tmp_path, {"a": "0 .5 .5 .5 .5"})
    picture(tmp_path / "images/alone.png")
    assert [len(p.boxes) for p in read_boxes(tmp_path).pictures.pictures] == [1, 0]


@pytest.mark.parametrize(
    "line", ["0 .5 .5 .5", "0 20 30 10 10", "x .5 .5 .5 .5", "0.5 .5 .5 .5 .5", "0 .5 .5 -.1 .5",
             "-1 .5 .5 .5 .5", "0 nan .5 .5 .5"],
)  # fmt: skip
def test_a_broken_line_costs_its_box_only(tmp_path: Path, line: str):
    read = read_boxes(yolo(tmp_path, {"a": f"0 .5 .5 .5 .5\n{line}\n1 .5 .5 .5 .5\n"}))
    assert read.pictures.boxes == 2
    assert [(f.kind, f.boxes) for f in read.findings] == [("annotation unreadable", 1)]
    assert "line 2" in read.findings[0].detail


def test_ids_beyond_the_names_are_counted(tmp_path: Path):
    read = read_boxes(yolo(tmp_path, {"a": "0 .5 .5 .5 .5\n1 .5 .5 .5 .5\n7 .5 .5 .5 .5\n"}))
    assert [(f.kind, f.boxes) for f in read.findings] == [("unknown class", 1)]
    assert "the labels end at 1" in read.findings[0].detail


def test_a_text_file_that_is_none_leaves_its_picture_out(tmp_path: Path):
    yolo(tmp_path, {"a": "0 .5 .5 .5 .5\n1 .5 .5 .5 .5", "b": ""})
    (tmp_path / "labels/b.txt").write_bytes(b"\xff\xfe\x00\xff")
    read = read_boxes(tmp_path)
    assert [p.identity for p in read.pictures.pictures] == ["a"]
    assert [f.kind for f in read.findings] == ["annotation unreadable"]


@pytest.mark.parametrize("layout", ["images/{}/{}.png", "{}/images/{}.png"])
@pytest.mark.parametrize("listed", [True, False])
def test_splits_are_entries_or_folders(tmp_path: Path, layout: str, listed: bool):
    yolo(tmp_path, {})
    for part in ("train", "valid"):
        path = picture(tmp_path / layout.format(part, part))
        text = tmp_path / layout.replace("images", "labels").format(part, part)
        text.parent.mkdir(parents=True)
        text.with_suffix(".txt").write_text("0 .5 .5 .5 .5")
        if listed:
            with (tmp_path / "data.yaml").open("a") as file:
                file.write(
                    f"{part.replace('valid', 'val')}: ../{path.parent.relative_to(tmp_path)}\n"
                )
    assert len(box_split_names(tmp_path)) in ((2, 3) if listed else (2,))
    for part in ("train", "val"):
        read = read_boxes(tmp_path, part).pictures
        assert [p.identity for p in read.pictures] == [part.replace("val", "valid")]
        assert read.boxes == 1
    assert read_boxes(tmp_path).pictures.boxes == 2


def test_a_plain_list_of_names_will_do(tmp_path: Path):
    yolo(tmp_path, {"a": "1 .5 .5 .5 .5"})
    (tmp_path / "data.yaml").unlink()
    (tmp_path / "labels/classes.txt").write_text("ant\nbee\n")
    assert read_boxes(tmp_path).pictures.labels == ("ant", "bee")


def test_a_plain_list_will_do_where_no_picture_has_a_box(tmp_path: Path):
    yolo(tmp_path, {"a": "", "b": ""})
    (tmp_path / "data.yaml").unlink()
    (tmp_path / "classes.txt").write_text("ant\nbee\n")
    read = read_boxes(tmp_path).pictures
    assert read.labels == ("ant", "bee")
    assert (len(read.pictures), read.boxes) == (2, 0)


@pytest.mark.parametrize(
    "names",
    [
        "names: [ant, 'bee, big', \"c#d\"]",
        "names: ['ant',\n  'bee, big',\n  'c#d']",
        "names: ['ant',\n'bee, big',\n'c#d'\n]",
        "names:\n- ant\n- 'bee, big'  # the second\n- \"c#d\"",
        "names:\n  - ant\n  - bee, big\n  - c#d",
        "names:\n  0: ant\n  # between\n  1: bee, big\n\n  2: c#d",
        "names: {0: ant, 1: 'bee, big', 2: c#d}",
        "'names':\n  '0': ant\n  '1': bee, big\n  '2': c#d",
    ],
)
def test_names_in_every_form_that_yaml_files_have(tmp_path: Path, names: str):
    file = tmp_path / "data.yaml"
    around = "# a comment\npath: ../data # optional\ntrain: images/train\ntest:\n"
    tail = "\nnc: 3\ndownload: |\n  import os\n  names: no\nval: [a, b]\n"
    file.write_text(around + names + tail)
    read = read_yolo_yaml(file)
    assert read.labels == ("ant", "bee, big", "c#d")
    assert read.root == "../data"
    assert read.entries == {"train": ("images/train",), "val": ("a", "b")}


@pytest.mark.parametrize(
    "text",
    [
        "nc: 2",
        "names: *others",
        "names: !!python/object:os.system [ls]",
        "names: ant",
        "names: []",
        "names: [ant, ant]",
        "names: [ant, bee",
        "names: [[ant], bee]",
        "names:\n  0: ant\n  2: bee",
        "names:\n  0: ant\n  nothing",
        "names: |\n  ant",
    ],
)
def test_a_description_in_another_form_is_refused(tmp_path: Path, text: str):
    (tmp_path / "data.yaml").write_text(text)
    with pytest.raises(DatasetError, match=r"data\.yaml"):
        read_yolo_yaml(tmp_path / "data.yaml")


def test_two_descriptions_in_a_folder_must_be_chosen_from(tmp_path: Path):
    yolo(tmp_path, {"a": "0 .5 .5 .5 .5"})
    (tmp_path / "other.yaml").write_text("names: [cat, dog]")
    with pytest.raises(DatasetError, match="point at one of them"):
        read_boxes(tmp_path)
    assert read_boxes(tmp_path / "other.yaml").pictures.labels == ("cat", "dog")


def test_a_folder_of_nothing_is_refused_with_the_formats(tmp_path: Path):
    with pytest.raises(DatasetError, match="as Pascal VOC"):
        read_boxes(tmp_path)
    with pytest.raises(DatasetError, match="no such file or folder"):
        read_boxes(tmp_path / "none")


def test_what_the_description_says_in_vain_is_told(tmp_path: Path):
    yaml = "names: [ant, bee]\nnc: 3\ntrain: /content/images\nval: images\n"
    read = read_boxes(yolo(tmp_path, {"a": "0 .5 .5 .5 .5\n1 .5 .5 .5 .5"}, yaml=yaml))
    assert [(f.kind, f.detail) for f in read.findings] == [
        ("part not found", "train: /content/images"),
        ("count differs", "nc is 3, names are 2"),
    ]


def test_a_picture_of_unknown_classes_alone_is_left_out(tmp_path: Path):
    read = read_boxes(yolo(tmp_path, {"a": "7 .5 .5 .5 .5", "b": "0 .5 .5 .5 .5"}))
    assert [p.identity for p in read.pictures.pictures] == ["b"]
    assert ("unknown class", 1) in [(f.kind, f.boxes) for f in read.findings]


def test_ids_that_count_from_one_are_told_of(tmp_path: Path):
    read = read_boxes(yolo(tmp_path / "one", {"a": "1 .5 .5 .5 .5\n2 .5 .5 .5 .5"}))
    assert "ids from one" in [f.kind for f in read.findings]
    read = read_boxes(yolo(tmp_path / "two", {"a": "0 .5 .5 .5 .5\n2 .5 .5 .5 .5"}))
    assert "ids from one" not in [f.kind for f in read.findings]


@pytest.mark.parametrize(
    "entry",
    ["train/images", "../train/images", "train\\images\\", "..\\train\\images",
     "/content/my data/train/images", "C:\\sets\\it\\train\\images"],
)  # fmt: skip
def test_entries_of_other_machines_are_found(tmp_path: Path, entry: str):
    yolo(tmp_path, {}, f"names: [ant, bee]\ntrain: '{entry}'\n")
    picture(tmp_path / "train/images/a.png")
    (tmp_path / "train/labels").mkdir()
    (tmp_path / "train/labels/a.txt").write_text("0 .5 .5 .5 .5")
    read = read_boxes(tmp_path, "train")
    assert read.pictures.boxes == 1
    assert "part not found" not in [f.kind for f in read.findings]


def test_each_entry_that_leads_nowhere_is_told_of(tmp_path: Path):
    yolo(tmp_path, {"a": "0 .5 .5 .5 .5"}, "names: [ant, bee]\ntrain: [images, gone]\n")
    said = [f.detail for f in read_boxes(tmp_path).findings if f.kind == "part not found"]
    assert said == ["train: gone"]


@pytest.mark.parametrize("entry", ["../valid/images", "valid/images", "valid"])
def test_a_part_in_a_folder_of_another_name_is_one_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str
):
    yolo(tmp_path / "set", {}, f"train: train/images\nval: {entry}\nnames: [ant, bee]\n")
    for name in ("train/images/a", "valid/images/b", "dev/images/c"):
        picture(tmp_path / "set" / f"{name}.png").with_suffix(".txt").touch()
    monkeypatch.chdir(tmp_path)
    data = Path("set")
    # Other pictures of another name for it are a part of their own.
    assert box_split_names(data) == ("dev", "train", "val")
    (read,) = read_boxes(data, "val").pictures.pictures
    assert read.path == data / "valid/images/b.png"


def test_a_part_is_asked_for_by_its_folder_or_its_entry(tmp_path: Path):
    yolo(tmp_path, {}, "train: train/images\nval: valid/images\nnames: [ant, bee]\n")
    for name in ("train/images/a", "valid/images/b"):
        picture(tmp_path / f"{name}.png").with_suffix(".txt").touch()
    assert box_split_names(tmp_path) == ("train", "val")
    found = [read_boxes(tmp_path, split).pictures.pictures for split in ("val", "valid")]
    assert [[picture.identity for picture in pictures] for pictures in found] == [["b"], ["b"]]


@pytest.mark.parametrize("key", ["val", "valid", "validation", "dev"])
@pytest.mark.parametrize("folder", ["dev", "valid", "holdout"])
def test_a_part_may_have_any_of_its_names_and_lie_in_any_folder(
    tmp_path: Path, key: str, folder: str
):
    yolo(tmp_path, {}, f"train: train/images\n{key}: {folder}/images\nnames: [ant, bee]\n")
    for name in ("train/images/a", f"{folder}/images/b"):
        picture(tmp_path / f"{name}.png").with_suffix(".txt").touch()
    assert box_split_names(tmp_path) == ("train", "val")
    for split in ("val", folder):
        (read,) = read_boxes(tmp_path, split).pictures.pictures
        assert read.identity == "b"


def test_a_parts_own_key_comes_before_its_other_names(tmp_path: Path):
    (tmp_path / "data.yaml").write_text(
        "names: [ant]\nvalid: other\nval: own\neval: true\ntrain: t\n"
    )
    entries = read_yolo_yaml(tmp_path / "data.yaml").entries
    assert entries == {"train": ("t",), "val": ("own",)}
