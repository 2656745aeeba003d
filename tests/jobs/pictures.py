"""Many small pictures, a bad one among them."""

from pathlib import Path

import numpy as np
from PIL import Image

BAD = "p0007.png"


def make_pictures(folder: Path, count: int) -> Path:
    """`count` files in a folder, each with another picture; `BAD` is none."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(3).integers(0, 256, (count, 12, 16, 3), np.uint8)
    for number, values in enumerate(pixels):
        Image.fromarray(values).save(folder / f"p{number:04}.png")
    if count > 7:
        (folder / BAD).write_bytes(b"no picture")
    return folder
