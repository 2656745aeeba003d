"""What a job is about: its pictures in their order, their number, and a mark that tells them."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from mobilenetv2.errors import JobError, SourceError
from mobilenetv2.shards.member import Member
from mobilenetv2.sources.input import STANDARD_INPUT, Input
from mobilenetv2.sources.streaming import Tell
from mobilenetv2.sources.video import Video
from mobilenetv2.sources.words import each_source, sources_of

Source = Input | Video

BLOCK = 1000
"""Names that are compared at a time, and held."""


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
    blocks = Blocks()
    counted = list_sources(blocks.watched(each_source(words, tell)), advance)
    found = Found(words, tuple(blocks.digests))
    return Listing(found, counted.count, counted.videos, counted.fingerprint)


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


class Blocks:
    """What was listed, `BLOCK` names by `BLOCK` names, as a digest each."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.digests: list[bytes] = []

    def watched(self, sources: Iterable[Source]) -> Iterator[Source]:
        """The same, noted on the way."""
        for block in batched(sources, BLOCK):
            self.digests.append(_digest(block))
            yield from block


@dataclass(frozen=True, slots=True)
class Found(Iterable[Source]):
    """What words name, found each time that somebody asks, and seen to be what it was.

    A picture more in a folder would move all that follow it into other parts.
    """

    words: Sequence[str]
    digests: tuple[bytes, ...]
    """Of the `Blocks` that were listed."""

    def __iter__(self) -> Iterator[Source]:
        """Each source.

        Raises:
            JobError: there are others than there were.
        """
        blocks = batched(each_source(self.words, _told_already), BLOCK)
        for number, (block, was) in enumerate(zip_longest(blocks, self.digests, fillvalue=())):
            if not block or _digest(block) != was:
                raise JobError(
                    f"{' '.join(self.words)} is not what it was when it was listed: other pictures "
                    f"stand in the places {number * BLOCK + 1:,} to {(number + 1) * BLOCK:,}. A "
                    "job's input must stay as it is: bring it back and run the same command again, "
                    "or begin anew in another folder. Parts that are there are those of the input "
                    "that was"
                )
            yield from block


def batched(sources: Iterable[Source], size: int) -> Iterator[tuple[Source, ...]]:
    """`size` of them at a time; at the end what is left."""
    remaining = iter(sources)
    while several := tuple(islice(remaining, size)):
        yield several


def _digest(block: Iterable[Source]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for source in block:
        digest.update(os.fsencode(source.name) + b"\n")
    return digest.digest()


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
