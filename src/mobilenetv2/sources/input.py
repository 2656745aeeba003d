"""One picture of a run, wherever it came from: a file, an address, bytes, a frame of a video."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from mobilenetv2.shards.member import Member
from mobilenetv2.transfer.address import is_web_address

if TYPE_CHECKING:
    from mobilenetv2.shards.member import PictureFile
    from mobilenetv2.tasks.image import Picture

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Moment:
    """Where in a video a frame stands."""

    index: int
    """From 0, counting the frames that were left out as well."""
    seconds: float
    """Since the video's first frame."""


@dataclass(frozen=True, slots=True)
class Input:
    """A picture, and what it is called in tables, in JSON and in the names of files made of it."""

    name: str
    """As it was given: a path, an address, "-", or the video's."""
    picture: Picture = field(repr=False)
    """What is opened: a file, one in a shard, an http(s) address, bytes, an image, or pixels."""
    moment: Moment | None = None
    """Of a frame."""

    @property
    def stem(self) -> str:
        """What a file made of it is called: "cup" of photos/cup.jpg, "clip-000012" of a frame."""
        stem = stem_of(self.name)
        return f"{stem}-{self.moment.index:06}" if self.moment else stem

    def fetched(self) -> Input:
        """The same with its bytes, where it has an address alone.

        Raises:
            ImageError: it cannot be had.
        """
        if not is_web_address(self.picture):
            return self
        from mobilenetv2.tasks.web_picture import fetch_picture

        return replace(self, picture=fetch_picture(self.picture))

    def to_json(self) -> dict[str, object]:
        """`{"path"}`, and of a frame `{"path", "frame", "time"}`, the time in seconds."""
        if self.moment is None:
            return {"path": self.name}
        seconds = round(self.moment.seconds, 6)
        return {"path": self.name, "frame": self.moment.index, "time": seconds}


def file_input(path: PictureFile) -> Input:
    """A picture in a file, or in a shard."""
    return Input(str(path), path)


def input_at(place: int, picture: Picture) -> Input:
    """A picture of a program, called by its path, or by its place and shape."""
    if isinstance(picture, str | os.PathLike | Member):
        return Input(str(picture), picture)
    return Input(f"pictures[{place}], {kind_of(picture)}", picture)


def kind_of(value: object) -> str:
    """In a few words: of arrays the shape, of several the first one, never their contents."""
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"an array {list(shape)}"
    if isinstance(value, list | tuple) and value:
        return f"{len(value)} in a {type(value).__name__}, the first {kind_of(value[0])}"
    return type(value).__name__


def stem_of(name: str) -> str:
    """The part of a path, an address or a camera's name by which its files are told apart."""
    if name == STANDARD_INPUT:
        return "stdin"
    if "://" in name:
        parts = urlsplit(name)
        last = unquote(parts.path).rstrip("/").rpartition("/")[2]
        # What an address may hold, and a file's name not.
        stem = re.sub(r"[^\w .-]+", "-", Path(last).stem).strip(" .-")
        return stem or (parts.hostname or "address")
    return Path(name).stem.replace(":", "-")
