"""Pictures as Pillow has them: opened, turned the right way up, brought to a network's size."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from PIL import Image, UnidentifiedImageError

from mobilenetv2.errors import ImageError
from mobilenetv2.preprocessing import PAD_VALUE, Interpolation, Preprocessing
from mobilenetv2.tasks.draft import drafts
from mobilenetv2.tasks.framing import fitted_size, seen_region
from mobilenetv2.tasks.open_header import open_header, open_to_decode
from mobilenetv2.tasks.picture_kinds import Begun, Openable, Opened, address_hint, hint
from mobilenetv2.tasks.picture_room import MAX_PIXELS, NO_MEMORY, takes_much_room
from mobilenetv2.tasks.picture_turns import orientation, upright
from mobilenetv2.tasks.strips import is_deep, strips
from mobilenetv2.transfer.address import is_web_address, without_password

_FILTERS: dict[Interpolation, Image.Resampling] = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "nearest": Image.Resampling.NEAREST,
}


def open_rgb(picture: Openable, small_for: Preprocessing | None = None) -> Image.Image:
    """The picture in mode RGB, the right way up.

    EXIF orientation is applied, palettes and CMYK become RGB, what is transparent becomes white,
    16-bit grey keeps its upper 8 bits, and of an animation the first frame is taken.

    Args:
        picture: what to open.
        small_for: what it goes through afterwards, to be decoded as small as that allows.

    Raises:
        ImageError: missing, truncated, not a picture, too large (see `require_room`), or with 16
            bits of which the upper ones are unused: it would come out black.
    """
    with opened(picture) as image:
        if small_for is not None:
            drafts(picture, image, small_for)
        result = to_rgb(image)
    return upright(result, orientation(image))


@contextmanager
def opened(picture: Openable, *, to_decode: bool = False) -> Iterator[Image.Image]:
    """A picture, not decoded yet; whatever goes wrong inside becomes an ImageError with its name.

    Args:
        picture: what to open.
        to_decode: whether it will be in any case, see `open_to_decode`.

    Raises:
        ImageError: as `open_rgb`.
    """
    if isinstance(picture, Begun):
        with _Explained(picture.content, picture.name):
            yield picture.image
        return
    name = ""
    if is_web_address(picture):
        # urllib and its room cost 20 ms, which a file shall not wait for.
        from mobilenetv2.tasks.web_picture import fetch_picture

        name = without_password(picture)
        picture = fetch_picture(picture)
    with _Explained(picture, name):
        image = (open_to_decode if to_decode else open_header)(picture)
        with nullcontext() if image is picture else image:  # who gave it closes it
            yield image


def begun(picture: Openable, name: str = "") -> AbstractContextManager[Begun]:
    """A picture of which the header was read, to look at and to hand on.

    Args:
        picture: no address.
        name: what errors call it; without it they do as they would without this.

    Raises:
        ImageError: as `open_rgb`; but what goes wrong inside is left alone.
    """
    if isinstance(picture, Begun):
        return nullcontext(picture)  # who began it ends it
    with _Explained(picture, name):
        return Begun(open_to_decode(picture), picture, name)


class _Explained:
    """Whatever goes wrong becomes an ImageError with a picture's name: this, or its own.

    No generator: it is entered twice for every picture.
    """

    __slots__ = ("_name", "_picture")

    def __init__(self, picture: Opened, name: str) -> None:
        self._picture, self._name = picture, name

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        # What is no Exception, an interrupt, is nobody's fault.
        if isinstance(error, Exception):
            raise ImageError(_said_of(self._picture, self._name, error)) from error


def _said_of(picture: Opened, given: str, error: Exception) -> str:
    """One sentence on what went wrong."""
    name = given or _name(picture)
    match error:
        case ImageError():
            return f"{name}: {error}"
        case FileNotFoundError():
            return f"{name}: no such file{address_hint(name)}"
        case IsADirectoryError():
            return (
                f"{name} is a folder, not a picture; give its pictures, as a list, or run "
                "`mobilenetv2 predict` on it"
            )
        case UnidentifiedImageError():
            return f"{name} is not a picture in any format that Pillow reads{hint(picture)}"
        case Image.DecompressionBombError() | Image.DecompressionBombWarning():
            return f"{name}: a picture may have at most {MAX_PIXELS:,} pixels: {error}"
        # A damaged PNG asks for 4 GiB by a length of its own, so this may be the file's fault.
        case MemoryError():
            return f"{name}: {NO_MEMORY}"
        # Decoders raise many types on broken files (SyntaxError, struct.error, zlib.error ...).
        case _:
            return f"{name} cannot be decoded: {error or type(error).__name__}"


def is_large(picture: Openable) -> bool:
    """Whether decoding takes so much memory that no other large picture may come beside it."""
    try:
        with opened(picture) as image:
            return takes_much_room(image)
    # It takes nothing: whoever decodes it says what is wrong.
    except ImageError:
        return False


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


def to_rgb(image: Image.Image) -> Image.Image:
    """The picture in mode RGB, not turned yet; see `open_rgb`.

    Raises:
        ImageError: 16 bits of which the upper ones are unused.
    """
    deep_color = has_deep_color(image)
    image.load()
    if is_deep(image):
        # Rare, and only arrays tell the range of such numbers.
        from mobilenetv2.tasks.deep import deep_to_rgb

        return deep_to_rgb(image)
    if deep_color:
        require_wide_color(image)
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    result = Image.new("RGB", image.size)
    for top, strip in strips(image):
        result.paste(rgb_strip(strip), (0, top))
    return result


def rgb_strip(strip: Image.Image) -> Image.Image:
    """A part of a picture of 8 bits in mode RGB, what is transparent white."""
    if strip.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in strip.info:
        opaque = strip.convert("RGBA")
        white = Image.new("RGBA", opaque.size, "white")
        strip = Image.alpha_composite(white, opaque)
    return strip.convert("RGB")


def has_deep_color(image: Image.Image) -> bool:
    """Whether a picture that has not been decoded has 16 bits a color, of which Pillow keeps 8."""
    layout = str([tile[3] for tile in getattr(image, "tile", ())])
    return ";16" in layout and not is_deep(image)


def require_wide_color(image: Image.Image) -> None:
    """Refuse a picture whose upper 8 of 16 bits are all but unused: 12 bits a color in 16.

    Raises:
        ImageError: says so.
    """
    highest = max(max(value for value, count in enumerate(band.histogram()) if count)
                  for band in image.convert("RGB").split())  # fmt: skip
    if 0 < highest < 16:
        raise ImageError(
            "a picture of 16 bits a color must use its upper bits, this one uses the lower 12 and "
            "would come out black. Save it with 8 bits a color"
        )


def _name(picture: Opened) -> str:
    match picture:
        case bytes():
            return f"{len(picture)} bytes"
        case Image.Image():
            return "the PIL image"
        case _:
            return str(picture)
