"""What a segmenter is taught by: cross entropy over the pixels that have an answer."""

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.tasks.segment import IGNORED
from mobilenetv2.train.processes import Total, alone


def pixel_loss(
    logits: Tensor,
    masks: Tensor,
    weights: Tensor | None = None,
    smoothing: float = 0.0,
    total: Total = alone,
) -> Tensor:
    """The mean over all pixels of a batch but the ignored; 0 where all are ignored.

    Args:
        logits: float32 [N, classes, h, w], of any size; upsampled as `predict` does.
        masks: ids, uint8 [N, height, width], below `classes` or `IGNORED`.
        weights: of the classes, float32 [classes], or None for all alike.
        smoothing: the share of the target that is spread over all classes.
        total: of the pixels of all processes.
    """
    upsampled = F.interpolate(logits, masks.shape[1:], mode="bilinear", align_corners=True)
    targets = masks.long()
    losses = F.cross_entropy(
        upsampled, targets, weights,
        ignore_index=IGNORED, reduction="sum", label_smoothing=smoothing,
    )  # fmt: skip
    counted = targets[targets != IGNORED]
    divisor = torch.tensor(len(counted)) if weights is None else weights[counted].sum()
    return losses / total(divisor.to(losses)).clamp(min=torch.finfo(losses.dtype).tiny)
