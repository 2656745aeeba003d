"""One file inside a tar shard, read by its place."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from mobilenetv2.errors import DatasetError

MOST_BYTES = 1 << 30
"""Of one picture or mask; those that are decoded (`tasks.picture_room.MAX_BYTES`) are smaller."""


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """A file in a shard. It answers as a `Path` does where pictures and masks are read.

    Sorted, members come in the order in which they lie in their shards.
    """

    shard: str
    """The tar's path, or its URL."""
    offset: int
    """Of the first byte of the content, from the tar's beginning."""
    size: int
    """Bytes of the content."""
    inside: str
    """The name in the tar: "cat/001.jpg"."""

    def read_bytes(self) -> bytes:
        """The content, by one read at its place; the tar is not walked.

        Raises:
            DatasetError: the shard ends before: it is another than the one that was looked through;
                or more than `MOST_BYTES`.
            OSError: the shard cannot be read.
        """
        if self.size > MOST_BYTES:
            raise DatasetError(f"{self}: at most {MOST_BYTES:,} bytes are read, got {self.size:,}")
        # Whoever reads plain pictures knows of members, but not of stores.
        from mobilenetv2.shards.place import read_at

        content = read_at(self.shard, self.offset, self.size)
        if len(content) != self.size:
            raise DatasetError(
                f"{self}: a shard must stay as it was while it is read; {self.size:,} bytes were "
                f"to be at {self.offset:,}, got {len(content):,}. Start again"
            )
        return content

    def open(self, mode: Literal["rb"] = "rb") -> io.BytesIO:  # noqa: ARG002 - as Path's
        """The content as a file to read.

        Raises:
            DatasetError: as `read_bytes`, and so
            OSError: is.
        """
        return io.BytesIO(self.read_bytes())

    @property
    def name(self) -> str:
        """Without folders: "001.jpg"."""
        return self.inside.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name but for its last suffix: "001"."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The last suffix as written: ".jpg"."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> PurePosixPath:
        """The folder in the tar, below one that is called as the shard: "train-000000/cat"."""
        shard = PurePosixPath(self.shard.rpartition("/")[2]).stem
        return PurePosixPath(shard, self.inside).parent

    def as_posix(self) -> str:
        """As it is told: "shards/train-000000.tar/cat/001.jpg"."""
        return f"{self.shard}/{self.inside}"

    def __str__(self) -> str:
        return self.as_posix()


PictureFile = Path | Member
"""Where a data set keeps a picture or a mask: a file of its own, or one in a shard."""
