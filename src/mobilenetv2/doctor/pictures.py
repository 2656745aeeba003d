"""What a data set's pictures are: sizes, formats, and which cannot be read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mobilenetv2.datasets.examine import Examined
from mobilenetv2.shards.member import PictureFile

SMALL_SIDE = 32
"""Pixels. A network halves its input five times: of fewer pixels it sees but one cell."""

LONG = 5.0
"""Sides in a proportion from here on: what is squashed to a square is hardly to be known again."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """Of all pictures of a data set."""

    count: int
    heights: tuple[int, int, int] | None
    """Smallest, middle and largest, in pixels; None where not one can be read."""
    widths: tuple[int, int, int] | None
    sizes: int
    """How many different (height, width) there are."""
    formats: tuple[tuple[str, int], ...]
    """Pillow's names and how many pictures each has, the most frequent first."""
    grey: int
    """Pictures without colors in their files."""
    small: tuple[PictureFile, ...] = field(repr=False)
    """Those with a side under `SMALL_SIDE`."""
    long: tuple[PictureFile, ...] = field(repr=False)
    """Those more than `LONG` times as long as wide, or the other way round."""
    unreadable: tuple[tuple[PictureFile, str], ...] = field(repr=False)
    """With the reason."""

    def to_json(self) -> dict[str, object]:
        """Counts, and every picture that cannot be read."""
        return {
            "count": self.count,
            "heights": self.heights and list(self.heights),
            "widths": self.widths and list(self.widths),
            "sizes": self.sizes,
            "formats": dict(self.formats),
            "grey": self.grey,
            "small": len(self.small),
            "long": len(self.long),
            "unreadable": [{"path": str(path), "error": why} for path, why in self.unreadable],
        }


def picture_facts(pictures: Sequence[Examined]) -> PictureFacts:
    """Count what `datasets.examine` found; a picture of two parts counts once."""
    each = list({picture.path: picture for picture in pictures}.values())
    sized = [(picture, picture.size) for picture in each if picture.size is not None]
    formats = Counter(picture.format for picture, _ in sized)
    return PictureFacts(
        count=len(each),
        heights=_spread([size[0] for _, size in sized]),
        widths=_spread([size[1] for _, size in sized]),
        sizes=len({size for _, size in sized}),
        formats=tuple(formats.most_common()),
        grey=sum(picture.grey for picture, _ in sized),
        small=tuple(picture.path for picture, size in sized if min(size) < SMALL_SIDE),
        long=tuple(picture.path for picture, size in sized if max(size) > LONG * min(size)),
        unreadable=tuple((picture.path, picture.error) for picture in each if picture.error),
    )


def _spread(values: Sequence[int]) -> tuple[int, int, int] | None:
    if not values:
        return None
    return min(values), int(np.median(values)), max(values)
