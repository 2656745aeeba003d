"""Figures on pictures that taught are told of as such."""

import pytest

from mobilenetv2.evaluate.learnt import learnt_notes

FIFTHS = "fine-tuned on pets/photos, four fifths: 80 pictures, 2 classes, 20 epochs at 224x224"
WHOLE = "fine-tuned on pets/train: 80 pictures, 2 classes, 20 epochs at 224x224"
BOXES = "trained as a detector on cells (train): 80 pictures, 90 boxes, 1 classes, 9 epochs"


@pytest.mark.parametrize(
    ("deed", "name", "split", "told"),
    [
        (FIFTHS, "pets/photos", None, "--split 'held-out fifth'"),
        (FIFTHS, "pets/photos, held-out fifth", None, ""),
        (FIFTHS, "pets/photo", None, ""),
        (WHOLE, "pets/train", None, "has learnt from pets/train"),
        (WHOLE, "pets/test", None, ""),
        (BOXES, "cells", "train", "has learnt from cells"),
        (BOXES, "cells", "test", ""),
        (BOXES.replace("(train)", "(four fifths)"), "cells", "all", "four fifths of cells"),
    ],
)
def test_who_taught_does_not_judge(deed: str, name: str, split: str | None, told: str) -> None:
    notes = learnt_notes(("imported", deed), name, split)
    assert len(notes) == bool(told)
    assert told in "".join(notes)
