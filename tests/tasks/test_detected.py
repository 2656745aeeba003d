"""Arrays that do not belong together are refused where they meet."""

import numpy as np
import pytest

from mobilenetv2.tasks.detected import Detected


def test_as_long_as_it_has_boxes():
    empty = Detected(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    assert len(empty) == 0


@pytest.mark.parametrize(
    ("boxes", "scores", "classes"), [((2, 4), 1, 2), ((2, 4), 2, 3), ((2, 5), 2, 2)]
)
def test_lengths_must_agree(boxes: tuple[int, int], scores: int, classes: int):
    with pytest.raises(ValueError, match=r"must be \[n, 4\], \[n\] and \[n\], got"):
        Detected(
            np.zeros(boxes, np.float32), np.zeros(scores, np.float32), np.zeros(classes, np.int64)
        )
