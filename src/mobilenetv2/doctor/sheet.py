"""Examples of a data set on one sheet, with their right answers drawn."""

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image, ImageDraw

from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.doctor.diagnosis import Diagnosis
from mobilenetv2.doctor.subject import Subject
from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.tasks.contact_sheet import TILE, Tile, draw_sheet, fitted
from mobilenetv2.tasks.draw_mask import mask_colors
from mobilenetv2.tasks.image import decode_to_show
from mobilenetv2.tasks.legend import LegendEntry
from mobilenetv2.tasks.lettering import BLACK
from mobilenetv2.tasks.palette import class_color
from mobilenetv2.tasks.segment import has_background

EXAMPLES = 20
"""Pictures of the sheet, evenly spread over the data set."""

SUSPICIOUS = 8
"""Further ones at its end, of which something is to be looked at."""

LEGEND = 40
"""Classes that are named; of more, no sheet has the room."""


def draw_examples(found: Diagnosis) -> Image.Image:
    """Pictures of all parts, in their order, then suspicious ones; what cannot be read is not
    there.

    Raises:
        DatasetError: not one picture can be read.
    """
    subject = found.subject
    every = [(part.name, path) for part in subject.parts for path in part.paths]
    places = np.linspace(0, len(every) - 1, min(EXAMPLES, len(every))).round().astype(int)
    answers = _Answers(subject)
    tiles = [tile for place in places.tolist() for tile in answers.tile(*every[place])]
    for kind, those in found.suspicious.items():
        share = SUSPICIOUS // max(1, len(found.suspicious))
        tiles += [tile for one in those[:share] for tile in answers.tile(kind, one.path)]
    if not tiles:
        raise DatasetError(f"{subject.name}: not one picture for a sheet can be read")
    return draw_sheet(tiles, _legend(subject))


class _Answers:
    """What is drawn on a picture, by its path."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._boxed: dict[PictureFile, BoxedPicture] = {}
        self._masked: dict[PictureFile, MaskedPicture] = {}
        self._targets: dict[PictureFile, str] = {}
        for part in subject.parts:
            self._boxed |= {picture.path: picture for picture in part.boxed}
            if part.masked is not None:
                self._masked |= {picture.path: picture for picture in part.masked.pictures}
            labels = part.said or [subject.labels[target] for target in part.targets]
            self._targets |= dict(zip(part.paths, labels, strict=False))

    def tile(self, where: str, path: PictureFile) -> Iterator[Tile]:
        """One, or none for a picture that cannot be read."""
        try:
            picture = fitted(Image.fromarray(decode_to_show(path)))
        except ImageError:
            return
        if path in self._boxed:
            _draw_boxes(picture, self._boxed[path])
        elif path in self._masked and self._subject.meaning is not None:
            picture = _painted(picture, self._masked[path], self._subject.meaning)
        below = self._targets.get(path, path.name)
        yield Tile(picture, (f"{where}: {below}",))


def _draw_boxes(picture: Image.Image, boxed: BoxedPicture) -> None:
    pen = ImageDraw.Draw(picture)
    scale = TILE / max(boxed.size)
    for box, index in zip((boxed.boxes * scale).round(), boxed.classes.tolist(), strict=True):
        left, top, right, bottom = box.astype(int).tolist()
        right, bottom = max(right, left + 2), max(bottom, top + 2)
        pen.rectangle((left - 1, top - 1, right + 1, bottom + 1), outline=BLACK, width=4)
        pen.rectangle((left, top, right, bottom), outline=class_color(index), width=2)


def _painted(picture: Image.Image, masked: MaskedPicture, meaning: MaskMeaning) -> Image.Image:
    try:
        ids = Image.fromarray(meaning.read_ids(masked))
    except (DatasetError, ImageError):
        return picture
    mask = np.asarray(ids.resize(picture.size, Image.Resampling.NEAREST))
    colors = mask_colors(meaning.labels)
    pixels = np.asarray(picture)
    painted = pixels // 2 + colors[mask] // 2
    if has_background(meaning.labels):
        painted[mask == 0] = pixels[mask == 0]
    return Image.fromarray(painted)


def _legend(subject: Subject) -> Sequence[LegendEntry]:
    if subject.task == "classification" or not subject.labels:
        return ()
    first = int(subject.task == "segmentation" and has_background(subject.labels))
    named = list(enumerate(subject.labels))[first:]
    seen = [pair for pair in named if any(part.counts[pair[0]] for part in subject.parts)]
    return [LegendEntry(label, class_color(index - first)) for index, label in seen[:LEGEND]]
