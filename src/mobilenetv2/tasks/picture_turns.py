"""Which way up a picture is, as cameras write it into EXIF."""

from PIL import ExifTags, Image

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
"""What makes upright a picture with this EXIF orientation."""

_SIDEWAYS = frozenset({5, 6, 7, 8})


def upright(image: Image.Image, turn: int) -> Image.Image:
    """A decoded picture the right way up, by the orientation that `orientation` found in it."""
    return image.transpose(_TURNS[turn]) if turn in _TURNS else image


def orientation(image: Image.Image) -> int:
    """EXIF's, 1 to 8, of a picture that has been decoded: it may stand behind the pixels.

    Some formats, TIFF among them, are turned by Pillow itself, and are upright then.
    """
    found = image.getexif().get(ExifTags.Base.Orientation, 1)
    return found if found in range(1, 9) else 1


def upright_size(image: Image.Image) -> tuple[int, int]:
    """(height, width) of a picture the right way up."""
    sideways = orientation(image) in _SIDEWAYS
    return (image.width, image.height) if sideways else (image.height, image.width)
