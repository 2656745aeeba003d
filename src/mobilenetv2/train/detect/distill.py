"""What a detector learns of its teachers: every anchor's scores and box, averaged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812 - torch's own convention
from torch import Tensor

from mobilenetv2.network.spec import SSD, Scores, SSDLite
from mobilenetv2.train.detect.maps import flatten_maps
from mobilenetv2.train.panel import Answer
from mobilenetv2.train.processes import Total, alone
from mobilenetv2.train.soften import binary_divergence, divergence, soft

SMALLEST = 1e-7
"""Probabilities are kept that far from 0 and 1 before their logarithm is taken."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The teachers' averaged answers, anchor by anchor."""

    offsets: Tensor
    """float32 [N, anchors, 4]."""
    scores: Tensor
    """Probabilities [N, anchors, 1 + K], the background first; with sigmoids it counts nothing."""

    def logits(self, scores: Scores) -> Tensor:
        """Numbers of which a detector's scores are these probabilities, [N, anchors, 1 + K]."""
        inside = self.scores.clamp(SMALLEST, 1 - SMALLEST)
        return inside.log() if scores == "softmax" else inside.logit()


def averaged(answers: Sequence[Answer], temperature: float = 1.0) -> Wanted:
    """A mean of the teachers' offsets, and of their probabilities at a temperature.

    What a teacher gives to classes that the student does not learn goes to the background.
    """
    offsets, scores = [], []
    for answer in answers:
        head = answer.teacher.checkpoint.spec.head
        if not isinstance(head, SSD | SSDLite):
            raise TypeError(f"a detector's teacher is a detector, got {type(head).__name__}")
        boxes, logits = flatten_maps(answer.maps, head)
        offsets.append(boxes)
        scores.append(_probabilities(logits, head.scores, answer.teacher.rows, temperature))
    return Wanted(torch.stack(offsets).mean(0), torch.stack(scores).mean(0))


def teacher_terms(
    offsets: Tensor,
    logits: Tensor,
    answers: Sequence[Answer],
    temperature: float,
    scores: Scores,
    total: Total = alone,
) -> Mapping[str, Tensor]:
    """The class term and the box term; nothing where there is no teacher.

    Both are sums over all anchors, over the number of anchors on which the teachers see an object
    (the sum of the probabilities that there is one, 1 at least), as MultiBox loss counts. An
    anchor's box counts by that probability.

    Args:
        offsets: float [N, anchors, 4], the student's.
        logits: float [N, anchors, 1 + K], likewise.
        answers: to the same pictures.
        temperature: of the classes.
        scores: how logits become scores.
        total: of the objects of all processes.
    """
    if not answers:
        return {}
    plain, wanted = averaged(answers), averaged(answers, temperature)
    if scores == "softmax":
        objects = 1 - plain.scores[..., 0]
        classes = divergence(logits, wanted.scores, temperature, 2).sum()
    else:
        objects = plain.scores[..., 1:].amax(2)
        classes = binary_divergence(logits[..., 1:], wanted.scores[..., 1:], temperature).sum()
    apart = F.smooth_l1_loss(offsets, plain.offsets, reduction="none").sum(2)
    count = total(objects.sum()).clamp(min=1)
    return {
        "teacher_class_loss": classes / count,
        "teacher_box_loss": (objects * apart).sum() / count,
    }


def _probabilities(
    logits: Tensor, scores: Scores, rows: Sequence[int], temperature: float
) -> Tensor:
    kept = [1 + row for row in rows]
    if scores == "sigmoid":
        return torch.sigmoid(logits / temperature)[..., [0, *kept]]
    every = soft(logits, temperature, 2)
    chosen = every[..., kept]
    others = (every[..., 1:].sum(2) - chosen.sum(2)).clamp(min=0)
    return torch.cat([(every[..., 0] + others)[..., None], chosen], 2)
