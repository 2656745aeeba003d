"""One convolution in the engine's integers, with weights and biases that learn."""

from math import prod
from typing import cast

import numpy as np
import torch
from torch import Tensor

from mobilenetv2.network.graph import Conv
from mobilenetv2.train.module import ConvLayer
from mobilenetv2.train.straight_through import limits_of, to_bytes, to_integers
from mobilenetv2.weights.checkpoint import Array
from mobilenetv2.weights.fixed_point import layer_factors
from mobilenetv2.weights.quantized import MAX_SUM, Affine, IntegerConv

MOST = 127
"""A symmetric int8's largest size."""
EXACT = 2**24 // (255 * MOST)
"""Products of a centered byte with an int8, of which float32 adds up so many without rounding."""
SIX = 6.0


class IntegerLayer(ConvLayer):
    """A convolution that computes what `engine/integer_reference` does of the same integers.

    Maps come and go in steps from their zero points, whole numbers in float32. In training sums
    beyond 2^24 are rounded by float32; in eval mode nothing is, on a CPU.

    What learns is of the size that recipes' rates are made for, as with batch norm: `weight` is in
    units of `MOST` steps, a channel's largest being 1 at first; `bias` is what is added to the
    first bias, in units in which the range of the output is 6. Scales stay.
    """

    factor: Tensor
    steps: Tensor
    first_bias: Tensor

    def __init__(self, node: Conv, start: IntegerConv, before: Affine, after: Affine) -> None:
        """Of a folded convolution whose first integers, `start`, are symmetric int8."""
        super().__init__(node, "frozen", 0.0)
        self.scale = start.scale
        self._limits = limits_of(node.activation, after)
        self._most = float(MAX_SUM - 255 * 255 * prod(node.weight_shape[1:]))
        scale = start.scale.astype(np.float64)
        self._bias_scale = before.scale * scale
        for name, values in {
            "factor": layer_factors(before, start.scale, after)[:, None, None],
            "steps": 255 * after.scale / SIX / self._bias_scale,
            "first_bias": start.bias.astype(np.float64),
        }.items():
            self.register_buffer(name, torch.from_numpy(values), persistent=False)
        with torch.no_grad():
            self.weight.copy_(torch.from_numpy(start.weight.astype(np.float32) / MOST))

    def forward(self, source: Tensor) -> Tensor:
        """Steps [N, in, height, width] to steps [N, out, height, width]."""
        weight, bias = self.stored_weight(), self.stored_bias()
        if self.training or self._fits_float32(source, bias):
            sums = self.convolve(source, weight, bias.float())
        else:
            sums = (self._exact_sums(source, weight) + bias[:, None, None]).float()
        return to_bytes(sums, self.factor, self._limits)

    def stored_weight(self) -> Tensor:
        """The int8 as float32, with the gradient of what they are rounded from."""
        return to_integers(self.weight * MOST, MOST)

    def stored_bias(self) -> Tensor:
        """The int32 as float64, likewise."""
        return to_integers(self.first_bias + self.bias * self.steps, self._most)

    @torch.no_grad()
    def integers(self) -> IntegerConv:
        """What the engine computes with."""
        return IntegerConv(
            self.stored_weight().cpu().contiguous().numpy().astype(np.int8),
            self.scale,
            np.zeros(len(self.scale), np.int32),
            self.stored_bias().cpu().numpy().astype(np.int32),
        )

    @torch.no_grad()
    def reals(self) -> tuple[Array, Array]:
        """(weight, bias) that the integers are rounded from, float32."""
        weight = (self.weight * MOST).cpu().contiguous().numpy() * self.scale[:, None, None, None]
        bias = (self.first_bias + self.bias * self.steps).cpu().numpy() * self._bias_scale
        return weight.astype(np.float32), bias.astype(np.float32)

    def _fits_float32(self, source: Tensor, bias: Tensor) -> bool:
        """Whether no sum, however it is added up, is beyond what float32 counts one by one."""
        # Other devices may not add products up one by one (Winograd's).
        on_cpu = source.device.type == "cpu"
        largest = 255 * MOST * prod(self.node.weight_shape[1:]) + bias.detach().abs().max().item()
        return on_cpu and largest <= 2**24

    def _exact_sums(self, source: Tensor, weight: Tensor) -> Tensor:
        """Float64."""
        numbers = weight[0].numel()
        if source.device.type != "cpu" or (numbers > EXACT and self.node.groups > 1):
            return self.convolve(source.double(), weight.double())
        if numbers <= EXACT:
            return self.convolve(source, weight).double()
        channels = max(1, EXACT // prod(self.node.kernel))
        parts = zip(torch.split(source, channels, 1), torch.split(weight, channels, 1), strict=True)
        sums = [self.convolve(*part).double() for part in parts]
        return cast("Tensor", sum(sums))
