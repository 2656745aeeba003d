"""The boxes a detector found in one picture, as arrays: what is judged and what is written."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Detected:
    """Boxes in one picture, in any order; there may be none."""

    boxes: npt.NDArray[np.float32] = field(repr=False)
    """[boxes, 4]: (left, top, right, bottom) in pixels of the original picture."""
    scores: npt.NDArray[np.float32] = field(repr=False)
    """[boxes]: 0..1."""
    classes: npt.NDArray[np.int64] = field(repr=False)
    """[boxes]: indices into the labels of whoever found them."""

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together.

        Raises:
            ValueError: the arrays are of different lengths, or boxes have not four numbers.
        """
        count = len(self.boxes)
        if self.boxes.shape != (count, 4) or not count == len(self.scores) == len(self.classes):
            raise ValueError(
                "boxes, scores and classes must be [n, 4], [n] and [n], got "
                f"{self.boxes.shape}, {self.scores.shape} and {self.classes.shape}"
            )

    def __len__(self) -> int:
        """How many boxes there are."""
        return len(self.boxes)
