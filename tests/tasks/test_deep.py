"""Pictures of 16 bits that would come out black."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.picture import open_rgb
from mobilenetv2.tasks.stretch import stretched
from tests.datasets.mask_files import deep_png

RAMP = np.linspace(0, 1, 600).reshape(20, 30)


def saved(path: Path, lowest: int, highest: int) -> Path:
    values = np.rint(lowest + RAMP * (highest - lowest)).astype(np.uint16)
    Image.fromarray(values).save(path)
    return path


@pytest.mark.parametrize("span", [(0, 4095), (7000, 9000)])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_12_bits_and_thermal_pictures_are_refused_with_a_way_out(tmp_path, span, suffix):
    path = saved(tmp_path / f"a{suffix}", *span)
    for read in (decode, open_rgb):
        with pytest.raises(ImageError, match=rf"a\{suffix}: .*{span[0]} to {span[1]}.*--stretch"):
            read(path)


@pytest.mark.parametrize("span", [(0, 4095), (7000, 9000), (0, 65535)])
def test_stretched_they_use_all_of_8_bits(tmp_path: Path, span: tuple[int, int]):
    pixels = decode(stretched(saved(tmp_path / "a.png", *span)))
    assert np.abs(pixels[:, :, 0] - RAMP * 255).max() <= 0.6


def test_other_pictures_are_not_stretched(tmp_path: Path):
    path = tmp_path / "a.png"
    Image.new("L", (4, 4), 9).save(path)
    assert stretched(path) == path


def test_a_stretched_picture_is_upright(tmp_path: Path):
    image = Image.fromarray(np.rint(RAMP * 4095).astype(np.uint16))
    exif = image.getexif()
    exif[0x0112] = 3
    image.save(tmp_path / "a.png", exif=exif)
    pixels = decode(stretched(tmp_path / "a.png"))
    assert (pixels[0, 0, 0], pixels[-1, -1, 0]) == (255, 0)


def test_one_value_is_no_narrow_range(tmp_path: Path):
    assert (decode(saved(tmp_path / "a.png", 0, 0)) == 0).all()
    assert (decode(saved(tmp_path / "b.png", 2000, 2000)) == 7).all()


def test_12_bits_a_color_are_refused_too(tmp_path: Path):
    values = np.rint(np.repeat(RAMP[:, :, None], 3, 2) * 4095).astype(np.uint16)
    with pytest.raises(ImageError, match=r"a\.png: .*16 bits a color.*black"):
        decode(deep_png(tmp_path / "a.png", values))
    assert decode(deep_png(tmp_path / "b.png", values * 16)).max() == 255
