"""Names of classes that files leave out."""

import pytest

from mobilenetv2.catalog.labels import (
    UNUSED,
    coco_id_labels,
    coco_labels,
    detector_labels,
    fit_labels,
    imagenet_labels,
    voc_labels,
)
from mobilenetv2.errors import CheckpointError


def test_the_lists_are_those_of_the_data_sets():
    assert len(imagenet_labels()) == 1000
    assert voc_labels() == tuple(sorted(voc_labels()))
    assert (len(voc_labels()), voc_labels()[14]) == (20, "person")
    assert (len(coco_labels()), coco_labels()[0], coco_labels()[-1]) == (
        80, "person", "toothbrush",
    )  # fmt: skip


def test_coco_ids_have_gaps():
    # Category 13 is the stop sign, 12 was never drawn.
    assert coco_id_labels()[11:13] == (UNUSED, "stop sign")
    assert len(coco_id_labels()) == 90
    assert coco_id_labels().count(UNUSED) == 10


@pytest.mark.parametrize(
    ("classes", "labels"),
    [(20, voc_labels()), (80, coco_labels()), (90, coco_id_labels()), (2, ("class 0", "class 1"))],
)
def test_a_detector_without_names_gets_those_of_its_number_of_classes(classes, labels):
    assert detector_labels(classes) == labels


def test_a_background_in_front_is_left_out():
    assert fit_labels(("BACKGROUND", "cat", "dog"), 2) == ("cat", "dog")
    with pytest.raises(CheckpointError, match="2 classes, so it needs 2 labels"):
        fit_labels(("cat", "dog", "emu"), 2)
