"""What the values in a data set's mask files mean: labels, ids to ignore, colors."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mobilenetv2.datasets.class_names import alike, read_label_list
from mobilenetv2.datasets.mask_colors import Color, read_colors
from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.datasets.mask_pixels import MaskSizeError, wrong_size
from mobilenetv2.datasets.mask_values import require_ids, require_one_palette, survey_masks
from mobilenetv2.datasets.masks import MaskedPictures
from mobilenetv2.datasets.picture_header import read_header
from mobilenetv2.datasets.progress import Progress, tell_nobody
from mobilenetv2.datasets.read_mask import (
    IGNORED,
    MAX_CLASSES,
    Ids,
    Values,
    read_mask,
    read_mask_ids,
)
from mobilenetv2.errors import DatasetError
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.image import decode
from mobilenetv2.tasks.pixels import Pixels
from mobilenetv2.tasks.stretch import as_taught


@dataclass(frozen=True, slots=True)
class MaskMeaning:
    """How the values in mask files become classes."""

    labels: tuple[str, ...]
    """In the order of the ids."""
    ignore: frozenset[int] = frozenset()
    """Ids that are neither learnt from nor judged, besides 255."""
    colors: Mapping[Color, int] | None = field(default=None, repr=False)
    """For masks in colors: of each (red, green, blue) the id, or 255."""
    ids: Mapping[int, int] | None = None
    """Of each value in the files the id, where they are not the same."""
    notes: tuple[str, ...] = field(default=(), repr=False)
    """What was understood without being declared, in sentences."""

    def read(
        self, picture: MaskedPicture, preprocessing: Preprocessing | None = None
    ) -> tuple[Pixels, Ids]:
        """RGB pixels, uint8 [height, width, 3], and ids, uint8 [height, width].

        Args:
            picture: both files.
            preprocessing: of a network, which may want the picture stretched.

        Raises:
            ImageError: the picture cannot be read.
            DatasetError: the mask cannot be read, holds ids of no class, or has another size.
        """
        shown = as_taught(picture.path, preprocessing) if preprocessing else picture.path
        pixels = decode(shown)
        return pixels, self._sized(picture, pixels.shape[:2])

    def read_part(
        self, picture: MaskedPicture, size: tuple[int, int], part: Callable[[Values], Values]
    ) -> Ids:
        """What `part` takes of the mask of a picture of (height, width) `size`.

        Raises:
            DatasetError: as `read`; of ids and colors those that are taken count.
        """
        if picture.mask is None:
            return np.asarray(part(np.full(size, IGNORED, np.uint8))).astype(np.uint8)
        values: list[tuple[int, ...]] = []

        def taken(whole: Values) -> Values:
            values.append(whole.shape)
            return part(whole)

        try:
            ids = read_mask(
                picture.mask, len(self.labels), self.colors, self.ignore, self.ids, size, taken
            )
        except MaskSizeError as error:
            raise wrong_size(picture.mask, error.own, size, picture.path.name) from error
        if not values:
            own = ids.shape[0], ids.shape[1]
            raise wrong_size(picture.mask, own, size, picture.path.name)
        return ids

    def read_ids(self, picture: MaskedPicture) -> Ids:
        """The mask alone, as `read`; of the picture only the header is opened."""
        return self._sized(picture, read_header(picture.path).size)

    def _sized(self, picture: MaskedPicture, size: tuple[int, ...]) -> Ids:
        height, width = size
        name = picture.path.name
        if picture.mask is None:
            return np.full((height, width), IGNORED, np.uint8)
        try:
            ids = read_mask(
                picture.mask, len(self.labels), self.colors, self.ignore, self.ids, (height, width)
            )
        except MaskSizeError as error:
            raise wrong_size(picture.mask, error.own, (height, width), name) from error
        if ids.shape != size:
            own = ids.shape[0], ids.shape[1]
            raise wrong_size(picture.mask, own, (height, width), name)
        return ids


def find_meaning(
    data: MaskedPictures,
    labels: Path | Sequence[str] | None = None,
    ignore: Set[int] = frozenset(),
    colors: Path | None = None,
    progress: Progress = tell_nobody,
) -> MaskMeaning:
    """What a person declared of a data set, and defaults for the rest.

    Args:
        data: looked through for the largest id where nothing names the classes.
        labels: a file, one label a line, in the order of ids; or a model's labels, to which a
            table of colors is matched by name. None: the data set's own names, those of the table,
            else "class 0" to the largest id that is not ignored.
        ignore: ids in the files that become 255, which is always ignored.
        colors: a table as `mask_colors.read_colors` reads it, for masks in colors.
        progress: told of the masks that are opened.

    Masks of 0 and 255 alone are of two classes, with a note. Every mask is opened, unless there is
    a table of colors.

    Raises:
        DatasetError: a file is unreadable, a color's class is not among the labels, there are more
            than 255 classes, or the values cannot be ids (see `mask_values`).
    """
    names = read_label_list(labels) if isinstance(labels, Path) else labels or data.classes or None
    if colors is not None:
        table = read_colors(colors)
        ids = _renumbered(table.ids, table.labels, names or table.labels, colors)
        notes = (*_about_void(table.void, colors), *_about_names(table.labels))
        return MaskMeaning(tuple(names or table.labels), frozenset(ignore), ids, notes=notes)
    values = survey_masks(data.pictures, progress)
    require_one_palette(values, data.name)
    if values.black_and_white and IGNORED not in ignore and len(names or ()) <= 2:
        return _black_and_white(data, names, frozenset(ignore))
    if len(names or ()) <= 2:
        require_ids(values, ignore, data.name)
    if names is None:
        largest = max(set(values.shares) - {*ignore, IGNORED}, default=0)
        if largest >= MAX_CLASSES:
            raise DatasetError(
                f"{data.name}: masks have at most {MAX_CLASSES} classes, got the id {largest}"
            )
        names = [f"class {index}" for index in range(largest + 1)]
    if not 1 <= len(names) <= MAX_CLASSES:
        raise DatasetError(f"masks have 1 to {MAX_CLASSES} classes, got {len(names)} labels")
    return MaskMeaning(tuple(names), frozenset(ignore), notes=_about_names(names))


def _black_and_white(
    data: MaskedPictures, names: Sequence[str] | None, ignore: frozenset[int]
) -> MaskMeaning:
    """0 and 255 alone are two classes: nobody draws masks of nothing and of what is to ignore."""
    if names is not None and len(names) != 2:
        raise DatasetError(
            f"{data.name}: the masks hold 0 and 255 alone, which need two labels, got "
            f"{list(names)}. Declare 255 to be ignored if it is no class"
        )
    labels = tuple(names or ("class 0", "class 255"))
    note = (
        f"the masks hold 0 and 255 alone: 255 is taken for the class {labels[1]!r}, not for pixels "
        "to ignore (--ignore 255 says otherwise)"
    )
    return MaskMeaning(labels, ignore, ids={0: 0, IGNORED: 1}, notes=(note, *_about_names(labels)))


def _about_void(names: Sequence[str], file: Path) -> tuple[str, ...]:
    if not names:
        return ()
    told = ", ".join(map(repr, names))
    return (
        f"{file.name}: pixels in the color of {told} are taken for pixels without a class, neither "
        "learnt from nor judged (under another name they are a class)",
    )


def _about_names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        f"the classes {', '.join(map(repr, group))} differ by spelling alone; give them one id if "
        "they are one"
        for group in alike(names)
    )


def usual_void(data: MaskedPictures, labels: Sequence[str]) -> int | None:
    """The id after the last class, if masks hold it and no other id without a name.

    CamVid and others call 11 classes 0 to 10, and what has none of them 11.

    Raises:
        DatasetError: a mask cannot be read.
    """
    nameless: set[int] = set()
    for mask in (picture.mask for picture in data.pictures if picture.mask is not None):
        found = np.unique(read_mask_ids(mask)).tolist()
        nameless.update(index for index in found if len(labels) <= index != IGNORED)
    return len(labels) if nameless == {len(labels)} else None


def model_meaning(
    data: MaskedPictures, labels: Sequence[str], ignore: Set[int] = frozenset()
) -> MaskMeaning:
    """The masks' ids as a model's own classes, where nobody says otherwise.

    Args:
        data: to be judged on.
        labels: the model's, in the order of its classes.
        ignore: ids that are not judged. Of none, `usual_void` is not, with a note.

    Raises:
        DatasetError: as `find_meaning`.
    """
    void = None if ignore else usual_void(data, labels)
    if void is None:
        return find_meaning(data, labels, ignore)
    note = (
        f"the masks hold the id {void}, after the model's last class: taken for pixels without a "
        f"class and not judged (--ignore {void})"
    )
    return MaskMeaning(tuple(labels), frozenset({void}), notes=(note,))


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
