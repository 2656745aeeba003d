"""Labeled pictures are read as `evaluate` reads them: parts by name, masks by what they hold."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mobilenetv2
from mobilenetv2.datasets.declared_masks import DeclaredMasks
from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.compare_reports import headline
from mobilenetv2.quantization.truth import Masks, chosen, judge, read_truth
from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.tasks.multi_labeled import MultiLabelPictures


def test_a_part_of_a_classifiers_data_by_name(tiny_file: Path, tmp_path: Path):
    model = mobilenetv2.load(tiny_file)
    for part, count in (("train", 3), ("test", 2)):
        for label in model.labels[:2]:
            (tmp_path / part / label).mkdir(parents=True)
            for index in range(count):
                picture = Image.new("RGB", (8, 8), (40 * index, 0, 0))
                picture.save(tmp_path / part / label / f"{index}.png")
    truth = read_truth(model, tmp_path, "test")
    assert isinstance(truth, LabeledPictures)
    assert {path.parents[1].name for path in truth.paths} == {"test"}
    assert len(truth.paths) == 4


def test_several_labels_are_read_from_a_table_and_judged_by_map(
    tiny_labels_file: Path, tmp_path: Path
):
    model = mobilenetv2.load(tiny_labels_file)
    rows = ["path,labels"]
    for index, labels in enumerate(("ant|cow", "bee", "", "cow")):
        Image.new("RGB", (48, 40), (60 * index, 0, 90)).save(tmp_path / f"{index}.png")
        rows.append(f"{index}.png,{labels}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    truth = read_truth(model, tmp_path, None)
    assert isinstance(truth, MultiLabelPictures)
    assert truth.targets == ((0, 2), (1,), (), (2,))
    assert chosen(truth, [1, 2]).targets == ((1,), ())
    name, value = headline(judge(model, truth, lambda: None))
    assert name == "map"
    assert 0 < value <= 1


def test_the_id_after_the_last_class_is_not_judged_and_said_to_be(
    tiny_segmenter_file: Path, tmp_path: Path
):
    model = mobilenetv2.load(tiny_segmenter_file)
    void = len(model.labels)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "a.png")
    Image.fromarray(np.full((8, 8), void, np.uint8)).save(tmp_path / "masks" / "a.png")
    truth = read_truth(model, tmp_path, None)
    assert isinstance(truth, Masks)
    assert truth.meaning.ignore == {void}
    assert f"--ignore {void}" in truth.meaning.notes[0]


def test_masks_in_colors_are_judged_by_the_table_that_was_given(
    tiny_segmenter_file: Path, tmp_path: Path
):
    model = mobilenetv2.load(tiny_segmenter_file)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "a.png")
    Image.new("RGB", (8, 8), (9, 8, 7)).save(tmp_path / "masks" / "a.png")
    table = tmp_path / "colors.txt"
    table.write_text("".join(f"{name},{9 - i},8,7\n" for i, name in enumerate(model.labels)))
    truth = read_truth(model, tmp_path, None, DeclaredMasks(colors=table))
    assert isinstance(truth, Masks)
    assert truth.meaning.read_ids(truth.data.pictures[0]).tolist() == [[0] * 8] * 8


def test_what_is_said_of_masks_is_refused_for_other_models(tiny_file: Path, tmp_path: Path):
    declared = DeclaredMasks(folder=tmp_path, ignore=frozenset({3}))
    with pytest.raises(DatasetError, match="--masks, --ignore: masks are for segmentation models"):
        read_truth(mobilenetv2.load(tiny_file), tmp_path, None, declared)
