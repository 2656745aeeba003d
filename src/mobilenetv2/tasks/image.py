"""From anything a person calls a picture to the array a network reads."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeGuard

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.shards.member import Member, PictureFile
from mobilenetv2.tasks.deep import to_8_bits, value_range
from mobilenetv2.tasks.draft import drafts
from mobilenetv2.tasks.options import Decoding
from mobilenetv2.tasks.picture import (
    fit,
    has_deep_color,
    opened,
    require_wide_color,
    rgb_strip,
    to_rgb,
)
from mobilenetv2.tasks.picture_kinds import Begun
from mobilenetv2.tasks.picture_room import takes_much_room
from mobilenetv2.tasks.picture_turns import orientation, upright, upright_size
from mobilenetv2.tasks.pixels import Pixels, Prepared, normalize
from mobilenetv2.tasks.stretch import as_taught, stretched
from mobilenetv2.tasks.strips import is_deep, strips

Picture = str | PictureFile | bytes | Image.Image | Begun | npt.NDArray[np.generic]
"""A file, one in a shard, its bytes, a PIL image, or an array [H, W], [H, W, 1], [H, W, 3 or 4]."""


_TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}
"""What makes upright a picture with this EXIF orientation; views, not copies."""


def is_picture(value: object) -> TypeGuard[Picture]:
    """Whether a value is one picture, and not several."""
    return isinstance(value, str | Path | Member | bytes | Image.Image | Begun | np.ndarray)


def decode(picture: Picture) -> Pixels:
    """RGB pixels, uint8 [height, width, 3], the right way up.

    Files, bytes and PIL images become so as `open_rgb` says.

    Raises:
        ImageError: missing, truncated, not a picture, too large, or an array of another kind.
    """
    if isinstance(picture, np.ndarray):
        return _from_array(picture)
    pixels, turn = _as_stored(picture)
    return np.ascontiguousarray(_TURNS[turn](pixels))


def decode_to_show(picture: Picture) -> Pixels:
    """As `decode`, for eyes: what that refuses since it would come out black is stretched.

    Raises:
        ImageError: as `decode`.
    """
    try:
        return decode(picture)
    except ImageError:
        wider = stretched(picture)
        if wider is picture:
            raise
        return decode(wider)


def as_image(
    picture: Picture, small_for: Preprocessing | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """The pixels of `decode` as a PIL image, which most pictures are without becoming an array.

    Args:
        picture: what to open.
        small_for: what it goes through afterwards, to be decoded as small as that allows.

    Returns:
        The image, and (height, width) of the picture as it was.

    Raises:
        ImageError: as `decode`.
    """
    if not isinstance(picture, np.ndarray):
        with opened(picture) as image:
            # Of a JPEG; others may say behind their pixels how they are turned.
            size = None if small_for is None else upright_size(image)
            drafted = small_for is not None and drafts(picture, image, small_for)
            large = not drafted and takes_much_room(image)
            result = None if large else to_rgb(image)
        if result is not None:
            result = upright(result, orientation(image))
            return result, size if drafted and size else (result.height, result.width)
    # An array is turned in place: no second copy of a large picture as Pillow has it.
    pixels = decode(picture)
    return Image.fromarray(pixels), (pixels.shape[0], pixels.shape[1])


def prepared(
    picture: Picture,
    sizes: Sequence[Preprocessing],
    decode: Decoding,
    to_size: Callable[[Image.Image, Preprocessing], Pixels] | None = None,
) -> Prepared:
    """A picture as a network reads it, at each of these sizes.

    Args:
        picture: what to open.
        sizes: at least one; they differ in their size alone.
        decode: as in `Options`.
        to_size: does what `fitted` does, which does it where none is given.

    Raises:
        ImageError: as `decode`.
    """
    largest = max(sizes, key=lambda one: one.size)
    shown = as_taught(picture, largest)
    image, size = as_image(shown, largest if decode == "fast" else None)
    to_size = to_size or fitted
    return Prepared(tuple(to_size(image, one) for one in sizes), size)


def prepare(pixels: Pixels, preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """The network's input, float32 [height, width, 3], from uint8 [any height, any width, 3]."""
    return normalize(resize(pixels, preprocessing), preprocessing)


def resize(pixels: Pixels, preprocessing: Preprocessing) -> Pixels:
    """Bring a picture to the network's size as `preprocessing.fit` says; uint8 throughout."""
    return fitted(Image.fromarray(pixels), preprocessing)


def fitted(image: Image.Image, preprocessing: Preprocessing) -> Pixels:
    """An RGB picture at the network's size, uint8 [height, width, 3]."""
    return np.asarray(fit(image, preprocessing))


def _as_stored(picture: str | PictureFile | bytes | Image.Image | Begun) -> tuple[Pixels, int]:
    """As `open_rgb` but for the turn, and EXIF's orientation.

    Made in strips, and without the picture once it is done: a second copy of a large one counts.
    """
    with opened(picture) as image:
        deep_color = has_deep_color(image)
        image.load()
        if deep_color:
            require_wide_color(image)
        lowest, highest = value_range(image) if is_deep(image) else (0.0, 0.0)
        pixels = np.empty((image.height, image.width, 3), np.uint8)
        for top, strip in strips(image):
            rows = pixels[top : top + strip.height]
            if is_deep(image):
                rows[:] = to_8_bits(np.asarray(strip), lowest, highest)[:, :, None]
            else:
                rows[:] = np.asarray(rgb_strip(strip))
        return pixels, orientation(image)


def _from_array(values: npt.NDArray[np.generic]) -> Pixels:
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3 or values.shape[2] not in (1, 3, 4) or 0 in values.shape:
        first = values.ndim == 3 and values.shape[0] in (1, 3, 4) and 0 not in values.shape
        way_out = "; colors come last: array.transpose(1, 2, 0)" if first else ""
        raise ImageError(
            "an array must be [height, width], or [height, width, 1, 3 or 4], not empty, "
            f"got {list(values.shape)}{way_out}"
        )
    if values.dtype.kind not in "biuf":
        raise ImageError(f"an array must be uint8, uint16 or float in 0..1, got {values.dtype}")
    pixels = to_8_bits(values, float(values.min()), float(values.max()))
    if pixels.shape[2] == 4:
        return np.asarray(rgb_strip(Image.fromarray(pixels, "RGBA")))
    return (
        np.broadcast_to(pixels, (*pixels.shape[:2], 3)).copy() if pixels.shape[2] == 1 else pixels
    )
