"""What a segmenter learns of its teachers: averaged probabilities at each point of its map."""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.train.panel import Answer
from mobilenetv2.train.processes import Total, alone
from mobilenetv2.train.soften import divergence, soft


def averaged(answers: Sequence[Answer], grid: tuple[int, int], temperature: float = 1.0) -> Tensor:
    """Probabilities of the student's classes, a mean over the teachers, [N, classes, *grid].

    Logits are brought to the grid as `predict` brings them to a picture, corner on corner. Of a
    teacher that knows more classes these are what is left when the others are ruled out.
    """
    each = []
    for answer in answers:
        logits = answer.maps["logits"][:, list(answer.teacher.rows)]
        logits = F.interpolate(logits, grid, mode="bilinear", align_corners=True)
        each.append(soft(logits, temperature, 1))
    return torch.stack(each).mean(0)


def teacher_loss(
    logits: Tensor, answers: Sequence[Answer], temperature: float, total: Total = alone
) -> Mapping[str, Tensor]:
    """The divergence from the teachers, a mean over all points; nothing where there are none.

    Args:
        logits: float [N, classes, h, w], the student's.
        answers: to the same pictures.
        temperature: of both.
        total: of the points of all processes' maps.
    """
    if not answers:
        return {}
    wanted = averaged(answers, (logits.shape[2], logits.shape[3]), temperature)
    apart = divergence(logits, wanted, temperature, 1)
    return {"teacher_loss": apart.sum() / total(torch.tensor(apart.numel()))}
