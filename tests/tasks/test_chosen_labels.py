"""Names mean classes, in any case, alone or several in one word."""

import pytest

from mobilenetv2.tasks.chosen_labels import chosen_classes

LABELS = ("ant", "Bee", "hen, chicken", "ant")


@pytest.mark.parametrize(
    ("wanted", "classes"),
    [
        (["bee"], {1}),
        (["ant"], {0, 3}),
        (["ANT,Bee"], {0, 1, 3}),
        (["hen, chicken"], {2}),
        (["bee", " hen, chicken "], {1, 2}),
    ],
)
def test_names(wanted: list[str], classes: set[int]):
    assert chosen_classes(LABELS, wanted) == classes


def test_no_names_are_all_classes():
    assert chosen_classes(LABELS, ()) is None


def test_an_unknown_name_is_told_with_its_likes():
    with pytest.raises(ValueError, match=r"among the model's 4, got 'beee'; near it are 'Bee'"):
        chosen_classes(LABELS, ["ant,beee"])
    with pytest.raises(ValueError, match=r"got 'zebra'$"):
        chosen_classes(LABELS, ["zebra"])


def test_a_label_that_holds_the_word_is_nearer_than_one_spelt_alike():
    labels = ("crate", "oxcart", "tiger cat", "Egyptian_cat", "castle", "cats")
    with pytest.raises(ValueError, match=r"near it are 'tiger cat', 'Egyptian_cat', 'cats'$"):
        chosen_classes(labels, ["cat"])
