"""A third set to choose recipes on: pieces of road scenes, cut by CamVid's masks.

python benchmarks/road_pieces.py CAMVID OUT
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

SIDES = {
    "building": 96, "road": 96, "pavement": 96, "tree": 96, "fence": 96, "car": 96,
    "sign": 32, "pedestrian": 40, "bicyclist": 56,
}  # fmt: skip
"""Of a piece, in pixels: what is small is cut out closely."""

IDS = {
    "building": 1, "road": 3, "pavement": 4, "tree": 5, "sign": 6, "fence": 7, "car": 8,
    "pedestrian": 9, "bicyclist": 10,
}  # fmt: skip

LEAST = 0.3
"""The share of a piece that shows its class."""

COUNTS = {"train": 36, "test": 25}
"""Pieces a class, spread evenly over the pictures that have one; one of a picture at most."""


def best_piece(mask: np.ndarray, index: int, side: int) -> tuple[float, int, int]:
    """The largest share of a class in a square, and its top left corner (row, column)."""
    total = np.pad((mask == index).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    shares = (
        total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    )[::8, ::8]
    row, column = np.unravel_index(shares.argmax(), shares.shape)
    return float(shares[row, column]) / side**2, int(row) * 8, int(column) * 8


def main() -> None:
    """Write train/ and test/, one folder a class."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("camvid", type=Path)
    parser.add_argument("out", type=Path)
    chosen = parser.parse_args()
    for part, source in (("train", "train"), ("test", "val")):
        masks = sorted((chosen.camvid / source / "masks").glob("*.png"))
        for label, side in SIDES.items():
            found = []
            for path in masks:
                share, row, column = best_piece(np.array(Image.open(path)), IDS[label], side)
                if share >= LEAST:
                    found.append((path.stem, row, column))
            folder = chosen.out / part / label
            folder.mkdir(parents=True, exist_ok=True)
            count = min(COUNTS[part], len(found))
            for place in np.linspace(0, len(found) - 1, count).round().astype(int):
                stem, row, column = found[place]
                picture = next((chosen.camvid / source / "images").glob(f"{stem}.*"))
                box = (column, row, column + side, row + side)
                Image.open(picture).convert("RGB").crop(box).save(folder / f"{stem}.png")


if __name__ == "__main__":
    main()
