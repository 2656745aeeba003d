"""What is shown of a picture is where it should be, however the picture is stored."""

import io

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.preprocessing import PAD_VALUE
from mobilenetv2.tasks.image import decode
from mobilenetv2.train.recolor import Recolor, recolored
from mobilenetv2.train.view import View, part_of_mask, view


def gradient(height: int, width: int) -> np.ndarray:
    """Red rises downwards, green to the right, from 20 to 220."""
    y, x = np.mgrid[:height, :width]
    planes = (20 + 200 * y / height, 20 + 200 * x / width, np.full_like(y, 90))
    return np.stack(planes, 2).astype(np.uint8)


def stored(pixels: np.ndarray, kind: str, orientation: int = 1) -> bytes:
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    image.save(file, kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))
    return file.getvalue()


def test_all_of_it_at_its_own_size_is_the_picture() -> None:
    pixels = gradient(30, 40)
    shown = view(pixels, lambda size: View((0, 0, size[1], size[0]), size))
    np.testing.assert_array_equal(shown, pixels)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_shows_the_same_part(kind: str, orientation: int) -> None:
    file = stored(gradient(120, 200), kind, orientation)
    upright = decode(file)
    sizes = []

    def choose(size: tuple[int, int]) -> View:
        sizes.append(size)
        return View((30, 12, 94, 108), (96, 64))

    shown = view(file, choose)
    assert sizes == [upright.shape[:2]]
    np.testing.assert_allclose(shown, upright[12:108, 30:94], atol=1)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_a_jpeg_that_is_decoded_small_shows_the_same_part(orientation: int, scale: int) -> None:
    """Sides that are no multiples of 8 too; half a pixel beside its place would be seen."""
    file = stored(gradient(397, 611), "JPEG", orientation)
    region = (31, 55, 31 + 40 * scale, 55 + 32 * scale)
    shown = view(file, lambda _: View(region, (32, 40)))
    whole = Image.fromarray(decode(file)).resize((40, 32), Image.Resampling.BILINEAR, region)
    np.testing.assert_allclose(shown.astype(int), np.asarray(whole).astype(int), atol=3)


def test_what_lies_beyond_the_picture_is_grey() -> None:
    pixels = gradient(20, 30)
    shown = view(pixels, lambda _: View((-10, -5, 40, 35), (40, 50)))
    np.testing.assert_array_equal(shown[5:25, 10:40], pixels)
    shown[5:25, 10:40] = PAD_VALUE
    assert (shown == PAD_VALUE).all()
    elsewhere = view(pixels, lambda _: View((50, 50, 60, 60), (8, 8)))
    assert (elsewhere == PAD_VALUE).all()


def test_mirrors_turn_all_that_is_shown() -> None:
    pixels = gradient(20, 30)
    region = (-10.0, 4.0, 25.0, 20.0)
    plain = view(pixels, lambda _: View(region, (16, 35)))
    turned = view(pixels, lambda _: View(region, (16, 35), mirrored=True, upside_down=True))
    np.testing.assert_array_equal(turned, plain[::-1, ::-1])


def test_a_mask_s_part_lies_upon_the_picture_s() -> None:
    """A picture whose values are its mask's, blocks of eight pixels."""
    rows, columns = np.indices((64, 96)) // 8
    ids = ((rows * 3 + columns) % 4).astype(np.uint8)
    region, size = (9, 14, 57, 62), (144, 144)
    pixels = np.repeat((ids * 60)[..., None], 3, 2)
    shown = view(pixels, lambda _: View(region, size))
    part = part_of_mask(ids, region, size)
    assert part.shape == size

    def disagree(shift: tuple[int, int]) -> float:
        moved = np.roll(part, shift, (0, 1)).astype(int) * 60
        return float(np.abs(shown[..., 0] - moved)[1:-1, 1:-1].mean())

    best = disagree((0, 0))
    assert min(map(disagree, ((0, 1), (1, 0), (0, -1), (-1, 0)))) > 1.1 * best


@pytest.mark.parametrize("size", [(9, 31), (64, 96), (150, 200)])
def test_a_mask_s_part_is_what_stands_at_the_middles_mirrored_too(size: tuple[int, int]) -> None:
    ids = np.random.default_rng(0).integers(0, 256, (64, 96), np.uint8)
    left, top, right, bottom = region = (9, 14, 57, 62)
    rows = [int(top + (row + 0.5) * (bottom - top) / size[0]) for row in range(size[0])]
    columns = [int(left + (column + 0.5) * (right - left) / size[1]) for column in range(size[1])]
    expected = ids[np.ix_(rows, columns)]
    np.testing.assert_array_equal(part_of_mask(ids, region, size), expected)
    turned = part_of_mask(ids, region, size, mirrored=True)
    np.testing.assert_array_equal(turned, expected[:, ::-1])


def test_unchanged_colors_are_the_picture_itself() -> None:
    image = Image.fromarray(gradient(10, 10))
    assert recolored(image, Recolor()) is image


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        (Recolor(brightness=1.5), (150, 75, 30)),
        (Recolor(saturation=0.0), (61.5, 61.5, 61.5)),
        (Recolor(channels=(2, 0, 1)), (20, 100, 50)),
        (Recolor(contrast=0.0), (61.5, 61.5, 61.5)),
        (Recolor(brightness=9.0), (255, 255, 180)),
    ],
)
def test_each_change_of_color(color: Recolor, expected: tuple[float, ...]) -> None:
    image = Image.new("RGB", (8, 8), (100, 50, 20))
    found = np.asarray(recolored(image, color))[3, 3]
    np.testing.assert_allclose(found, expected, atol=1)


def test_a_hue_goes_round_and_leaves_grey_alone() -> None:
    grey, red = Image.new("RGB", (4, 4), (90, 90, 90)), Image.new("RGB", (4, 4), (120, 60, 60))
    assert np.abs(np.asarray(recolored(grey, Recolor(hue=0.3))).astype(int) - 90).max() <= 1
    third = np.asarray(recolored(red, Recolor(hue=1 / 3)))[0, 0]
    assert third[1] != third[2]
    np.testing.assert_allclose(np.asarray(recolored(red, Recolor(hue=1.0)))[0, 0], (120, 60, 60),
                               atol=1)  # fmt: skip
