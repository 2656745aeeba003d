"""Augmentation is a function of the picture, the recipe and the random state; nothing else."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.train.classify.augment import GREY, augment, draw_crop, erase, mix
from mobilenetv2.train.classify.recipe import Augmentation

EVERYTHING = Augmentation(color_jitter=0.4, erasing=0.5)
SMALL = Preprocessing(size=(32, 48))


def picture(height: int = 60, width: int = 90) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def test_the_same_state_gives_the_same_picture() -> None:
    first, again, other = (
        augment(picture(), EVERYTHING, SMALL, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.shape == (3, 32, 48)
    assert first.dtype == torch.uint8
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_torchs_own_random_state_plays_no_part() -> None:
    torch.manual_seed(1)
    first = augment(picture(), EVERYTHING, SMALL, np.random.default_rng(3))
    torch.manual_seed(2)
    assert torch.equal(first, augment(picture(), EVERYTHING, SMALL, np.random.default_rng(3)))


def test_with_everything_off_the_picture_is_only_resized() -> None:
    off = Augmentation((1.0, 1.0), (1.0, 1.0), flip=0, color_jitter=0)
    same = Preprocessing(size=(60, 90), fit="squash")
    result = augment(picture(), off, same, np.random.default_rng(0))
    assert np.array_equal(result.permute(1, 2, 0).numpy(), picture())


@given(
    height=st.integers(1, 400), width=st.integers(1, 400), relative=st.booleans(),
    low=st.floats(0.01, 1), seed=st.integers(0, 99),
)  # fmt: skip
def test_a_crop_lies_within_its_picture(
    height: int, width: int, relative: bool, low: float, seed: int
) -> None:
    recipe = Augmentation(crop_scale=(low, 1.0))
    top, left, tall, wide = draw_crop(
        (height, width), recipe, relative, np.random.default_rng(seed)
    )
    assert top >= 0
    assert left >= 0
    assert 1 <= tall <= height - top
    assert 1 <= wide <= width - left


def test_crops_have_the_shapes_and_areas_asked_for() -> None:
    recipe = Augmentation(crop_scale=(0.2, 0.6), crop_ratio=(0.8, 1.25))
    for relative, own in ((False, 1.0), (True, 3.0)):
        random = np.random.default_rng(0)
        crops = [draw_crop((200, 600), recipe, relative, random) for _ in range(50)]
        for _, _, height, width in crops:
            assert 0.78 * own <= width / height <= 1.28 * own
            assert 0.19 <= height * width / (200 * 600) <= 0.61 or not relative


def test_erasing_paints_two_to_twenty_percent_grey() -> None:
    white = torch.full((3, 40, 60), 255, dtype=torch.uint8)
    for seed in range(20):
        painted = erase(white, np.random.default_rng(seed)) == GREY
        assert 0.015 < painted.float().mean() < 0.22
    assert (white == 255).all()


@pytest.mark.parametrize("kind", ["mixup", "cutmix"])
def test_targets_are_mixed_as_pictures_are(kind: str) -> None:
    """Picture i is filled with i: its mean then tells which share of which picture it holds."""
    images = torch.arange(4.0)[:, None, None, None].expand(4, 3, 16, 16).clone()
    for seed in range(10):
        random = np.random.default_rng(seed)
        mixed, targets = mix(images, torch.eye(4), Augmentation(**{kind: 1.0}), random)
        torch.testing.assert_close(targets.sum(1), torch.ones(4))
        torch.testing.assert_close(mixed.mean((1, 2, 3)), targets @ torch.arange(4.0))


def test_without_mixing_the_batch_is_left_alone() -> None:
    images, targets = torch.rand(2, 3, 4, 4), torch.eye(2)
    assert mix(images, targets, Augmentation(), np.random.default_rng(0)) == (images, targets)
