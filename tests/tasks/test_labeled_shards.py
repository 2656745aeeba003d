"""Classes in shards: numbers and names, with and without a file that lists them."""

from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.labeled import in_terms_of, read_labeled
from mobilenetv2.tasks.labeled_shards import learnt_classes, read_shards
from mobilenetv2.tasks.shard_set import open_shards, shard_parts
from tests.shards.tars import classes, png, tar


@pytest.fixture
def numbered(tmp_path: Path) -> Path:
    """Two parts, whose classes have numbers."""
    classes(tmp_path / "pets/train-000000.tar", [("1", "1"), ("2", "0")])
    classes(tmp_path / "pets/train-000001.tar", [("3", "1\n")], seed=5)
    classes(tmp_path / "pets/val-000000.tar", [("4", "0")], seed=8)
    return tmp_path / "pets"


def test_parts_are_in_the_shards_names(numbered: Path):
    assert {part: len(shards) for part, shards in shard_parts(numbered).items()} == {
        "train": 2,
        "val": 1,
    }
    assert shard_parts(numbered / "train-{000000..000001}.tar") == {}
    assert [len(open_shards(numbered, split).index) for split in (None, "validation")] == [4, 1]
    with pytest.raises(DatasetError, match="the splits are: train, val"):
        open_shards(numbered, "test")


def test_numbers_are_lines_of_the_file_of_classes(numbered: Path):
    (numbered / "classes.txt").write_text("cat\ndog\n")
    shards = read_shards(numbered, "train")
    labels, targets = learnt_classes(shards)
    assert (labels, list(targets), shards.name) == (("cat", "dog"), [1, 0, 1], "pets/train")
    as_model = read_labeled(numbered, ("dog", "cow", "cat"), "train")
    assert list(as_model.targets) == [0, 2, 0]


def test_numbers_without_names_are_a_model_s_own(numbered: Path):
    labels, targets = learnt_classes(read_shards(numbered, "train"))
    assert (labels, list(targets)) == (("class 0", "class 1"), [1, 0, 1])
    assert list(read_labeled(numbered, ("a", "b", "c"), "train").targets) == [1, 0, 1]
    with pytest.raises(DatasetError, match=r"below the model's 1 classes, got 1"):
        read_labeled(numbered, ("a",))


def test_two_classes_of_one_name_keep_their_numbers(numbered: Path):
    """ImageNet has two cranes and two maillots."""
    (numbered / "classes.txt").write_text("crane\ncrane\n")
    shards = read_shards(numbered, "train")
    assert list(learnt_classes(shards)[1]) == [1, 0, 1]
    assert list(in_terms_of(shards, ("crane", "crane"), numbered).targets) == [1, 0, 1]


def test_names_in_cls_or_json(tmp_path: Path):
    members = [("1.png", png(1)), ("1.cls", b"dog"), ("2.png", png(2)), ("2.json", b'"cat"'),
               ("3.png", png(3)), ("3.json", b'{"width": 32, "label": "dog"}')]  # fmt: skip
    tar(tmp_path / "a.tar", members)
    labels, targets = learnt_classes(read_shards(tmp_path))
    assert (labels, list(targets)) == (("cat", "dog"), [1, 0, 1])
    (tmp_path / "classes.txt").write_text("dog\n")
    with pytest.raises(DatasetError, match=r"it lacks 1: \['cat'\]"):
        learnt_classes(read_shards(tmp_path))


def test_a_number_beyond_the_file_of_classes_is_refused(numbered: Path):
    (numbered / "classes.txt").write_text("cat\n")
    with pytest.raises(DatasetError, match="below the 1 lines"):
        learnt_classes(read_shards(numbered))


@pytest.mark.parametrize("label", [b"", b"[1, 2]", b"{}", b"{", b"[" * 5000])
def test_a_picture_without_a_class_is_named(tmp_path: Path, label: bytes):
    members = [("1.png", b"x"), ("1.cls", b"0"), ("cat/2.png", b"x"), ("cat/2.json", label)]
    tar(tmp_path / "a.tar", members)
    with pytest.raises(DatasetError, match=r"a\.tar/cat/2\.png: .* 1 of 2 have none"):
        read_shards(tmp_path)


def test_the_fingerprint_follows_labels_and_names(numbered: Path, tmp_path: Path):
    def print_of(folder: Path) -> str:
        return read_labeled(folder, ("a", "b"), "train").fingerprint

    before = print_of(numbered)
    classes(tmp_path / "other/train-0.tar", [("1", "1"), ("2", "0")])
    classes(tmp_path / "other/train-1.tar", [("3", "0\n")], seed=5)
    classes(tmp_path / "other/val-0.tar", [("4", "0")])
    assert print_of(tmp_path / "other") != before
    classes(tmp_path / "other/train-1.tar", [("3", "1\n")], seed=5)
    assert print_of(tmp_path / "other") == before
