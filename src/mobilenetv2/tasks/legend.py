"""A plate that says which color is what."""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from mobilenetv2.tasks.draw import PLATE
from mobilenetv2.tasks.lettering import WHITE, Color, font, shorten


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A color and what it stands for."""

    text: str
    color: Color


def draw_legend(
    entries: Sequence[LegendEntry], width: int, text_height: int | None = None
) -> Image.Image:
    """A plate with a swatch and a text for every entry, in as many lines as it takes.

    Letters are `text_height` pixels high, or as suits the width.
    """
    text_height = text_height or min(28, max(12, width // 28))
    letters = font(text_height)
    line, margin = round(text_height * 1.7), max(4, text_height // 2)
    swatch = text_height
    ruler = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    spots: list[tuple[int, int, str]] = []
    x, y = margin, margin // 2
    for entry in entries:
        text = shorten(entry.text, width - 3 * margin - swatch, ruler, letters)
        taken = swatch + margin // 2 + round(ruler.textlength(text, letters)) + 2 * margin
        if x > margin and x + taken - margin > width:
            x, y = margin, y + line
        spots.append((x, y, text))
        x += taken
    plate = Image.new("RGB", (width, y + line + margin // 2), PLATE)
    pen = ImageDraw.Draw(plate)
    for entry, (x, y, text) in zip(entries, spots, strict=True):
        top = y + (line - swatch) // 2
        pen.rounded_rectangle(
            (x, top, x + swatch, top + swatch), 3, fill=entry.color, outline=WHITE
        )
        pen.text((x + swatch + margin // 2, y + line / 2), text, WHITE, letters, anchor="lm")
    return plate
