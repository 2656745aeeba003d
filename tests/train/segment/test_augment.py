"""A picture and its mask are changed alike, by chance that can be repeated."""

from collections.abc import Callable

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mobilenetv2.datasets.read_mask import Ids
from mobilenetv2.preprocessing import PAD_VALUE
from mobilenetv2.tasks.segment import IGNORED
from mobilenetv2.train.segment.augment import augment_masked, draw_region
from mobilenetv2.train.segment.recipe import MaskAugmentation

AS_IT_IS = MaskAugmentation(scale=(1, 1), flip=0, color_jitter=0)
sides = st.integers(1, 90)
sizes = st.tuples(sides, sides)


def read(ids: np.ndarray) -> Callable[[tuple[int, int], Callable[[Ids], Ids]], Ids]:
    """A mask that is in memory, in its file's place."""

    def part_of(size: tuple[int, int], part: Callable[[Ids], Ids]) -> Ids:
        assert ids.shape == size
        return part(ids)

    return part_of


def blocks(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Blocks of 8 pixels, each of one of 4 greys; the mask says which."""
    rows, columns = np.indices((height, width)) // 8
    ids = ((rows * 3 + columns) % 4).astype(np.uint8)
    return np.repeat((ids * 60)[..., None], 3, axis=2), ids


@settings(max_examples=80, deadline=None)
@given(
    picture=sizes,
    size=st.tuples(st.integers(32, 80), st.integers(32, 80)),
    deploy=st.tuples(st.integers(32, 80), st.integers(32, 80)),
    seed=st.integers(0, 1000),
)
def test_any_picture_comes_out_at_the_training_size(
    picture: tuple[int, int], size: tuple[int, int], deploy: tuple[int, int], seed: int
) -> None:
    pixels, ids = blocks(*picture)
    results = [
        augment_masked(
            pixels, read(ids), MaskAugmentation(), size=size, deploy_size=deploy,
            random=np.random.default_rng(seed),
        )
        for _ in range(2)
    ]  # fmt: skip
    image, mask = results[0]
    assert image.shape == (3, *size)
    assert mask.shape == size
    assert image.dtype == mask.dtype == torch.uint8
    assert torch.equal(image, results[1][0])
    assert torch.equal(mask, results[1][1])
    assert (mask != IGNORED).any()
    assert set(mask.unique().tolist()) <= {0, 1, 2, 3, IGNORED}


@settings(max_examples=60, deadline=None)
@given(picture=sizes, size=sizes, deploy=sizes, seed=st.integers(0, 1000))
def test_the_part_that_is_shown_lies_in_the_picture(
    picture: tuple[int, int], size: tuple[int, int], deploy: tuple[int, int], seed: int
) -> None:
    (top, left, height, width), target = draw_region(
        picture, (0.5, 2.0), size, deploy, np.random.default_rng(seed)
    )
    assert 0 <= top <= top + height <= picture[0]
    assert 0 <= left <= left + width <= picture[1]
    assert min(height, width, *target) >= 1
    assert all(side <= limit for side, limit in zip(target, size, strict=True))


def test_mask_and_picture_stay_upon_each_other() -> None:
    """Scaled, cut, mirrored: a mask moved by one pixel fits worse than the one in place."""
    pixels, ids = blocks(96, 128)
    recipe = MaskAugmentation(scale=(1.5, 3.0), color_jitter=0)
    shifts = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
    errors = dict.fromkeys(shifts, 0.0)
    for seed in range(20):
        image, mask = augment_masked(
            pixels, read(ids), recipe, size=(65, 81), deploy_size=(97, 129),
            random=np.random.default_rng(seed),
        )  # fmt: skip
        assert (mask != IGNORED).all()
        for shift in shifts:
            moved = mask.roll(shift, (0, 1)).float() * 60
            errors[shift] += float((image[0] - moved)[1:-1, 1:-1].abs().mean()) / 20
    best = errors.pop((0, 0))
    assert min(errors.values()) > 1.25 * best


def test_unchanged_at_scale_one_and_padded_at_the_right_and_bottom() -> None:
    pixels, ids = blocks(40, 50)
    image, mask = augment_masked(
        pixels, read(ids), AS_IT_IS, size=(64, 70), deploy_size=(40, 50),
        random=np.random.default_rng(0),
    )  # fmt: skip
    assert np.array_equal(image[:, :40, :50].permute(1, 2, 0).numpy(), pixels)
    assert np.array_equal(mask[:40, :50].numpy(), ids)
    assert (image[:, 40:] == PAD_VALUE).all()
    assert (image[:, :, 50:] == PAD_VALUE).all()
    assert (mask[40:] == IGNORED).all()
    assert (mask[:, 50:] == IGNORED).all()


def test_mirroring_and_color_leave_what_they_should() -> None:
    pixels, ids = blocks(40, 50)
    same = {"size": (40, 50), "deploy_size": (40, 50)}
    image, mask = augment_masked(
        pixels, read(ids), MaskAugmentation((1, 1), flip=1, color_jitter=0),
        random=np.random.default_rng(0), **same,
    )  # fmt: skip
    assert np.array_equal(mask.numpy(), ids[:, ::-1])
    assert np.array_equal(image.permute(1, 2, 0).numpy(), pixels[:, ::-1])
    image, mask = augment_masked(
        pixels, read(ids), MaskAugmentation((1, 1), flip=0, color_jitter=0.5),
        random=np.random.default_rng(0), **same,
    )  # fmt: skip
    assert np.array_equal(mask.numpy(), ids)
    assert not np.array_equal(image.permute(1, 2, 0).numpy(), pixels)
