"""What happens to a picture before the network sees it: a value that travels with the weights."""

from dataclasses import dataclass
from typing import Literal

from mobilenetv2.errors import SpecError

PAD_VALUE = 128
"""The grey, 0..255, with which a picture is padded to the network's size."""

Fit = Literal["crop", "squash", "pad"]
Interpolation = Literal["bilinear", "bicubic", "nearest"]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """From an RGB picture of any size, uint8, to the network's input, float32.

    `fit` "crop" resizes the short side to `size / crop_fraction` and cuts the centre out;
    "squash" resizes the whole picture to `size` and ignores `crop_fraction`; "pad" makes it as
    large as fits into `size`, shape kept, and fills what is left at the right or at the bottom
    with `PAD_VALUE`.
    A value `v` in 0..255 becomes `(v / 255 - mean) / std`, channel by channel.

    Raises:
        SpecError: a size below 1, a crop fraction outside (0, 1], a std that is not positive.
    """

    size: tuple[int, int] = (224, 224)
    """(height, width) in pixels of what the network receives."""
    fit: Fit = "crop"
    crop_fraction: float = 0.875
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise SpecError(f"size must be at least (1, 1) pixels, got {self.size}")
        if not 0 < self.crop_fraction <= 1:
            raise SpecError(f"crop_fraction must be in (0, 1], got {self.crop_fraction}")
        if min(self.std) <= 0:
            raise SpecError(f"std must be positive in every channel, got {self.std}")
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
