"""Large JPEGs decoded small: their coefficients give a half, a quarter or an eighth at once.

Much of a large photo's time is decoding what resizing then throws away. A picture decoded at a
quarter of its sides is not quite the one that is decoded whole and resized, so this is a choice.
"""

from math import ceil

from PIL import Image

from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.tasks.framing import seen_region
from mobilenetv2.tasks.picture_kinds import Begun
from mobilenetv2.tasks.picture_turns import upright_size


def drafts(picture: object, image: Image.Image, preprocessing: Preprocessing) -> bool:
    """Have a picture that is not decoded yet come as small as the network allows.

    No side of what the network sees is made of fewer pixels than it has. Other formats than JPEG,
    JPEGs of less than twice the size, and images that a caller opened stay what they are.

    Args:
        picture: what was asked about.
        image: as it was opened; changed in place.
        preprocessing: what it goes through afterwards.

    Returns:
        Whether it comes smaller.
    """
    content = picture.content if isinstance(picture, Begun) else picture
    if isinstance(content, Image.Image):
        return False
    before = image.size
    left, top, right, bottom = seen_region(upright_size(image), preprocessing)
    ratio = min((bottom - top) / preprocessing.size[0], (right - left) / preprocessing.size[1])
    if ratio >= 2:
        image.draft(image.mode, (ceil(image.width / ratio), ceil(image.height / ratio)))
    return image.size != before
