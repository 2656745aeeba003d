"""What kind of file a picture is, by its first bytes and by its name, and what helps with it."""

import io
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

from PIL import Image

from mobilenetv2.shards.member import Member

Opened = str | os.PathLike[str] | Member | bytes | Image.Image
"""A file, one in a shard, its bytes, or a PIL image."""


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A picture of which the header was read: whoever decodes it goes on from there."""

    image: Image.Image
    content: Opened
    """What it was opened from, and what hints are about."""
    name: str
    """What errors call it; empty: as they call the content."""

    def __enter__(self) -> "Begun":
        return self

    def __exit__(self, *raised: object) -> None:
        if self.image is not self.content:  # who gave an image closes it
            self.image.__exit__(*raised)


Openable = Opened | Begun
File = str | os.PathLike[str] | io.BytesIO
"""What Pillow opens of these."""

HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif", ".heics", ".heifs"})
"""What telephones write; Pillow reads it with pillow-heif's help."""

_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""How such a file begins, behind its length and "ftyp"."""

_VIDEO_BRANDS = (b"iso", b"mp4", b"M4V", b"qt ", b"avc", b"3gp", b"das", b"MSN")

_OTHERS = (
    (b"version http", "is a Git LFS pointer, which stands for the file: git lfs pull"),
    (b"<!doctype", "is a web page, as failed downloads leave: fetch it anew"),
    (b"<html", "is a web page, as failed downloads leave: fetch it anew"),
    (b"<svg", "is an SVG drawing: save it as PNG"),
    (b"<?xml", "is XML, such as an SVG drawing: save it as PNG"),
    (b"%pdf", "is a PDF document: save its pages as pictures"),
    (b"pk\3\4", "is a ZIP archive, or a document that is one: take the pictures out"),
    (b"\x1f\x8b", "is compressed with gzip: unpack it"),
    (b"\x93numpy", "is an array of NumPy: give np.load('FILE') to `Model.predict`"),
    (b"{", "is JSON, as a server answers that refuses: fetch it anew"),
    (b"data:", "is text in base64, as pages hold pictures: decode what follows the comma"),
    (b"/9j/", "is a JPEG in base64: decode it"),
    (b"ivborw0kgg", "is a PNG in base64: decode it"),
    (b"\0" * 12, "begins with zeros alone, as copies do that broke off: copy it anew"),
    (b"\xef\xbb\xbf", "begins as text does: it was saved by a tool for texts, which spoils it"),
)
"""How what people mistake for pictures begins, in small letters."""

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".mov", ".avi", ".mkv", ".m4v", ".mpg", ".mpeg", ".wmv", ".webm", ".mts", ".m2ts",
     ".3gp", ".flv", ".ogv"}
)  # fmt: skip

ICONS = (b"\0\0\1\0", b"\0\0\2\0", b"icns")
"""How ICO, CUR and ICNS begin, which hold whole PNG files."""


@lru_cache(maxsize=1)
def reads_heif() -> bool:
    """Whether pillow-heif is installed; if so, Pillow has been told of it."""
    try:
        from pillow_heif import register_heif_opener
    except ImportError:
        return False
    register_heif_opener()
    return True


def first_bytes(source: File) -> bytes:
    """Twelve of them; fewer of a shorter file, none of one that cannot be opened."""
    if isinstance(source, io.BytesIO):
        return source.getvalue()[:12]
    try:
        with open(source, "rb") as file:  # noqa: PTH123 - a str needs no Path for this
            return file.read(12)
    except OSError:
        return b""


def is_heif(first: bytes) -> bool:
    """Telephones' pictures that were only renamed to .jpg among them."""
    return first[4:8] == b"ftyp" and first[8:12] in _HEIF_BRANDS


def hint(picture: Opened) -> str:
    """What to do about a file that is no picture; empty where there is nothing to say."""
    if isinstance(picture, Member):
        picture = picture.read_bytes()
    if not isinstance(picture, bytes | Image.Image):
        name = os.fspath(picture)
        if PurePath(name).suffix.lower() in VIDEO_SUFFIXES:
            return "; it is a video: `mobilenetv2 predict` and `Model.stream` take it"
    source = io.BytesIO(picture) if isinstance(picture, bytes) else picture
    if isinstance(source, Image.Image):
        return ""
    first = first_bytes(source)
    if first[4:8] == b"ftyp" and first[8:11] in _VIDEO_BRANDS:
        return "; it is a video under another name: give it its own suffix, such as .mp4"
    if not is_heif(first):
        kind = next(
            (kind for begin, kind in _OTHERS if first.lstrip().lower().startswith(begin)), ""
        )
        return f"; it {kind}" if kind else "" if first else "; it is empty"
    if reads_heif():
        return "; it begins as a HEIC picture and is damaged or of a kind pillow-heif cannot read"
    return "; HEIC pictures need: pip install 'mobilenetv2[heif]'"


def address_hint(name: str) -> str:
    """What to do about a missing file whose name was an address."""
    if re.match("https?:/[^/]", name):
        return "; give an address as text: Path takes one of its slashes away"
    return ""
