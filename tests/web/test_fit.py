"""A picture comes to the network's size with the very bytes of Pillow."""

from dataclasses import asdict

import numpy as np
import PIL
import pytest

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.framing import seen_region
from mobilenetv2.tasks.image import resize
from tests.web.javascript import JavaScript

SHAPES = [(31, 47), (200, 90), (300, 130), (16, 16), (5, 300), (1, 1), (64, 40)]
CHOICES = [
    Preprocessing(size=(32, 24)),
    Preprocessing(size=(32, 32), fit="crop", crop_fraction=1.0),
    Preprocessing(size=(33, 40), fit="squash"),
    Preprocessing(size=(33, 33), fit="pad"),
    Preprocessing(size=(32, 24), fit="crop", interpolation="bicubic"),
    Preprocessing(size=(40, 64), fit="pad", interpolation="bicubic"),
    Preprocessing(size=(24, 40), fit="squash", interpolation="nearest"),
    Preprocessing(size=(29, 31), fit="crop", interpolation="nearest"),
]


def picture(shape: tuple[int, int]) -> np.ndarray:
    """Noise and edges: whatever rounds in another way shows."""
    pixels = np.random.default_rng(sum(shape)).integers(0, 256, (*shape, 3), np.uint8)
    pixels[: shape[0] // 2] = np.where(pixels[: shape[0] // 2] > 127, 255, 0)
    return pixels


def as_rgba(pixels: np.ndarray) -> dict[str, object]:
    height, width, _ = pixels.shape
    opaque = np.full((height, width, 1), 255, np.uint8)
    return {"data": np.concatenate([pixels, opaque], 2), "height": height, "width": width}


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_fit_and_filter_gives_pillow_s_bytes(shape: tuple[int, int], javascript: JavaScript):
    """Releases of Pillow before 13 resize rows first always: of tall pictures they round in another
    place, and what the bicubic filter overshoots is cut at another time."""
    elsewhere = int(PIL.__version__.partition(".")[0]) < 13 and shape[0] > shape[1]
    pixels = picture(shape)
    for preprocessing in CHOICES:
        found = javascript.call("fit.js", "fit", as_rgba(pixels), asdict(preprocessing))
        expected = resize(pixels, preprocessing)
        apart = np.abs(found.reshape(expected.shape).astype(int) - expected)
        most = 8 if preprocessing.interpolation == "bicubic" else 1
        assert apart.max() <= elsewhere * most, preprocessing


@pytest.mark.parametrize("preprocessing", CHOICES[:4], ids=lambda one: one.fit)
def test_the_same_part_of_a_picture_is_seen(preprocessing: Preprocessing, javascript: JavaScript):
    for shape in [*SHAPES, (1080, 1920), (333, 777), (60000, 3)]:
        found = javascript.call("framing.js", "seenRegion", shape, asdict(preprocessing))
        assert tuple(found) == seen_region(shape, preprocessing)


def test_halves_go_to_the_even_number(javascript: JavaScript):
    for value in (0.5, 1.5, 2.5, 2.4999, 3.5001, 7):
        assert javascript.call("framing.js", "roundHalfEven", value) == round(value)
