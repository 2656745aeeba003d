"""A network kept in integers of eight bits: what they stand for, map by map and weight by weight.

Every map is uint8 and `real = scale * (stored - zero_point)`; files that store int8 are shifted by
128, which changes no value. Batch norms are folded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.graph import Bias, Conv, Graph

Scales = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int32]
SmallIntegers = npt.NDArray[np.int8 | np.uint8]

MAP_SCALES = (1e-9, 1e6)
WEIGHT_SCALES = (1e-30, 1e6)
"""No product or quotient of scales between these leaves float32; a channel that the training has
switched off may have a very small one."""
MAX_SUM = 2**31 - 1
"""The sums of a convolution are int32."""


@dataclass(frozen=True, slots=True)
class Affine:
    """What a map's uint8 stand for: `scale * (stored - zero_point)`.

    Raises:
        CheckpointError: a scale that is not in `MAP_SCALES`, a zero point that is not in 0..255.
    """

    scale: float
    zero_point: int

    def __post_init__(self) -> None:
        low, high = MAP_SCALES
        if not low <= self.scale <= high:
            raise CheckpointError(
                f"the scale of a map must be from {low:g} to {high:g}, got {self.scale}"
            )
        if not 0 <= self.zero_point <= 255:
            raise CheckpointError(
                f"the zero point of a map must be from 0 to 255, got {self.zero_point}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class IntegerConv:
    """The integers of one convolution.

    A weight stands for `scale[c] * (stored - zero_point[c])`, `c` being its output channel; a bias
    is counted in steps of the input's scale times `scale[c]`.

    Raises:
        CheckpointError: other types or shapes, scales not in `WEIGHT_SCALES`, zero points that the
            weight's type cannot hold, sums that int32 cannot hold.
    """

    weight: SmallIntegers = field(repr=False)
    """int8 or uint8 [out, in / groups, kernel height, kernel width]."""
    scale: Scales = field(repr=False)
    """float32 [out]."""
    zero_point: Integers = field(repr=False)
    """int32 [out]; 0 where the weights are symmetric."""
    bias: Integers = field(repr=False)
    """int32 [out]."""

    def __post_init__(self) -> None:
        if self.weight.dtype not in (np.int8, np.uint8) or self.weight.ndim != 4:
            raise CheckpointError(
                "the weight must be int8 or uint8 with four dimensions, got "
                f"{self.weight.dtype}{list(self.weight.shape)}"
            )
        channels = self.weight.shape[:1]
        _require_array("scale", self.scale, np.float32, channels)
        _require_array("zero_point", self.zero_point, np.int32, channels)
        _require_array("bias", self.bias, np.int32, channels)
        low, high = WEIGHT_SCALES
        # A NaN lies between no two numbers.
        strange = self.scale[~((self.scale >= low) & (self.scale <= high))]
        if strange.size:
            raise CheckpointError(
                f"the scales of weights must be from {low:g} to {high:g}, got {strange[0]}"
            )
        limits = np.iinfo(self.weight.dtype)
        outside = self.zero_point[(self.zero_point < limits.min) | (self.zero_point > limits.max)]
        if outside.size:
            raise CheckpointError(
                f"zero points of {self.weight.dtype} weights must be from {limits.min} to "
                f"{limits.max}, got {outside[0]}"
            )
        largest = int(np.abs(self.bias.astype(np.int64)).max(initial=0))
        if largest + 255 * 255 * prod(self.weight.shape[1:]) > MAX_SUM:
            raise CheckpointError(
                f"sums of {prod(self.weight.shape[1:])} products and a bias of up to {largest} "
                "do not fit int32"
            )

    def channels(self, kept: slice) -> "IntegerConv":
        """The same convolution with some of its output channels."""
        return IntegerConv(
            np.ascontiguousarray(self.weight[kept]),
            np.ascontiguousarray(self.scale[kept]),
            np.ascontiguousarray(self.zero_point[kept]),
            np.ascontiguousarray(self.bias[kept]),
        )

    def behind_zero(self) -> "IntegerConv":
        """The same convolution with an output channel in front that is always 0."""
        silent = np.broadcast_to(self.zero_point[:1], self.weight[:1].reshape(-1).shape)
        first = silent.astype(self.weight.dtype).reshape(self.weight[:1].shape)
        return IntegerConv(
            np.concatenate([first, self.weight]),
            np.concatenate([self.scale[:1], self.scale]),
            np.concatenate([self.zero_point[:1], self.zero_point]),
            np.concatenate([np.zeros(1, np.int32), self.bias]),
        )

    def real_weight(self) -> Scales:
        """The weight that the integers stand for, float32, rounded once."""
        wide = self.weight.astype(np.float64)
        wide -= self.zero_point[:, None, None, None]
        wide *= self.scale.astype(np.float64)[:, None, None, None]
        return wide.astype(np.float32)

    def real_bias(self, source: Affine) -> Scales:
        """The bias that the integers stand for behind a map of `source`, float32 [out]."""
        return (self.bias * (source.scale * self.scale.astype(np.float64))).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Quantization:
    """All integers of a network, and what its maps stand for."""

    activations: Mapping[str, Affine] = field(repr=False)
    """One for every node of the graph, the input among them."""
    convs: Mapping[str, IntegerConv] = field(repr=False)
    """One for every `Conv`."""

    def check(self, graph: Graph) -> None:
        """See that nothing is missing, nothing too much, and every shape right.

        Raises:
            CheckpointError: names the first thing that is not as the graph needs it.
        """
        _require_names("an affine", (node.name for node in graph.nodes), self.activations)
        _require_names("integers", (conv.name for conv in graph.convs), self.convs)
        for conv in graph.convs:
            _require_conv(conv, self.convs[conv.name])


class DequantizedWeights(Mapping[str, Scales]):
    """The float32 weights and biases that integers stand for, under the names of the graph's.

    Each array is computed when it is asked for and not kept: a network that runs in integers
    never pays for its floats.
    """

    def __init__(self, graph: Graph, quantization: Quantization) -> None:
        """Raises CheckpointError if the two do not fit together."""
        quantization.check(graph)
        self.quantization = quantization
        self.shapes: Mapping[str, tuple[int, ...]] = graph.parameter_shapes
        self._sources = {conv.name: conv.source for conv in graph.convs}

    def __getitem__(self, name: str) -> Scales:
        node, _, part = name.rpartition(".")
        if name not in self.shapes:
            raise KeyError(name)
        integers = self.quantization.convs[node]
        if part == "weight":
            return integers.real_weight()
        return integers.real_bias(self.quantization.activations[self._sources[node]])

    def __contains__(self, name: object) -> bool:
        return name in self.shapes

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        return len(self.shapes)


def _require_array(
    name: str, array: npt.NDArray[Any], dtype: npt.DTypeLike, shape: tuple[int, ...]
) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise CheckpointError(
            f"{name} must be {np.dtype(dtype)}{list(shape)}, got {array.dtype}{list(array.shape)}"
        )


def _require_names(what: str, expected: Iterator[str], found: Mapping[str, object]) -> None:
    names = list(expected)
    missing = [name for name in names if name not in found]
    strange = sorted(set(found) - set(names))
    if missing or strange:
        raise CheckpointError(
            f"a quantised network has {what} for each of its {len(names)} nodes that need one; "
            f"missing {missing[:3]}, unknown {strange[:3]}"
        )


def _require_conv(conv: Conv, integers: IntegerConv) -> None:
    if not isinstance(conv.norm, Bias):
        raise CheckpointError(
            f"a quantised network has its batch norms folded, {conv.name} has one: the spec's "
            "batch_norm_epsilon must be None"
        )
    if integers.weight.shape != conv.weight_shape:
        raise CheckpointError(
            f"{conv.name}.weight: needs {conv.weight_shape}, got {integers.weight.shape}"
        )
