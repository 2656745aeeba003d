"""What a sample of any data set becomes in a shard: its key, and the files that belong to it."""

import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never

from PIL import Image

from mobilenetv2.datasets.boxed_shards import box_json
from mobilenetv2.datasets.boxes import BoxedPicture
from mobilenetv2.datasets.mask_meaning import MaskMeaning
from mobilenetv2.datasets.mask_pairs import MaskedPicture
from mobilenetv2.datasets.picture_header import SIDEWAYS
from mobilenetv2.datasets.written import WrittenBox
from mobilenetv2.errors import ImageError
from mobilenetv2.shards.member import PictureFile
from mobilenetv2.shards.names import PICTURES
from mobilenetv2.tasks.picture import open_rgb, opened, to_rgb
from mobilenetv2.tasks.picture_turns import orientation, upright

QUALITY = 92
"""Of pictures that are made smaller, as JPEG."""

File = tuple[str, bytes]

Answer = int | tuple[int, ...] | BoxedPicture | MaskedPicture
"""A class, labels, boxes or a mask."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture of a part of a data set, and its right answer."""

    key: str
    picture: PictureFile
    answer: Answer


@dataclass(frozen=True, slots=True)
class Packing:
    """How samples become files."""

    labels: tuple[str, ...]
    meaning: MaskMeaning | None = field(default=None, repr=False)
    """Of masks."""
    shorter_side: int | None = None
    """Pixels to which larger pictures are brought; None: files stay what they are."""

    def files(self, sample: Sample) -> list[File]:
        """The sample's picture under its key, and what belongs to it.

        Raises:
            ImageError: the picture cannot be read.
            DatasetError: its mask cannot.
        """
        suffix, content, shrunk = self._picture(sample.picture)
        files = [(f"{sample.key}{suffix}", content)]
        match sample.answer:
            case int(target):
                files.append((f"{sample.key}.cls", str(target).encode()))
            case tuple():
                said = {"labels": [self.labels[target] for target in sample.answer]}
                files.append((f"{sample.key}.json", json.dumps(said, ensure_ascii=False).encode()))
            case BoxedPicture():
                files.append((f"{sample.key}.json", self._boxes(sample.answer, shrunk)))
            case MaskedPicture():
                mask = _mask(self.meaning or MaskMeaning(self.labels), sample.answer, shrunk)
                files.append((f"{sample.key}.mask.png", mask))
            case _ as never:
                assert_never(never)
        return files

    def _picture(self, picture: PictureFile) -> tuple[str, bytes, tuple[int, int] | None]:
        """Suffix, content, and the new (height, width) where it was made smaller."""
        suffix = picture.suffix
        try:
            content = picture.read_bytes()
        except OSError as error:
            raise ImageError(f"{picture}: {error.strerror or error}") from error
        if self.shorter_side is not None:
            with opened(content) as image:
                larger = min(image.size) > self.shorter_side
            if larger:
                return _made_smaller(content, self.shorter_side)
        if suffix.lower() in PICTURES:
            return suffix, content, None
        return ".png", _encoded(open_rgb(content), "PNG"), None

    def _boxes(self, picture: BoxedPicture, shrunk: tuple[int, int] | None) -> bytes:
        height, width = picture.size
        size = shrunk or picture.size
        across, down = size[1] / width, size[0] / height
        boxes = []
        for row, index in enumerate(picture.classes.tolist()):
            left, top, right, bottom = picture.boxes[row].tolist()
            corners = (left * across, top * down, right * across, bottom * down)
            area = float(picture.areas[row]) * across * down
            boxes.append(WrittenBox(self.labels[index], corners, bool(picture.ignored[row]), area))
        return box_json(boxes, size, {label: place for place, label in enumerate(self.labels)})


def keys_of(pictures: Sequence[PictureFile], root: Path) -> Iterator[str]:
    """A key of its own for each picture: its place below the data set's folder, without suffix.

    A key ends at its first dot, so dots become "_"; where two pictures would have one key, the
    second gets a number.
    """
    seen: set[str] = set()
    for picture in pictures:
        key = plain = _key(picture, root)
        number = 2
        while key.casefold() in seen:
            key, number = f"{plain}-{number}", number + 1
        seen.add(key.casefold())
        yield key


def _key(picture: PictureFile, root: Path) -> str:
    if not isinstance(picture, Path):
        inside = picture.inside[: len(picture.inside) - len(picture.suffix)]
    elif picture.is_relative_to(root):
        inside = picture.relative_to(root).with_suffix("").as_posix()
    else:
        inside = (Path(picture.parent.name) / picture.stem).as_posix()
    folder, slash, name = inside.rpartition("/")
    plain = re.sub(r"[.\0]", "_", name)
    # Names of its own and hidden ones WebDataset passes over.
    if plain.startswith("__") and plain.endswith("__"):
        plain = f"x{plain}"
    return f"{folder}{slash}{plain}"


def _made_smaller(content: bytes, shorter_side: int) -> tuple[str, bytes, tuple[int, int]]:
    with opened(content) as image:
        stored = image.height, image.width
        height, width = (max(shorter_side, round(side * shorter_side / min(stored)))
                         for side in stored)  # fmt: skip
        # A JPEG is decoded at the half, quarter or eighth that is at least twice as large.
        image.draft("RGB", (2 * width, 2 * height))
        picture = to_rgb(image)
        turn = orientation(image)
    if turn in SIDEWAYS:
        height, width = width, height
    smaller = upright(picture, turn).resize((width, height), Image.Resampling.LANCZOS)
    return ".jpg", _encoded(smaller, "JPEG"), (height, width)


def _mask(meaning: MaskMeaning, picture: MaskedPicture, shrunk: tuple[int, int] | None) -> bytes:
    """Ids in grey, 255 for what is to ignore, whatever the file held."""
    image = Image.fromarray(meaning.read_ids(picture))
    if shrunk is not None:
        image = image.resize((shrunk[1], shrunk[0]), Image.Resampling.NEAREST)
    return _encoded(image, "PNG")


def _encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    if kind == "JPEG":
        image.save(file, kind, quality=QUALITY)
    else:
        image.save(file, kind, optimize=False, compress_level=6)
    return file.getvalue()
