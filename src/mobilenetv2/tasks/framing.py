"""What of a picture a network sees."""

from mobilenetv2.preprocessing import Preprocessing

Region = tuple[float, float, float, float]
"""(left, top, right, bottom) in pixels."""


def seen_region(picture: tuple[int, ...], preprocessing: Preprocessing) -> Region:
    """What part of a picture of (height, width) `picture` fills the network's input.

    Inside the picture where the fit is "crop", all of it for "squash"; for "pad" it reaches
    beyond the right or the bottom edge, to where the padding ends.

    Returns:
        (left, top, right, bottom) in pixels of the picture.
    """
    height, width = preprocessing.size
    if preprocessing.fit == "squash":
        return 0.0, 0.0, float(picture[1]), float(picture[0])
    if preprocessing.fit == "pad":
        inner_height, inner_width = fitted_size(picture, preprocessing.size)
        return 0.0, 0.0, picture[1] * width / inner_width, picture[0] * height / inner_height
    scale = max(
        height / preprocessing.crop_fraction / picture[0],
        width / preprocessing.crop_fraction / picture[1],
    )
    scaled_height = max(height, round(picture[0] * scale))
    scaled_width = max(width, round(picture[1] * scale))
    top, left = (scaled_height - height) // 2, (scaled_width - width) // 2
    return (
        left * picture[1] / scaled_width,
        top * picture[0] / scaled_height,
        (left + width) * picture[1] / scaled_width,
        (top + height) * picture[0] / scaled_height,
    )


def fitted_size(picture: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of a picture of (height, width) `picture`, as large as fits into `size`."""
    scale = min(size[0] / picture[0], size[1] / picture[1])
    return (
        min(size[0], max(1, round(picture[0] * scale))),
        min(size[1], max(1, round(picture[1] * scale))),
    )
