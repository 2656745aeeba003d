"""What the values in a data set's mask files mean: labels, ids to ignore, colors."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mobilenetv2.datasets.class_names import read_label_list
from mobilenetv2.datasets.mask_colors import Color, read_colors
from mobilenetv2.datasets.masks import MaskedPicture, MaskedPictures
from mobilenetv2.datasets.picture_header import read_header
from mobilenetv2.datasets.read_mask import IGNORED, MAX_CLASSES, Ids, read_mask, read_mask_ids
from mobilenetv2.errors import DatasetError
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.pixels import Pixels


@dataclass(frozen=True, slots=True)
class MaskMeaning:
    """How the values in mask files become classes."""

    labels: tuple[str, ...]
    """In the order of the ids."""
    ignore: frozenset[int] = frozenset()
    """Ids that are neither learnt from nor judged, besides 255."""
    colors: Mapping[Color, int] | None = field(default=None, repr=False)
    """For masks in colors: of each (red, green, blue) the id, or 255."""

    def read(self, picture: MaskedPicture) -> tuple[Pixels, Ids]:
        """RGB pixels, uint8 [height, width, 3], and ids, uint8 [height, width].

        Raises:
            ImageError: the picture cannot be read.
            DatasetError: the mask cannot be read, holds ids of no class, or has another size.
        """
        pixels = decode(picture.path)
        return pixels, self._sized(picture, pixels.shape[:2])

    def read_ids(self, picture: MaskedPicture) -> Ids:
        """The mask alone, as `read`; of the picture only the header is opened."""
        return self._sized(picture, read_header(picture.path).size)

    def _sized(self, picture: MaskedPicture, size: tuple[int, ...]) -> Ids:
        ids = read_mask(picture.mask, len(self.labels), self.colors, self.ignore)
        if ids.shape != size:
            raise MaskSizeError(
                f"{picture.mask}: a mask must have the size of its picture {picture.path.name}, "
                f"{size[1]} x {size[0]} pixels, got {ids.shape[1]} x {ids.shape[0]}"
            )
        return ids


class MaskSizeError(DatasetError):
    """A mask and its picture have different sizes."""


def find_meaning(
    data: MaskedPictures,
    labels: Path | Sequence[str] | None = None,
    ignore: Set[int] = frozenset(),
    colors: Path | None = None,
) -> MaskMeaning:
    """What a person declared of a data set, and defaults for the rest.

    Args:
        data: looked through for the largest id where nothing names the classes.
        labels: a file, one label a line, in the order of ids; or a model's labels, to which a
            table of colors is matched by name. None: the table's names, else "class 0" to the
            largest id that is not ignored.
        ignore: ids in the files that become 255, which is always ignored.
        colors: a table as `mask_colors.read_colors` reads it, for masks in colors.

    Raises:
        DatasetError: a file is unreadable, a color's class is not among the labels, or there are
            more than 255 classes.
    """
    names = read_label_list(labels) if isinstance(labels, Path) else labels
    if colors is not None:
        table = read_colors(colors)
        ids = _renumbered(table.ids, table.labels, names or table.labels, colors)
        return MaskMeaning(tuple(names or table.labels), frozenset(ignore), ids)
    if names is None:
        largest = _largest_id(data, ignore)
        if largest >= MAX_CLASSES:
            raise DatasetError(
                f"{data.name}: masks have at most {MAX_CLASSES} classes, got the id {largest}"
            )
        names = [f"class {index}" for index in range(largest + 1)]
    if not 1 <= len(names) <= MAX_CLASSES:
        raise DatasetError(f"masks have 1 to {MAX_CLASSES} classes, got {len(names)} labels")
    return MaskMeaning(tuple(names), frozenset(ignore))


def usual_void(data: MaskedPictures, labels: Sequence[str]) -> int | None:
    """The id after the last class, if masks hold it and no other id without a name.

    CamVid and others call 11 classes 0 to 10, and what has none of them 11.

    Raises:
        DatasetError: a mask cannot be read.
    """
    nameless: set[int] = set()
    for picture in data.pictures:
        found = np.unique(read_mask_ids(picture.mask)).tolist()
        nameless.update(index for index in found if len(labels) <= index != IGNORED)
    return len(labels) if nameless == {len(labels)} else None


def _renumbered(
    ids: Mapping[Color, int], own: Sequence[str], labels: Sequence[str], file: Path
) -> Mapping[Color, int]:
    """Colors to indices into `labels` instead of the table's own."""
    missing = [name for name in own if name not in labels]
    if missing:
        raise DatasetError(
            f"{file}: every class must be among the labels {list(labels)[:8]}, these are not: "
            f"{missing[:8]}. Rename them, or call them void to ignore their pixels"
        )
    return {
        color: index if index == IGNORED else labels.index(own[index])
        for color, index in ids.items()
    }


def _largest_id(data: MaskedPictures, ignore: Set[int]) -> int:
    largest = 0
    for picture in data.pictures:
        found = np.unique(read_mask_ids(picture.mask)).tolist()
        largest = max([largest, *(index for index in found if index not in {*ignore, IGNORED})])
    return largest
