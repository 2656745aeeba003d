"""Lists of labels in shards: names and numbers, none at all, and what is refused."""

import json
from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.labeled_shards import read_shards
from mobilenetv2.tasks.multi_labeled import has_label_table, read_multi_labeled
from mobilenetv2.tasks.multi_labeled_shards import read_label_shards
from tests.shards.tars import png, tar


def listed(path: Path, *labels: object) -> Path:
    """A shard of as many pictures, each with a KEY.json."""
    members = []
    for number, content in enumerate(labels):
        members += [
            (f"{number}.png", png(number)),
            (f"{number}.json", json.dumps(content).encode()),
        ]
    tar(path, members)
    return path


def test_names_under_any_usual_word(tmp_path: Path):
    shard = listed(
        tmp_path / "a.tar",
        {"labels": ["cat", "dog", "cat"]},
        ["cow"],
        {"tags": []},
        {"label": "dog"},
    )
    rows = read_label_shards(shard)
    assert rows.labels == (("cat", "dog"), ("cow",), (), ("dog",))
    assert rows.classes == ("cat", "cow", "dog")
    assert has_label_table(shard)
    assert read_multi_labeled(shard, ("dog", "cow", "cat")).targets == ((0, 2), (1,), (), (0,))


def test_numbers_are_lines_of_the_file_of_classes_or_a_model_s(tmp_path: Path):
    shard = listed(tmp_path / "a.tar", {"label": [2, 0]}, {"label": 1})
    assert read_label_shards(shard).classes == ("class 0", "class 1", "class 2")
    assert read_multi_labeled(shard, ("x", "y", "z")).targets == ((0, 2), (1,))
    with pytest.raises(DatasetError, match=r"below the 2 names .* got 2"):
        read_multi_labeled(shard, ("x", "y"))
    (tmp_path / "classes.txt").write_text("ant\nbee\ncow\n")
    assert read_label_shards(shard).labels == (("cow", "ant"), ("bee",))


def test_one_label_each_is_no_list(tmp_path: Path):
    assert not has_label_table(listed(tmp_path / "a.tar", {"label": "cat"}, "dog"))


@pytest.mark.parametrize("said", [{}, {"labels": [""]}, {"labels": [["cat"]]}, {"labels": 1.5}])
def test_a_picture_of_which_nothing_is_said(tmp_path: Path, said: object):
    shard = listed(tmp_path / "a.tar", {"labels": ["cat"]}, said)
    with pytest.raises(
        DatasetError, match=r"a\.tar/1\.png: every picture needs its labels.* 1 of 2"
    ):
        read_label_shards(shard)


def test_a_name_that_the_file_of_classes_lacks(tmp_path: Path):
    (tmp_path / "classes.txt").write_text("cat\n")
    with pytest.raises(DatasetError, match=r"lacks 1: \['dog'\]"):
        read_label_shards(listed(tmp_path / "a.tar", ["dog", "cat"]))


def test_a_model_of_one_class_a_picture_wants_no_lists(tmp_path: Path):
    with pytest.raises(DatasetError, match="--multi-label"):
        read_shards(listed(tmp_path / "a.tar", ["dog", "cat"], ["cow"]))
