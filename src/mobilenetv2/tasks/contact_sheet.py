"""Many pictures on one sheet, each with a line below it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from mobilenetv2.tasks.draw import PLATE, below
from mobilenetv2.tasks.legend import LegendEntry, draw_legend
from mobilenetv2.tasks.lettering import WHITE, font, shorten

TILE = 240
"""Pixels a side of the square that a picture is fitted into."""

COLUMNS = 4
"""So that a sheet is 1000 pixels wide and can be looked at as it is."""

_GAP = 8
_LINE = 18
_LETTERS = 13


@dataclass(frozen=True, slots=True)
class Tile:
    """A picture and what stands below it."""

    picture: Image.Image
    lines: tuple[str, ...]


def fitted(picture: Image.Image, side: int = TILE) -> Image.Image:
    """The picture at the largest size that a square of `side` pixels holds; small ones grow."""
    scale = side / max(picture.size)
    width, height = (max(1, round(part * scale)) for part in picture.size)
    method = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC
    return picture.resize((width, height), method)


def draw_sheet(tiles: Sequence[Tile], legend: Sequence[LegendEntry] = ()) -> Image.Image:
    """Tiles in rows of `COLUMNS`, each as high as its highest picture, then the legend."""
    fit = [Tile(fitted(tile.picture), tile.lines) for tile in tiles]
    rows = [fit[start : start + COLUMNS] for start in range(0, len(fit), COLUMNS)]
    heights = [max(tile.picture.height for tile in row) for row in rows]
    lines = _LINE * max((len(tile.lines) for tile in tiles), default=0)
    height = sum(heights) + (lines + _GAP) * len(rows) + _GAP
    sheet = Image.new("RGB", (COLUMNS * (TILE + _GAP) + _GAP, height), PLATE)
    top = _GAP
    for row, tallest in zip(rows, heights, strict=True):
        for column, tile in enumerate(row):
            _paste(sheet, tile, _GAP + column * (TILE + _GAP), top, tallest)
        top += tallest + lines + _GAP
    return below(sheet, draw_legend(legend, sheet.width, _LETTERS)) if legend else sheet


def _paste(sheet: Image.Image, tile: Tile, left: int, top: int, height: int) -> None:
    """A tile's picture in the middle of its place, and its lines below that."""
    pen, letters = ImageDraw.Draw(sheet), font(_LETTERS)
    across, down = (TILE - tile.picture.width) // 2, (height - tile.picture.height) // 2
    sheet.paste(tile.picture, (left + across, top + down))
    for row, line in enumerate(tile.lines):
        text = shorten(line, TILE, pen, letters)
        middle = top + height + row * _LINE + _LINE // 2
        pen.text((left + TILE // 2, middle), text, WHITE, letters, anchor="mm")
