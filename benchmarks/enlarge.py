"""A folder of large photos to measure on, made of a folder of small ones.

    python benchmarks/enlarge.py FOLDER OUT [--megapixels 12] [--quality 90] [--most 50]

Enlarged (bicubic) and written as JPEG: as many pixels as a telephone's, if not as much detail.
"""

import argparse
from pathlib import Path

from PIL import Image

from mobilenetv2.tasks.find_pictures import find_pictures


def enlarge(path: Path, target: Path, megapixels: float, quality: int) -> None:
    """Write a picture as a JPEG of so many megapixels."""
    with Image.open(path) as image:
        factor = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
        size = (round(image.width * factor), round(image.height * factor))
        image.convert("RGB").resize(size, Image.Resampling.BICUBIC).save(target, quality=quality)


def main() -> None:
    """Enlarge the first pictures of a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--quality", type=int, default=90)
    parser.add_argument("--most", type=int, default=50)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for path in find_pictures(given.folder)[: given.most]:
        enlarge(path, given.out / f"{path.stem}.jpg", given.megapixels, given.quality)


if __name__ == "__main__":
    main()
