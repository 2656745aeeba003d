"""A picture that was decoded before shows the same bits, and its file is not opened again."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mobilenetv2.engine.library import ISA_VARIABLE, NUMPY
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.train import view as views
from mobilenetv2.train.decoded import DEPTHS, Decoded
from mobilenetv2.train.recolor import Recolor
from mobilenetv2.train.room import Room
from mobilenetv2.train.shelf import Shelf
from mobilenetv2.train.view import View, view

SHOWN = {
    "much smaller": View((30, 12, 590, 380), (40, 60), color=Recolor(1.1, 0.9, 1.2)),
    "half": View((31, 55, 271, 247), (96, 120), mirrored=True),
    "smaller": View((3, 5, 253, 195), (150, 200), upside_down=True, color=Recolor(0.8)),
    "larger": View((30.5, 12, 94, 108), (200, 140), mirrored=True, color=Recolor(1.2, 1.1, 0.7)),
    "larger, as it is": View((30, 12, 94, 108), (200, 140)),
    "beyond": View((-40, -30, 700, 500), (90, 130), color=Recolor(1.1)),
}  # fmt: skip


def noise(height: int, width: int) -> np.ndarray:
    """Smooth enough for JPEG, and no two places alike."""
    small = np.random.default_rng(0).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


def stored(kind: str, mode: str = "RGB", turn: int = 1) -> bytes:
    image = Image.fromarray(noise(397, 611)).convert(mode)
    exif = image.getexif()
    exif[0x0112] = turn
    file = io.BytesIO()
    image.save(file, kind, exif=exif)
    return file.getvalue()


def place(room: int = 2**24) -> Decoded:
    return Decoded(Shelf(1, DEPTHS, Room(room, lambda: 2**40, 0)), 0)


@pytest.fixture
def decodes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The pictures that were opened."""
    opened, begun = [], views.begun

    def begins(picture: bytes) -> object:
        opened.append(picture)
        return begun(picture)

    monkeypatch.setattr(views, "begun", begins)
    return opened


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize(
    ("kind", "mode", "turn"),
    [("JPEG", "RGB", 1), ("JPEG", "RGB", 6), ("JPEG", "L", 3), ("JPEG", "CMYK", 1),
     ("PNG", "RGB", 8), ("PNG", "RGBA", 1), ("PNG", "P", 1), ("TIFF", "RGB", 6)],
)  # fmt: skip
@pytest.mark.parametrize("engine", [True, False])
def test_the_same_bits(
    shown: str, kind: str, mode: str, turn: int, engine: bool,
    decodes: list[object], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if not engine:
        monkeypatch.setenv(ISA_VARIABLE, NUMPY)
    file, here, chosen = stored(kind, mode, turn), place(), SHOWN[shown]
    sizes = []

    def choose(size: tuple[int, int]) -> View:
        sizes.append(size)
        return chosen

    plain = view(file, choose)
    first = view(file, choose, decoded=here)
    assert len(decodes) == 2
    again = view(file, choose, decoded=here)
    assert len(decodes) == 2
    np.testing.assert_array_equal(first, plain)
    np.testing.assert_array_equal(again, plain)
    assert again.flags.writeable
    assert len(sizes) == 3
    assert len(set(sizes)) == 1


def test_each_scale_is_decoded_once(decodes: list[object]) -> None:
    """What is shown at one scale is not made of another's pixels, which would be other bits."""
    file, here = stored("JPEG"), place()
    for name in (*SHOWN, *SHOWN):
        plain = view(file, lambda _, name=name: SHOWN[name])
        decodes.clear()
        kept = view(file, lambda _, name=name: SHOWN[name], decoded=here)
        np.testing.assert_array_equal(kept, plain)
    assert not decodes


def test_what_is_shown_may_be_written_to(decodes: list[object]) -> None:
    """Of a picture shown at its own size too."""
    file, here = stored("PNG"), place()
    whole = View((0, 0, 611, 397), (397, 611))
    plain = view(file, lambda _: whole)
    for _ in range(3):
        shown = view(file, lambda _: whole, decoded=here)
        np.testing.assert_array_equal(shown, plain)
        shown[:] = 0


def test_without_room_it_is_decoded_each_time(decodes: list[object]) -> None:
    file, here = stored("JPEG"), place(1000)
    shown = [view(file, lambda _: SHOWN["half"], decoded=here) for _ in range(3)]
    assert len(decodes) == 3
    np.testing.assert_array_equal(shown[0], shown[2])


def test_an_array_is_not_kept(decodes: list[object]) -> None:
    pixels, here = noise(397, 611), place()
    for _ in range(2):
        view(pixels, lambda _: SHOWN["half"], decoded=here)
    assert here.header() is None


def test_a_picture_of_16_bits_is_stretched_once(decodes: list[object]) -> None:
    values = noise(397, 611)[:, :, 0].astype(np.uint16) * 9 + 100
    file, here = io.BytesIO(), place()
    Image.fromarray(values).save(file, "PNG")
    shown = [
        view(file.getvalue(), lambda _: SHOWN["smaller"], stretch=True, decoded=decoded)
        for decoded in (None, here, here)
    ]
    assert len(decodes) == 2
    np.testing.assert_array_equal(shown[0], shown[2])
    assert shown[0].max() > 200


def test_what_cannot_be_read_is_tried_again(tmp_path: Path, decodes: list[object]) -> None:
    """Cut off behind its header, or not there at all; and once it is whole it is kept."""
    whole, here, file = stored("JPEG"), place(), tmp_path / "a.jpg"

    def shown() -> np.ndarray:
        return view(file, lambda _: SHOWN["half"], decoded=here)

    for content in (whole[: len(whole) // 2], b"", whole[: len(whole) // 2]):
        file.write_bytes(content)
        with pytest.raises(ImageError, match=r"a\.jpg"):
            shown()
    file.write_bytes(whole)
    first = shown()
    file.unlink()
    np.testing.assert_array_equal(shown(), first)
    assert len(decodes) == 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_error_in_choosing_is_no_error_of_the_picture(kind: str) -> None:
    """A mask's keeps its own words, the second time as the first."""
    here, file = place(), stored(kind)

    def refuse(_: tuple[int, int]) -> View:
        raise DatasetError("mask.png: of another size")

    choices: tuple[Callable[[tuple[int, int]], View], ...] = (refuse, lambda _: SHOWN["half"])
    for choose in (*choices, refuse):
        if choose is refuse:
            with pytest.raises(DatasetError, match=r"^mask\.png: of another size"):
                view(file, choose, decoded=here)
        else:
            view(file, choose, decoded=here)
