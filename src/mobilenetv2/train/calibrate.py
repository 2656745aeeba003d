"""Brings back batch norms that were folded away, from what the network says about real pictures."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from mobilenetv2.errors import DatasetError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import BatchNorm
from mobilenetv2.train.module import ConvLayer, GraphModule
from mobilenetv2.weights.checkpoint import Array, Checkpoint


@dataclass(slots=True)
class Moments:
    """Mean and summed squared deviation of a growing sample, channel by channel, float64."""

    count: int
    mean: Tensor
    deviation: Tensor

    def add(self, values: Tensor) -> None:
        """Merge [N, channels, height, width] in; stable where the mean dwarfs the spread (Chan)."""
        # Batch norm's own kernel; var_mean takes thirty times as long on channels_last maps.
        mean, variance = torch.batch_norm_update_stats(values, None, None, 0.0)
        count = values.numel() // values.shape[1]
        total = self.count + count
        shift = mean.double() - self.mean
        self.deviation += variance.double() * count + shift**2 * (self.count * count / total)
        self.mean += shift * (count / total)
        self.count = total

    @property
    def variance(self) -> Tensor:
        """Of the sample, float64 [channels]."""
        return self.deviation / self.count


def restore_batch_norm(
    checkpoint: Checkpoint,
    batches: Iterable[Tensor],
    epsilon: float = 1e-3,
    device: torch.device | None = None,
) -> Checkpoint:
    """The same function, with the paper's batch norms where `checkpoint` has biases.

    Mean and variance become those of the convolutions' outputs on `batches`; gamma and beta are
    chosen to undo them. Batch norm makes the length of a channel's weights meaningless, and with
    it the effective learning rate is one over its square: folded weights differ by orders of
    magnitude between channels, so each channel's are scaled to length one.

    Args:
        checkpoint: folded; one that has batch norms comes back as it is.
        batches: preprocessed pictures, float32 [N, 3, height, width], a few hundred in all.
        epsilon: of the batch norms (DeepLab's head keeps its own).
        device: where the pictures are; None: the CPU.

    Raises:
        DatasetError: no batch, or values that are not finite.
    """
    if not checkpoint.spec.folded:
        return checkpoint
    module = GraphModule(build(checkpoint.spec), checkpoint.weights)
    moments = observe(module.to(device or torch.device("cpu")), batches)
    spec = replace(checkpoint.spec, batch_norm_epsilon=epsilon)
    weights: dict[str, Array] = {}
    for conv in build(spec).convs:
        weight = checkpoint.weights[f"{conv.name}.weight"]
        bias = checkpoint.weights[f"{conv.name}.bias"]
        if isinstance(conv.norm, BatchNorm):
            parts = unfold(weight, bias, moments[conv.name], conv.norm.epsilon)
        else:
            parts = {"weight": weight, "bias": bias}
        weights |= {f"{conv.name}.{part}": array for part, array in parts.items()}
    return replace(checkpoint, spec=spec, weights=weights)


def unfold(weight: Array, bias: Array, moments: Moments, epsilon: float) -> dict[str, Array]:
    """One convolution's weight and bias as weight, gamma, beta, mean and variance."""
    mean, variance = moments.mean.cpu().numpy(), moments.variance.cpu().numpy()
    length = np.sqrt(np.square(weight, dtype=np.float64).sum(axis=(1, 2, 3)))
    # A channel that quantization has rounded to nothing keeps its length: there is no direction.
    scale = 1 / np.where(length > 1e-6, length, 1.0)
    parts = {
        "weight": weight * scale[:, None, None, None],
        "gamma": np.sqrt(variance * scale**2 + epsilon) / scale,
        "beta": bias + mean,
        "mean": mean * scale,
        "variance": variance * scale**2,
    }
    return {name: values.astype(np.float32) for name, values in parts.items()}


def observe(module: GraphModule, batches: Iterable[Tensor]) -> dict[str, Moments]:
    """Statistics of every convolution's output before bias, batch norm and activation.

    Args:
        module: folded, on the device on which the pictures are.
        batches: float32 [N, 3, height, width].

    Raises:
        DatasetError: no batch, or values that are not finite.
    """
    moments = gather(module, batches)
    for name, found in moments.items():
        if found.count == 0 or not torch.isfinite(found.deviation).all():
            raise DatasetError(
                "calibration needs at least one batch of pictures with finite values; "
                f"{name} saw {found.count} values"
            )
    return moments


@torch.no_grad()
def gather(module: GraphModule, batches: Iterable[Tensor]) -> dict[str, Moments]:
    """`observe` without looking at what was seen, on the module's own device."""
    device = next(module.parameters()).device

    def none(count: int) -> Tensor:
        return torch.zeros(count, dtype=torch.float64, device=device)

    moments = {
        conv.name: Moments(0, none(conv.shape.channels), none(conv.shape.channels))
        for conv in module.graph.convs
    }

    def watch(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(layer, ConvLayer):
            moments[layer.node.name].add(layer.convolve(inputs[0], layer.weight))

    hooks = [layer.register_forward_pre_hook(watch) for layer in module.layers.values()]
    try:
        module.eval()
        for batch in batches:
            module(batch)
    finally:
        for hook in hooks:
            hook.remove()
    return moments
