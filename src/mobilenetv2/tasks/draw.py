"""A classifier's answers, written below the picture."""

from collections.abc import Sequence

from PIL import Image, ImageDraw

from mobilenetv2.tasks.classify import UNKNOWN, Classification
from mobilenetv2.tasks.lettering import WHITE, Color, font, shorten
from mobilenetv2.tasks.pixels import Pixels

PLATE: Color = (18, 24, 38)
BAR: Color = (64, 132, 244)


def draw_classification(
    pixels: Pixels, predictions: Sequence[Classification], nothing: str = UNKNOWN
) -> Image.Image:
    """The picture with a plate below it: one line a class, a bar as long as its probability.

    Without an answer the plate says `nothing`.
    """
    picture = Image.fromarray(pixels)
    width = max(picture.width, 160)
    text_height = min(28, max(12, width // 22))
    letters = font(text_height)
    line = round(text_height * 1.6)
    margin = max(4, text_height // 2)
    plate = Image.new("RGB", (width, line * max(1, len(predictions)) + margin), PLATE)
    pen = ImageDraw.Draw(plate)
    if not predictions:
        pen.text((2 * margin, (line + margin) // 2), nothing, WHITE, letters, anchor="lm")
    for row, prediction in enumerate(predictions):
        top = row * line + margin // 2
        length = round((width - 2 * margin) * prediction.score)
        pen.rounded_rectangle(
            (margin, top + 1, margin + max(2, length), top + line - 3), radius=3, fill=BAR
        )
        percent = f"{prediction.score:.1%}"
        room = width - 3 * margin - pen.textlength(percent, letters) - margin
        label = shorten(prediction.label, room, pen, letters)
        middle = top + line // 2 - 1
        pen.text((2 * margin, middle), label, WHITE, letters, anchor="lm")
        pen.text((width - 2 * margin, middle), percent, WHITE, letters, anchor="rm")
    return below(picture, plate)


def below(picture: Image.Image, plate: Image.Image) -> Image.Image:
    """A picture, in the middle of a plate's width, and the plate under it."""
    width = max(picture.width, plate.width)
    canvas = Image.new("RGB", (width, picture.height + plate.height), PLATE)
    canvas.paste(picture, ((width - picture.width) // 2, 0))
    canvas.paste(plate, (0, picture.height))
    return canvas
