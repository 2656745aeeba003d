"""A picture's size and EXIF turn, without decoding its pixels."""

import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.picture import MAX_PIXELS

SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap height and width."""

_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257

_PNG_TAGS = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the first bytes of a picture say."""

    stored: tuple[int, int]
    """(height, width) of the pixels in the file."""
    orientation: int
    """EXIF's, 1 to 8; 1 is upright."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the picture the right way up, as `tasks.image.decode` returns it."""
        height, width = self.stored
        return (width, height) if self.orientation in SIDEWAYS else (height, width)


def read_header(path: Path) -> PictureHeader:
    """Size and orientation; the picture's body may still turn out to be broken.

    Raises:
        ImageError: missing, not a picture, or more than `MAX_PIXELS` pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                orientation = _orientation(image, path)
                header = PictureHeader(_stored_size(image, orientation), orientation)
    except FileNotFoundError as error:
        raise ImageError(f"{path}: no such file") from error
    # Decoders raise many types on broken files (SyntaxError, struct.error, zlib.error ...).
    except Exception as error:
        raise ImageError(f"{path} is not a picture that Pillow reads: {error}") from error
    height, width = header.stored
    if not 0 < height * width <= MAX_PIXELS:
        raise ImageError(
            f"{path}: a picture may have 1 to {MAX_PIXELS:,} pixels, got {width} x {height}"
        )
    return header


def _stored_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """(height, width) before the turn; of a TIFF, newer versions of Pillow state it behind it."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    width, height = tags.get(_TIFF_WIDTH), tags.get(_TIFF_HEIGHT)
    if orientation in SIDEWAYS and image.size == (height, width):
        return image.width, image.height
    return image.height, image.width


def _orientation(image: Image.Image, path: Path) -> int:
    # A PNG may carry EXIF behind its pixels, and Pillow decodes them all to look there.
    if image.format == "PNG":
        content = path.read_bytes()
        if not any(tag in content for tag in _PNG_TAGS):
            return 1
    found = image.getexif().get(ExifTags.Base.Orientation, 1)
    return found if found in range(1, 9) else 1
