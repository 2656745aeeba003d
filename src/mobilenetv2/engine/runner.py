"""What every backend is to the rest of the package."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.float32] | npt.NDArray[np.uint8]


class Runner(Protocol):
    """A network ready to run: a plain function of pictures."""

    def __call__(self, images: Images) -> Mapping[str, npt.NDArray[np.float32]]:
        """Run a batch.

        Args:
            images: [N, height, width, 3], float32 and preprocessed, or uint8 pixels where the
                runner knows how pixels are prepared.

        Returns:
            For each output of the graph its map, float32 [N, height, width, channels].
        """
        ...
