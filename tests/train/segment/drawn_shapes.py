"""Pictures of two shapes, with masks that say which pixel is of which."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from mobilenetv2.train.segment.data import SegmentationData, read_segmentation_data

COLORS = ((40, 60, 200), (220, 50, 40), (240, 220, 60))
"""Of ground, disk and bar."""


def draw(folder: Path, index: int, size: tuple[int, int] = (64, 48)) -> None:
    """A blue ground with a red disk (id 1) and a yellow bar (id 2), and a rim of void (id 9)."""
    random = np.random.default_rng(index)
    picture, mask = Image.new("RGB", size, COLORS[0]), Image.new("L", size, 0)
    x, y = (int(value) for value in random.integers(6, 30, 2))
    bar = int(random.integers(36, 54))
    for canvas, disk, stripe in ((picture, COLORS[1], COLORS[2]), (mask, 1, 2)):
        pen = ImageDraw.Draw(canvas)
        pen.ellipse((x - 6, y - 6, x + 14, y + 14), fill=disk)
        pen.rectangle((bar, 0, bar + 8, size[1]), fill=stripe)
    ImageDraw.Draw(mask).rectangle((0, 0, size[0] - 1, 1), fill=9)
    noise = random.integers(-12, 13, (size[1], size[0], 3))
    noisy = np.clip(np.asarray(picture).astype(int) + noise, 0, 255).astype(np.uint8)
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    Image.fromarray(noisy).save(folder / "images" / f"{index}.png")
    mask.save(folder / "masks" / f"{index}.png")


def read(drawn: Path) -> SegmentationData:
    """What the fixture `drawn` holds; its rim of void is not judged."""
    return read_segmentation_data(
        drawn / "train", validation=drawn / "val", labels=drawn / "labels.txt", ignore={9}
    )
