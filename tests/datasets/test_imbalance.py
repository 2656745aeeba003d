"""Rare classes are told of by the rule of a tenth."""

from mobilenetv2.datasets.imbalance import imbalance_note, rare_classes


def test_a_class_is_rare_below_a_tenth_of_the_largest_and_empty_ones_are_not():
    assert rare_classes([100, 10, 9, 1, 0]) == (3, 2)
    assert rare_classes([5, 5, 5]) == ()
    assert rare_classes([]) == ()


def test_the_sentence_names_the_rarest_first_and_not_all_of_many():
    labels = [f"c{index}" for index in range(12)]
    note = imbalance_note(labels, [1000, *range(11, 0, -1)], "boxes")
    assert note.startswith("11 classes have fewer than a tenth of the boxes of 'c0', 1000 (c11 1, ")
    assert "and 3 more" in note
    assert imbalance_note(labels, [1] * 12, "boxes") == ""
