"""What a job is about: its pictures in their order, their number, and a mark that tells them."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mobilenetv2.errors import SourceError
from mobilenetv2.shards.member import Member
from mobilenetv2.sources.input import STANDARD_INPUT, Input
from mobilenetv2.sources.streaming import Tell
from mobilenetv2.sources.video import Video
from mobilenetv2.sources.words import each_source, sources_of

Source = Input | Video


@dataclass(frozen=True, slots=True)
class Listing:
    """Pictures and videos that come to an end, in the same order each time."""

    sources: Iterable[Source]
    """To be gone through as often as one likes."""
    count: int
    videos: int
    """How many of them are videos."""
    fingerprint: str
    """sha256 over the names in their order, with the sizes of files in bytes."""


def list_words(words: Sequence[str], tell: Tell, advance: Callable[[], None]) -> Listing:
    """What the words of a command line name, as `sources_of` has it.

    A million pictures are not held: whoever wants them finds them anew. Of standard input and of
    several words they are, since the one comes once, and of the others some may be the same.

    Args:
        words: as given.
        tell: told what was left aside in a folder.
        advance: called once a picture or a video.

    Raises:
        ImageError: as `sources_of`.
        SourceError: as `sources_of`; a camera or a stream, which has no end.
        DatasetError: as `sources_of`.
    """
    if not _names_each_once(words):
        return list_sources(sources_of(words, tell), advance)
    counted = list_sources(each_source(words, tell), advance)
    return Listing(Found(words), counted.count, counted.videos, counted.fingerprint)


def list_sources(sources: Iterable[Source], advance: Callable[[], None] = lambda: None) -> Listing:
    """Go through all of them once; no picture is read.

    Raises:
        SourceError: a camera or a stream, which has no end.
    """
    digest = hashlib.sha256()
    count = videos = 0
    for source in sources:
        digest.update(_mark(source))
        count += 1
        videos += isinstance(source, Video)
        advance()
    return Listing(sources, count, videos, digest.hexdigest())


@dataclass(frozen=True, slots=True)
class Found(Iterable[Source]):
    """What words name, found each time that somebody asks."""

    words: Sequence[str]

    def __iter__(self) -> Iterator[Source]:
        return each_source(self.words, _told_already)


def _told_already(text: str) -> None:
    pass


def _names_each_once(words: Sequence[str]) -> bool:
    """Whether all is in one folder or in one set of shards."""
    word = words[0] if len(words) == 1 else STANDARD_INPUT
    return word.lower().endswith(".tar") or os.path.isdir(word)  # noqa: PTH112 - any name


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
        case Member():
            size = str(picture.size)
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
