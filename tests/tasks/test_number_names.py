"""Numbered classes of a table, and the JSON beside it that says what they are called."""

import json

import pytest

from mobilenetv2.tasks.labeled import read_labeled
from mobilenetv2.tasks.number_names import number_names
from mobilenetv2.train.classify.data import read_training_data
from mobilenetv2.train.classify.label_data import read_table_data
from tests.datasets.annotated import picture

NAMES = ("Bacterial Blight", "Brown Streak", "Healthy")


@pytest.fixture
def leaves(tmp_path):
    """As Kaggle has Cassava's: numbers in a table, names in a JSON beside it."""
    rows = ["image_id,label"]
    for index in range(12):
        picture(tmp_path / f"train_images/{index}.jpg")
        rows.append(f"{index}.jpg,{index % 3}")
    (tmp_path / "train.csv").write_text("\n".join(rows) + "\n")
    names = tmp_path / "label_num_to_disease_map.json"
    names.write_text(json.dumps(dict(zip("012", NAMES, strict=True))))
    return tmp_path


def test_a_table_is_learnt_by_the_names_of_its_numbers(leaves):
    for found in (read_training_data(leaves / "train.csv", None), read_table_data(leaves, None)):
        assert found.labels == NAMES
        assert sum("label_num_to_disease_map.json names: 0 is 'Bact" in note
                   for note in found.training.notes) == 1  # fmt: skip


def test_it_is_judged_by_the_names_whatever_the_models_order(leaves):
    table, turned = leaves / "train.csv", NAMES[::-1]
    targets = {path.name: target for path, target in _pairs(read_labeled(table, turned))}
    assert [targets[f"{index}.jpg"] for index in range(3)] == [2, 1, 0]
    # A model of other names is judged by number, as ever, and nothing is said of names.
    judged = read_labeled(table, ("a", "b", "c"))
    assert sorted(judged.targets) == [0] * 4 + [1] * 4 + [2] * 4
    assert not any("names" in note for note in judged.notes)


def _pairs(pictures):
    return zip(pictures.paths, pictures.targets, strict=True)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"0": "a", "1": "b"}, {"0": "a", "1": "b"}),
        ({"a": 0, "b": 1}, {"0": "a", "1": "b"}),  # Keras' class_indices
        ({"0": "a", "1": "b", "2": "c"}, {"0": "a", "1": "b"}),
        ({"0": "a"}, {}),
        ({"0": "a", "1": "a"}, {}),
        ({"0": "a", "1": ""}, {}),
        ({"0": "a", "one": "b"}, {}),
        (["a", "b"], {}),
        ({"0": ["a"], "1": ["b"]}, {}),
        ({"0": "a\ud800", "1": "b"}, {}),
        ({"info": {}, "images": []}, {}),
    ],
    ids=str,
)
def test_what_counts_as_names(tmp_path, content, expected):
    (tmp_path / "names.json").write_text(json.dumps(content))
    assert number_names(tmp_path / "labels.csv", ["0", "1", "1"]).of == expected


def test_two_files_that_differ_are_told_of_and_neither_counts(tmp_path):
    (tmp_path / "a.json").write_text('{"0": "x", "1": "y"}')
    (tmp_path / "b.json").write_text('{"0": "y", "1": "x"}')
    found = number_names(tmp_path / "labels.csv", ["0", "1"])
    assert (dict(found.of), len(found.notes)) == ({}, 1)
    assert "a.json and b.json name its classes differently" in found.notes[0]


@pytest.mark.parametrize("content", ["{", "[" * 100_000, '{"' + "9" * 5000 + '": "a"}'])
def test_a_broken_file_names_nothing(tmp_path, content):
    (tmp_path / "a.json").write_text(content)
    assert not number_names(tmp_path / "labels.csv", ["0"]).of


def test_labels_that_are_no_numbers_stay(tmp_path):
    (tmp_path / "a.json").write_text('{"0": "x", "1": "y"}')
    assert not number_names(tmp_path / "labels.csv", ["0", "cat"]).of
