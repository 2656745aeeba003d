"""What is mistaken for a picture is called by its name."""

from pathlib import Path

import pytest

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.image import decode


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"<!DOCTYPE html><p>404", "it is a web page"),
        (b"\r\n<HTML>", "it is a web page"),
        (b"<svg/>", "SVG drawing"),
        (b"%PDF-1.7", "PDF document"),
        (b"PK\3\4rest", "ZIP archive"),
        (b"\x1f\x8b\x08rest", "gzip"),
        (b"\x93NUMPY\1\0", "array of NumPy"),
        (b'{"error": 404}', "as a server answers"),
        (b"data:image/jpeg;base64,", "base64"),
        (b"/9j/4AAQSkZJRgABAQ", "JPEG in base64"),
        (b"iVBORw0KGgoAAAANSUh", "PNG in base64"),
        (bytes(5000), "begins with zeros alone"),
        (b"\xef\xbb\xbf\xff\xd8\xff", "saved by a tool for texts"),
        (b"\0\0\0\x20ftypisom\0\0\2\0", "a video under another name"),
    ],
)
def test_the_error_names_what_it_is(tmp_path: Path, content: bytes, said: str):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=rf"a\.jpg is not a picture .*{said}"):
        decode(path)
