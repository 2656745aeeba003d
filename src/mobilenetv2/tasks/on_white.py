"""What is transparent becomes white."""

from PIL import Image


def on_white(image: Image.Image) -> Image.Image:
    """A picture in mode RGB, white where it was transparent."""
    opaque = image.convert("RGBA")
    white = Image.new("RGBA", opaque.size, "white")
    return Image.alpha_composite(white, opaque).convert("RGB")
