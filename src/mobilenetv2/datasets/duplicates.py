"""Pictures that lie in two parts of a data set: what was learnt by heart is no test."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from mobilenetv2.errors import ImageError
from mobilenetv2.tasks.picture import opened

NEAR_BITS = 3
"""Of 64. So far may the hashes of one picture in two sizes or qualities lie apart; two frames of
a still scene lie that near too, and are as little a test."""

FLAT = 4.0
"""Standard deviation in grey values. Flatter pictures have hashes of noise and are all alike."""

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Pictures of `second` that `first` has too."""

    first: str
    second: str
    exact: int
    """Pictures of the second part whose file is one of the first's, byte by byte."""
    near: int
    """Others, that look like one of the first's."""
    examples: tuple[tuple[Path, Path], ...] = field(repr=False)
    """(of the first, of the second), exact ones before near ones, five at most."""


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """Of every picture of a part: its content, and how it looks."""

    name: str
    paths: tuple[Path, ...]
    contents: tuple[bytes, ...] = field(repr=False)
    """SHA-256 of each file; empty where it cannot be read."""
    looks: npt.NDArray[np.int8] = field(repr=False)
    """[pictures, 64], each -1 or 1: whether grey rises from a cell to the next, in a row of 9
    cells, 8 rows; all 0 for a picture that is flat or broken."""


def fingerprint_pictures(name: str, paths: Sequence[Path]) -> Fingerprints:
    """Open every picture once; JPEG files are decoded at an eighth of their size."""
    looks = [_look(path) for path in paths]
    return Fingerprints(
        name,
        tuple(paths),
        tuple(_content(path) for path in paths),
        np.array(looks, np.int8).reshape(len(paths), 64),
    )


def find_duplicates(first: Fingerprints, second: Fingerprints) -> Duplicates:
    """Compare two parts of a data set."""
    by_content = {content: path for content, path in zip(first.contents, first.paths, strict=True)
                  if content}  # fmt: skip
    exact: list[tuple[Path, Path]] = []
    near: list[tuple[Path, Path]] = []
    agreeing = 64 - 2 * NEAR_BITS
    reference = first.looks.astype(np.float32)
    for path, content, look in zip(second.paths, second.contents, second.looks, strict=True):
        if content in by_content:
            exact.append((by_content[content], path))
            continue
        likeness = reference @ look.astype(np.float32)
        best = int(likeness.argmax()) if len(likeness) else -1
        if best >= 0 and likeness[best] >= agreeing:
            near.append((first.paths[best], path))
    examples = (exact + near)[:EXAMPLES]
    return Duplicates(first.name, second.name, len(exact), len(near), tuple(examples))


def _content(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b""


def _look(path: Path) -> npt.NDArray[np.int8]:
    try:
        with opened(path) as image:
            image.draft("L", (72, 64))
            small = ImageOps.exif_transpose(image).convert("L")
            grey = np.asarray(small.resize((9, 8), Image.Resampling.BOX), np.float32)
    # A broken picture is its reader's to report; here it is like no other.
    except ImageError:
        return np.zeros(64, np.int8)
    if grey.std() < FLAT:
        return np.zeros(64, np.int8)
    return np.where(np.diff(grey, axis=1) > 0, 1, -1).astype(np.int8).ravel()
