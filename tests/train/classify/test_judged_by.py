"""A part to validate on that holds nothing to judge by."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.labeled import CSV_NAME
from mobilenetv2.train.classify.data import read_training_data, read_unlabeled_data
from tests.train.classify.test_data import put


def bare(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "a.jpg").touch()


@pytest.mark.parametrize(
    "make",
    [
        lambda val: val.mkdir(),
        bare,
        lambda val: bare(val / "pictures"),
        lambda val: put(val, cat=0, dog=0),
    ],
    ids=["empty", "no folders", "one folder of no class", "empty classes"],
)
def test_a_part_without_classes_is_told_of_and_pictures_are_held_out(tmp_path: Path, make) -> None:
    put(tmp_path / "train", cat=5, dog=5)
    make(tmp_path / "val")
    found = read_training_data(tmp_path, None)
    assert (found.split, len(found.validation.paths)) == ("held-out fifth", 2)
    assert any(
        "val holds no picture in a folder of its class: to validate on, a fifth of" in note
        for note in found.training.notes
    )


@pytest.mark.parametrize("make", [lambda val: val.mkdir(), bare], ids=["empty", "no folders"])
def test_a_folder_that_was_named_must_hold_some(tmp_path: Path, make) -> None:
    put(tmp_path / "photos", cat=5, dog=5)
    make(tmp_path / "judged")
    with pytest.raises(DatasetError, match=r"judged holds no picture in a folder of its class.*or "
                                           r"name no folder to validate on \(--val\)"):  # fmt: skip
        read_training_data(tmp_path / "photos", tmp_path / "judged")


def test_a_table_in_the_part_judges(tmp_path: Path) -> None:
    put(tmp_path / "train", cat=5, dog=5)
    bare(tmp_path / "val")
    (tmp_path / "val" / CSV_NAME).write_text("path,label\na.jpg,dog\n")
    assert read_training_data(tmp_path, None).validation.targets == (1,)


def test_an_empty_part_of_pictures_without_labels_is_told_of(tmp_path: Path) -> None:
    put(tmp_path / "train", cat=5, dog=5)
    (tmp_path / "val").mkdir()
    found = read_unlabeled_data(tmp_path, None, ("cat", "dog"))
    assert found.split.startswith("held-out fifth")
    assert any("val holds no picture" in note for note in found.training.notes)


def test_a_class_that_nobody_judges_is_told_of(tmp_path: Path) -> None:
    put(tmp_path / "train", cat=5, dog=5)
    put(tmp_path / "val", cat=2)
    found = read_training_data(tmp_path, None)
    assert found.split == "val"
    told = class_warnings(found.labels, found.training, found.validation)
    assert "1 class has no picture to validate on, so no figure tells of them: dog" in told
