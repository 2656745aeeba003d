"""From anything a person calls a picture to the array a network reads."""

from pathlib import Path
from typing import TypeGuard

import numpy as np
import numpy.typing as npt
from PIL import Image

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.arrays import array_to_rgb
from mobilenetv2.tasks.picture import fit, open_rgb
from mobilenetv2.tasks.pixels import Pixels, normalize

Picture = str | Path | bytes | Image.Image | npt.NDArray[np.generic]
"""A file, its bytes, a PIL image, or an array [H, W], [H, W, 1], [H, W, 3] or [H, W, 4]."""

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm"})
"""What a folder is searched for. A file named outright may end as it likes."""


def is_picture(value: object) -> TypeGuard[Picture]:
    """Whether a value is one picture, and not several."""
    return isinstance(value, str | Path | bytes | Image.Image | np.ndarray)


def decode(picture: Picture) -> Pixels:
    """RGB pixels, uint8 [height, width, 3], the right way up.

    Files, bytes and PIL images become so as `open_rgb` says.

    Raises:
        ImageError: missing, truncated, not a picture, too large, or an array of another kind.
    """
    if isinstance(picture, np.ndarray):
        return array_to_rgb(picture)
    return np.asarray(open_rgb(picture))


def prepare(pixels: Pixels, preprocessing: Preprocessing) -> npt.NDArray[np.float32]:
    """The network's input, float32 [height, width, 3], from uint8 [any height, any width, 3]."""
    return normalize(resize(pixels, preprocessing), preprocessing)


def resize(pixels: Pixels, preprocessing: Preprocessing) -> Pixels:
    """Bring a picture to the network's size as `preprocessing.fit` says; uint8 throughout."""
    return np.asarray(fit(Image.fromarray(pixels), preprocessing))


def find_pictures(folder: Path) -> list[Path]:
    """Every picture below a folder, by suffix, in a stable order; hidden files are left out."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )
