"""A color for every class: the same one in every picture, for boxes and for masks."""

import colorsys

from mobilenetv2.tasks.lettering import Color

OKABE_ITO: tuple[Color, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (213, 94, 0),
    (204, 121, 167),
    (0, 114, 178),
    (240, 228, 66),
)
"""Told apart by people with any kind of color vision (Okabe and Ito, 2008); black left out."""

GOLDEN_SECTION = 0.618034
"""Steps of this part of a circle never come close to each other again for long."""

FIRST_HUE = 0.69
TONES = ((0.41, 0.66), (0.95, 0.95), (0.86, 0.71))
"""Saturation and value, in turn, of the colors after the seventh. Searched for, with the first
hue: of the 21 first colors no two are closer than 0.078 in Oklab."""


def class_color(index: int) -> Color:
    """Seven colors that everybody can tell apart, then as many others as it takes."""
    if index < len(OKABE_ITO):
        return OKABE_ITO[index]
    saturation, value = TONES[index % len(TONES)]
    red, green, blue = colorsys.hsv_to_rgb(
        (FIRST_HUE + index * GOLDEN_SECTION) % 1, saturation, value
    )
    return round(red * 255), round(green * 255), round(blue * 255)
