"""What happens to a picture before the network sees it: a value that travels with the weights."""

from dataclasses import dataclass
from typing import Literal

from mobilenetv2.errors import SpecError

PAD_VALUE = 128
"""The grey, 0..255, with which a picture is padded to the network's size."""

MAX_SIDE = 65536
"""Pixels of a network's input."""

LEAST_STD, LARGEST = 1e-6, 1e6
"""Between a std of 1/255, for networks that read 0..255 as it is, and these there is room for any
honest unit; what lies beyond them turns every picture into numbers that no network was taught."""

Fit = Literal["crop", "squash", "pad"]
Interpolation = Literal["bilinear", "bicubic", "nearest"]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From an RGB picture of any size, uint8, to the network's input, float32.

    `fit` "crop" resizes the short side to `size / crop_fraction` and cuts the centre out;
    "squash" resizes the whole picture to `size` and ignores `crop_fraction`; "pad" makes it as
    large as fits into `size`, shape kept, and fills what is left at the right or at the bottom
    with `PAD_VALUE`.
    `stretch` makes the darkest value of a grey picture of 16 or 32 bits black and its brightest
    white; None leaves them the upper 8 bits. Files that know of none stay as they were.
    A value `v` in 0..255 becomes `(v / 255 - mean) / std`, channel by channel.

    Raises:
        SpecError: a size below 1 or above `MAX_SIDE`, a crop fraction outside (0, 1], a mean or std
            that is not finite, a std below `LEAST_STD`.
    """

    size: tuple[int, int] = (224, 224)
    """(height, width) in pixels of what the network receives."""
    fit: Fit = "crop"
    crop_fraction: float = 0.875
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)
    stretch: Literal[True] | None = None

    def __post_init__(self) -> None:
        if not all(1 <= side <= MAX_SIDE for side in self.size):
            raise SpecError(
                f"size must be at least 1 and at most {MAX_SIDE} pixels a side, got {self.size}"
            )
        if not 0 < self.crop_fraction <= 1:
            raise SpecError(f"crop_fraction must be in (0, 1], got {self.crop_fraction}")
        # Written so that NaN, which is below nothing, is refused.
        if not all(LEAST_STD <= value <= LARGEST for value in self.std):
            raise SpecError(
                f"std must be positive in every channel, from {LEAST_STD:g} to {LARGEST:g}, "
                f"got {self.std}"
            )
        if not all(-LARGEST <= value <= LARGEST for value in self.mean):
            raise SpecError(f"mean must be from {-LARGEST:g} to {LARGEST:g}, got {self.mean}")
        if self.fit not in ("crop", "squash", "pad"):
            raise SpecError(f"fit must be 'crop', 'squash' or 'pad', got {self.fit!r}")
        if self.interpolation not in ("bilinear", "bicubic", "nearest"):
            raise SpecError(
                "interpolation must be 'bilinear', 'bicubic' or 'nearest', "
                f"got {self.interpolation!r}"
            )


TENSORFLOW = Preprocessing()
"""TF-slim's and Keras' own: values in [-1, 1], short side 256, centre 224."""

TORCHVISION = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
"""ImageNet mean and standard deviation, as torchvision and timm train."""
