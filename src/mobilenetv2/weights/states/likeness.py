"""What a state dict that is no MobileNetV2 classifier looks like, from its tensors' names."""

import re
from collections.abc import Iterable

SIGNS = (
    (r"(scale|zero_point|_packed_params)$", "a network quantized by torch (export its float form)"),
    (r"classification_head|regression_head|rpn\.|roi_heads", "a detector of torchvision"),
    (r"segmentation_head|classifier\.0\.convs|aspp", "a segmentation network (DeepLab)"),
    (r"(^|\.)(attn|attention)\.|cls_token|pos_embed", "a vision transformer"),
    (r"\.se\.|\.fc2\.|squeeze|_se_", "a MobileNetV3 or an EfficientNet (it has squeeze layers)"),
    (r"layer1\.0\.conv\d\.weight|layer1\.0\.bn1", "a ResNet"),
    (r"denseblock", "a DenseNet"),
    (r"^features\.\d+\.weight$", "a VGG or an AlexNet"),
)
"""Patterns of tensor names, the most telling first."""


def likeness(names: Iterable[str]) -> str:
    """A clause for messages, "; it looks like ..."; empty where nothing is recognized."""
    listed = list(names)
    for pattern, network in SIGNS:
        if any(re.search(pattern, name) for name in listed):
            return f"; it looks like {network}"
    return ""
