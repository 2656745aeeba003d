"""Results written onto pictures, readable at any size."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from mobilenetv2.tasks.classify import Classification
from mobilenetv2.tasks.image import Pixels

INK = (255, 255, 255)
PLATE = (18, 24, 38)
BAR = (64, 132, 244)


def draw_classification(pixels: Pixels, predictions: Sequence[Classification]) -> Image.Image:
    """The picture with a plate below it: one line a class, a bar as long as its probability."""
    picture = Image.fromarray(pixels)
    width = max(picture.width, 160)
    text_height = min(28, max(12, width // 22))
    font = _font(text_height)
    line = round(text_height * 1.6)
    margin = max(4, text_height // 2)
    plate = Image.new("RGB", (width, line * len(predictions) + margin), PLATE)
    pen = ImageDraw.Draw(plate)
    for row, prediction in enumerate(predictions):
        top = row * line + margin // 2
        length = round((width - 2 * margin) * prediction.score)
        pen.rounded_rectangle(
            (margin, top + 1, margin + max(2, length), top + line - 3), radius=3, fill=BAR
        )
        percent = f"{prediction.score:.1%}"
        room = width - 3 * margin - pen.textlength(percent, font) - margin
        label = _shorten(prediction.label, room, pen, font)
        middle = top + line // 2 - 1
        pen.text((2 * margin, middle), label, INK, font, anchor="lm")
        pen.text((width - 2 * margin, middle), percent, INK, font, anchor="rm")
    canvas = Image.new("RGB", (width, picture.height + plate.height), PLATE)
    canvas.paste(picture, ((width - picture.width) // 2, 0))
    canvas.paste(plate, (0, picture.height))
    return canvas


def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(height)


def _shorten(
    text: str,
    room: float,
    pen: ImageDraw.ImageDraw,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> str:
    # The built-in font knows Latin-1 only: other letters would come out as boxes.
    text = text.encode("latin-1", "replace").decode("latin-1")
    while len(text) > 1 and pen.textlength(text, font) > room:
        text = text[:-2] + "~" if text.endswith("~") else text[:-1] + "~"
    return text
