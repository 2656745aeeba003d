"""An answer that is no number is no answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mobilenetv2.errors import CheckpointError

# A compiled classifier names its answers without numpy.
if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def require_finite(
    outputs: Mapping[str, npt.NDArray[np.float32]],
) -> Mapping[str, npt.NDArray[np.float32]]:
    """A network's outputs as they are.

    Raises:
        CheckpointError: one holds NaN or infinity.
    """
    import numpy as np

    for name, output in outputs.items():
        if not np.isfinite(output).all():
            raise not_finite(name)
    return outputs


def not_finite(output: str) -> CheckpointError:
    """What is raised instead of an answer that says "nan"."""
    return CheckpointError(
        f"the network answers with numbers that are not finite (its {output}); its weights are "
        "damaged or their training diverged: export or train it anew"
    )
