"""Which labels a picture has, in the ways that tables say it."""

from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.label_table import read_label_table

EXPECTED = {"a.png": {"fire truck", "tree"}, "b.png": set(), "c.png": {"tree"}}

TABLES = {
    "joined by |": "path,labels\na.png,fire truck|tree\nb.png,\nc.png,tree\n",
    "joined by ;": "image,label\na.png,fire truck; tree\nb.png,\nc.png,tree\n",
    "commas": 'image,tags\na.png,"fire truck,tree"\nb.png,\nc.png,tree\n',
    "a Python list": "path,labels\na.png,\"['fire truck', 'tree']\"\nb.png,[]\nc.png,['tree']\n",
    "a line a label": "path,label\na.png,fire truck\na.png,tree\nb.png,\nc.png,tree\n",
    "columns": "filename,fire truck,tree\na.png,1,1\nb.png,0,0\nc.png,0,1\n",
    "columns of words": "id,fire truck,tree\na.png,True,True\nb.png,False,False\nc.png,0,1.0\n",
}


def table(folder: Path, text: str) -> Path:
    (folder / "labels.csv").write_text(text, "utf-8")
    return folder / "labels.csv"


@pytest.mark.parametrize("name", TABLES)
def test_every_way_says_the_same(name: str, tmp_path: Path):
    rows = read_label_table(table(tmp_path, TABLES[name]))
    found = {path.name: set(own) for path, own in zip(rows.paths, rows.labels, strict=True)}
    assert found == EXPECTED
    assert rows.classes == ("fire truck", "tree")
    assert rows.several


def test_spaces_divide_in_a_list_where_nothing_else_does(tmp_path: Path):
    rows = read_label_table(table(tmp_path, "image_name,tags\na.png,haze primary\nb.png,clear\n"))
    assert rows.labels == (("haze", "primary"), ("clear",))
    assert "divided by spaces" in rows.notes[0]


def test_a_label_of_two_words_is_one_label(tmp_path: Path):
    """Also one with a comma, as ImageNet's have: only lists are divided by them."""
    text = 'path,label\na.png,fire truck\nb.png,"tench, Tinca tinca"\n'
    rows = read_label_table(table(tmp_path, text))
    assert rows.labels == (("fire truck",), ("tench, Tinca tinca",))
    assert not rows.several


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,colour\na.png,red\n", "must begin with a line .* got 'name,colour'"),
        ("filename,red,size\na.png,1,48\n", "'size' has '48'; remove what is no label"),
        ("path\na.png\n", "must begin with a line"),
        ("", "must begin with a line"),
    ],
)
def test_what_is_no_table_of_labels_is_refused(text: str, message: str, tmp_path: Path):
    with pytest.raises(DatasetError, match=message):
        read_label_table(table(tmp_path, text))
