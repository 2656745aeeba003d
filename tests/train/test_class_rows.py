"""Classes of two networks are matched by label, whatever their order."""

from mobilenetv2.train.class_rows import class_rows


def test_another_order_is_followed():
    assert class_rows(("cow", "ant"), ("ant", "bee", "cow")) == (2, 0)


def test_case_spaces_and_underscores_count_where_they_tell_classes_apart():
    assert class_rows(("polar_bear", "Ant"), ("ant", "polar bear")) == (1, 0)
    assert class_rows(("ant", "Ant"), ("Ant", "ant")) == (1, 0)


def test_two_classes_of_one_name_keep_their_order():
    """ImageNet's crane is a bird and a machine."""
    assert class_rows(("crane", "crane", "bus"), ("crane", "bus", "crane")) == (0, 2, 1)


def test_an_unknown_class_has_no_row():
    assert class_rows(("ant", "elk"), ("elk", "bee")) == (None, 0)
