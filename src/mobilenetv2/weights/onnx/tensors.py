"""What every tensor of an ONNX graph is: a view of a layer, or numbers."""

from math import nan
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Shape
from mobilenetv2.weights.budget import Budget
from mobilenetv2.weights.onnx.model import Model, Node
from mobilenetv2.weights.recognize.layers import Clamp, Doubles, Layer, Unknown
from mobilenetv2.weights.recognize.view import NCHW, View

Numbers = npt.NDArray[Any]


class Tensors:
    """Filled by the translator, in the order of the nodes."""

    def __init__(self, model: Model, budget: Budget, picture: View) -> None:
        self._model = model
        self.budget = budget
        self.views: dict[str, View] = {model.inputs[0].name: picture}
        self.constants: dict[str, Numbers] = {}
        self.rounded: dict[str, tuple[float, float]] = {}
        """Results of QuantizeLinear: (scale, zero point)."""
        self.ranges: dict[Layer, Clamp] = {}
        """Of the layers that they are: (lowest, highest) that their integers can say."""
        self.saturated: dict[tuple[Layer, Clamp], Layer] = {}
        """What a rounding makes of a layer: the same one, however many round it."""

    def output_view(self, name: str) -> View:
        """What a tensor is; one that no node wrote is unknown."""
        if name in self.views:
            return self.views[name]
        return View(Unknown(name, Shape(1, 1, 1), "a tensor that nothing computes", ()), NCHW)

    def put_constant(self, node: Node) -> None:
        """Keep the numbers of a Constant node.

        Raises:
            CheckpointError: none that can be read.
        """
        name = node.outputs[0]
        stored = node.constant("value")
        if stored is not None:
            self.constants[name] = stored.array(self.budget)
        elif node.integers("value_ints") is not None:
            self.constants[name] = np.array(node.integers("value_ints"), np.int64)
        elif "value_int" in node.attributes:
            self.constants[name] = np.array(node.integer("value_int", 0))
        elif "value_float" in node.attributes:
            self.constants[name] = np.array(node.float32("value_float", 0.0), np.float32)
        else:
            raise CheckpointError(f"the constant {name!r} has no value that can be read")

    def limit(self, node: Node, place: int, default: float) -> float:
        """A limit given as an input; NaN where it is no single number."""
        if place >= len(node.inputs) or not node.inputs[place]:
            return default
        numbers = self.numbers(node, place)
        if numbers is None or numbers.size != 1:
            return nan
        return float(numbers.reshape(-1)[0])

    def unknown(self, node: Node, name: str) -> View:
        """The result of a node that no MobileNetV2 has."""
        sources = [self.views[source].layer for source in node.inputs if source in self.views]
        shape = sources[0].shape if sources else Shape(1, 1, 1)
        return View(Unknown(name, shape, node.operation, tuple(sources)), NCHW)

    def view(self, node: Node, place: int) -> View | None:
        """The view of an input; None for a constant and for one that is left out."""
        return self.views.get(node.inputs[place]) if place < len(node.inputs) else None

    def numbers(self, node: Node, place: int) -> Numbers | None:
        """The constant at a place; None for a view and for an input that is left out."""
        return self.named(node.inputs[place]) if place < len(node.inputs) else None

    def named(self, name: str) -> Numbers | None:
        """A constant by its name, decoded once."""
        if name not in self.constants and name in self._model.constants:
            self.constants[name] = self._model.constants[name].array(self.budget)
        return self.constants.get(name)

    def bias(self, node: Node, place: int) -> Doubles | None:
        """Float64 [channels]; None where the node has no bias.

        Raises:
            CheckpointError: a bias that is computed from the picture.
        """
        numbers = self.numbers(node, place)
        if numbers is None and place < len(node.inputs) and node.inputs[place]:
            raise CheckpointError(f"{node.outputs[0]}: its bias is not a constant")
        return None if numbers is None else numbers.astype(np.float64)

    def integers(self, node: Node, place: int) -> list[int]:
        """A short list of whole constants, empty where there is none.

        Raises:
            CheckpointError: floats, which are no axes, sizes or pads.
        """
        numbers = self.numbers(node, place)
        if numbers is None:
            return []
        if not np.issubdtype(numbers.dtype, np.integer):
            raise CheckpointError(
                f"a {node.operation} takes whole numbers in place {place}, got {numbers.dtype}; "
                "the file is corrupt"
            )
        return [int(value) for value in numbers.reshape(-1)[:64]]

    def axes(self, node: Node, place: int) -> list[int]:
        """An attribute in older opsets, an input in newer ones."""
        return list(node.integers("axes") or self.integers(node, place))
