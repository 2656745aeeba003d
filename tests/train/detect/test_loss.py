"""What a detector is taught by."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from mobilenetv2.train.detect.loss import FEWEST_NEGATIVES, box_loss, focal_loss, multibox_loss
from mobilenetv2.train.detect.matching import UNDECIDED

ANCHORS = 200


@pytest.fixture
def logits() -> torch.Tensor:
    return torch.randn(2, ANCHORS, 4, generator=torch.Generator().manual_seed(3))


def classes_with(*objects: tuple[int, int, int]) -> torch.Tensor:
    classes = torch.zeros(2, ANCHORS, dtype=torch.int64)
    for picture, anchor, label in objects:
        classes[picture, anchor] = label
    return classes


def test_three_of_the_hardest_background_anchors_for_each_object(logits: torch.Tensor) -> None:
    objects = [(0, anchor, 1) for anchor in range(10)]
    classes = classes_with(*objects)
    losses = F.cross_entropy(logits.flatten(0, 1), classes.flatten(), reduction="none")
    first, second = losses.view(2, ANCHORS)
    expected = first[:10].sum() + first[10:].sort().values[-30:].sum()
    expected += second.sort().values[-FEWEST_NEGATIVES:].sum()
    torch.testing.assert_close(multibox_loss(logits, classes, 3.0), expected / 10)


def test_pictures_without_objects_teach_background_and_stay_finite(logits: torch.Tensor) -> None:
    logits.requires_grad_()
    for loss in (
        multibox_loss(logits, classes_with(), 3.0),
        focal_loss(logits, classes_with(), 2.0, 0.25),
    ):
        loss.backward()
        assert loss.item() > 0
        assert torch.isfinite(logits.grad).all()
    nothing = box_loss(torch.randn(2, ANCHORS, 4), torch.zeros(2, ANCHORS, 4), classes_with())
    assert nothing.item() == 0


def test_undecided_anchors_teach_nothing(logits: torch.Tensor) -> None:
    classes = classes_with((0, 0, 2), (1, 0, 1), *((1, i, UNDECIDED) for i in range(1, 150)))
    changed = logits.clone()
    changed[1, 1:150] = 50 * torch.randn(149, 4)
    for before, after in (
        (multibox_loss(logits, classes, 3.0), multibox_loss(changed, classes, 3.0)),
        (focal_loss(logits, classes, 2.0, 0.25), focal_loss(changed, classes, 2.0, 0.25)),
    ):
        torch.testing.assert_close(before, after)


def test_focal_loss_without_focus_is_weighted_binary_cross_entropy(logits: torch.Tensor) -> None:
    classes = classes_with((0, 5, 3), (1, 9, 1))
    wanted = F.one_hot(classes, 4)[..., 1:].float()
    plain = F.binary_cross_entropy_with_logits(logits[..., 1:], wanted, reduction="sum")
    torch.testing.assert_close(focal_loss(logits, classes, 0.0, 0.5), plain / 2 / 2)


def test_focal_loss_makes_little_of_what_is_already_right() -> None:
    sure = torch.full((1, ANCHORS, 2), -4.0)
    classes = torch.zeros(1, ANCHORS, dtype=torch.int64)
    assert focal_loss(sure, classes, 2.0, 0.25) < 1e-3 * focal_loss(sure, classes, 0.0, 0.25)


def test_boxes_count_where_there_are_objects_alone() -> None:
    classes = classes_with((0, 3, 1), (1, 7, 2))
    said, wanted = torch.zeros(2, ANCHORS, 4), torch.zeros(2, ANCHORS, 4)
    said[0, 3] = 2.0
    said[1, 8] = 100.0
    assert box_loss(said, wanted, classes).item() == pytest.approx(4 * 1.5 / 2)
