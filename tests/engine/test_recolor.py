"""Pictures in other colors by the engine: rounded as stated, in every instruction set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mobilenetv2.engine import library
from mobilenetv2.engine.recolor import mean_color, natively_recolored, recolored

pytestmark = pytest.mark.skipif(not library.available(), reason="needs the engine")
ISAS = library.isas() if library.available() else ()
SIDES = st.one_of(st.integers(1, 12), st.integers(1, 70))
KEEPS = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0)


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(width * 100 + height).integers(
        0, 256, (height, width, 3), np.uint8
    )


def stated(pixels: np.ndarray, matrix: tuple[float, ...], *, mirrored: bool) -> np.ndarray:
    """One operation after the other in float32, then rounded and cut off."""
    shares = np.array(matrix, np.float32).reshape(3, 4)
    red, green, blue = np.moveaxis(pixels.astype(np.float32), 2, 0)
    sums = [m[0] * red + m[1] * green + m[2] * blue + m[3] + np.float32(0.5) for m in shares]
    found = np.clip(np.stack(sums, 2), 0, 255).astype(np.uint8)
    return found[:, ::-1] if mirrored else found


@pytest.mark.parametrize("isa", ISAS)
@given(
    width=SIDES,
    height=SIDES,
    matrix=st.tuples(*[st.floats(-2, 2, width=32) if i % 4 < 3 else st.floats(-300, 300, width=32)
                       for i in range(12)]),
    mirrored=st.booleans(),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_matrix_gives_the_stated_bits(
    isa: str, width: int, height: int, matrix: tuple[float, ...], mirrored: bool
):
    pixels = noise(width, height)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(library.ISA_VARIABLE, isa)
        found = recolored(pixels, matrix, mirrored=mirrored)
    np.testing.assert_array_equal(found, stated(pixels, matrix, mirrored=mirrored))


def test_they_are_pillow_s_or_pillow_is_asked():
    pixels, matrix = noise(57, 41), (0.7, 0.2, 0.3, -8.5, 0.1, 1.1, -0.4, 5.25, 0, 0.3, 0.9, 11)
    found = natively_recolored(pixels, matrix)
    theirs = Image.fromarray(pixels).convert("RGB", matrix)
    if found is not None:  # else this Pillow's compiler fused products and sums
        np.testing.assert_array_equal(found, np.asarray(theirs))


@pytest.mark.parametrize("number", [np.nan, np.inf, -2e6])
def test_numbers_that_no_color_needs_are_refused(number: float):
    assert recolored(noise(9, 9), (number, *KEEPS[1:]), mirrored=False) is None
    assert recolored(noise(9, 9), KEEPS, mirrored=False) is not None


@given(width=st.integers(1, 260), height=st.integers(1, 260))
@settings(max_examples=60, deadline=None)
def test_the_mean_color_is_that_of_the_pixels_pillow_keeps(width: int, height: int):
    pixels = noise(width, height)
    few = (-(-width // 4), -(-height // 4))
    kept = np.asarray(Image.fromarray(pixels).resize(few, Image.Resampling.NEAREST))
    assert mean_color(pixels, 4) == tuple(kept.mean((0, 1)).tolist())
