"""Holding pictures out, and names of parts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mobilenetv2.datasets.boxes import BoxedPicture, BoxedPictures
from mobilenetv2.datasets.held_out import hold_out_boxes
from mobilenetv2.datasets.split_names import ByName, choose, parse_by_name
from mobilenetv2.errors import DatasetError


def data(classes: list[int]) -> BoxedPictures:
    """A picture with one box for each class given."""
    found = []
    for number, index in enumerate(classes):
        found.append(
            BoxedPicture(
                Path(f"{number}.png"), str(number), (9, 9), np.array([[0, 0, 5, 5]], np.float32),
                np.array([index]), np.array([False]), np.array([25.0]),
            )
        )  # fmt: skip
    return BoxedPictures("bugs", "all", ("ant", "bee"), tuple(found))


def test_a_fifth_is_held_out_whatever_the_order():
    whole = data([0] * 20)
    training, held = hold_out_boxes(whole)
    assert (len(training.pictures), len(held.pictures)) == (16, 4)
    assert (training.split, held.split) == ("four fifths", "held-out fifth")
    turned = replace(whole, pictures=whole.pictures[::-1])
    assert hold_out_boxes(turned)[1].fingerprint == held.fingerprint


def test_the_last_example_of_a_class_stays_for_training():
    for rare in range(5):
        classes = [0] * 5
        classes[rare] = 1
        training, held = hold_out_boxes(data(classes))
        assert 1 in {int(picture.classes[0]) for picture in training.pictures}
        assert len(held.pictures) == 1


@pytest.mark.parametrize("classes", [[0], [0, 1]])
def test_too_little_cannot_be_split(classes: list[int]):
    with pytest.raises(DatasetError, match="give validation pictures instead"):
        hold_out_boxes(data(classes))


@pytest.mark.parametrize("text", ["last 40", "last40", "last:40", "last-40", "last 40 by name"])
def test_the_last_by_name_can_be_written_in_many_ways(text: str):
    assert parse_by_name(text) == ByName("last", 40)
    assert str(parse_by_name(text)) == "last 40 by name"


@pytest.mark.parametrize("text", ["last", "last 0", "40", "latest 4", "val"])
def test_other_texts_are_names(text: str):
    assert parse_by_name(text) is None


def test_there_must_be_as_many_as_are_asked_for():
    paths = [Path(f"{name}.png") for name in "cab"]
    assert ByName("first", 2).among(paths) == {Path("a.png"), Path("b.png")}
    with pytest.raises(DatasetError, match="needs 4 pictures, there are 3"):
        ByName("last", 4).among(paths)


def test_parts_are_found_but_for_case_year_and_synonyms():
    parts = {"train2017": 1, "Valid": 2, "odd": 3}
    assert [choose(name, parts, Path()) for name in ("train", "val", "odd")] == [1, 2, 3]
    with pytest.raises(DatasetError, match="the splits are: Valid, odd, train2017"):
        choose("test", parts, Path())
    with pytest.raises(DatasetError, match="several are called 'val'"):
        choose("val", {"val2014": 1, "val2017": 2}, Path())
