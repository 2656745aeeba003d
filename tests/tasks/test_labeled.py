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
        ("file,class\na.png,1\n", "must begin with the line"),
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
