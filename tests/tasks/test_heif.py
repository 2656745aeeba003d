"""Telephones' pictures: read where pillow-heif is installed, named with the way out where not."""

import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from mobilenetv2.cli import main
from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.find_pictures import look_through
from mobilenetv2.tasks.image import decode

WITHOUT = """
import sys
sys.modules["pillow_heif"] = None
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.find_pictures import describe_left_aside, look_through
from pathlib import Path
path = Path(sys.argv[1])
print(describe_left_aside(look_through(path.parent).left_aside))
decode(path)
"""


@pytest.fixture
def colors() -> Image.Image:
    """Left half red, right half blue, 48 wide and 32 high."""
    pixels = np.zeros((32, 48, 3), np.uint8)
    pixels[:, :24, 0] = pixels[:, 24:, 2] = 230
    return Image.fromarray(pixels)


def written(path, image):
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.from_pillow(image).save(path, quality=90)
    return path


def assert_red_and_blue(picture):
    assert picture.shape == (32, 48, 3)
    assert np.abs(picture[:, :20].astype(int) - (230, 0, 0)).max() < 40
    assert np.abs(picture[:, 28:].astype(int) - (0, 0, 230)).max() < 40


@pytest.mark.parametrize("name", ["a.heic", "b.HEIF", "renamed.jpg"])
def test_heic_pictures_are_found_and_read_by_what_they_hold(tmp_path, colors, name):
    path = written(tmp_path / "c.heic", colors).rename(tmp_path / name)
    assert [found.name for found in look_through(tmp_path).pictures] == [name]
    assert_red_and_blue(decode(path))
    assert_red_and_blue(decode(path.read_bytes()))


def test_every_command_takes_them(tmp_path, colors):
    for name in ("red", "blue"):
        (tmp_path / name).mkdir()
        for index in range(2):
            turned = colors.rotate(180 * index + 90 * (name == "red"), expand=True)
            written(tmp_path / name / f"{index}.heic", turned)
    labels = tmp_path / "labels.csv"
    labels.write_text("path,label\nred/0.heic,cup\n", "utf-8")
    for command in (
        ["train", "classify", "--data", str(tmp_path), "--dry-run"],
        ["evaluate", "--data", str(labels), "--model", "objects"],
        ["predict", str(tmp_path / "red" / "0.heic"), "--model", "objects"],
    ):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 0, done.output


def test_a_damaged_one_says_so(tmp_path, colors):
    path = written(tmp_path / "a.heic", colors)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ImageError, match=r"a\.heic"):
        decode(path)


def test_without_pillow_heif_the_extra_is_named(tmp_path):
    """The first bytes alone make the difference."""
    path = tmp_path / "a.heic"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, str(path)], capture_output=True, text=True, check=False
    )
    assert "1 x HEIC picture (these need pillow-heif) (a.heic)" in done.stdout
    assert "pip install 'mobilenetv2[heif]'" in done.stderr
