"""Labeled pictures: folders and CSV files, in terms of the model's own labels."""

from pathlib import Path

import pytest
from PIL import Image

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.labeled import read_labeled

LABELS = ("cat", "Sea_Horse", "dog")


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (4, 4)).save(path)


def test_folders_by_label(tmp_path: Path):
    for name in ("dog/1.png", "cat/2.png", "cat/3.png", "sea horse/4.png"):
        picture(tmp_path / "pets/test" / name)
    data = read_labeled(tmp_path / "pets/test", LABELS)
    assert data.name == "pets/test"
    assert [(p.parent.name, t) for p, t in zip(data.paths, data.targets, strict=True)] == [
        ("cat", 0),
        ("cat", 0),
        ("dog", 2),
        ("sea horse", 1),
    ]


def test_folders_by_index(tmp_path: Path):
    picture(tmp_path / "002/a.png")
    assert read_labeled(tmp_path, LABELS).targets == (2,)


@pytest.mark.parametrize(
    "rows", ["path,index\na.png,0\nb.png,2\n", "path,label\na.png,cat\nb.png,dog\n"]
)
def test_csv_by_index_or_label(tmp_path: Path, rows: str):
    (tmp_path / "labels.csv").write_text(rows)
    for name in ("a.png", "b.png"):
        picture(tmp_path / name)
    for data in (tmp_path, tmp_path / "labels.csv"):
        read = read_labeled(data, LABELS)
        assert read.targets == (0, 2)
        assert all(path.is_file() for path in read.paths)


def test_the_fingerprint_tells_sets_apart_but_not_their_place(tmp_path: Path):
    for place in ("here", "there"):
        picture(tmp_path / place / "cat/1.png")
    here, there = (read_labeled(tmp_path / place, LABELS) for place in ("here", "there"))
    assert here.fingerprint == there.fingerprint
    picture(tmp_path / "there/cat/2.png")
    assert read_labeled(tmp_path / "there", LABELS).fingerprint != here.fingerprint


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,b,c\na.png,1,x\n", "must begin with the line"),
        ("path,index\na.png,7\n", "below the model's 3 classes, got 7"),
        ("path,index\na.png,x\n", "whole numbers"),
        ("path,label\na.png,bird\n", "1 of 1 are not"),
        ("path,index\n", "at least one picture"),
        ("", "must begin with the line"),
    ],
)
def test_bad_csv(tmp_path: Path, rows: str, message: str):
    (tmp_path / "x.csv").write_text(rows)
    with pytest.raises(DatasetError, match=message):
        read_labeled(tmp_path / "x.csv", LABELS)


def test_bad_folders(tmp_path: Path):
    with pytest.raises(DatasetError, match="no such file or folder"):
        read_labeled(tmp_path / "none", LABELS)
    with pytest.raises(DatasetError, match="one folder a class"):
        read_labeled(tmp_path, LABELS)
    (tmp_path / "cat").mkdir()
    with pytest.raises(DatasetError, match="at least one picture"):
        read_labeled(tmp_path, LABELS)
    (tmp_path / "elephant").mkdir()
    with pytest.raises(DatasetError, match=r"1 of 2 are not.*elephant"):
        read_labeled(tmp_path, LABELS)


@pytest.mark.parametrize(
    "rows",
    [
        "filename,class\na.png,cat\nb.png,dog\n",
        "image,label\na.png,cat\nb.png,dog\n",
        "Path;Label\na.png;cat\nb.png;dog\n",
        "path\tlabel\na.png\tcat\nb.png\tdog\n",
        'path, label\n"a.png", cat\nb.png, "dog"\n',
        "filename,cat,Sea_Horse,dog\na.png,1,0,0\nb.png,0,0,1\n",
        "id,breed\na,cat\nb,dog\n",
        "image,split,class\n/data/a.png,x,cat\nC:\\d\\b.png,x,dog\n",
        "filename,class_id\na.png,0\nb.png,2\n",
        "Width,Roi.X1,ClassId,Path\n60,5,0,a.png\n60,4,2,b.png\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_as_other_people_save_them(tmp_path: Path, rows: str, encoding: str):
    for name in ("a.png", "b.png"):
        picture(tmp_path / "pictures" / name)
    (tmp_path / "x.csv").write_text(rows, encoding)
    read = read_labeled(tmp_path / "x.csv", LABELS)
    assert read.targets == (0, 2)
    assert [path.name for path in read.paths] == ["a.png", "b.png"]
    assert all(path.is_file() for path in read.paths)


def test_a_column_that_is_taken_for_the_class_is_named(tmp_path: Path):
    picture(tmp_path / "a.png")
    (tmp_path / "x.csv").write_text("id,breed\na,cat\n")
    assert "'breed' is taken for the class" in read_labeled(tmp_path / "x.csv", LABELS).notes[0]


@pytest.mark.parametrize("row", ["a.png,1,1", "a.png,0,0"])
def test_pictures_of_several_classes_or_none_are_named(tmp_path: Path, row: str):
    (tmp_path / "x.csv").write_text(f"filename,cat,dog\n{row}\n")
    with pytest.raises(DatasetError, match=r"must be of one class.*'a\.png' has"):
        read_labeled(tmp_path / "x.csv", LABELS)


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "1e400", "\u0661"])
def test_indices_that_are_no_numbers(tmp_path: Path, number: str):
    (tmp_path / "x.csv").write_text(f"path,index\na.png,{number}\n", "utf-8")
    with pytest.raises(DatasetError, match=r"x\.csv: classes must be .* whole numbers"):
        read_labeled(tmp_path / "x.csv", LABELS)


def test_thumbnails_and_other_files_are_no_examples_and_are_counted(tmp_path: Path):
    for name in ("cat/1.png", "cat/@eaDir/1.png/THUMB.png", "__MACOSX/cat/1.png", "dog/._2.png",
                 "dog/2.png"):  # fmt: skip
        picture(tmp_path / name)
    (tmp_path / "dog/film.mp4").write_bytes(b"x")
    read = read_labeled(tmp_path, LABELS)
    assert [path.name for path in read.paths] == ["1.png", "2.png"]
    for part in ("2 x thumbnail or system folder", "1 x hidden", "1 x video (film.mp4)"):
        assert part in read.notes[0]


def test_pictures_beside_the_classes_are_counted(tmp_path: Path):
    picture(tmp_path / "cat/1.png")
    picture(tmp_path / "2.png")
    assert "1 pictures lie in no class's folder" in read_labeled(tmp_path, LABELS).notes[0]


@pytest.mark.parametrize("names", [("train", "val", "test"), ("Training", "VALID", "Testing")])
def test_the_parent_of_parts_is_no_set_of_classes(tmp_path: Path, names: tuple[str, ...]):
    for name in names:
        picture(tmp_path / name / "cat" / f"{name}.png")
        picture(tmp_path / name / "dog" / f"{name}.png")
    read = read_labeled(tmp_path, LABELS)
    assert len(read.paths) == 6
    assert "parts of a data set" in read.notes[0]
    part = read_labeled(tmp_path, LABELS, "test")
    assert part.targets == (0, 2)
    assert part.name.endswith(names[2])
    with pytest.raises(DatasetError, match="no split 'holdout'; the splits are"):
        read_labeled(tmp_path, LABELS, "holdout")


def test_a_part_whose_pictures_have_no_classes_is_left_aside_unless_it_is_asked_for(tmp_path: Path):
    for name in ("a_train/a_train/cat/1", "a_train/a_train/dog/2", "a_test/a_test/cat_test"):
        picture(tmp_path / f"{name}.png")
    read = read_labeled(tmp_path, LABELS)
    assert [path.name for path in read.paths] == ["1.png", "2.png"]
    assert "(a_train): these are taken" in read.notes[0]
    assert read.notes[1].startswith(f"{tmp_path / 'a_test'}: its pictures lie in no folders")
    assert len(read_labeled(tmp_path, LABELS, "train").paths) == 2
    with pytest.raises(DatasetError, match="a_test: its pictures lie in no folders of classes"):
        read_labeled(tmp_path, LABELS, "a_test")


def test_masks_beside_pictures_are_not_judged(tmp_path: Path):
    for name in ("cat/1", "cat/1_mask", "dog/2", "dog/3_mask"):
        picture(tmp_path / f"{name}.png")
    read = read_labeled(tmp_path, LABELS)
    assert [path.name for path in read.paths] == ["1.png", "2.png", "3_mask.png"]
    assert len(read.notes) == 1
    assert "1_mask.png of 1.png, and are left out" in read.notes[0]


def test_folders_that_differ_from_labels_by_a_word_are_told_what_they_may_be(tmp_path):
    for name in ("class_ant", "class_bee"):
        picture(tmp_path / name / "a.png")
    with pytest.raises(DatasetError, match="perhaps 'class_ant' is 'ant', 'class_bee' is 'bee'"):
        read_labeled(tmp_path, ("ant", "bee"))
    with pytest.raises(DatasetError, match="rename them as the labels, or leave out what the"):
        read_labeled(tmp_path, ("horse", "cow"))


def test_folders_of_numbers_are_told_of_and_must_be_classes(tmp_path):
    for name in ("0", "1"):
        picture(tmp_path / "zero" / name / "a.png")
    picture(tmp_path / "one/1/a.png")
    picture(tmp_path / "one/2/a.png")
    found = read_labeled(tmp_path / "zero", ("ant", "bee"))
    assert found.targets == (0, 1)
    assert "numbers of the model's classes, from 0: 0 is 'ant'" in found.notes[0]
    with pytest.raises(DatasetError, match=r"2 classes, which count from 0, got 2\. Rename"):
        read_labeled(tmp_path / "one", ("ant", "bee"))
    # Labels that are numbers are names.
    assert not read_labeled(tmp_path / "one", ("1", "2")).notes
