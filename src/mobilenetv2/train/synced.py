"""Batch norm whose mean and variance are those of all processes' pictures together.

Torch's own, SyncBatchNorm, computes on GPUs alone; this one wherever torch does, and within
rounding as one process would with all the pictures. Statistics are float32, whatever values are.
"""

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor
from torch import distributed as dist


def several() -> bool:
    """Whether there are other processes to ask."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def synced_batch_norm(
    values: Tensor,
    mean: Tensor,
    variance: Tensor,
    gamma: Tensor,
    beta: Tensor,
    momentum: float,
    epsilon: float,
) -> Tensor:
    """What `F.batch_norm` makes of all processes' rows, of which each gets its own back.

    Args:
        values: [N, channels, height, width]; N may differ between processes, and be 0.
        mean: running, float32 [channels], moved by `momentum` of the difference.
        variance: likewise.
        gamma: float32 [channels]; its gradient is that of the rows at hand, and so is
        beta: 's.
        momentum: the new statistics' share.
        epsilon: added to the variance.
    """
    count, own_mean, own_variance = _statistics(values.detach(), gamma.dtype)
    if count == 1:
        # One value a channel has no spread.
        return F.batch_norm(values, mean, variance, gamma, beta, False, momentum, epsilon)
    with torch.no_grad():
        mean.lerp_(own_mean, momentum)
        variance.lerp_(own_variance * (count / (count - 1)), momentum)
    normalized: Tensor = _Normalized.apply(
        values, gamma, beta, own_mean, own_variance, count, epsilon
    )
    return normalized


def _statistics(values: Tensor, dtype: torch.dtype) -> tuple[int, Tensor, Tensor]:
    """How many values a channel there are in all, their mean and variance [channels]."""
    channels = values.shape[1]
    count = values.numel() // channels
    if count:
        mean, variance = torch.batch_norm_update_stats(values, None, None, 0.0)
    else:
        mean = variance = values.new_zeros(channels)
    own = torch.cat([mean.new_tensor([count]).double(), mean.double(), variance.double()])
    each = own.new_empty(dist.get_world_size(), len(own))
    dist.all_gather(list(each.unbind()), own)
    counts, means, variances = each[:, :1], each[:, 1 : 1 + channels], each[:, 1 + channels :]
    total = counts.sum()
    overall = (counts * means).sum(0) / total
    spread = (counts * (variances + (means - overall) ** 2)).sum(0) / total
    return int(total.item()), overall.to(dtype), spread.to(dtype)


class _Normalized(torch.autograd.Function):
    """The values by given statistics, with gradients that know what they were taken from."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - torch's own
        values: Tensor,
        gamma: Tensor,
        beta: Tensor,
        mean: Tensor,
        variance: Tensor,
        count: int,
        epsilon: float,
    ) -> Tensor:
        """[N, channels, height, width]."""
        ctx.save_for_backward(values, gamma, mean, variance)
        ctx.count, ctx.epsilon = count, epsilon
        return F.batch_norm(values, mean, variance, gamma, beta, False, 0.0, epsilon)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # noqa: ANN401
        """Of values, gamma and beta."""
        values, gamma, mean, variance = ctx.saved_tensors
        inverse = torch.rsqrt(variance + ctx.epsilon)
        if len(values):
            # Sums alone: of gradients, and of these times normalized values.
            _, for_gamma, for_beta = torch.ops.aten.native_batch_norm_backward(
                gradient, values, gamma, mean, variance, mean, inverse, False, ctx.epsilon,
                [False, True, True],
            )  # fmt: skip
        else:
            for_gamma = for_beta = torch.zeros_like(gamma)
        both = torch.stack([for_beta, for_gamma])
        dist.all_reduce(both)
        slope, shift = -both[1] / ctx.count * inverse, -both[0] / ctx.count
        # gamma * inverse * (gradient + shift + (values - mean) * slope), in two passes.
        scale = gamma * inverse
        offset, slope = scale * (shift - mean * slope), scale * slope
        offset, slope, scale = (part[:, None, None] for part in (offset, slope, scale))
        for_values = torch.addcmul(offset, values.to(offset.dtype), slope)
        for_values = for_values.addcmul_(gradient.to(offset.dtype), scale).to(values.dtype)
        return for_values, for_gamma, for_beta, None, None, None, None
