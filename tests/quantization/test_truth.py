"""Labeled pictures are read as `evaluate` reads them: parts by name, masks by what they hold."""

from pathlib import Path

import numpy as np
from PIL import Image

import mobilenetv2
from mobilenetv2.quantization.truth import Masks, read_truth
from mobilenetv2.tasks.labeled import LabeledPictures


def test_a_part_of_a_classifiers_data_by_name(tiny_file: Path, tmp_path: Path):
    model = mobilenetv2.load(tiny_file)
    for part, count in (("train", 3), ("test", 2)):
        for label in model.labels[:2]:
            (tmp_path / part / label).mkdir(parents=True)
            for index in range(count):
                picture = Image.new("RGB", (8, 8), (40 * index, 0, 0))
                picture.save(tmp_path / part / label / f"{index}.png")
    truth = read_truth(model, tmp_path, "test", None)
    assert isinstance(truth, LabeledPictures)
    assert {path.parents[1].name for path in truth.paths} == {"test"}
    assert len(truth.paths) == 4


def test_the_id_after_the_last_class_is_not_judged_and_said_to_be(
    tiny_segmenter_file: Path, tmp_path: Path
):
    model = mobilenetv2.load(tiny_segmenter_file)
    void = len(model.labels)
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "images" / "a.png")
    Image.fromarray(np.full((8, 8), void, np.uint8)).save(tmp_path / "masks" / "a.png")
    truth = read_truth(model, tmp_path, None, None)
    assert isinstance(truth, Masks)
    assert truth.meaning.ignore == {void}
    assert f"--ignore {void}" in truth.meaning.notes[0]
