"""Pictures as Pillow has them: opened, turned the right way up, brought to a network's size."""

import io
import os
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import PAD_VALUE, Interpolation, Preprocessing
from mobilenetv2.reading import NO_FILE, never_ends
from mobilenetv2.tasks.framing import fitted_size, seen_region

Openable = str | os.PathLike[str] | bytes | Image.Image
"""A file, its bytes, or a PIL image."""

MAX_PIXELS = 150_000_000
"""A decoded picture of this size takes 450 MB; anything larger is taken for an attack."""

_FILTERS: dict[Interpolation, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "nearest": Image.Resampling.NEAREST,
}


def open_rgb(picture: Openable) -> Image.Image:
    """The picture in mode RGB, the right way up.

    EXIF orientation is applied, palettes and CMYK become RGB, what is transparent becomes white,
    16-bit grey keeps its upper 8 bits, and of an animation the first frame is taken.

    Raises:
        ImageError: missing, truncated, not a picture, or more than `MAX_PIXELS` pixels.
    """
    name = _name(picture)
    try:
        if isinstance(picture, Image.Image):
            return to_rgb(picture, name)
        with warnings.catch_warnings():
            # Our own limit below is the one that counts; PIL's warning would be noise.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            source = io.BytesIO(picture) if isinstance(picture, bytes) else picture
            if not isinstance(source, io.BytesIO) and never_ends(source):
                raise ImageError(f"{name} {NO_FILE}")
            with Image.open(source) as image:
                return to_rgb(image, name)
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


def fit(image: Image.Image, preprocessing: Preprocessing) -> Image.Image:
    """Bring an RGB picture to the network's size as `preprocessing.fit` says."""
    height, width = preprocessing.size
    method = _FILTERS[preprocessing.interpolation]
    if preprocessing.fit == "squash":
        return image.resize((width, height), method)
    if preprocessing.fit == "pad":
        inner_height, inner_width = fitted_size((image.height, image.width), preprocessing.size)
        padded = Image.new("RGB", (width, height), (PAD_VALUE, PAD_VALUE, PAD_VALUE))
        padded.paste(image.resize((inner_width, inner_height), method))
        return padded
    # Resampling only the part that stays costs less, and keeps a 1 x 60000 strip harmless.
    seen = seen_region((image.height, image.width), preprocessing)
    return image.resize((width, height), method, seen)


def to_rgb(image: Image.Image, name: str) -> Image.Image:
    """See `open_rgb`.

    Args:
        image: in any mode.
        name: for messages.

    Raises:
        ImageError: no pixel, or more than `MAX_PIXELS`.
    """
    if image.width < 1 or image.height < 1:
        raise ImageError(f"{name}: a picture needs at least one pixel, got {image.size}")
    if image.width * image.height > MAX_PIXELS:
        raise ImageError(_too_large(name, f"{image.width} x {image.height}"))
    # JPEG decoders can shrink for free, but the result would differ from every other runtime's.
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        # Rare, and only arrays tell the range of such numbers.
        from mobilenetv2.tasks.image import deep_to_rgb

        return deep_to_rgb(image)
    if image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info:
        opaque = image.convert("RGBA")
        white = Image.new("RGBA", opaque.size, "white")
        image = Image.alpha_composite(white, opaque)
    return image.convert("RGB")


def _name(picture: Openable) -> str:
    match picture:
        case bytes():
            return f"{len(picture)} bytes"
        case Image.Image():
            return "the PIL image"
        case _:
            return str(picture)


def _too_large(name: str, size: str) -> str:
    return (
        f"{name}: a picture may have at most {MAX_PIXELS:,} pixels, got {size}; "
        "shrink it first if it is real"
    )
