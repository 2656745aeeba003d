"""Detectors are judged on the classes that they share with the data, by name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.datasets.boxes import BoxedPictures
from mobilenetv2.datasets.read_boxes import read_boxes
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate import evaluate_detector
from mobilenetv2.evaluate.coco_files import image_ids, write_predictions
from mobilenetv2.evaluate.detection import judge_detections
from mobilenetv2.evaluate.shared_classes import share_classes
from mobilenetv2.metrics.coco_ap import coco_ap
from mobilenetv2.tasks.options import Options
from tests.metrics.coco_tool import assert_equal_to_the_last_digit, judge
from tests.metrics.pictures import boxed, found, random_case

BOX, OTHER = [10, 10, 50, 50], [100, 100, 200, 200]


def data_set(*pictures, labels=("ant", "bee", "fly")) -> BoxedPictures:
    return BoxedPictures("insects", "test", labels, pictures)


def drawn(folder: Path, name: str, boxes, classes):
    """A picture with colored rectangles for boxes."""
    image = Image.new("RGB", (240, 220), "gray")
    for box in boxes:
        image.paste("red", tuple(box))
    image.save(folder / f"{name}.png")
    return replace(boxed(boxes, classes, identity=name), path=folder / f"{name}.png")


def test_classes_that_one_side_lacks_are_left_out_and_counted():
    data = data_set(boxed([BOX, OTHER, OTHER], [0, 1, 2]))
    shared = share_classes(data.labels, ("wasp", "Bee", "ant"))
    detected = [found([BOX, OTHER, BOX, BOX], [0.9, 0.8, 0.95, 0.7], [2, 1, 0, 0])]
    report = judge_detections(data, data.pictures, detected, shared)
    assert report.coco.ap == pytest.approx(1)
    assert (report.boxes, report.boxes_left_out, report.detections_left_out) == (2, 1, 2)
    values = report.to_json()
    assert [one["label"] for one in values["per_class"]] == ["ant", "bee"]
    assert values["labels_only_in_data"] == ["fly"]
    assert values["labels_only_in_model"] == ["wasp"]
    assert values["labels_spelled_otherwise"] == {"Bee": "bee"}
    assert values["fingerprint"] == data.fingerprint


def test_figures_without_truth_are_null_not_nan():
    data = data_set(boxed([BOX], [0]), labels=("ant", "bee"))
    report = judge_detections(
        data, data.pictures, [found([], [], [])], share_classes(data.labels, ("ant", "bee"))
    )
    values = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert (values["ap"], values["ap_large"], values["voc_ap50"]) == (0, None, 0)
    assert values["per_class"][1] == {"label": "bee", "ap": None, "ap50": None, "boxes": 0}


def test_pictures_are_looked_at_as_chosen(tiny_detector_file: Path, tmp_path: Path):
    model = mobilenetv2.load(tiny_detector_file)
    narrow = np.linspace(1000, 2000, 400).reshape(20, 20).astype(np.uint16)
    Image.fromarray(narrow).save(tmp_path / "a.png")
    picture = replace(boxed([BOX], [0], identity="a"), path=tmp_path / "a.png")
    data = data_set(picture, labels=model.labels)
    with pytest.raises(DatasetError, match="Stretch them"):
        evaluate_detector(model, data)
    assert not evaluate_detector(model, data, options=Options(stretch=True)).unreadable


def test_a_model_is_run_at_a_low_threshold_and_judged_on_what_it_finds(
    tiny_detector_file: Path, tmp_path: Path
):
    model = mobilenetv2.load(tiny_detector_file)
    pictures = [
        drawn(tmp_path, "7", [BOX, OTHER], [0, 1]),
        drawn(tmp_path, "3", [], []),
        drawn(tmp_path, "5", [OTHER], [2]),
    ]
    steps = []
    report = evaluate_detector(
        model, data_set(*pictures, labels=model.labels), lambda: steps.append(1)
    )
    assert report.image_ids == (3, 5, 7)
    assert len(steps) == 3
    by_hand = []
    for picture in report.pictures:
        said = model.predict(picture.path, threshold=0.01, max_detections=100).predictions
        by_hand.append(
            found([s.box for s in said], [s.score for s in said], [s.index for s in said])
        )
    assert sum(map(len, by_hand)) > 0
    assert report.coco == coco_ap(report.pictures, by_hand, 3)


def test_unreadable_pictures_are_reported_and_not_counted(tiny_detector_file: Path, tmp_path: Path):
    model = mobilenetv2.load(tiny_detector_file)
    good, bad = drawn(tmp_path, "good", [BOX], [0]), drawn(tmp_path, "bad", [BOX, OTHER], [0, 0])
    bad.path.write_bytes(b"broken")
    report = evaluate_detector(model, data_set(good, bad))
    assert (len(report.pictures), report.boxes) == (1, 1)
    assert [path.name for path, _ in report.unreadable] == ["bad.png"]
    with pytest.raises(DatasetError, match="no picture can be read"):
        evaluate_detector(model, data_set(bad))


def test_a_classifier_is_refused(tiny_file: Path, tmp_path: Path):
    model = mobilenetv2.load(tiny_file)
    with pytest.raises(TypeError, match="for detection is judged here, got one for classification"):
        evaluate_detector(model, data_set(drawn(tmp_path, "a", [BOX], [0])))


def test_saved_predictions_give_pycocotools_the_same_digits(tmp_path: Path):
    truth, detected = random_case(11, pictures=25, classes=3, most_boxes=12)
    data = BoxedPictures("made up", "all", ("a", "b", "c"), tuple(truth))
    report = judge_detections(data, truth, detected, share_classes(data.labels, data.labels))
    beside = write_predictions(report, tmp_path / "found.json")
    assert beside == tmp_path / "found.truth.json"
    stats, precision = judge(
        json.loads(beside.read_text()), json.loads((tmp_path / "found.json").read_text())
    )
    assert_equal_to_the_last_digit(report.coco, stats, precision)


def test_saved_predictions_on_real_pictures_of_which_one_class_is_unknown(
    shared: Path, tmp_path: Path
):
    data = read_boxes(shared / "data/bccd", "first 30").pictures
    random = np.random.default_rng(3)
    detected = []
    for picture in data.pictures:
        boxes = picture.boxes + random.normal(0, 6, picture.boxes.shape)
        detected.append(found(boxes, random.random(len(boxes)).round(1), picture.classes))
    known = share_classes(data.labels, [*data.labels[:1], "tree", *data.labels[2:]])
    report = judge_detections(data, data.pictures, detected, known)
    assert report.boxes_left_out > 0
    beside = write_predictions(report, tmp_path / "found.json")
    stats, precision = judge(
        json.loads(beside.read_text()), json.loads((tmp_path / "found.json").read_text())
    )
    assert_equal_to_the_last_digit(report.coco, stats, precision)


def test_coco_ids_are_kept_and_other_names_numbered():
    assert image_ids([boxed([], [], identity="000139"), boxed([], [], identity="7")]) == {
        "000139": 139,
        "7": 7,
    }
    assert image_ids([boxed([], [], identity="b"), boxed([], [], identity="7")]) == {"b": 1, "7": 2}
    assert image_ids([boxed([], [], identity="07"), boxed([], [], identity="7")]) == {
        "07": 1,
        "7": 2,
    }


def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path):
    data = data_set(boxed([BOX], [0]))
    report = judge_detections(
        data, data.pictures, [found([], [], [])], share_classes(data.labels, data.labels)
    )
    with pytest.raises(DatasetError, match="cannot be written"):
        write_predictions(report, tmp_path / "missing/found.json")
