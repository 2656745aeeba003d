"""Which values the masks of a data set hold, and whether they can be the ids of classes."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.datasets.mask_pixels import MaskSizeError, palette_of
from mobilenetv2.datasets.picture_header import read_header
from mobilenetv2.datasets.progress import Progress, tell_nobody, watched
from mobilenetv2.datasets.read_mask import IGNORED, read_mask_ids
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.shards.member import PictureFile

MAIN_SHARE = 0.01
"""Of a mask's pixels: what no mask has more of is an edge, a speck, or noise."""

STRAY_VALUES = 8
"""More values than that below `MAIN_SHARE`, and twice as many as above it, are no classes."""

SPARSE = 32
"""Ids from here on of which not one in four is used are codes in grey, not ids."""

Color = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class MaskValues:
    """What a look through all masks found."""

    shares: dict[int, float]
    """Of each value the largest share that it has of a mask."""
    files: dict[int, PictureFile] = field(repr=False)
    """Of each value the first mask that holds it."""
    split_color: tuple[Color, tuple[int, PictureFile], tuple[int, PictureFile]] | None = None
    """A color that two palettes have under two indices, and where."""

    @property
    def black_and_white(self) -> bool:
        """Whether there are 0 and 255 alone, and 255 at all."""
        return IGNORED in self.shares and set(self.shares) <= {0, IGNORED}


def survey_masks(pictures: Sequence[MaskedPicture], progress: Progress = tell_nobody) -> MaskValues:
    """Open every mask once. One of another size than its picture is passed over, as reports do.

    Raises:
        DatasetError: a mask cannot be read.
    """
    shares: dict[int, float] = {}
    files: dict[int, PictureFile] = {}
    places: dict[Color, tuple[int, PictureFile]] = {}
    split = None
    for picture in watched(pictures, "Surveying masks", progress):
        mask = picture.mask
        if mask is None:
            continue
        try:
            values = read_mask_ids(mask, _size(picture.path))
        except MaskSizeError:
            continue
        counts = np.bincount(values.ravel())
        found = np.flatnonzero(counts).tolist()
        for value in found:
            shares[value] = max(shares.get(value, 0.0), counts[value] / values.size)
            files.setdefault(value, mask)
        if split is None:
            split = _split_color(palette_of(mask), found, mask, places)
    return MaskValues(shares, files, split)


def require_ids(values: MaskValues, ignore: Set[int], where: str) -> None:
    """Refuse values that nobody can have meant as the ids of classes without names.

    Raises:
        DatasetError: smoothed edges, grey values as codes; says what is seen and the way out.
    """
    ids = sorted(set(values.shares) - {*ignore, IGNORED})
    main = [index for index in ids if values.shares[index] >= MAIN_SHARE]
    stray = [index for index in ids if values.shares[index] < MAIN_SHARE]
    if len(stray) > STRAY_VALUES and len(stray) > 2 * len(main):
        raise DatasetError(
            f"{where}: a mask's values must be the ids of classes; these hold {len(ids)} values, "
            f"{len(stray)} of them on less than {MAIN_SHARE:.0%} of any mask (such as "
            f"{_few(stray)}; {values.files[stray[0]].name}): edges were smoothed, the masks were "
            "JPEG once, or every object has an id of its own. Save them without smoothing (nearest "
            "neighbor), or name the classes"
        )
    if ids and ids[-1] >= SPARSE and 4 * len(ids) < ids[-1] + 1:
        raise DatasetError(
            f"{where}: ids of classes must run from 0 without large gaps; these are "
            f"{_few(ids)} ({values.files[ids[-1]].name}), as if grey values stood for classes. "
            "Give a table of colors, lines such as 'object,128,128,128', or the names of all ids"
        )


def require_one_palette(values: MaskValues, where: str) -> None:
    """Refuse palettes of which each file has its own: the same index is another class in each.

    Raises:
        DatasetError: a color has two indices; says where.
    """
    if values.split_color is not None:
        color, (one, first), (other, second) = values.split_color
        raise DatasetError(
            f"{where}: an index must mean the same in all masks; the color {color} is {one} in "
            f"{first.name} and {other} in {second.name}, as each file has a palette of its own. "
            "Give a table of colors: palettes are then looked up by color"
        )


def _split_color(
    palette: Sequence[Color],
    indices: Sequence[int],
    file: PictureFile,
    places: dict[Color, tuple[int, PictureFile]],
) -> tuple[Color, tuple[int, PictureFile], tuple[int, PictureFile]] | None:
    """A color that an earlier file has under another index; `places` learns those of this one."""
    used = {index: palette[index] for index in indices if index < len(palette)}
    # A color that one file has twice says nothing: its indices count.
    once = {color: index for index, color in used.items()}
    if len(once) < len(used):
        return None
    for color, index in once.items():
        before = places.setdefault(color, (index, file))
        if before[0] != index:
            return color, before, (index, file)
    return None


def _size(picture: PictureFile) -> tuple[int, int] | None:
    try:
        return read_header(picture).size
    except ImageError:
        return None


def _few(values: Sequence[int]) -> str:
    more = f" and {len(values) - 6} more" if len(values) > 6 else ""
    return f"{', '.join(map(str, values[:6]))}{more}"
