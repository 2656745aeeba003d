"""Which folders are parts of a data set."""

from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.split_folders import (
    bare_parts,
    class_roots,
    parts_within_classes,
    split_folders,
    to_train_and_judge,
)


def folders(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
    return root


def test_parts_hold_folders(tmp_path: Path):
    data = folders(tmp_path, "train/cat", "Validation/cat", "@eaDir/x")
    assert split_folders(data) == {"train": data / "train", "val": data / "Validation"}
    assert to_train_and_judge(data, None) == (data / "train", data / "Validation")
    assert to_train_and_judge(data / "train", data) == (data / "train", data / "Validation")


def test_parts_may_lie_beside_other_folders(tmp_path: Path):
    data = folders(tmp_path, "train/cat", "test/cat", "docs")
    assert set(split_folders(data)) == {"train", "test"}
    assert to_train_and_judge(data, None) == (data / "train", None)


def test_a_lone_folder_is_looked_into_as_archives_unpack_to(tmp_path: Path):
    data = folders(tmp_path, "archive/data/Training/cat", "archive/data/Testing/cat")
    inner = data / "archive/data"
    assert split_folders(data) == {"train": inner / "Training", "test": inner / "Testing"}


def test_a_lone_folder_that_leads_in_a_circle_is_left(tmp_path: Path):
    (tmp_path / "again").symlink_to(tmp_path)
    assert split_folders(tmp_path) == {}


def test_parts_within_the_classes_are_told_of(tmp_path: Path):
    apart = folders(tmp_path / "a", "train/cat", "train/dog", "val/cat", "val/dog")
    within = folders(tmp_path / "b", "cat/train", "cat/val", "dog/train", "dog/val")
    other = folders(tmp_path / "c", "cat/train", "cat/val", "bus")
    assert [parts_within_classes(data) for data in (apart, other)] == ["", ""]
    assert "hold parts (train, val), which are read together" in parts_within_classes(within)


@pytest.mark.parametrize("names", [("train", "bus"), ("train", "test"), ("val/x", "bus/y")])
def test_classes_that_are_called_so_stay_classes(tmp_path: Path, names: tuple[str, ...]):
    data = folders(tmp_path, *names)
    assert split_folders(data) == {}
    assert to_train_and_judge(data, None) == (data, None)


def test_what_cannot_be_decided_is_refused(tmp_path: Path):
    with pytest.raises(DatasetError, match="each part of a data set once"):
        split_folders(folders(tmp_path / "a", "train/cat", "val/cat", "dev/cat"))
    with pytest.raises(DatasetError, match="must hold a folder to train on"):
        to_train_and_judge(folders(tmp_path / "b", "val/cat", "test/cat"), None)


@pytest.mark.parametrize("name", ["test", "val"])
def test_beside_a_part_to_train_on_others_may_hold_pictures_alone(tmp_path: Path, name: str):
    folders(tmp_path, "train/ant", "train/bee", name)
    assert split_folders(tmp_path) == {"train": tmp_path / "train", name: tmp_path / name}


def test_beside_a_part_to_train_on_its_classes_are_not_two_classes(tmp_path: Path):
    folders(tmp_path, "train/ant", "train/bee", "holdout/ant", "holdout/bee")
    with pytest.raises(DatasetError, match=r"holdout must be called val .* or test"):
        split_folders(tmp_path)


def test_folders_that_hold_the_same_folders_may_be_parts(tmp_path: Path):
    folders(tmp_path, "fold1/ant", "fold1/bee", "fold2/ant", "fold2/bee")
    assert "fold1, fold2 hold the same folders (ant, bee)" in parts_within_classes(tmp_path)
    folders(tmp_path, "fold3/cow")
    assert not parts_within_classes(tmp_path)


@pytest.mark.parametrize("wrapper", ["train", "images", "resized"])
def test_a_lone_folder_in_a_part_holds_the_classes(tmp_path: Path, wrapper: str):
    folders(tmp_path, f"train/{wrapper}/ant", f"train/{wrapper}/bee", "val/ant", "test/ant/1")
    folders(tmp_path, "test/ant/2")
    inner = tmp_path / "train" / wrapper
    assert to_train_and_judge(tmp_path, None) == (inner, tmp_path / "val")
    # One class alone, known from the part to train on, is no wrapper, whatever it holds.
    assert class_roots(split_folders(tmp_path)) == {
        "train": inner, "val": tmp_path / "val", "test": tmp_path / "test",
    }  # fmt: skip


def test_a_lone_folder_beside_pictures_is_no_wrapper(tmp_path: Path):
    data = folders(tmp_path, "train/set/ant", "train/set/bee", "val/ant", "val/bee")
    (data / "train/set/loose.jpg").touch()
    assert class_roots(split_folders(data))["train"] == data / "train"


def test_parts_without_classes_are_told_of(tmp_path: Path):
    folders(tmp_path, "train/ant", "train/bee", "val/unknown", "test")
    told = bare_parts(split_folders(tmp_path))
    assert set(told) == {"val", "test"}
    assert told["test"].startswith(
        f"{tmp_path / 'test'}: its pictures lie in no folders of classes"
    )
    folders(tmp_path, "val/ant")
    assert set(bare_parts(split_folders(tmp_path))) == {"test"}


def test_a_data_set_beside_other_folders_is_pointed_at(tmp_path: Path):
    data = folders(tmp_path, "castings/castings/train/ant", "castings/castings/train/bee",
                   "castings/castings/test/ant", "larger/ant", "larger/bee")  # fmt: skip
    assert split_folders(data) == {}
    told = parts_within_classes(data)
    assert "castings is no class but a data set with parts of its own (test, train)" in told
    assert told.endswith(f"point at {data / 'castings'}")
    assert not parts_within_classes(folders(tmp_path / "plain", "cat/test/1", "cat/left", "bus"))
