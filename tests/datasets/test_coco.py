"""COCO's JSON files, good and bad."""

import json
import time
from pathlib import Path

import pytest

from mobilenetv2.datasets.read_boxes import box_split_names, read_boxes
from mobilenetv2.errors import DatasetError
from tests.datasets.annotated import coco, picture

ANT = {"image_id": 1, "category_id": 3, "bbox": [10, 20, 30, 5], "area": 77.5, "iscrowd": 0}


def test_boxes_are_corners_and_sides_and_gaps_between_ids_are_closed(tmp_path: Path):
    bee = {"image_id": 1, "category_id": 7, "bbox": [0, 0, 80, 60], "iscrowd": 1}
    read = read_boxes(coco(tmp_path, [ANT, bee], images=("one.png", "empty.png")))
    one, empty = read.pictures.pictures
    assert read.pictures.labels == ("ant", "bee")
    assert one.boxes.tolist() == [[10, 20, 40, 25], [0, 0, 80, 60]]
    assert (one.classes.tolist(), one.ignored.tolist()) == ([0, 1], [False, True])
    assert one.areas.tolist() == [77.5, 4800]
    assert (one.identity, empty.identity, empty.boxes.shape) == ("1", "2", (0, 4))


def test_what_is_broken_is_counted_and_the_rest_is_read(tmp_path: Path):
    bad = [
        {"image_id": 1, "category_id": 99, "bbox": [1, 2, 3, 4]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, 3]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, "three", 4]},
        {"image_id": 42, "category_id": 3, "bbox": [1, 2, 3, 4]},
        {"image_id": 1, "category_id": 3, "bbox": [1, 2, 0, 4]},
    ]
    read = read_boxes(coco(tmp_path, [ANT, *bad]))
    assert read.pictures.boxes == 1
    found = {finding.kind: finding.boxes for finding in read.findings}
    assert found == {
        "unknown class": 1,
        "annotation unreadable": 2,
        "picture missing": 1,
        "too small": 1,
        "class without examples": 0,
    }


def test_listed_pictures_that_are_not_there_are_counted(tmp_path: Path):
    coco(tmp_path, [ANT], images=("one.png", "two.png"))
    (tmp_path / "images/two.png").unlink()
    assert "picture missing" in [finding.kind for finding in read_boxes(tmp_path).findings]
    (tmp_path / "images/one.png").unlink()
    with pytest.raises(DatasetError, match=r"at least one picture.*'one.png' \(id 1\)"):
        read_boxes(tmp_path)


def test_only_the_things_of_a_panoptic_file_have_boxes(tmp_path: Path):
    categories = [{"id": 1, "name": "ant", "isthing": 1}, {"id": 2, "name": "sky", "isthing": 0}]
    segments = [
        {"id": 9, "category_id": 1, "bbox": [1, 2, 30, 40], "area": 50, "iscrowd": 0},
        {"id": 8, "category_id": 2, "bbox": [0, 0, 80, 60], "area": 900, "iscrowd": 0},
    ]
    entry = {"image_id": 1, "file_name": "one.png", "segments_info": segments}
    read = read_boxes(coco(tmp_path, [entry], name="panoptic.json", categories=categories))
    assert read.pictures.labels == ("ant",)
    assert read.pictures.boxes == 1
    assert not read.findings


def test_files_are_splits_and_a_year_may_be_left_out(tmp_path: Path):
    coco(tmp_path, [ANT], ("one.png",), "annotations/instances_train2017.json")
    two = [{**ANT, "bbox": [1, 1, 9, 9]}]
    coco(tmp_path, two, ("two.png",), "annotations/instances_val2017.json")
    coco(tmp_path, two, ("two.png",), "annotations/person_keypoints_val2017.json")
    assert box_split_names(tmp_path) == ("train2017", "val2017")
    assert [p.path.name for p in read_boxes(tmp_path, "val").pictures.pictures] == ["two.png"]
    assert len(read_boxes(tmp_path).pictures.pictures) == 2


def test_folders_with_a_file_each_are_splits(tmp_path: Path):
    for part in ("train", "valid"):
        coco(tmp_path / part, [ANT], (f"{part}.png",), "_annotations.coco.json")
    assert box_split_names(tmp_path) == ("train", "valid")
    assert read_boxes(tmp_path, "valid").pictures.pictures[0].path.name == "valid.png"


def test_pictures_of_one_name_are_told_apart_by_their_folders(tmp_path: Path):
    coco(tmp_path, [ANT, {**ANT, "image_id": 2}], ("a/one.png", "b/one.png"))
    read = read_boxes(tmp_path)
    assert [p.path.parent.name for p in read.pictures.pictures] == ["a", "b"]


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 100_000,
        '{"images": [], "categories": []}',
        '{"images": [1], "annotations": [], "categories": []}',
        '{"images": [], "annotations": {}, "categories": []}',
        '{"images": [], "annotations": [], "categories": [{"id": "x", "name": "ant"}]}',
        '{"images": [], "annotations": [], "categories": [{"id": 1, "name": 5}]}',
    ],
)
def test_what_is_no_coco_file_is_refused(tmp_path: Path, text: str):
    file = tmp_path / "some.json"
    file.write_text(text)
    with pytest.raises(DatasetError, match=r"some\.json"):
        read_boxes(file)


def test_classes_are_matched_to_a_models_by_name(tmp_path: Path):
    categories = [{"id": 1, "name": "Traffic_Light"}, {"id": 2, "name": "unicorn"}]
    boxes = [{**ANT, "category_id": 1}, {**ANT, "category_id": 2}, {**ANT, "category_id": 2}]
    coco(tmp_path, boxes, categories=categories)
    read = read_boxes(tmp_path, labels=("ant", "traffic light"))
    assert read.pictures.labels == ("ant", "traffic light")
    assert read.pictures.pictures[0].classes.tolist() == [1]
    (left_out,) = [finding for finding in read.findings if finding.kind == "unknown class"]
    assert left_out.boxes == 2
    assert "'unicorn' is no label of the model" in left_out.detail
    with pytest.raises(DatasetError, match="at least one class must be among the model's labels"):
        read_boxes(tmp_path, labels=("ant", "bee"))


def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path):
    picture(tmp_path / "secret.png")
    coco(tmp_path / "data", [ANT])
    file = tmp_path / "data/annotations/instances_val.json"
    content = json.loads(file.read_text())
    content["images"][0]["file_name"] = "../secret.png"
    file.write_text(json.dumps(content))
    with pytest.raises(DatasetError, match="at least one picture"):
        read_boxes(tmp_path / "data")


POLYGON = [[10, 10, 50, 10, 50, 40, 10, 40]]


@pytest.mark.parametrize(
    "annotation",
    [
        {"segmentation": POLYGON},
        {"segmentation": POLYGON, "bbox": []},
        {"segmentation": POLYGON, "bbox": None},
        {"bbox": ["10", "10", "40", "30"]},
        {"bbox": [10, 10, 40, 30], "image_id": 1.0, "category_id": 3.0},
        {"bbox": [10, 10, 40, 30], "image_id": "1", "category_id": "3"},
    ],
)
def test_ids_and_boxes_in_other_spellings(tmp_path: Path, annotation: dict[str, object]):
    read = read_boxes(coco(tmp_path, [{"image_id": 1, "category_id": 3} | annotation]))
    assert read.pictures.pictures[0].boxes.tolist() == [[10, 10, 50, 40]]
    assert read.pictures.labels == ("ant", "bee")


def test_a_picture_whose_annotations_cannot_be_read_is_no_background(tmp_path: Path):
    annotations = [ANT, {"image_id": 2, "category_id": 3, "bbox": [1, 2]}]
    read = read_boxes(coco(tmp_path, annotations, ("one.png", "two.png", "three.png")))
    assert {p.path.name: len(p.boxes) for p in read.pictures.pictures} == {
        "one.png": 1, "three.png": 0,
    }  # fmt: skip
    assert any(found.path.name == "two.png" for found in read.findings)


def test_annotations_of_other_pictures_alone_make_no_set_of_backgrounds(tmp_path: Path):
    with pytest.raises(DatasetError, match="image_id must be the id of an image"):
        read_boxes(coco(tmp_path, [ANT | {"image_id": "one"}]))


def test_a_category_that_heads_the_others_is_no_class(tmp_path: Path):
    head = {"id": 0, "name": "insects", "supercategory": "none"}
    own = [head] + [{"id": i, "name": name, "supercategory": "insects"}
                    for i, name in ((3, "ant"), (7, "bee"))]  # fmt: skip
    read = read_boxes(coco(tmp_path, [ANT], categories=own))
    assert read.pictures.labels == ("ant", "bee")
    assert "placeholder class" in [found.kind for found in read.findings]
    with_boxes = read_boxes(coco(tmp_path, [ANT, ANT | {"category_id": 0}], categories=own))
    assert with_boxes.pictures.labels == ("insects", "ant", "bee")


def test_categories_of_one_name_are_named(tmp_path: Path):
    twins = [{"id": 1, "name": "ant"}, {"id": 4, "name": "ant"}]
    read = read_boxes(coco(tmp_path, [ANT, ANT | {"category_id": 4}], categories=twins))
    assert read.pictures.labels == ("ant",)
    details = [found.detail for found in read.findings if found.kind == "category twice"]
    assert details == ["'ant' is the name of the ids [1, 4]"]


def test_whole_numbers_of_any_length_are_read_in_words_of_our_own(tmp_path: Path):
    coco(tmp_path, [ANT])
    file = tmp_path / "annotations/instances_val.json"
    file.write_text(file.read_text().replace('"bbox": [', '"area": ' + "9" * 6000 + ', "bbox": ['))
    assert read_boxes(tmp_path).pictures.boxes == 1
    file.write_text("[" * 100_000)
    with pytest.raises(DatasetError, match="nested too deeply"):
        read_boxes(file)


def test_corners_in_place_of_sides_are_refused(tmp_path):
    """Clipped to their pictures they would be other boxes."""
    corners = [[20, 10, 70, 50], [5, 30, 60, 55], [40, 20, 79, 59], [30, 10, 75, 40]]
    coco(tmp_path, [ANT | {"bbox": box} for box in corners])
    with pytest.raises(DatasetError, match=r"4 of 4 boxes leave .* as \[left, top"):
        read_boxes(tmp_path)


@pytest.mark.parametrize("more", [[[50, 30, 20, 20]], [[2, 2, 3, 3]] * 40])
def test_a_box_that_is_none_of_corners_or_many_that_fit_clear_the_rest(tmp_path, more):
    coco(tmp_path, [ANT | {"bbox": box} for box in ([20, 10, 70, 50], *more)])
    assert "clipped" in [finding.kind for finding in read_boxes(tmp_path).findings]


def test_many_categories_take_time_in_proportion(tmp_path: Path):
    many = [{"id": index, "name": f"n{index}"} for index in range(20_000)]
    begin = time.process_time()
    read = read_boxes(coco(tmp_path, [ANT], categories=many))
    assert len(read.pictures.labels) == 20_000
    assert time.process_time() - begin < 2


def test_pictures_that_are_named_by_their_url_alone_are_found(tmp_path: Path):
    coco(tmp_path, [ANT])
    file = tmp_path / "annotations/instances_val.json"
    url = '"coco_url": "http://images.example/val/one.png"'
    file.write_text(file.read_text().replace('"file_name": "one.png"', url))
    assert read_boxes(tmp_path).pictures.boxes == 1


def test_a_picture_of_unknown_categories_alone_is_no_empty_one(tmp_path: Path):
    strange = {"image_id": 2, "category_id": 99, "bbox": [1, 2, 30, 40]}
    read = read_boxes(coco(tmp_path, [ANT, strange], images=("one.png", "two.png")))
    assert [picture.path.name for picture in read.pictures.pictures] == ["one.png"]
    assert "unknown class" in [finding.kind for finding in read.findings]


@pytest.mark.parametrize("name", ["https://host/sets/one.png?d=1&x=2", "s3://bucket/a/one.png"])
def test_a_picture_may_be_named_by_its_address(tmp_path: Path, name: str):
    coco(tmp_path, [ANT])
    file = tmp_path / "annotations/instances_val.json"
    file.write_text(file.read_text().replace('"one.png"', f'"{name}"'))
    assert read_boxes(tmp_path).pictures.boxes == 1
