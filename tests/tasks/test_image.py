"""Anything a person calls a picture becomes RGB pixels, or an error that says why not."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import TORCHVISION, Preprocessing
from mobilenetv2.tasks.find_pictures import find_pictures
from mobilenetv2.tasks.image import as_image, decode, prepare, resize
from mobilenetv2.tasks.picture import is_large, open_rgb
from mobilenetv2.tasks.picture_kinds import reads_heif
from mobilenetv2.tasks.pixels import normalize

PHOTO = Path(__file__).parents[2] / "src/mobilenetv2/examples/coffee.jpg"


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def gradient(height: int = 20, width: int = 30) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack([y * 8, x * 8, (x + y) * 4], axis=2).astype(np.uint8)


def test_path_bytes_pil_and_array_are_the_same_picture():
    from_path = decode(PHOTO)
    assert from_path.shape == (400, 600, 3)
    assert from_path.dtype == np.uint8
    for other in (str(PHOTO), PHOTO.read_bytes(), Image.open(PHOTO), from_path):
        np.testing.assert_array_equal(decode(other), from_path)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "I;16"])
def test_images_and_arrays_are_made_of_the_same_pixels(mode: str):
    if mode == "I;16":
        image = Image.fromarray(gradient()[..., 0].astype(np.uint16) * 200)
    else:
        image = Image.fromarray(gradient()).convert("L" if mode in ("LA", "PA") else "RGB")
        image = image.convert(mode)
    if "A" in mode:
        image.putalpha(Image.fromarray(gradient()[..., 1]))
    data = encoded(image, "TIFF") if mode in ("CMYK", "PA") else encoded(image, "PNG")
    np.testing.assert_array_equal(as_image(data)[0], decode(data))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honored(orientation: int):
    upright = gradient()
    turns = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    stored = Image.fromarray(np.ascontiguousarray(turns[orientation](upright)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(stored, "PNG", exif=exif)
    np.testing.assert_array_equal(decode(data), upright)
    np.testing.assert_array_equal(as_image(data)[0], upright)


class TestModes:
    def test_gray(self):
        gray = Image.fromarray(gradient()[:, :, 0])
        decoded = decode(encoded(gray, "PNG"))
        np.testing.assert_array_equal(decoded, np.repeat(gradient()[:, :, :1], 3, axis=2))

    def test_palette(self):
        image = Image.fromarray(gradient()).quantize(64)
        np.testing.assert_array_equal(
            decode(encoded(image, "PNG")), np.asarray(image.convert("RGB"))
        )

    def test_what_is_transparent_becomes_white(self):
        pixels = np.zeros((4, 4, 4), np.uint8)
        pixels[:2] = (10, 20, 30, 255)
        decoded = decode(encoded(Image.fromarray(pixels), "PNG"))
        assert (decoded[:2] == (10, 20, 30)).all()
        assert (decoded[2:] == 255).all()
        np.testing.assert_array_equal(decode(pixels), decoded)

    def test_palette_with_a_transparent_entry(self):
        image = Image.new("P", (4, 4), 0)
        image.putpalette([200, 0, 0, 0, 200, 0])
        image.putpixel((0, 0), 1)
        decoded = decode(encoded(image, "PNG", transparency=0))
        assert tuple(decoded[0, 0]) == (0, 200, 0)
        assert (decoded[1:] == 255).all()

    def test_cmyk(self):
        image = Image.fromarray(gradient(32, 32)).convert("CMYK")
        decoded = decode(encoded(image, "JPEG", quality=95))
        assert np.abs(decoded.astype(int) - np.asarray(image.convert("RGB"))).mean() < 4

    def test_16_bit_gray_keeps_its_upper_bits(self):
        deep = np.linspace(0, 65535, 600).astype(np.uint16).reshape(20, 30)
        decoded = decode(encoded(Image.fromarray(deep), "PNG"))
        np.testing.assert_array_equal(decoded[:, :, 0], deep >> 8)
        np.testing.assert_array_equal(decode(deep), decoded)

    def test_one_bit(self):
        image = Image.fromarray(gradient()[:, :, 1]).convert("1")
        assert set(np.unique(decode(encoded(image, "PNG")))) == {0, 255}

    def test_of_an_animation_the_first_frame(self):
        frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
        data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
        assert tuple(decode(data)[0, 0]) == (255, 0, 0)


class TestArrays:
    def test_floats_in_0_to_1(self):
        np.testing.assert_array_equal(decode(gradient() / 255.0), gradient())

    def test_one_channel_and_none(self):
        gray = gradient()[:, :, 0]
        np.testing.assert_array_equal(decode(gray), decode(gray[:, :, None]))

    @pytest.mark.parametrize(
        ("array", "message"),
        [
            (np.zeros((2, 3, 4, 3), np.uint8), "an array must be"),
            (np.zeros((0, 4, 3), np.uint8), "not empty"),
            (np.zeros((4, 4, 2), np.uint8), "an array must be"),
            (np.full((4, 4, 3), 200.0), r"floats must lie in 0\.\.1"),
            (np.full((4, 4, 3), np.nan), r"floats must lie in 0\.\.1"),
            (np.full((4, 4, 3), -1), r"must lie in 0\.\.65535"),
            (np.zeros((4, 4, 3), complex), "must be uint8"),
        ],
    )
    def test_others_are_refused(self, array: np.ndarray, message: str):
        with pytest.raises(ImageError, match=message):
            decode(array)


class TestBadFiles:
    def test_missing(self, tmp_path: Path):
        with pytest.raises(ImageError, match="no such file"):
            decode(tmp_path / "none.jpg")

    def test_folder(self, tmp_path: Path):
        with pytest.raises(ImageError, match="is a folder"):
            decode(tmp_path)

    def test_empty_and_text(self, tmp_path: Path):
        for content in (b"", b"hello, I am no picture at all"):
            with pytest.raises(ImageError, match="not a picture"):
                decode(content)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
    def test_every_truncation_is_an_error_or_a_picture(self, kind: str):
        whole = encoded(Image.open(PHOTO).resize((60, 40)), kind)
        for length in range(0, len(whole) - 1, max(1, len(whole) // 40)):
            try:
                assert decode(whole[:length]).shape == (40, 60, 3)
            except ImageError as error:
                assert str(error)  # noqa: PT017 - either outcome is right, a crash is not

    def test_a_truncated_jpeg_names_itself(self, tmp_path: Path):
        broken = tmp_path / "broken.jpg"
        broken.write_bytes(PHOTO.read_bytes()[:20_000])
        with pytest.raises(ImageError, match=r"broken\.jpg cannot be decoded"):
            decode(broken)

    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=60, deadline=None)
    def test_flipped_bytes_never_crash(self, seed: int):
        data = bytearray(PHOTO.read_bytes())
        random = np.random.default_rng(seed)
        for position in random.integers(0, len(data), 20):
            data[position] = random.integers(256)
        try:
            assert decode(bytes(data)).shape[2] == 3
        except ImageError as error:
            assert str(error)  # noqa: PT017


class TestResize:
    def test_crop_keeps_the_center_and_the_aspect(self):
        image = np.zeros((100, 300, 3), np.uint8)
        image[:, 140:160] = 255
        cropped = resize(image, Preprocessing(size=(50, 50), crop_fraction=1.0))
        assert cropped.shape == (50, 50, 3)
        assert cropped[25, 25, 0] == 255
        assert cropped[25, :18].max() == 0

    def test_crop_equals_resize_then_center_crop(self):
        image = decode(PHOTO)
        full = Image.fromarray(image).resize((384, 256), Image.Resampling.BILINEAR)
        expected = np.asarray(full.crop((80, 16, 304, 240))).astype(int)
        actual = resize(image, Preprocessing()).astype(int)
        assert np.abs(actual - expected).max() <= 1

    def test_squash_keeps_everything(self):
        image = np.zeros((100, 300, 3), np.uint8)
        image[:, :30] = 255
        squashed = resize(image, Preprocessing(size=(60, 60), fit="squash"))
        assert squashed[30, 0, 0] == 255
        assert squashed[30, 59, 0] == 0

    @given(st.integers(1, 400), st.integers(1, 400), st.integers(1, 64), st.integers(1, 64))
    @settings(max_examples=60, deadline=None)
    def test_any_size_gives_the_size_asked_for(self, height: int, width: int, h: int, w: int):
        image = np.zeros((height, width, 3), np.uint8)
        for fit in ("crop", "squash"):
            preprocessing = Preprocessing(size=(h, w), fit=fit)  # type: ignore[arg-type]
            assert resize(image, preprocessing).shape == (h, w, 3)

    def test_a_strip_costs_no_memory(self):
        strip = np.zeros((1, 60_000, 3), np.uint8)
        assert resize(strip, Preprocessing()).shape == (224, 224, 3)


def test_normalize_is_the_formula():
    pixels = np.array([[[0, 128, 255]]], np.uint8)
    expected = (np.array([0, 128, 255]) / 255 - TORCHVISION.mean) / TORCHVISION.std
    np.testing.assert_allclose(normalize(pixels, TORCHVISION)[0, 0], expected, rtol=1e-5)
    assert prepare(pixels, TORCHVISION).dtype == np.float32


def test_find_pictures_is_sorted_deep_and_skips_hidden(tmp_path: Path):
    for name in ("b.JPG", "a/z.png", "a/.hidden.png", ".cache/x.jpg", "notes.txt", "c.webp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [path.relative_to(tmp_path).as_posix() for path in find_pictures(tmp_path)]
    assert found == ["a/z.png", "b.JPG", "c.webp"]


class TestBudget:
    """Sizes are claims of the header; no test decodes them."""

    @staticmethod
    def claiming(path: Path, image: Image.Image, size: tuple[int, int], **options: object) -> Path:
        """A file of a small picture whose header says that it is large."""
        image.save(path, **options)
        content = path.read_bytes()
        if path.suffix == ".png":
            header = b"IHDR" + struct.pack(">II", *size) + content[24:29]
            content = content[:12] + header + struct.pack(">I", zlib.crc32(header)) + content[33:]
        else:
            place = content.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
            content = content[: place + 5] + struct.pack(">HH", *size[::-1]) + content[place + 9 :]
        path.write_bytes(content)
        return path

    @pytest.mark.parametrize(
        ("name", "options", "megapixels"),
        [("a.png", {}, 126), ("a.jpg", {}, 126), ("b.jpg", {"progressive": True}, 68)],
    )
    def test_what_would_take_a_gigabyte_is_refused_from_its_header(
        self, tmp_path: Path, name: str, options: dict[str, object], megapixels: int
    ):
        image = Image.new("RGB", (16, 16))
        path = self.claiming(tmp_path / name, image, (megapixels * 100, 10_000), **options)
        for read in (decode, open_rgb):
            with pytest.raises(ImageError, match=rf"{name}: .*at most .* pixels, got"):
                read(path)
        assert not is_large(path)

    def test_the_largest_that_is_decoded_takes_less(self, tmp_path: Path):
        image = Image.new("RGB", (16, 16))
        path = self.claiming(tmp_path / "a.png", image, (124_000, 1000))
        with pytest.raises(ImageError, match="truncated"):
            decode(path)
        assert is_large(path)


def test_a_video_is_told_which_way_to_go(tmp_path: Path):
    (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypisom" + bytes(40))
    with pytest.raises(ImageError, match=r"clip.mp4 is not a picture.*`Model.stream` take it"):
        decode(tmp_path / "clip.mp4")


@pytest.mark.skipif(reads_heif(), reason="pillow-heif is installed and says what is wrong itself")
@pytest.mark.parametrize("as_bytes", [True, False])
def test_what_heic_pictures_need_is_said_of_files_and_of_bytes(tmp_path: Path, as_bytes: bool):
    content = b"\0\0\0\x18ftypheic" + bytes(40)
    path = tmp_path / "a.heic"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=r"mobilenetv2\[heif\]"):
        decode(content if as_bytes else path)
