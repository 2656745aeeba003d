"""Pictures at another size by the engine: Pillow's bits, in every instruction set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import mobilenetv2
from mobilenetv2.engine import library
from mobilenetv2.engine.resample import natively_fitted, resampled
from mobilenetv2.preprocessing import Fit, Interpolation, Preprocessing
from mobilenetv2.tasks.image import fitted

pytestmark = pytest.mark.skipif(
    not library.available() or not hasattr(Image.Image, "__arrow_c_array__"),
    reason="needs the engine, and a Pillow (11.2 or later) that shows its pixels",
)
ISAS = library.isas() if library.available() else ()

SIDES = st.one_of(st.integers(1, 9), st.integers(1, 300))


def noise(width: int, height: int, *, hard: bool) -> Image.Image:
    """Pixels at random; hard ones are black and white, whose sums overshoot most."""
    pixels = np.random.default_rng(width * 1000 + height).integers(0, 256, (height, width, 3))
    return Image.fromarray((pixels // 128 * 255 if hard else pixels).astype(np.uint8))


@pytest.mark.parametrize("isa", ISAS)
@given(
    width=SIDES,
    height=SIDES,
    size=st.tuples(SIDES, SIDES),
    fit=st.sampled_from(["crop", "squash", "pad"]),
    interpolation=st.sampled_from(["bilinear", "bicubic", "nearest"]),
    hard=st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_any_size_and_any_fit_are_pillow_s(
    isa: str,
    width: int,
    height: int,
    size: tuple[int, int],
    fit: Fit,
    interpolation: Interpolation,
    hard: bool,
):
    picture = noise(width, height, hard=hard)
    wanted = Preprocessing(size, fit, interpolation=interpolation)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(library.ISA_VARIABLE, isa)
        ours = natively_fitted(picture, wanted)
    assert ours.shape == (*size, 3)
    np.testing.assert_array_equal(ours, fitted(picture, wanted))


def test_which_comes_first_decides_bits():
    """So it is no matter of taste, and the test above would tell the wrong order."""
    picture = noise(40, 90, hard=False)
    one, other = (
        resampled(picture, (24, 30), (0, 0, 40, 90), "bilinear", down_first=first)
        for first in (False, True)
    )
    assert one is not None
    assert other is not None
    assert (one != other).any()
    assert np.abs(one.astype(int) - other).max() <= 2


def test_a_part_in_fractions_of_pixels():
    picture, box = noise(60, 50, hard=True), (3.3, 0.5, 59.9, 41.2)
    ours = resampled(picture, (31, 47), box, "bicubic", down_first=False)
    theirs = picture.resize((47, 31), Image.Resampling.BICUBIC, box)
    np.testing.assert_array_equal(ours, np.asarray(theirs))


def test_a_picture_in_several_pieces_is_pillow_s_work():
    picture = Image.new("RGB", (4096, 1100), (1, 2, 3))
    assert resampled(picture, (4, 4), (0, 0, 4096, 1100), "bilinear", down_first=False) is None
    wanted = Preprocessing((32, 32), "squash")
    np.testing.assert_array_equal(natively_fitted(picture, wanted), fitted(picture, wanted))


@pytest.mark.parametrize("box", [(-1, 0, 4, 4), (0, 0, 5, 4), (2, 0, 2, 4), (0, 0, 4, np.nan)])
def test_the_engine_does_not_read_beside_a_picture(box: tuple[float, float, float, float]):
    picture = noise(4, 4, hard=False)
    assert resampled(picture, (2, 2), box, "bilinear", down_first=False) is None


def test_models_prepare_pictures_with_it(tiny_file):
    model = mobilenetv2.load(tiny_file)
    picture = noise(211, 340, hard=False)
    (pixels,) = model.prepare(picture).inputs
    np.testing.assert_array_equal(pixels, fitted(picture, model.checkpoint.preprocessing))
