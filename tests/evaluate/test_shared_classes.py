"""Classes are matched by name, never by number."""

import pytest

from mobilenetv2.errors import DatasetError
from mobilenetv2.evaluate.shared_classes import share_classes


def test_both_sides_keep_what_the_other_does_not_have():
    shared = share_classes(["person", "tree", "dog"], ["dog", "cat", "person"])
    assert shared.labels == ("person", "dog")
    assert shared.of_data.tolist() == [0, -1, 1]
    assert shared.of_model.tolist() == [1, -1, 0]
    assert (shared.only_data, shared.only_model) == (("tree",), ("cat",))
    assert not shared.respelled


def test_case_and_separators_do_not_count_and_are_told():
    shared = share_classes(["traffic light", "person"], ["Traffic_light", "Person"])
    assert shared.of_model.tolist() == [0, 1]
    assert shared.respelled == {"Traffic_light": "traffic light", "Person": "person"}


def test_an_exact_name_goes_before_a_like_one():
    shared = share_classes(["Cell", "cell"], ["cell", "CELL"])
    assert shared.of_model.tolist() == [1, 0]


def test_names_that_stand_twice_are_one_class():
    shared = share_classes(["crane"], ["crane", "crane"])
    assert shared.of_model.tolist() == [0, 0]


def test_nothing_in_common_is_refused():
    with pytest.raises(DatasetError, match=r"model's begin \['ant'\], the data set's \['bee'\]"):
        share_classes(["bee"], ["ant"])


def test_a_data_set_of_the_models_own_classes_shares_all_even_those_called_alike():
    shared = share_classes(["n/a", "person", "n/a"], ("n/a", "person", "n/a"))
    assert shared.of_data.tolist() == shared.of_model.tolist() == [0, 1, 2]
    assert shared.only_data == shared.only_model == ()
