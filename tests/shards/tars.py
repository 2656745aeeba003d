"""Small shards, written as other tools write them."""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image


def tar(path: Path, members: Iterable[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT) -> Path:
    """A tar of these files, in their order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=form) as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


def png(seed: int, size: tuple[int, int] = (24, 32)) -> bytes:
    """A picture of (height, width) with a pattern of its own."""
    pixels = np.random.default_rng(seed).integers(0, 255, (*size, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def classes(path: Path, keys: Iterable[tuple[str, str]], seed: int = 0) -> Path:
    """A shard of pictures with a KEY.cls each."""
    return tar(
        path,
        (
            (f"{key}.{suffix}", content)
            for number, (key, label) in enumerate(keys)
            for suffix, content in (("png", png(seed + number)), ("cls", label.encode()))
        ),
    )
