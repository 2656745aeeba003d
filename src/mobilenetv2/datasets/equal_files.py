"""Files with the same bytes: one picture in two classes, or in two parts of a data set."""

import hashlib
from collections.abc import Iterable, Sequence

from mobilenetv2.datasets.findings import counted
from mobilenetv2.shards.member import Member, PictureFile

_BLOCK = 1_048_576


def equal_files(paths: Iterable[PictureFile]) -> list[tuple[PictureFile, ...]]:
    """Groups of two or more; only files of one size are read, and none that cannot be."""
    by_size: dict[int, list[PictureFile]] = {}
    for path in dict.fromkeys(paths):
        try:
            by_size.setdefault(_size(path), []).append(path)
        except OSError:
            continue
    by_content: dict[bytes, list[PictureFile]] = {}
    for those in by_size.values():
        for path in those if len(those) > 1 else ():
            content = _digest(path)
            if content is not None:
                by_content.setdefault(content, []).append(path)
    return [tuple(group) for group in by_content.values() if len(group) > 1]


def both_notes(learnt: Sequence[PictureFile], judged: Sequence[PictureFile]) -> tuple[str, ...]:
    """A sentence on pictures that are learnt from and judged on, or nothing."""
    learning, judging = set(learnt), set(judged)
    groups = [
        group
        for group in equal_files([*learnt, *judged])
        if learning & set(group) and judging & set(group)
    ]
    shared = len(learning & judging) + sum(len(judging & set(group)) for group in groups)
    if not shared:
        return ()
    pair = groups[0] if groups else sorted(learning & judging)[:1] * 2
    one = next(path for path in pair if path in learning)
    other = next(path for path in pair if path in judging)
    return (
        f"{counted(shared, 'picture is', 'pictures are')} both learnt from and judged on, byte "
        f"by byte, such as {one} and {other}: figures will be too good",
    )


def _size(path: PictureFile) -> int:
    return path.size if isinstance(path, Member) else path.stat().st_size


def _digest(path: PictureFile) -> bytes | None:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return None
    return digest.digest()
