"""From anything a person calls a picture to the array a network reads."""

import io
import warnings
from pathlib import Path
from typing import TypeGuard

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import PAD_VALUE, Interpolation, Preprocessing
from mobilenetv2.tasks.framing import Pixels, fitted_size, normalize, seen_region

Picture = str | Path | bytes | Image.Image | npt.NDArray[np.generic]
"""A file, its bytes, a PIL image, or an array [H, W], [H, W, 1], [H, W, 3] or [H, W, 4]."""

MAX_PIXELS = 150_000_000
"""A decoded picture of this size takes 450 MB; anything larger is taken for an attack."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"})
"""What a folder is searched for. A file named outright may end as it likes."""

_FILTERS: dict[Interpolation, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "nearest": Image.Resampling.NEAREST,
}


def is_picture(value: object) -> TypeGuard[Picture]:
    """Whether a value is one picture, and not several."""
    return isinstance(value, str | Path | bytes | Image.Image | np.ndarray)


def decode(picture: Picture) -> Pixels:
    """RGB pixels, uint8 [height, width, 3], the right way up.

    EXIF orientation is applied, palettes and CMYK become RGB, what is transparent becomes white,
    16-bit grey keeps its upper 8 bits, and of an animation the first frame is taken.

    Raises:
        ImageError: missing, truncated, not a picture, or more than `MAX_PIXELS` pixels.
    """
    if isinstance(picture, np.ndarray):
        return _from_array(picture)
    name = _name(picture)
    try:
        if isinstance(picture, Image.Image):
            return _to_rgb(picture, name)
        with warnings.catch_warnings():
            # Our own limit below is the one that counts; PIL's warning would be noise.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            source = io.BytesIO(picture) if isinstance(picture, bytes) else picture
            with Image.open(source) as image:
                return _to_rgb(image, name)
    except ImageError:
        raise
    except FileNotFoundError as error:
        raise ImageError(f"{name}: no such file") from error
    except IsADirectoryError as error:
        raise ImageError(f"{name} is a folder, not a picture") from error
    except UnidentifiedImageError as error:
        raise ImageError(f"{name} is not a picture in any format that Pillow reads") from error
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large(name, str(error))) from error
    # Decoders raise many types on broken files (SyntaxError, struct.error, zlib.error ...).
    except Exception as error:
        raise ImageError(f"{name} cannot be decoded: {error or type(error).__name__}") from error


def prepare(pixels: Pixels, preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """The network's input, float32 [height, width, 3], from uint8 [any height, any width, 3]."""
    return normalize(resize(pixels, preprocessing), preprocessing)


def resize(pixels: Pixels, preprocessing: Preprocessing) -> Pixels:
    """Bring a picture to the network's size as `preprocessing.fit` says; uint8 throughout."""
    height, width = preprocessing.size
    method = _FILTERS[preprocessing.interpolation]
    image = Image.fromarray(pixels)
    if preprocessing.fit == "squash":
        return np.asarray(image.resize((width, height), method))
    if preprocessing.fit == "pad":
        inner_height, inner_width = fitted_size(pixels.shape[:2], preprocessing.size)
        padded = np.full((height, width, 3), PAD_VALUE, np.uint8)
        padded[:inner_height, :inner_width] = np.asarray(
            image.resize((inner_width, inner_height), method)
        )
        return padded
    # Resampling only the part that stays costs less, and keeps a 1 x 60000 strip harmless.
    seen = seen_region(pixels.shape[:2], preprocessing)
    return np.asarray(image.resize((width, height), method, seen))


def find_pictures(folder: Path) -> list[Path]:
    """Every picture below a folder, by suffix, in a stable order; hidden files are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def _name(picture: str | Path | bytes | Image.Image) -> str:
    match picture:
        case str() | Path():
            return str(picture)
        case bytes():
            return f"{len(picture)} bytes"
        case _:
            return "the PIL image"


def _to_rgb(image: Image.Image, name: str) -> Pixels:
    if image.width < 1 or image.height < 1:
        raise ImageError(f"{name}: a picture needs at least one pixel, got {image.size}")
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(_too_large(name, f"{image.width} x {image.height}"))
    # JPEG decoders can shrink for free, but the result would differ from every other runtime's.
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        return _from_array(np.asarray(image))
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        opaque = image.convert("RGBA")
        white = Image.new("RGBA", opaque.size, "white")
        image = Image.alpha_composite(white, opaque)
    return np.asarray(image.convert("RGB"))


def _from_array(values: npt.NDArray[np.generic]) -> Pixels:
    if values.ndim == 2:
        values = values[:, :, None]
    if values.ndim != 3 or values.shape[2] not in (1, 3, 4) or 0 in values.shape:
        raise ImageError(
            "an array must be [height, width], or [height, width, 1, 3 or 4], not empty, "
            f"got {list(values.shape)}"
        )
    pixels = _to_8_bits(values)
    if pixels.shape[2] == 4:
        return _to_rgb(Image.fromarray(pixels, "RGBA"), "the array")
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


def _too_large(name: str, size: str) -> str:
    return (
        f"{name}: a picture may have at most {MAX_PIXELS:,} pixels, got {size}; "
        "shrink it first if it is real"
    )
