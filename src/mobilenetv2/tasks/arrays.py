"""Arrays of any kind as RGB pixels of 8 bits."""

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.on_white import on_white
from mobilenetv2.tasks.pixels import Pixels


def array_to_rgb(values: npt.NDArray[np.generic]) -> Pixels:
    """RGB pixels, uint8 [height, width, 3].

    Args:
        values: [height, width], or [height, width, 1, 3 or 4] with alpha last; 8 bits, 16 bits
            (of which the upper 8 are kept), floats in 0..1 or booleans.

    Raises:
        ImageError: another shape or type, or numbers outside of what pictures hold.
    """
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3 or values.shape[2] not in (1, 3, 4) or 0 in values.shape:
        raise ImageError(
            "an array must be [height, width], or [height, width, 1, 3 or 4], not empty, "
            f"got {list(values.shape)}"
        )
    pixels = _to_8_bits(values)
    if pixels.shape[2] == 4:
        return np.asarray(on_white(Image.fromarray(pixels, "RGBA")))
    return (
        np.broadcast_to(pixels, (*pixels.shape[:2], 3)).copy() if pixels.shape[2] == 1 else pixels
    )


def _to_8_bits(values: npt.NDArray[np.generic]) -> Pixels:
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False)
    # PIL hands 16-bit pictures out as int32 ("I"), so the range decides, not the type alone.
    if values.dtype in (np.uint16, np.int32, np.int64):
        whole = values.astype(np.int64)
        low, high = int(whole.min()), int(whole.max())
        if low < 0 or high > 65535:
            raise ImageError(f"whole numbers must lie in 0..65535, got {low}..{high}")
        eight_bit = values.dtype != np.uint16 and high <= 255
        return (whole if eight_bit else whole >> 8).astype(np.uint8)
    if np.issubdtype(values.dtype, np.floating):
        lowest, highest = float(values.min()), float(values.max())
        if not (lowest >= 0 and highest <= 1):
            raise ImageError(
                f"an array of floats must lie in 0..1, got {lowest:g}..{highest:g}; "
                "give pixels in 0..255 as uint8"
            )
        return np.rint(np.asarray(values, np.float32) * 255).astype(np.uint8)
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255)
    raise ImageError(f"an array must be uint8, uint16 or float in 0..1, got {values.dtype}")
