"""What numbers a TFLite file holds: the walk over the graph is the same for float and integers."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from mobilenetv2.export.tflite_writer import Dtype, Steps
from mobilenetv2.network.graph import Conv
from mobilenetv2.weights.checkpoint import Weights


class Numbers(Protocol):
    """Types, quantisation and constants of a file."""

    @property
    def activations(self) -> Dtype:
        """How maps are stored."""
        ...

    def steps(self, node: str) -> Steps | None:
        """The quantisation of a node's map; None in a float file."""
        ...

    def weight(self, conv: Conv) -> tuple[npt.NDArray[np.generic], Dtype, Steps | None]:
        """[out, in / groups, kernel height, kernel width], its type, its steps along axis 0."""
        ...

    def bias(self, conv: Conv) -> tuple[npt.NDArray[np.generic], Dtype, Steps | None]:
        """[out], its type, its steps."""
        ...


class FloatNumbers:
    """Everything in float32."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    @property
    def activations(self) -> Dtype:
        """float32."""
        return "float32"

    def steps(self, node: str) -> None:
        """None: nothing is quantised."""

    def weight(self, conv: Conv) -> tuple[npt.NDArray[np.generic], Dtype, Steps | None]:
        """The weight as it is."""
        return self._weights[f"{conv.name}.weight"], "float32", None

    def bias(self, conv: Conv) -> tuple[npt.NDArray[np.generic], Dtype, Steps | None]:
        """The bias as it is."""
        return self._weights[f"{conv.name}.bias"], "float32", None
