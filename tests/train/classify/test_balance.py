"""Of an uneven set, what comes how often."""

from pathlib import Path

from mobilenetv2.tasks.labeled import LabeledPictures
from mobilenetv2.train.classify.balance import balance_told, balanced, times_each


def pictures(*counts: int) -> LabeledPictures:
    targets = [index for index, count in enumerate(counts) for _ in range(count)]
    return LabeledPictures("x/y", tuple(Path(f"{n}.jpg") for n in range(len(targets))), (*targets,))


def test_the_square_root_of_how_rare_a_class_is():
    assert times_each(pictures(500, 10, 100).targets, 0.5) == {0: 1, 1: 7, 2: 2}


def test_half_as_many_is_even_enough():
    data = pictures(40, 20)
    assert balanced(data, 0.5) is data
    assert balance_told(data, ("a", "b"), 0.5) == ""


def test_all_alike_at_most_ten_times():
    assert times_each(pictures(50, 5, 1).targets, 1.0) == {0: 1, 1: 10, 2: 10}
    assert times_each(pictures(50, 5, 1).targets, 0.0) == {0: 1, 1: 1, 2: 1}


def test_every_repetition_is_a_picture_of_its_own():
    """Chance depends on the place in the list, so each is augmented in another way."""
    repeated = balanced(pictures(100, 2), 0.5)
    assert repeated.targets.count(0) == 100
    assert repeated.targets.count(1) == 14
    assert repeated.paths.count(Path("101.jpg")) == 7
    said = balance_told(pictures(100, 2), ("frequent", "rare"), 0.5)
    assert "more often of rare 7 times (balance 0.5" in said
