"""Pictures to calibrate on that no file holds: what a program has in its memory."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np

from mobilenetv2.errors import DatasetError, ImageError
from mobilenetv2.shards.member import Member, PictureFile
from mobilenetv2.tasks.arrays import as_pictures, is_array
from mobilenetv2.tasks.image import Picture, decode, is_picture
from mobilenetv2.transfer.address import is_web_address

NAME = "given pictures"


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """One of them."""

    place: int
    """Among those that were given, from 0."""
    picture: Picture = field(repr=False)
    """Bytes, an address, a PIL image or an array, as `Model.predict` takes it."""

    def __str__(self) -> str:
        return f"pictures[{self.place}]"

    @property
    def decoded(self) -> bool:
        """Whether its file is gone, and only what that shows is left."""
        return not isinstance(self.picture, bytes | str)

    @property
    def content(self) -> bytes:
        """What tells it from others: a file's bytes, or shape and values of what was decoded."""
        if isinstance(self.picture, bytes):
            return self.picture
        if isinstance(self.picture, str):
            return self.picture.encode()
        values = np.asarray(self.picture)
        return f"{values.shape} {values.dtype}".encode() + values.tobytes()


Shown = PictureFile | Given


def given_pictures(pictures: Iterable[Picture]) -> list[Shown]:
    """Paths as files, and all else as it is.

    Args:
        pictures: paths, bytes, PIL images or arrays [H, W, 3], a batch [N, H, W, 3] among them.

    Raises:
        DatasetError: one picture alone.
        ImageError: something that is no picture.
    """
    several = as_pictures(pictures)
    if is_picture(several):
        kind = f"an array {list(several.shape)}" if is_array(several) else type(several).__name__
        raise DatasetError(
            "calibration needs several pictures, as a list or a batch [N, H, W, 3], got one: "
            f"{kind}"
        )
    return [_one(*numbered) for numbered in enumerate(cast("Iterable[Picture]", several))]


def _one(place: int, picture: Picture) -> Shown:
    if isinstance(picture, Member):
        return picture
    if isinstance(picture, str) and is_web_address(picture):
        return Given(place, picture)
    if isinstance(picture, str | os.PathLike):
        return Path(picture)
    if not is_picture(picture):
        raise DatasetError(
            "pictures to calibrate on must be paths, bytes, PIL images or RGB arrays, got "
            f"{type(picture).__name__} as number {place}"
        )
    return Given(place, picture)


def picture_of(one: Shown) -> Picture:
    """What `Model.prepare` takes."""
    return one.picture if isinstance(one, Given) else one


def folder_of(one: Shown) -> str:
    """The name of the folder that holds it, or what those of a program are called."""
    return NAME if isinstance(one, Given) else one.parent.name


def pixels_digest(one: Shown) -> str:
    """64 hex digits of what a picture shows, by which one in memory is known as a file's; none of
    one that cannot be decoded.
    """
    try:
        pixels = decode(picture_of(one))
    except ImageError:
        return ""
    return hashlib.sha256(f"{pixels.shape}".encode() + pixels.tobytes()).hexdigest()


def digest_of(one: Shown) -> str:
    """64 hex digits; none of a file that cannot be read."""
    if isinstance(one, Given):
        return hashlib.sha256(one.content).hexdigest()
    try:
        with one.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
