"""Files with the same bytes: one picture in two classes, or in two parts of a data set."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from mobilenetv2.datasets.findings import counted

_BLOCK = 1_048_576


def equal_files(paths: Iterable[Path]) -> list[tuple[Path, ...]]:
    """Groups of two or more; only files of one size are read, and none that cannot be."""
    by_size: dict[int, list[Path]] = {}
    for path in dict.fromkeys(paths):
        try:
            by_size.setdefault(path.stat().st_size, []).append(path)
        except OSError:
            continue
    by_content: dict[bytes, list[Path]] = {}
    for those in by_size.values():
        for path in those if len(those) > 1 else ():
            content = _digest(path)
            if content is not None:
                by_content.setdefault(content, []).append(path)
    return [tuple(group) for group in by_content.values() if len(group) > 1]


def both_notes(learnt: Sequence[Path], judged: Sequence[Path]) -> tuple[str, ...]:
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


def _digest(path: Path) -> bytes | None:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError:
        return None
    return digest.digest()
