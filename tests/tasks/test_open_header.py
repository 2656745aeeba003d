"""Pictures opened on several threads by Pillow, without its warnings and with no trace of that."""

import io
import threading
import warnings
from pathlib import Path

import pytest
from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.open_header import open_header, open_to_decode
from mobilenetv2.tasks.picture import begun, opened


def saved(kind: str, size: tuple[int, int] = (8, 6)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_threads_leave_the_filters_of_warnings_as_they_were(kind: str):
    data = saved(kind)
    before = list(warnings.filters)
    together = threading.Barrier(4, timeout=10)

    def open_many() -> None:
        together.wait()
        for _ in range(50):
            open_header(data).close()

    threads = [threading.Thread(target=open_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_large_picture_is_no_warning(kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_header(saved(kind)).size == (8, 6)


def test_what_begins_as_a_jpeg_and_is_none_is_said_as_of_any_file(tmp_path: Path):
    path = tmp_path / "broken.jpg"
    path.write_bytes(b"\xff\xd8\xff nothing else")
    for way in (opened, begun):
        with pytest.raises(ImageError, match=r"broken\.jpg is not a picture"), way(path):
            pass


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_what_is_decoded_is_the_same_however_it_was_opened(kind: str, tmp_path: Path):
    path = tmp_path / "picture"
    path.write_bytes(saved(kind))
    expected = decode(path).tolist()
    assert decode(open_to_decode(path)).tolist() == expected
    with begun(path) as picture:
        assert decode(picture).tolist() == expected


def test_a_caller_s_image_stays_open():
    image = Image.open(io.BytesIO(saved("JPEG")))
    with begun(image):
        pass
    with opened(image) as same:
        assert same is image
    assert image.getpixel((0, 0))[0] > 150


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path):
    with pytest.raises(ImageError, match=r"none\.jpg: no such file"):
        begun(tmp_path / "none.jpg")
