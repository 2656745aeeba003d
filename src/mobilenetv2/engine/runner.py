"""What every backend is to the rest of the package."""

from typing import Protocol

import numpy as np
import numpy.typing as npt


class Runner(Protocol):
    """A network ready to run: a plain function of pictures."""

    def __call__(self, images: npt.NDArray[np.float32]) -> dict[str, npt.NDArray[np.float32]]:
        """Run a batch.

        Args:
            images: float32 [N, height, width, 3], preprocessed.

        Returns:
            For each output of the graph its map, float32 [N, height, width, channels].
        """
        ...
