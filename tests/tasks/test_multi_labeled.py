"""Pictures with several labels: where tables lie, and what they come to."""

from pathlib import Path

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.multi_labeled import has_label_table, label_tables, read_multi_labeled
from tests.train.drawn_labels import draw_labels, write_columns, write_joined

LABELS = ("red", "blue")


def test_labels_are_the_models_in_its_order(tmp_path: Path):
    rows = draw_labels(tmp_path / "set", 4)
    found = read_multi_labeled(write_joined(tmp_path / "set" / "labels.csv", rows), LABELS)
    assert found.targets == ((), (1,), (0,), (0, 1))
    assert found.counts(2) == [2, 2]
    assert all(path.is_file() for path in found.paths)
    assert found.name.endswith("/set")
    again = read_multi_labeled(tmp_path / "set", LABELS)
    assert (again.targets, again.fingerprint) == (found.targets, found.fingerprint)
    assert read_multi_labeled(tmp_path / "set", LABELS[::-1]).fingerprint != found.fingerprint


def test_parts_are_folders_as_roboflow_has_them_or_tables(tmp_path: Path):
    for place, (part, count) in enumerate({"train": 8, "valid": 4}.items()):
        rows = draw_labels(tmp_path / "folders" / part, count, 100 * place)
        write_columns(tmp_path / "folders" / part / "_classes.csv", rows)
        (tmp_path / "tables").mkdir(exist_ok=True)
        rows = draw_labels(tmp_path / "tables" / "images", count, 100 * place)
        write_joined(tmp_path / "tables" / f"{part}.csv", rows)
    for data in (tmp_path / "folders", tmp_path / "tables"):
        assert set(label_tables(data)) == {"train", "val"}
        assert len(read_multi_labeled(data, LABELS, "val").paths) == 4
        whole = read_multi_labeled(data, LABELS)
        assert len(whole.paths) == 12
        assert "all are taken" in whole.notes[0]
        assert all(path.is_file() for path in whole.paths)
    with pytest.raises(DatasetError, match="no split 'test'; the splits are: train, val"):
        read_multi_labeled(tmp_path / "tables", LABELS, "test")


def test_a_folder_a_class_with_a_table_beside_is_a_folder_a_class(tmp_path: Path):
    for name in LABELS:
        draw_labels(tmp_path / name, 1)
    write_joined(tmp_path / "labels.csv", [("red/0.png", ("red",))])
    assert not has_label_table(tmp_path)
    assert has_label_table(tmp_path / "labels.csv")
    assert not has_label_table(tmp_path / "red")


@pytest.mark.parametrize("rows", ["a,b,c\n1,2,3\n", "id\n0\n"])
def test_folders_count_where_a_table_beside_says_nothing(tmp_path: Path, rows: str):
    for name in ("train/red", "train/blue", "test/red"):
        draw_labels(tmp_path / name, 1)
    for data in (tmp_path, tmp_path / "train"):
        (data / "train.csv").write_text(rows)
        assert not has_label_table(data)


def test_a_label_that_the_model_lacks_is_refused(tmp_path: Path):
    table = write_joined(tmp_path / "labels.csv", [("0.png", ("red", "green"))])
    with pytest.raises(DatasetError, match=r"1 of 2 are not: \['green'\]"):
        read_multi_labeled(table, LABELS)
    with pytest.raises(DatasetError, match="read from a table"):
        read_multi_labeled(tmp_path / "none", LABELS)
