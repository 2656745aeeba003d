"""A folder a class: what is found, what is held out, what is refused."""

from pathlib import Path

import pytest

from mobilenetv2.datasets.class_report import class_warnings
from mobilenetv2.datasets.held_out import hold_out_classes as hold_out
from mobilenetv2.doctor.read_classes import read_class_subject
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.labeled import read_labeled
from mobilenetv2.tasks.own_classes import both_told
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


@pytest.mark.parametrize(
    ("folders", "task"),
    [
        (("images", "masks"), "segment"),
        (("JPEGImages", "SegmentationClass", "ImageSets"), "segment"),
        (("images", "labels"), "detect"),
        (("Annotations", "JPEGImages"), "detect"),
    ],
)
def test_pictures_beside_their_boxes_or_masks_are_no_classes(
    tmp_path: Path, folders: tuple[str, ...], task: str
) -> None:
    """Each holds pictures: two classes to learn, by their looks."""
    with pytest.raises(DatasetError, match=f"from which `train {task}` learns"):
        read_classes(put(tmp_path, **dict.fromkeys(folders, 2)))


def test_a_class_may_be_called_as_a_folder_of_such(tmp_path: Path) -> None:
    assert read_classes(put(tmp_path, labels=1, stickers=1))[1] == ("labels", "stickers")


def test_classes_that_lie_one_folder_deeper_are_pointed_at(tmp_path: Path) -> None:
    put(tmp_path / "archive", cat=1, dog=1)
    with pytest.raises(DatasetError, match=r"the classes seem to lie in .*archive"):
        read_classes(tmp_path)


def test_classes_that_lie_deeper_still_are_pointed_at_in_every_message(tmp_path: Path) -> None:
    inner = tmp_path / "archive/dataset"
    put(inner, cat=1, dog=1)
    where = f"the classes seem to lie in {inner}: point at it"
    with pytest.raises(DatasetError, match=where):
        read_classes(tmp_path)
    with pytest.raises(DatasetError, match=rf"1 of 1 are not: \['archive'\]; {where}"):
        read_labeled(tmp_path, ("cat", "dog"))
    assert where in read_class_subject(tmp_path).notes


def test_masks_beside_the_pictures_of_a_class_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, cat=2, dog=2)
    (tmp_path / "cat/1_mask.png").touch()
    data, _ = read_classes(tmp_path)
    assert [path.name for path in data.paths] == ["0.jpg", "1.jpg"] * 2
    assert "1_mask.png of 1.jpg, and are left out" in data.notes[0]
    found = read_training_data(tmp_path, None)
    assert found.training.notes == data.notes


def test_pictures_with_masks_and_no_classes_are_for_another_task(tmp_path: Path) -> None:
    put(tmp_path, all=2)
    (tmp_path / "all/1_mask.png").touch()
    with pytest.raises(DatasetError, match=r"`train segment --data .* --masks"):
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


def test_a_part_keeps_its_name_where_its_classes_lie_in_a_folder_of_it(tmp_path: Path) -> None:
    put(tmp_path / "train/images", cat=2, dog=2)
    put(tmp_path / "val/set", cat=1, dog=1)
    assert read_training_data(tmp_path / "train/images", tmp_path / "val/set").split == "val"


def test_thumbnails_of_network_disks_are_neither_classes_nor_pictures(tmp_path: Path) -> None:
    put(tmp_path, cat=1, dog=1)
    put(tmp_path / "cat", **{"@eaDir": 3})
    put(tmp_path, **{"@eaDir": 1, "#recycle": 1, "lost+found": 1})
    data, labels = read_classes(tmp_path)
    assert labels == ("cat", "dog")
    assert len(data.paths) == 2


def table(folder: Path, rows: str, name: str = "labels.csv") -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(6):
        (folder / f"{number}.jpg").touch()
    (folder / name).write_text(rows)
    return folder / name


def test_a_table_teaches_what_the_doctor_sees_in_it(tmp_path: Path) -> None:
    rows = "filename;class\n" + "".join(f"{n}.jpg;{'ant' if n < 4 else 'Bee'}\n" for n in range(6))
    file = table(tmp_path / "set", rows)
    found = read_training_data(file, None)
    assert found.labels == ("Bee", "ant") == read_class_subject(file).labels
    assert (len(found.training.paths), len(found.validation.paths)) == (4, 2)
    # A folder with a table called labels.csv is that table, but where folders say it already.
    assert read_training_data(file.parent, None) == found
    put(file.parent, cat=2, dog=2)
    assert read_training_data(file.parent, None).labels == ("cat", "dog")
    assert any("name it, as" in note for note in read_class_subject(file.parent).notes)
    other = table(tmp_path / "other", "path,label\n0.jpg,ANT\n", "judge.csv")
    assert read_training_data(file, other).validation.targets == (1,)


def test_labels_count_where_a_table_has_indices_as_well(tmp_path: Path) -> None:
    file = table(tmp_path / "set", "path,index,label\n0.jpg,7,ant\n1.jpg,7,ant\n2.jpg,9,bee\n")
    assert read_training_data(file, None).labels == ("ant", "bee")
    numbers = table(tmp_path / "numbers", "path,index\n0.jpg,0\n1.jpg,1\n2.jpg,1\n")
    assert read_training_data(numbers, None).labels == ("class 0", "class 1")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("path,label\n0.jpg,ant\n1.jpg,ant\n", r"at least 2 classes to train on, got \['ant'\]"),
        ("path,index\n0.jpg,0\n1.jpg,2\n", r"1 have none: \['class 1'\]. Number the classes"),
        ("path,label\n0.jpg,ant\n1.jpg,\n", "every picture needs a class, 1.jpg has none"),
        ("a,b,c\n0.jpg,1,x\n", "must begin with the line"),
    ],
)
def test_tables_that_teach_nothing_are_refused(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        read_training_data(table(tmp_path / "set", rows), None)


def test_a_column_of_parts_is_told_and_not_taken_for_more(tmp_path: Path) -> None:
    rows = "path,label,split\n0.jpg,ant,train\n1.jpg,bee,test\n2.jpg,bee,train\n"
    (note,) = read_training_data(table(tmp_path / "set", rows), None).training.notes
    assert "the column 'split' is not looked at, all pictures are taken" in note


def test_a_table_of_other_classes_than_the_folders_is_told_of(tmp_path: Path) -> None:
    put(tmp_path, part_1=2, part_2=2)
    file = tmp_path / "metadata.csv"
    file.write_text("path,dx,age\npart_1/0.jpg,nv,3\npart_1/1.jpg,mel,4\npart_2/0.jpg,nv,5\n")
    told = f"{tmp_path}: metadata.csv gives pictures classes that are not those of their folders"
    assert both_told(tmp_path).startswith(told)
    assert any(note.startswith(told) for note in read_class_subject(tmp_path).notes)
    found = read_training_data(tmp_path, None)
    warnings = class_warnings(found.labels, found.training, found.validation, tmp_path)
    assert any(str(file) in note for note in warnings)
    # One that says what the folders say is a list of them.
    file.write_text("path,label\npart_1/0.jpg,Part 1\npart_2/0.jpg,part_2\n")
    assert both_told(tmp_path) == ""
