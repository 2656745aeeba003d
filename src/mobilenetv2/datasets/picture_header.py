"""A picture's size and EXIF turn, without decoding its pixels."""

from dataclasses import dataclass

from PIL import ExifTags, Image

from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.picture import opened

SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that swap height and width."""

_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257

_BLOCK = 1_048_576

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


def read_header(path: PictureFile) -> PictureHeader:
    """Size and orientation; the picture's body may still turn out to be broken.

    Raises:
        ImageError: missing, not a picture, or too large.
    """
    with opened(path) as image:
        found = _orientation(image, path)
        return PictureHeader(_stored_size(image, found), found)


def _stored_size(image: Image.Image, orientation: int) -> tuple[int, int]:
    """(height, width) before the turn; of a TIFF, newer versions of Pillow state it behind it."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    width, height = tags.get(_TIFF_WIDTH), tags.get(_TIFF_HEIGHT)
    if orientation in SIDEWAYS and image.size == (height, width):
        return image.width, image.height
    return image.height, image.width


def _orientation(image: Image.Image, path: PictureFile) -> int:
    # A PNG may carry EXIF behind its pixels, and Pillow decodes them all to look there.
    if image.format == "PNG" and not _holds_tag(path):
        return 1
    found = image.getexif().get(ExifTags.Base.Orientation, 1)
    return found if found in range(1, 9) else 1


def _holds_tag(path: PictureFile) -> bool:
    """Whether one of `_PNG_TAGS` stands anywhere in a file, of which a part is read at a time."""
    before = b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if any(tag in before + block for tag in _PNG_TAGS):
                return True
            before = block[-32:]
    return False
