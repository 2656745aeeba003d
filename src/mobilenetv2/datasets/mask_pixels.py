"""The values in a mask file, decoded only once its size and depth are known to be right."""

from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.datasets.lossy import loses_values
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.shards.member import Member, PictureFile
from mobilenetv2.tasks.open_header import said_of_bombs
from mobilenetv2.tasks.picture import opened
from mobilenetv2.tasks.picture_room import MAX_PIXELS, NO_MEMORY
from mobilenetv2.tasks.picture_turns import orientation, upright

Values = npt.NDArray[np.generic]

_SINGLE = ("1", "P", "L", "I", "I;16", "I;16B")


LARGEST = 2**31 - 1


class MaskSizeError(DatasetError):
    """A mask and its picture have different sizes, (height, width) each."""

    own: tuple[int, int] = (0, 0)
    """The mask's."""


def wrong_size(
    mask: PictureFile, own: tuple[int, int], size: tuple[int, int], of: str = ""
) -> MaskSizeError:
    """The error for a mask of size `own` where its picture, called `of`, has `size`."""
    error = MaskSizeError(
        f"{mask}: a mask must have the size of its picture{f' {of}' if of else ''}, "
        f"{size[1]} x {size[0]} pixels, got {own[1]} x {own[0]}"
    )
    error.own = own
    return error


def mask_pixels(path: PictureFile, *, as_colors: bool, size: tuple[int, int] | None) -> Values:
    """[height, width] indices or values, or [height, width, 3] for a picture in colors.

    Args:
        path: a picture, or an array of whole numbers as numpy saves it (.npy).
        as_colors: whether palettes and grey values become colors.
        size: (height, width) that it must have, the right way up; None: any.

    Raises:
        MaskSizeError: it has another.
        DatasetError: missing, unreadable, too large, or in a form that loses or hides ids.
    """
    try:
        if path.suffix.lower() == ".npy":
            return _array(path, as_colors, size)
        with path.open("rb") as content, _begun(content) as image:
            _check_header(path, image, content, size)
            image.load()
            turned = upright(image, orientation(image))
            if turned.mode in _SINGLE and not as_colors:
                return np.asarray(turned)
            if turned.mode == "F" and not as_colors:
                return _whole(path, np.asarray(turned))
            if not as_colors:
                _refuse_hidden(path, turned)
            return np.asarray(turned.convert("RGB"))
    except DatasetError:
        raise
    except MemoryError as error:
        raise DatasetError(f"{path}: {NO_MEMORY}") from error
    except FileNotFoundError as error:
        raise DatasetError(f"{path}: no such mask") from error
    # Decoders raise many types on broken files (SyntaxError, struct.error, zlib.error ...).
    except Exception as error:
        raise DatasetError(f"{path} cannot be decoded as a mask: {error}") from error


def _begun(content: BinaryIO) -> Image.Image:
    with said_of_bombs("ignore"):
        return Image.open(content)


def palette_of(path: PictureFile) -> tuple[tuple[int, int, int], ...]:
    """The colors of a palette picture by index; empty for any other file."""
    try:
        with opened(path) as image:
            found = image.getpalette("RGB") if image.mode == "P" else None
    # Whoever reads the mask itself says what is wrong with it.
    except ImageError:
        return ()
    colors = found or []
    return tuple(zip(colors[::3], colors[1::3], colors[2::3], strict=False))


def _check_header(
    path: PictureFile, image: Image.Image, content: BinaryIO, size: tuple[int, int] | None
) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise DatasetError(
            f"{path}: a mask may have {MAX_PIXELS:,} pixels, got {image.width} x {image.height}"
        )
    place = content.tell()
    loss = loses_values(image, content)
    content.seek(place)
    if loss:
        raise DatasetError(
            f"{path}: {loss} changes values, so it cannot hold a mask; use the original as PNG"
        )
    # The turn that EXIF may ask for is not read yet: it may stand behind the pixels.
    if size is not None and sorted((image.height, image.width)) != sorted(size):
        raise wrong_size(path, (image.height, image.width), size)
    depth = str([tile[3] for tile in getattr(image, "tile", ())])
    if ";16" in depth and image.mode not in ("I", "I;16", "I;16B", "I;16L", "F"):
        raise DatasetError(
            f"{path}: a mask in colors must have 8 bits a color, this one has 16, of which half "
            "would be lost; save it with 8, or ids as a grey picture"
        )


def _refuse_hidden(path: PictureFile, image: Image.Image) -> None:
    """An object that is drawn in transparency alone has no color."""
    if "A" not in image.getbands():
        return
    if len(_values_of(image.getchannel("A"))) > 1 and all(
        len(_values_of(band)) == 1 for band in image.convert("RGB").split()
    ):
        raise DatasetError(
            f"{path}: a mask's ids must be in its values; this one is of one color, and differs in "
            "transparency alone. Save the transparency as a grey picture"
        )


def _whole(path: PictureFile, values: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    """Ids that a tool saved as floats."""
    if not (values == np.rint(np.nan_to_num(values))).all() or np.abs(values).max() > LARGEST:
        raise DatasetError(
            f"{path}: a mask's ids must be whole numbers, got floats from {values.min():g} to "
            f"{values.max():g}; save them as integers"
        )
    return values.astype(np.int32)


def _values_of(band: Image.Image) -> list[int]:
    return [value for value, count in enumerate(band.histogram()) if count]


def _array(path: PictureFile, as_colors: bool, size: tuple[int, int] | None) -> Values:
    if isinstance(path, Member):
        values = np.load(path.open(), allow_pickle=False)
    else:
        # A header can claim any shape; mapping a file fails where the file is smaller.
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim != 2 or values.dtype.kind not in "biu" or not values.size:
        raise DatasetError(
            f"{path}: an array must be [height, width] of whole numbers, got "
            f"{list(values.shape)} of {values.dtype}"
        )
    if values.size > MAX_PIXELS:
        raise DatasetError(f"{path}: a mask may have {MAX_PIXELS:,} pixels, got {values.size:,}")
    if size is not None and values.shape != size:
        raise wrong_size(path, (values.shape[0], values.shape[1]), size)
    if as_colors:
        raise DatasetError(f"{path}: an array holds ids, and a table of colors was given")
    return np.asarray(values)
