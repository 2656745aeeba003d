"""The pictures that a run held out can be asked for, whatever the task."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.to_judge import (
    boxes_to_judge,
    is_held_out,
    labeled_to_judge,
    masked_to_judge,
)
from mobilenetv2.train.classify.data import TrainingData, read_training_data
from mobilenetv2.train.classify.label_data import read_table_data
from mobilenetv2.train.detect.data import read_detection_data
from mobilenetv2.train.segment.data import read_segmentation_data
from tests.train.segment.drawn_shapes import draw


@pytest.mark.parametrize("said", ["held-out fifth", "Held-out", "held out", "HELD-OUT FIFTH"])
def test_its_name_as_figures_have_it_or_shorter(said: str) -> None:
    assert is_held_out(said)


@pytest.mark.parametrize("said", [None, "", "val", "fifth", "last 40", "held"])
def test_other_names_are_other_splits(said: str | None) -> None:
    assert not is_held_out(said)


def test_of_classes(tmp_path: Path) -> None:
    for label in ("ant", "bee"):
        for index in range(11):
            draw(tmp_path / "draw", index)
            (tmp_path / "data" / label).mkdir(parents=True, exist_ok=True)
            source = tmp_path / "draw" / "images" / f"{index}.png"
            source.rename(tmp_path / "data" / label / f"{label}{index}.png")
    held = read_training_data(tmp_path / "data", None).validation
    # A model's labels may be in another order than the folders.
    judged = labeled_to_judge(tmp_path / "data", ("bee", "wasp", "ant"), "held-out fifth")
    assert (judged.name, set(judged.paths)) == (held.name, set(held.paths))
    assert len(judged.paths) == 4


def test_of_tables_by_part(tmp_path: Path) -> None:
    for index in range(12):
        draw(tmp_path / "draw", index)
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "draw" / "images").rename(data / "train_images")
    rows = "".join(f"{index},{'ab'[index % 2]}\n" for index in range(12))
    (data / "train.csv").write_text(f"id_code,diagnosis\n{rows}")
    found = read_table_data(data, None)
    assert isinstance(found, TrainingData)
    judged = labeled_to_judge(data, ("b", "a"), "held-out fifth")
    assert (judged.name, set(judged.paths)) == (found.validation.name, set(found.validation.paths))
    whole = labeled_to_judge(data, ("b", "a"), None)
    assert [path.name for path in whole.paths[:2]] == ["0.png", "1.png"]
    assert whole.targets[:2] == (1, 0)
    assert len(labeled_to_judge(data, ("b", "a"), "train").paths) == 12


def test_of_boxes(tmp_path: Path) -> None:
    for index in range(10):
        draw(tmp_path, index)
        (tmp_path / "images" / f"{index}.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    (tmp_path / "images" / "classes.txt").write_text("disk\n")
    held = read_detection_data(tmp_path / "images").validation
    judged = boxes_to_judge(tmp_path / "images", "held-out").pictures
    assert (judged.fingerprint, judged.split) == (held.fingerprint, "held-out fifth")
    assert len(judged.pictures) == 2


def test_of_masks(tmp_path: Path) -> None:
    for index in range(10):
        draw(tmp_path / "shapes", index)
    held = read_segmentation_data(tmp_path / "shapes").validation
    judged = masked_to_judge(tmp_path / "shapes", None, "held-out fifth")
    assert (judged.fingerprint, judged.split) == (held.fingerprint, "held-out fifth")
    assert len(judged.pictures) == 2
