"""What the words of a command line name: pictures, folders, patterns, lists, addresses, videos."""

import glob
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from mobilenetv2.errors import ImageError, SourceError
from mobilenetv2.shards.names import COMPRESSED, SUFFIX
from mobilenetv2.sources.input import STANDARD_INPUT, Input, file_input
from mobilenetv2.sources.lists import LIST_SUFFIX, holds_another, list_lines, standard_input
from mobilenetv2.sources.streaming import Tell
from mobilenetv2.sources.video import Video, is_stream_address
from mobilenetv2.tasks.find_pictures import Aside, LeftAside, looks_like_picture, walk
from mobilenetv2.tasks.picture_kinds import VIDEO_SUFFIXES
from mobilenetv2.transfer.address import is_web_address, without_password

Source = Input | Video

_STREAM_SUFFIXES = VIDEO_SUFFIXES | {".m3u8", ".mpd", ".mjpg", ".mjpeg", ".ts"}
"""Of addresses."""


def sources_of(words: Iterable[str], tell: Tell) -> list[Source]:
    """Pictures and videos in the order of the words that name them, each once.

    Files as given; folders, patterns and tar shards as the pictures in them; a list (.txt) as what
    its lines name; "-" as what comes over standard input. Nothing is opened yet but folders, shards
    and lists, and addresses whose name does not say whether they hold a picture are asked.

    Args:
        words: as given.
        tell: called with a sentence on what was left aside in a folder.

    Raises:
        ImageError: a folder without a picture, a pattern or a list of nothing.
        SourceError: an address of another kind.
        DatasetError: shards that are not there or damaged.
    """
    # A word given twice is followed once: standard input cannot be read again.
    return list(dict.fromkeys(each_source(dict.fromkeys(words), tell)))


def each_source(words: Iterable[str], tell: Tell) -> Iterator[Source]:
    """The same one by one, as they are found; what two words name comes twice.

    Raises:
        ImageError: as `sources_of`, when its word's turn comes.
        SourceError: as `sources_of`.
        DatasetError: as `sources_of`.
    """
    return (source for word in words for source in _sources(word, tell, Path()))


def _sources(word: str, tell: Tell, folder: Path, within: str = "") -> Iterator[Source]:
    """Of one word; `folder` is what a path is relative to, `within` the list that has the word."""
    if is_stream_address(word):
        yield Video(word)
    elif "://" in word and _names_shards(word):
        yield from _in_shards(word)
    elif is_web_address(word):
        yield _at_address(word)
    elif "://" in word:
        raise SourceError(f"an address must begin with http, https, rtsp or rtsps, got {word!r}")
    elif word == STANDARD_INPUT and not within:
        yield from _listed_or_piped(tell)
    else:
        yield from _files(word, tell, folder, within)


def _files(word: str, tell: Tell, folder: Path, within: str) -> Iterator[Source]:
    path = folder / word
    if _names_shards(word):
        yield from _in_shards(str(path))
        return
    # Not the path's own methods, which raise for a name that no file can have.
    if os.path.isdir(path):  # noqa: PTH112
        yield from map(file_input, _in_folder(path, tell))
    elif not os.path.exists(path) and glob.has_magic(word):
        pattern = os.path.join(glob.escape(str(folder)), word)  # noqa: PTH118 - a pattern
        matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))  # noqa: PTH207 - from anywhere
        if not matches:
            raise ImageError(f"the pattern {word!r} must match at least one file, got none")
        yield from (_by_name(match) for match in matches if match.is_file())
    elif path.suffix.lower() == LIST_SUFFIX:
        if within:
            raise ImageError(
                f"{within} must name pictures, videos and folders, got the list {word}"
            )
        for line in list_lines(path):
            if line.startswith("#") and not os.path.exists(path.parent / line):
                continue
            yield from _sources(line, tell, path.parent, str(path))
    else:
        yield _by_name(path)


def _in_folder(folder: Path, tell: Tell) -> Iterator[Path]:
    aside, some = Aside(), False
    for item in walk(folder):
        if isinstance(item, LeftAside):
            aside.add(item)
        else:
            some = True
            yield item
    told = aside.described()
    if "video" in aside.first:
        told += f"; a video is looked at where it is named itself, as {aside.first['video']}"
    if not some:
        others = f"; left aside: {told}" if told else ""
        raise ImageError(f"{folder} must hold at least one picture, got none{others}")
    if told:
        tell(f"{folder}: left aside {told}")


def _names_shards(word: str) -> bool:
    return word.lower().endswith((SUFFIX, *COMPRESSED))


def _in_shards(data: str) -> Iterator[Source]:
    from mobilenetv2.shards.look_through import open_index

    return (Input(str(member), member) for member in open_index(data).pictures())


def _listed_or_piped(tell: Tell) -> Iterator[Source]:
    piped = standard_input(sys.stdin.buffer)
    if isinstance(piped, bytes):
        if holds_another(piped):
            tell(
                "standard input holds one picture behind another, and the first is looked at; "
                "a list of their paths takes them all"
            )
        yield Input(STANDARD_INPUT, piped)
        return
    for line in piped:
        yield from _sources(line, tell, Path(), "standard input")


def _by_name(path: Path) -> Source:
    return Video(str(path)) if is_video_file(path) else file_input(path)


def is_video_file(path: Path) -> bool:
    """Whether a file is taken for a video: by its name, else by its first bytes."""
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        return True
    if looks_like_picture(path.name) or not os.path.isfile(path):  # noqa: PTH113
        return False
    try:
        with path.open("rb") as file:
            first = file.read(189)
    except OSError:
        return False
    return (
        (first[4:8] == b"ftyp" and first[8:12] in _VIDEO_BRANDS)
        or first.startswith(b"\x1a\x45\xdf\xa3")  # Matroska and WebM
        or (first[:4] == b"RIFF" and first[8:12] == b"AVI ")
        or (first[:1] == b"G" == first[188:189])  # transport streams
    )


_VIDEO_BRANDS = (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ",
                 b"qt  ", b"3gp4", b"3gp5", b"3gp6", b"dash", b"MSNV")  # fmt: skip


def _at_address(address: str) -> Source:
    try:
        suffix = Path(urlsplit(address).path).suffix.lower()
    except ValueError:  # whoever fetches it says that it is none
        suffix = ".jpg"
    if suffix in _STREAM_SUFFIXES:
        return Video(address)
    if looks_like_picture(f"x{suffix}"):
        return Input(without_password(address), address)
    from mobilenetv2.tasks.web_picture import STREAMS, content_type

    try:
        kind = content_type(address)
    # Whoever fetches it says what is wrong, among the other pictures' errors.
    except ImageError:
        return Input(without_password(address), address)
    return Video(address) if STREAMS.match(kind) else Input(without_password(address), address)
