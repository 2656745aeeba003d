"""YAML as text, lists and mappings, within bounds."""

import time
from pathlib import Path

import pytest

from mobilenetv2.datasets.plain_yaml import MAX_YAML_BYTES, read_plain_yaml
from mobilenetv2.datasets.yolo_yaml import read_yolo_yaml
from mobilenetv2.errors import DatasetError


def written(folder: Path, text: str) -> Path:
    file = folder / "data.yaml"
    file.write_text(text, "utf-8")
    return file


def test_anchors_and_aliases_are_followed(tmp_path: Path):
    file = written(tmp_path, "own: &own [ant, bee]\nnames: *own\n")
    assert read_yolo_yaml(file).labels == ("ant", "bee")


def test_names_are_text_whatever_they_look_like(tmp_path: Path):
    file = written(tmp_path, "names: [no, 007, 2020-01-01, ~x, 1e3]")
    assert read_yolo_yaml(file).labels == ("no", "007", "2020-01-01", "~x", "1e3")


def test_a_list_over_several_lines_and_block_mappings_with_flow_inside(tmp_path: Path):
    file = written(tmp_path, "names: [\n  ant,\n  bee,\n]\nroboflow:\n  a: {b: [c]}\n")
    assert read_yolo_yaml(file).labels == ("ant", "bee")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &a [x]\n" + "".join(f"k{i}: *a\n" for i in range(101)), "100 aliases"),
        ("a: " + "[" * 60 + "]" * 60, "50 deep"),
        ("a: " + "[" * 5000, "deep"),
        ("a: 1\na: 2", "twice"),
        ("a: !!python/name:os.system x", "tag"),
        ("[a]: b", "key must be plain"),
        ("- a\n- b", "must be a mapping"),
        ('a: "\\xq"', "YAML"),
        ("a: b\n---\nc: d", "YAML"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, reason: str):
    with pytest.raises(DatasetError, match=rf"data\.yaml.*{reason}"):
        read_plain_yaml(written(tmp_path, text))


def test_large_files_are_refused_before_they_are_parsed(tmp_path: Path):
    file = written(tmp_path, "names: [" + "a, " * (MAX_YAML_BYTES // 2) + "]")
    with pytest.raises(DatasetError, match="1,000,000 bytes"):
        read_plain_yaml(file)


def test_aliases_of_aliases_do_not_grow(tmp_path: Path):
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    assert "a39" in read_plain_yaml(written(tmp_path, "\n".join(lines)))


def test_many_names_take_time_in_proportion(tmp_path: Path):
    """Half a second; a reader that grows with the square takes minutes."""
    file = written(tmp_path, "names:\n" + "".join(f"- n{i}\n" for i in range(10_000)))
    begin = time.process_time()
    assert len(read_yolo_yaml(file).labels) == 10_000
    assert time.process_time() - begin < 10


@pytest.mark.parametrize("ids", ["9" * 500, "1e400", "-1", "0x1"])
def test_ids_that_are_none_are_named(tmp_path: Path, ids: str):
    with pytest.raises(DatasetError, match="ids of names must run from 0"):
        read_yolo_yaml(written(tmp_path, f"names: {{{ids}: ant}}"))


def test_gaps_between_the_ids_have_a_way_out(tmp_path: Path):
    with pytest.raises(DatasetError, match="give a number that no box has a name as well"):
        read_yolo_yaml(written(tmp_path, "names: {0: ant, 3: bee}"))


@pytest.mark.parametrize("entry", ["a" * 5000, '"a\\0b"'])
def test_paths_that_no_file_can_have_are_refused(tmp_path: Path, entry: str):
    with pytest.raises(DatasetError, match="a path may have"):
        read_yolo_yaml(written(tmp_path, f"train: {entry}\nnames: [ant]"))
