"""Grey pictures of 16 and 32 bits: to 8 bits, and what to do where that leaves nothing to see."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.strips import strips

NARROW = 4096
"""Values of 65,536. What spans fewer, as 12-bit cameras and thermal ones do, comes out black or
flat when the upper 8 bits are kept."""

Values = npt.NDArray[np.generic]


def deep_to_rgb(image: Image.Image) -> Image.Image:
    """A decoded picture in mode I;16, I or F in mode RGB; 16 bits keep their upper 8.

    Raises:
        ImageError: numbers outside of what pictures hold, or in so narrow a range that nothing
            would be seen.
    """
    lowest, highest = value_range(image)
    result = Image.new("L", image.size)
    for top, strip in strips(image):
        result.paste(Image.fromarray(to_8_bits(np.asarray(strip), lowest, highest)), (0, top))
    return result.convert("RGB")


def to_8_bits(values: Values, lowest: float, highest: float) -> Pixels:
    """uint8 of the same shape, from uint8, uint16, bool, whole numbers to 65535, floats in 0..1.

    Args:
        values: all, or some of a picture.
        lowest: of the whole picture, and
        highest: likewise.

    Raises:
        ImageError: another type or range.
    """
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    # PIL hands 16-bit pictures out as int32 ("I"), so the range decides, not the type alone.
    if values.dtype.newbyteorder("=") in (np.uint16, np.int32, np.int64):
        if lowest < 0 or highest > 65535:
            raise ImageError(f"whole numbers must lie in 0..65535, got {lowest:g}..{highest:g}")
        if values.dtype.itemsize > 2 and highest <= 255:
            return values.astype(np.uint8)
        if 0 < highest - lowest < NARROW:
            raise ImageError(
                f"values of 16 bits must span {NARROW:,} or more to be seen, these are {lowest:g} "
                f"to {highest:g} (12 bits, or a thermal camera's). Stretch them first "
                "(`--stretch` of predict, evaluate, check and train, "
                "`Model.predict(..., stretch=True)`)"
            )
        return (values.astype(np.int64) >> 8).astype(np.uint8)
    if np.issubdtype(values.dtype, np.floating):
        if not (lowest >= 0 and highest <= 1):
            raise ImageError(
                f"an array of floats must lie in 0..1, got {lowest:g}..{highest:g}; "
                "give pixels in 0..255 as uint8, or have a grey picture stretched (`--stretch`)"
            )
        return np.rint(np.asarray(values, np.float32) * 255).astype(np.uint8)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    raise ImageError(f"an array must be uint8, uint16 or float in 0..1, got {values.dtype}")


def value_range(image: Image.Image) -> tuple[float, float]:
    """The lowest and the highest value of a decoded picture; NaN where there is one."""
    lows, highs = [], []
    for _, strip in strips(image):
        values = np.asarray(strip)
        lows.append(float(values.min()))
        highs.append(float(values.max()))
    return float(np.min(lows)), float(np.max(highs))
