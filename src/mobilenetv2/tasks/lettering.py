"""Text on pictures: the font, what it can write, and ink that can be read on a color."""

from PIL import ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Color = tuple[int, int, int]

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)


def font(height: int) -> Font:
    """Pillow's built-in font, `height` in pixels."""
    return ImageFont.load_default(height)


def writable(text: str) -> str:
    """The text in the letters that the built-in font has (Latin-1), others as question marks."""
    return text.encode("latin-1", "replace").decode("latin-1")


def shorten(text: str, room: float, pen: ImageDraw.ImageDraw, letters: Font) -> str:
    """As much of a text as fits into `room` pixels, with a ~ where it was cut."""
    text = writable(text)
    while len(text) > 1 and pen.textlength(text, letters) > room:
        text = text[:-2] + "~" if text.endswith("~") else text[:-1] + "~"
    return text


def ink_on(plate: Color) -> Color:
    """Black or white, whichever stands out more (WCAG's relative luminance)."""
    red, green, blue = ((part / 255) ** 2.2 for part in plate)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    # Contrasts are (L + 0.05) / 0.05 with black and 1.05 / (L + 0.05) with white.
    return BLACK if (luminance + 0.05) ** 2 > 0.05 * 1.05 else WHITE
