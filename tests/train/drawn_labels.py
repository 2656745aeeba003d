"""Pictures with a red square, a blue one, both or none, and tables that say which."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 48
COLORS = {"blue": (40, 60, 220), "red": (220, 50, 40)}


def draw_labels(folder: Path, count: int, first: int = 0) -> list[tuple[str, tuple[str, ...]]]:
    """Noise with squares, every mixture as often; the names of the files with their labels."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for index in range(first, first + count):
        labels = tuple(name for bit, name in enumerate(COLORS) if index >> bit & 1)
        random = np.random.default_rng(index)
        picture = random.integers(90, 160, (SIDE, SIDE, 3)).astype(np.uint8)
        for name in labels:
            left = int(random.integers(1, 6)) + (24 if name == "red" else 0)
            top = int(random.integers(2, 26))
            picture[top : top + 18, left : left + 18] = COLORS[name]
        Image.fromarray(picture).save(folder / f"{index}.png")
        rows.append((f"{index}.png", labels))
    return rows


def write_joined(file: Path, rows: Sequence[tuple[str, tuple[str, ...]]], mark: str = "|") -> Path:
    """A column of labels with a mark between them."""
    return _write(file, [("path", "labels"), *((name, mark.join(own)) for name, own in rows)])


def write_columns(file: Path, rows: Sequence[tuple[str, tuple[str, ...]]]) -> Path:
    """A column of 0 and 1 a label, as Roboflow and Kaggle have it."""
    lines = [(name, *(str(int(label in own)) for label in COLORS)) for name, own in rows]
    return _write(file, [("filename", *COLORS), *lines])


def _write(file: Path, lines: Sequence[Sequence[str]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)
    return file
