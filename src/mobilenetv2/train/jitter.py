"""Colors, changed by chance."""

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as transform


def jitter(picture: Tensor, strength: float, random: np.random.Generator) -> Tensor:
    """Brightness, contrast and saturation, each by a factor in 1 - strength .. 1 + strength."""
    brightness, contrast, saturation = random.uniform(1 - strength, 1 + strength, 3)
    picture = transform.adjust_brightness(picture, float(brightness))
    picture = transform.adjust_contrast(picture, float(contrast))
    picture = transform.adjust_saturation(picture, float(saturation))
    return torch.as_tensor(picture)
