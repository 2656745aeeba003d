"""What cameras of 12 bits and thermal ones need: the darkest value black, the brightest white."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.deep import value_range
from mobilenetv2.tasks.picture import opened
from mobilenetv2.tasks.picture_kinds import Openable
from mobilenetv2.tasks.strips import is_deep, strips

P = TypeVar("P", bound=Openable | npt.NDArray[np.generic])


def as_taught(picture: P, preprocessing: Preprocessing) -> P | Image.Image:
    """A picture `stretched`, if those are that a network was taught on.

    Raises:
        ImageError: as `stretched`.
    """
    return stretched(picture) if preprocessing.stretch else picture


def stretched(picture: P) -> P | Image.Image:
    """A grey picture of 16 or 32 bits, its darkest value black and its brightest white.

    Any other picture comes back as it is: there is nothing to stretch. An array is such a picture
    if it holds whole numbers of more than 8 bits in one channel; floats are shares of white.

    Raises:
        ImageError: it cannot be read, or holds numbers that are not finite.
    """
    if isinstance(picture, np.ndarray):
        one_channel = picture.ndim == 2 or picture.shape[2:] == (1,)
        if picture.dtype.kind in "iu" and picture.dtype.itemsize > 1 and one_channel:
            return _to_8_bits(
                Image.fromarray(picture.reshape(picture.shape[:2]).astype(np.float32))
            )
        return picture
    with opened(picture) as image:
        if not is_deep(image):
            return picture
        image.load()
        result = _to_8_bits(image)
    result.info["exif"] = image.getexif().tobytes()
    result.getexif().load(result.info["exif"])
    return result


def _to_8_bits(image: Image.Image) -> Image.Image:
    lowest, highest = value_range(image)
    if not np.isfinite((lowest, highest)).all():
        raise ImageError(f"numbers must be finite to be stretched, got {lowest}..{highest}")
    result = Image.new("L", image.size)
    scale = 255 / (highest - lowest) if highest > lowest else 0.0
    for top, strip in strips(image):
        values = (np.asarray(strip, np.float64) - lowest) * scale
        result.paste(Image.fromarray(np.rint(values).astype(np.uint8)), (0, top))
    return result
