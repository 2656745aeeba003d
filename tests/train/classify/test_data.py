"""A folder a class: what is found, what is held out, what is refused."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.held_out import hold_out_classes as hold_out
from mobilenetv2.errors import DatasetError
from mobilenetv2.train.classify.data import class_names, read_classes, read_training_data


def put(folder: Path, **counts: int) -> Path:
    for label, count in counts.items():
        (folder / label).mkdir(parents=True)
        for number in range(count):
            (folder / label / f"{number}.jpg").touch()
    return folder


def test_labels_are_folder_names_in_order(tmp_path: Path) -> None:
    data, labels = read_classes(put(tmp_path / "set" / "train", cat=2, ant=1))
    assert labels == ("ant", "cat")
    assert data.name == "set/train"
    assert [(path.name, target) for path, target in zip(data.paths, data.targets, strict=True)] == [
        ("0.jpg", 0),
        ("0.jpg", 1),
        ("1.jpg", 1),
    ]


def test_hidden_folders_and_other_files_are_no_classes(tmp_path: Path) -> None:
    put(tmp_path, cat=1, dog=1, **{".thumbnails": 3})
    (tmp_path / "cat" / "notes.txt").touch()
    assert class_names(tmp_path) == ("cat", "dog")
    assert len(read_classes(tmp_path)[0].paths) == 2


def test_an_empty_class_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"1 have none: \['dog'\]"):
        read_classes(put(tmp_path, cat=1, dog=0))


@pytest.mark.parametrize("counts", [{}, {"cat": 3}])
def test_fewer_than_two_classes_are_refused(tmp_path: Path, counts: dict[str, int]) -> None:
    with pytest.raises(DatasetError, match="at least two folders"):
        read_classes(put(tmp_path, **counts))


def test_classes_that_lie_one_folder_deeper_are_pointed_at(tmp_path: Path) -> None:
    put(tmp_path / "archive", cat=1, dog=1)
    with pytest.raises(DatasetError, match=r"the classes seem to lie in .*archive"):
        read_classes(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        read_classes(tmp_path / "nowhere")


def test_a_fifth_of_every_class_is_held_out_but_never_the_last_picture(tmp_path: Path) -> None:
    data, _ = read_classes(put(tmp_path, ten=10, three=3, two=2, one=1))
    training, validation = hold_out(data)
    labels = class_names(tmp_path)
    held = [validation.targets.count(labels.index(name)) for name in ("ten", "three", "two", "one")]
    assert held == [2, 1, 1, 0]
    assert sorted(training.paths + validation.paths) == sorted(data.paths)
    assert hold_out(data) == (training, validation)


def test_what_is_held_out_does_not_depend_on_the_other_pictures_order(tmp_path: Path) -> None:
    data, _ = read_classes(put(tmp_path, cat=10, dog=10))
    swapped = type(data)(data.name, data.paths[::-1], data.targets[::-1])
    assert set(hold_out(swapped)[1].paths) == set(hold_out(data)[1].paths)


def test_nothing_can_be_held_out_of_single_pictures(tmp_path: Path) -> None:
    data, _ = read_classes(put(tmp_path, cat=1, dog=1))
    with pytest.raises(DatasetError, match="give a validation folder"):
        hold_out(data)


def test_the_parent_of_parts_is_learnt_from_and_judged_on_by_part(tmp_path: Path) -> None:
    for part in ("train", "Validation", "test"):
        put(tmp_path / part, cat=2, dog=2)
    data = read_training_data(tmp_path, None)
    assert data.labels == ("cat", "dog")
    assert {path.parents[1].name for path in data.training.paths} == {"train"}
    assert {path.parents[1].name for path in data.validation.paths} == {"Validation"}
    assert data.split == "Validation"


def test_thumbnails_of_network_disks_are_neither_classes_nor_pictures(tmp_path: Path) -> None:
    put(tmp_path, cat=1, dog=1)
    put(tmp_path / "cat", **{"@eaDir": 3})
    put(tmp_path, **{"@eaDir": 1, "#recycle": 1, "lost+found": 1})
    data, labels = read_classes(tmp_path)
    assert labels == ("cat", "dog")
    assert len(data.paths) == 2
