"""What a detector is taught by: MultiBox loss, and focal loss as the alternative."""

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.train.detect.matching import UNDECIDED
from mobilenetv2.train.processes import Total, alone

FEWEST_NEGATIVES = 8
"""Anchors that a picture without objects teaches by: it must not be silent, nor drown the rest."""


def box_loss(offsets: Tensor, targets: Tensor, classes: Tensor, total: Total = alone) -> Tensor:
    """Smooth L1 over the anchors that have an object, a mean over these.

    Args:
        offsets: float [N, anchors, 4], from the network.
        targets: float [N, anchors, 4].
        classes: int64 [N, anchors]; above 0 there is an object.
        total: of the objects of all processes.
    """
    found = classes > 0
    apart = F.smooth_l1_loss(offsets[found], targets[found], reduction="sum")
    return apart / total(found.sum()).clamp(min=1)


def multibox_loss(
    logits: Tensor, classes: Tensor, negatives: float, total: Total = alone
) -> Tensor:
    """Cross entropy over objects and the hardest background, a mean over the objects.

    In each picture the background anchors of highest loss are taken, `negatives` for every
    object's anchor and `FEWEST_NEGATIVES` at least, so that a picture without objects is learnt
    from as well.

    Args:
        logits: float [N, anchors, 1 + K], the background first.
        classes: int64 [N, anchors]; 0 is background, `UNDECIDED` is left out.
        negatives: background anchors for each that has an object.
        total: of the objects of all processes.
    """
    losses = F.cross_entropy(
        logits.flatten(0, 1), classes.flatten(), ignore_index=UNDECIDED, reduction="none"
    ).view(classes.shape)
    found, background = classes > 0, classes == 0
    with torch.no_grad():
        wanted = (found.sum(1) * negatives).round().clamp(min=FEWEST_NEGATIVES)
        hardness = losses.masked_fill(~background, -torch.inf)
        rank = hardness.argsort(1, descending=True).argsort(1)
        mined = background & (rank < wanted[:, None])
    return losses[found | mined].sum() / total(found.sum()).clamp(min=1)


def focal_loss(
    logits: Tensor, classes: Tensor, gamma: float, alpha: float, total: Total = alone
) -> Tensor:
    """Focal loss (arXiv 1708.02002) of every class against the rest, a mean over the objects.

    Args:
        logits: float [N, anchors, 1 + K]; the background's are not looked at.
        classes: int64 [N, anchors], as for `multibox_loss`.
        gamma: how little easy anchors count.
        alpha: the share of objects against background.
        total: of the objects of all processes.
    """
    counted = classes != UNDECIDED
    one_hot = F.one_hot(classes.clamp(min=0), logits.shape[2])[..., 1:].to(logits.dtype)
    values = logits[..., 1:]
    losses = F.binary_cross_entropy_with_logits(values, one_hot, reduction="none")
    missed = torch.exp(-losses)
    balance = alpha * one_hot + (1 - alpha) * (1 - one_hot)
    weighted = balance * (1 - missed) ** gamma * losses
    return weighted[counted].sum() / total((classes > 0).sum()).clamp(min=1)
