"""Folders that are parts by a word in their names, and those that only look so."""

from pathlib import Path

import pytest

from mobilenetv2.tasks.split_folders import parts_within_classes, split_folders, to_train_and_judge


def tree(root: Path, *names: str) -> Path:
    """Folders, and empty files where a name has a suffix."""
    for name in names:
        path = root / name
        (path.parent if path.suffix else path).mkdir(parents=True, exist_ok=True)
        if path.suffix:
            path.touch()
    return root


def test_names_with_a_common_word(tmp_path: Path):
    data = tree(tmp_path, "seg_train/ant", "seg_train/bee", "seg_test/ant", "seg_test/bee")
    assert split_folders(data) == {"train": data / "seg_train", "test": data / "seg_test"}


def test_each_in_a_folder_of_its_name_beside_pictures_to_predict(tmp_path: Path):
    names = [f"seg_{part}/seg_{part}" for part in ("train", "test")]
    data = tree(tmp_path, *[f"{name}/{label}" for name in names for label in ("ant", "bee")],
                "seg_pred/seg_pred/1.jpg")  # fmt: skip
    assert split_folders(data) == {"train": data / "seg_train", "test": data / "seg_test"}
    assert to_train_and_judge(data, None) == (data / "seg_train/seg_train", None)


def test_a_part_without_classes_is_one_all_the_same(tmp_path: Path):
    data = tree(tmp_path, "abc_train/abc_train/ant", "abc_train/abc_train/bee",
                "abc_test/abc_test/ant_test.jpg", "readme.md")  # fmt: skip
    assert split_folders(data) == {"train": data / "abc_train", "test": data / "abc_test"}


@pytest.mark.parametrize("val", ["birds_val", "valid-birds", "Birds Validation", "birds_dev"])
def test_whatever_the_order_and_the_mark_between(tmp_path: Path, val: str):
    data = tree(tmp_path, "birds_train/ant", "birds_train/bee", f"{val}/ant", f"{val}/cow")
    assert split_folders(data) == {"train": data / "birds_train", "val": data / val}


@pytest.mark.parametrize(
    "names",
    [
        # Classes that hold pictures.
        ("crash_train/1.jpg", "crash_test/1.jpg"),
        ("train/1.jpg", "test_tube/1.jpg"),
        ("train/1.jpg", "bus/1.jpg", "car/1.jpg"),
        # Classes whose pictures lie in folders, of other names in each.
        ("toy_train/a", "toy_train/b", "toy_test/x", "toy_test/y"),
        # Of the same, but other classes lie beside: with pictures, or folders of them.
        ("crash_train/a", "crash_train/b", "crash_test/a", "crash_test/b", "bus/1.jpg"),
        ("crash_train/a", "crash_train/b", "crash_test/a", "crash_test/b", "bus/a/1.jpg"),
        # One word in common is not all words in common.
        ("steam_train/a", "steam_train/b", "water_test/a", "water_test/b"),
        # No part to train on, or two.
        ("x_val/a", "x_val/b", "x_test/a", "x_test/b"),
        ("x_train/a", "x_train/b", "x_training/a", "x_training/b"),
        # One folder to train on is no classes.
        ("x_train/a", "x_test/a"),
    ],
)
def test_classes_stay_classes(tmp_path: Path, names: tuple[str, ...]):
    assert split_folders(tree(tmp_path, *names)) == {}


def test_what_may_be_parts_is_told_of(tmp_path: Path):
    data = tree(tmp_path, "x_train/x_train/ant", "x_train/x_train/bee", "x_val/ant", "x_val/bee",
                "more/1.jpg")  # fmt: skip
    assert "x_train, x_val hold the same folders (ant, bee): if" in parts_within_classes(data)
