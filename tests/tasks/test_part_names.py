"""What people call the parts of a data set."""

import pytest

from mobilenetv2.tasks.part_names import has_words, part_called, stem_and_part


@pytest.mark.parametrize(
    ("name", "part"),
    [("train", "train"), ("TRAINING", "train"), ("training_set", "train"), ("train2017", "train"),
     ("Val", "val"), ("valid", "val"), ("validation", "val"), ("dev", "val"), ("test", "test"),
     ("testing", "test"), ("evaluation", "test"), ("trainset", "train"), ("testdata", "test"),
     ("images_train", "train"), ("train_split", "train"), ("dataset_train", "train"),
     ("cat", None), ("train_station", None), ("trainer", None), ("contest", None),
     ("dataset", None), ("sunset", None), ("", None)],
)  # fmt: skip
def test_words(name: str, part: str | None):
    assert part_called(name) == part


@pytest.mark.parametrize(
    ("name", "found"),
    [("seg_train", (("seg",), "train")), ("asl_alphabet_test", (("asl", "alphabet"), "test")),
     ("Train_Birds", (("birds",), "train")), ("birds-valset", (("birds",), "val")),
     ("train", None), ("seg", None), ("train_test", None), ("test_tube_train", None)],
)  # fmt: skip
def test_the_words_beside_a_part(name: str, found: tuple[tuple[str, ...], str] | None):
    assert stem_and_part(name) == found


def test_a_name_has_words_in_any_order():
    assert has_words("seg_pred", ("seg",))
    assert has_words("Pred Seg", ("seg",))
    assert not has_words("segment_pred", ("seg",))
