"""A foreign network's layers under our node names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.spec import Spec
from mobilenetv2.weights.infer import Conventions, Shapes
from mobilenetv2.weights.recognize.layers import Convolution, Layer, Picture, Unknown, ancestry
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.resemblance import resemblance

Task = Literal["classifier", "detector", "segmenter", "feature extractor"]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What was found in a file, and how to tell its spec from the shapes of its weights."""

    task: Task
    picture: Picture
    layers: Mapping[str, Layer]
    """Every layer but the picture that a node of ours stands for, by the node's name."""
    infer: Callable[[Shapes, Conventions], Spec]
    decisions: tuple[str, ...] = ()
    """What the file does not say and was settled by convention, in sentences."""

    @property
    def convolutions(self) -> dict[str, Convolution]:
        """The layers that have weights."""
        return {n: layer for n, layer in self.layers.items() if isinstance(layer, Convolution)}

    @property
    def by_node(self) -> dict[str, Layer]:
        """The layer that each node stands for, the picture among them."""
        return {"input": self.picture, **self.layers}

    @property
    def names(self) -> dict[int, str]:
        """The node name of each layer, by the layer's identity."""
        return {id(layer): name for name, layer in self.by_node.items()}


def refuse_unknown(network: ForeignNetwork, task: Task) -> None:
    """See that all that leads to the outputs was understood.

    Raises:
        CheckpointError: names the first operation that was not.
    """
    layers = ancestry(network.layers)
    unknown = next((layer for layer in layers if isinstance(layer, Unknown)), None)
    if unknown is not None and "edgetpu-custom-op" in unknown.operation:
        raise CheckpointError(
            "the file is compiled for an Edge TPU, its network is in a program that only the chip "
            "reads; import the .tflite it was compiled from (the same name without _edgetpu)"
        )
    if unknown is not None:
        raise CheckpointError(
            f"the file uses {unknown.operation} ({unknown.tensor!r}), which no MobileNetV2 "
            f"{task} does; " + resemblance(network)
        )
