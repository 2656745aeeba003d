"""A part of a picture at a network's size: decoded no larger than that needs, resampled once."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.engine.resample import resized
from mobilenetv2.preprocessing import PAD_VALUE
from mobilenetv2.tasks.framing import Region
from mobilenetv2.tasks.image import Picture, decode
from mobilenetv2.tasks.picture import begun, opened, to_rgb
from mobilenetv2.tasks.picture_turns import orientation, upright
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.stretch import stretched
from mobilenetv2.train.decoded import SCALES, Decoded, Header
from mobilenetv2.train.recolor import UNCHANGED, Recolor, mirror, recolored_pixels

BILINEAR = Image.Resampling.BILINEAR

REDUCING_GAP = 2.0
"""See Pillow's `resize`."""


@dataclass(frozen=True, slots=True)
class View:
    """What of a picture is shown, and how."""

    region: Region
    """(left, top, right, bottom) in pixels of the picture the right way up; what lies beyond the
    picture is grey."""
    size: tuple[int, int]
    """(height, width) to which the region is brought."""
    mirrored: bool = False
    upside_down: bool = False
    color: Recolor = UNCHANGED
    """Of the picture, not of what lies beyond it."""


def view(
    picture: Picture,
    choose: Callable[[tuple[int, int]], View],
    *,
    stretch: bool = False,
    decoded: Decoded | None = None,
) -> Pixels:
    """The chosen part of a picture, uint8 [height, width, 3], to be written to.

    Args:
        picture: anything that `tasks.image.decode` takes, but an address.
        choose: from the picture's (height, width), the right way up, to what is shown of it;
            called once. Its errors are its own.
        stretch: whether the picture is first `stretched`.
        decoded: where decoding's result is kept and looked for: the same bits, sooner. A picture
            that is kept is not opened again, so that a file changed since is not seen.

    Raises:
        ImageError: the picture cannot be read.
    """
    header = None if decoded is None else decoded.header()
    if decoded is None or header is None:
        return _newly_decoded(picture, choose, decoded, stretch=stretch)
    chosen = choose(header.size)
    whole = decoded.picture(_least_scale(chosen) if header.scales else 1)
    if whole is None:
        return _newly_decoded(picture, lambda _: chosen, decoded, stretch=stretch)
    return _shown(whole, chosen, header.turn, _scale(header, whole))


def _newly_decoded(
    picture: Picture,
    choose: Callable[[tuple[int, int]], View],
    decoded: Decoded | None,
    *,
    stretch: bool,
) -> Pixels:
    picture = stretched(picture) if stretch else picture
    if isinstance(picture, np.ndarray):
        whole = Image.fromarray(decode(picture))
        return _shown(whole, choose((whole.height, whole.width)), 1, 1)
    with begun(picture) as start:
        with opened(start) as image:
            # What else than JPEG tells its turn behind the pixels, or is turned by decoding it.
            early = image.format == "JPEG"
            whole = image if early else to_rgb(image)
            header = Header((whole.height, whole.width), orientation(image), early)
        chosen = choose(header.size)
        scale = _least_scale(chosen) if early else 1
        if early:
            with opened(start) as image:
                if scale > 1:
                    image.draft(image.mode, (-(-image.width // scale), -(-image.height // scale)))
                whole = to_rgb(image)
        if decoded is not None:
            decoded.keep(header, scale, whole)
        return _shown(whole, chosen, header.turn, _scale(header, whole))


def part_of_mask(
    values: npt.NDArray[np.generic],
    region: Region,
    size: tuple[int, int],
    *,
    mirrored: bool = False,
) -> npt.NDArray[np.generic]:
    """The values at the middles of the pixels of `view`, which is nearest-neighbor resampling.

    Args:
        values: [height, width] of the whole picture.
        region: inside it.
        size: (height, width) of the result.
        mirrored: whether left and right change places.
    """
    left, top, right, bottom = region
    rows = _middles(top, bottom, size[0], values.shape[0])
    columns = _middles(left, right, size[1], values.shape[1])
    if mirrored:
        columns = columns[::-1]
    # Rows are copied whole, columns one by one: these of as few rows as there are.
    first, last = int(rows[0]), int(rows[-1]) + 1
    if last - first < size[0]:
        few: npt.NDArray[np.generic] = values[first:last]
        return few.take(columns, 1).take(rows - first, 0)
    return values.take(rows, 0).take(columns, 1)


def _middles(begin: float, end: float, count: int, most: int) -> npt.NDArray[np.intp]:
    places = begin + (np.arange(count) + 0.5) * ((end - begin) / count)
    return np.clip(places.astype(np.intp), 0, most - 1)


def _size(image: Image.Image, turn: int) -> tuple[int, int]:
    return (image.width, image.height) if turn > 4 else (image.height, image.width)


def _least_scale(chosen: View) -> int:
    """How much smaller a picture may be decoded and still have a pixel for each that is shown."""
    left, top, right, bottom = chosen.region
    spare = min((right - left) / chosen.size[1], (bottom - top) / chosen.size[0])
    return next((scale for scale in SCALES if scale <= spare), 1)


def _scale(header: Header, whole: Image.Image) -> int:
    """How much smaller a picture was decoded, which libjpeg has the last word on."""
    return max(1, round(header.stored[1] / whole.width))


def _shown(whole: Image.Image, chosen: View, turn: int, scale: int) -> Pixels:
    """Of a picture as it is stored, RGB or RGBX, `scale` times smaller than the view has it."""
    height, width = chosen.size
    size = _size(whole, turn)
    region = tuple(edge / scale for edge in chosen.region)
    left, right, first, last = _inside(region[0], region[2], width, size[1])
    top, bottom, upper, lower = _inside(region[1], region[3], height, size[0])
    if last <= first or lower <= upper:
        return np.full((height, width, 3), PAD_VALUE, np.uint8)
    target = (last - first, lower - upper)
    stored = _stored((left, top, right, bottom), turn, (whole.width, whole.height))
    part = _resampled(
        whole, stored, target[::-1] if turn > 4 else target, chosen.color,
        mirrored=chosen.mirrored and turn == 1,
    )  # fmt: skip
    if turn > 1:
        part = np.asarray(upright(Image.fromarray(part), turn))
        part = mirror(part) if chosen.mirrored else part
    if chosen.mirrored:
        first = width - last
    if chosen.upside_down:
        part = part[::-1]
        upper = height - lower
    if target == (width, height):
        return np.require(part, requirements=("C", "W"))
    pixels = np.full((height, width, 3), PAD_VALUE, np.uint8)
    pixels[upper : upper + target[1], first : first + target[0]] = part
    return pixels


def _resampled(
    whole: Image.Image, region: Region, size: tuple[int, int], color: Recolor, *, mirrored: bool
) -> Pixels:
    """A region at (width, height) `size`, in other colors; these are changed where it is smaller,
    which is the same but for what is cut off at black and white.
    """
    left, top, right, bottom = region
    if size[0] * size[1] <= (right - left) * (bottom - top):
        return recolored_pixels(_smaller(whole, region, size), color, mirrored=mirrored)
    x, y = floor(left), floor(top)
    source = whole.crop((x, y, ceil(right), ceil(bottom)))
    if color != UNCHANGED:
        source = Image.fromarray(recolored_pixels(_rgb(source), color, mirrored=False))
    inside = (left - x, top - y, right - x, bottom - y)
    found = resized(source, size[::-1], inside, "bilinear")
    larger = _rgb(source.resize(size, BILINEAR, inside)) if found is None else found
    return mirror(larger) if mirrored else larger


def _smaller(whole: Image.Image, region: Region, size: tuple[int, int]) -> Pixels:
    left, top, right, bottom = region
    # From here on Pillow first takes the mean of several pixels, which is quicker.
    reduces = max((right - left) / size[0], (bottom - top) / size[1]) >= 2 * REDUCING_GAP
    found = None if reduces else resized(whole, size[::-1], region, "bilinear")
    if found is None:
        return _rgb(whole.resize(size, BILINEAR, region, reducing_gap=REDUCING_GAP))
    return found


def _rgb(image: Image.Image) -> Pixels:
    """A picture's colors, uint8 [height, width, 3]; what else mode RGBX has is left out."""
    pixels = np.frombuffer(image.tobytes("raw", "RGB"), np.uint8)
    return pixels.reshape(image.height, image.width, 3)


def _inside(begin: float, end: float, count: int, most: int) -> tuple[float, float, int, int]:
    """Along one side: what of a region lies in a picture of `most` pixels, and where of `count`
    pixels it is shown. What is shown of it begins and ends between two pixels.
    """
    step = (end - begin) / count
    first = max(0, round(-begin / step))
    last = min(count, round((most - begin) / step))
    # A hair beyond the edge is rounding, and Pillow refuses it.
    return max(0.0, begin + first * step), min(float(most), begin + last * step), first, last


def _stored(region: Region, turn: int, size: tuple[int, int]) -> Region:
    """Where a part of the upright picture lies in the stored one of (width, height) `size`."""
    left, top, right, bottom = region
    if turn > 4:
        left, top, right, bottom = top, left, bottom, right
    width, height = size
    if turn in (2, 3, 7, 8):
        left, right = width - right, width - left
    if turn in (3, 4, 6, 7):
        top, bottom = height - bottom, height - top
    return left, top, right, bottom
