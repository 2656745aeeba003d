"""What a name that is no label may mean, as a word in a message."""

import pytest

from mobilenetv2.catalog.likely_labels import likely_labels, told

LABELS = ("blue", "red", "tiger cat", "Egyptian cat")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("class_blue", "blue"),
        ("001.blue", "blue"),
        ("n0212-Red", "red"),
        ("red_samples", "red"),
        ("blues", "blue"),
        ("tiger", "tiger cat"),
        ("02_Egyptian-Cat", "Egyptian cat"),
        ("cat", None),  # of two
        ("dog", None),
        ("colored", None),  # "red" is no word in it
        ("___", None),
        ("", None),
    ],
)
def test_a_name_in_other_words(name, label):
    assert likely_labels([name], LABELS).get(name) == label


def test_two_names_are_not_told_to_be_one_label():
    assert likely_labels(["blue_1", "blue_2", "class red"], LABELS) == {"class red": "red"}


def test_a_sentence_has_few_examples():
    likely = {f"x{index}": str(index) for index in range(9)}
    assert told(likely) == "perhaps 'x0' is '0', 'x1' is '1', 'x2' is '2': rename them so"
    assert told({}) == ""


def test_a_thousand_labels_take_no_time():
    labels = [f"label number {index} of many" for index in range(1000)]
    assert not likely_labels((f"stranger {index}" for index in range(10_000)), labels)
