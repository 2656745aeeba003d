"""What a classifier learns of its teachers: their averaged probabilities."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mobilenetv2.train.panel import Answer
from mobilenetv2.train.processes import Total, alone
from mobilenetv2.train.soften import binary_divergence, divergence, soft


def averaged(answers: Sequence[Answer], temperature: float = 1.0) -> Tensor:
    """Probabilities of the student's classes, a mean over the teachers, [N, classes].

    Of a teacher that knows more classes these are what is left when the others are ruled out.
    """
    each = [
        soft(answer.maps["logits"].flatten(1)[:, list(answer.teacher.rows)], temperature, 1)
        for answer in answers
    ]
    return torch.stack(each).mean(0)


def teacher_loss(
    logits: Tensor, answers: Sequence[Answer], temperature: float, total: Total = alone
) -> Mapping[str, Tensor]:
    """The divergence from the teachers, a mean over the pictures; nothing where there are none.

    Args:
        logits: float [N, classes], the student's.
        answers: to the same pictures.
        temperature: of both.
        total: of the pictures of all processes.
    """
    if not answers:
        return {}
    wanted = averaged(answers, temperature)
    apart = divergence(logits, wanted, temperature, 1).sum()
    return {"teacher_loss": apart / total(torch.tensor(len(logits)))}


def label_teacher_loss(
    logits: Tensor, answers: Sequence[Answer], temperature: float, total: Total = alone
) -> Mapping[str, Tensor]:
    """The same of labels each scored by itself: divergences are summed over them."""
    if not answers:
        return {}
    each = [
        torch.sigmoid(
            answer.maps["logits"].flatten(1)[:, list(answer.teacher.rows)].float() / temperature
        )
        for answer in answers
    ]
    apart = binary_divergence(logits, torch.stack(each).mean(0), temperature).sum()
    return {"teacher_loss": apart / total(torch.tensor(len(logits)))}
