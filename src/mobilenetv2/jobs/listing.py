"""What a job is about: its pictures in their order, their number, and a mark that tells them."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import SourceError
from mobilenetv2.sources.input import Input
from mobilenetv2.sources.video import Video

Source = Input | Video


@dataclass(frozen=True, slots=True)
class Listing:
    """Pictures and videos that come to an end, in the same order each time."""

    sources: Iterable[Source]
    """To be gone through as often as one likes."""
    count: int
    fingerprint: str
    """sha256 over the names in their order, with the sizes of files in bytes."""


def list_sources(sources: Iterable[Source]) -> Listing:
    """Go through all of them once; no file is read.

    Raises:
        SourceError: a camera or a stream, which has no end.
    """
    digest = hashlib.sha256()
    count = 0
    for source in sources:
        digest.update(_mark(source))
        count += 1
    return Listing(sources, count, digest.hexdigest())


def _mark(source: Source) -> bytes:
    if isinstance(source, Video):
        if source.kind in ("camera", "rtsp"):
            raise SourceError(
                f"a job needs pictures and videos that come to an end, and {source.name} does "
                "not: leave out --out, or record it first"
            )
        size = _size(source.address) if source.kind == "file" else ""
        return os.fsencode(f"video\0{source.name}\0{size}\n")
    picture = source.picture
    match picture:
        case Path():
            size = _size(picture)
        case bytes():
            size = hashlib.sha256(picture).hexdigest()
        case _:
            size = ""
    return os.fsencode(f"{source.name}\0{size}\n")


def _size(path: str | Path) -> str:
    """In bytes; "" where there is no such file, which the job will tell of."""
    try:
        return str(os.stat(path).st_size)  # noqa: PTH116 - raises for no name at all
    except (OSError, ValueError):
        return ""
