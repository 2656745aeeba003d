"""Which shards the words of a command line mean: ranges in braces, patterns, folders, URLs."""

import glob
import os
import re
from collections.abc import Iterator
from pathlib import Path

from mobilenetv2.errors import DatasetError
from mobilenetv2.shards.place import as_written, file_system, is_url

SUFFIX = ".tar"
COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
"""Read to their end before anything in them is known: no shards, but said so."""

MOST = 1_000_000
"""Shards that a range may mean."""

_RANGE = re.compile(r"(\d+)\.\.(\d+)(?:\.\.(\d+))?")


def is_shards(data: str | os.PathLike[str]) -> bool:
    """Whether a data set's place means tar shards.

    That is: a name that ends in .tar, with or without braces and stars, any URL, or a folder that
    holds tar files and neither folders nor pictures of its own.
    """
    name = as_written(data)
    if is_url(name) or name.lower().endswith((SUFFIX, *COMPRESSED)):
        return True
    return os.path.isdir(name) and _is_folder_of_shards(name)  # noqa: PTH112 - any name


def find_shards(data: str | os.PathLike[str]) -> tuple[str, ...]:
    """Paths or URLs of the shards that `data` means, each once; braces in their order, else sorted.

    Args:
        data: "shards/train-{000000..001023}.tar", "shards/*.tar", a tar file, a folder of tar
            files, or the URL of any of these.

    Raises:
        DatasetError: none, one that is not there, compressed ones, or a range of too many.
    """
    name = as_written(data)
    found: list[str] = []
    for word in expand_braces(name):
        if not word.lower().endswith((SUFFIX, *COMPRESSED)):
            word = f"{_escaped(word)}/*{SUFFIX}"
        found += _matching(word) if glob.has_magic(word) else [word]
    shards = tuple(dict.fromkeys(found))
    if not shards:
        raise DatasetError(f"{name} must mean at least one tar file, got none")
    compressed = next((shard for shard in shards if shard.lower().endswith(COMPRESSED)), None)
    if compressed is not None:
        raise DatasetError(
            f"{compressed}: a shard must be a plain .tar, which is read by place; pictures are "
            "compressed already. Unpack it first (gunzip)"
        )
    missing = [shard for shard in shards if not is_url(shard) and not os.path.isfile(shard)]  # noqa: PTH113
    if missing:
        raise DatasetError(
            f"{missing[0]}: no such shard; of {len(shards)} that {name!r} means {len(missing)} are "
            "not there"
        )
    return shards


def expand_braces(pattern: str) -> list[str]:
    """The names that ranges "{000..023}" and lists "{a,b}" in braces mean, as a shell has it.

    Raises:
        DatasetError: more than `MOST`.
    """
    names: list[str] = []
    for name in _expanded(pattern):
        if len(names) == MOST:
            raise DatasetError(f"{pattern!r:.200}: at most {MOST:,} shards, got more")
        names.append(name)
    return names


def _expanded(pattern: str) -> Iterator[str]:
    start = pattern.find("{")
    end = _closing(pattern, start)
    if start < 0 or end < 0:
        yield pattern
        return
    before, inner, after = pattern[:start], pattern[start + 1 : end], pattern[end + 1 :]
    choices = list(_choices(inner))
    for rest in _expanded(after) if not choices else ():
        yield f"{before}{{{inner}}}{rest}"
    for choice in choices:
        for middle in _expanded(choice):
            for rest in _expanded(after):
                yield f"{before}{middle}{rest}"


def _choices(inner: str) -> Iterator[str]:
    """Of what stands in braces; none where they are no pattern."""
    numbers = _RANGE.fullmatch(inner)
    if numbers:
        first, last, step = int(numbers[1]), int(numbers[2]), max(1, int(numbers[3] or 1))
        if abs(last - first) // step >= MOST:
            raise DatasetError(f"{{{inner:.60}}}: at most {MOST:,} shards, got more")
        padded = any(len(text) > 1 and text[0] == "0" for text in (numbers[1], numbers[2]))
        width = max(len(numbers[1]), len(numbers[2])) if padded else 0
        way = 1 if first <= last else -1
        for number in range(first, last + way, way * step):
            yield f"{number:0{width}}"
        return
    depth, begin = 0, 0
    cuts = [begin]
    for place, letter in enumerate(inner):
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            cuts.append(place + 1)
    if len(cuts) > 1:
        for begin, end in zip(cuts, [*(cut - 1 for cut in cuts[1:]), len(inner)], strict=True):
            yield inner[begin:end]


def _closing(pattern: str, start: int) -> int:
    """Where the brace at `start` is closed; -1 where it is not."""
    depth = 0
    for place in range(max(start, 0), len(pattern)):
        depth += (pattern[place] == "{") - (pattern[place] == "}")
        if depth == 0:
            return place
    return -1


def _escaped(word: str) -> str:
    """A folder that is there keeps its brackets; a pattern of folders stays one."""
    return glob.escape(word) if os.path.isdir(word) else word.rstrip("/")  # noqa: PTH112


def _matching(pattern: str) -> list[str]:
    if not is_url(pattern):
        # A name with brackets of its own is no pattern.
        if os.path.isfile(pattern):  # noqa: PTH113
            return [pattern]
        return sorted(glob.glob(pattern))  # noqa: PTH207 - names, as given
    system, path = file_system(pattern)
    return sorted(system.unstrip_protocol(str(found)) for found in system.glob(path))


def _is_folder_of_shards(folder: str) -> bool:
    tars = False
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir() or Path(entry.name).suffix.lower() in PICTURES:
                return False
            tars |= entry.name.lower().endswith(SUFFIX)
    return tars


PICTURES = frozenset(
    {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm",
     ".jp2", ".avif", ".heic", ".heif"}
)  # fmt: skip
"""Members with these suffixes are pictures, whatever this machine's Pillow opens: an index is to
say the same on all of them."""
