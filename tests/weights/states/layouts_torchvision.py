"""torchvision's own SSDLite classes around its own MobileNetV2."""

from functools import partial

import torch
from torch import Tensor, nn
from torchvision.models import MobileNetV2
from torchvision.models.detection import _utils as detection
from torchvision.models.detection.anchor_utils import DefaultBoxGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.ssd import SSD
from torchvision.models.detection.ssdlite import SSDLiteHead, _mobilenet_extractor

NORM = partial(nn.BatchNorm2d, eps=0.001, momentum=0.03)


class Ssdlite(nn.Module):
    """The parts that hold weights, under the names that `SSD` gives them."""

    def __init__(self, classes: int, width: float = 1.0) -> None:
        super().__init__()
        network = MobileNetV2(width_mult=width, norm_layer=NORM)
        # The extractor asks for `block`, MobileNetV3's name for what is `conv` here.
        network.features[14].block = network.features[14].conv
        self.backbone = _mobilenet_extractor(network, 6, NORM)
        self.anchor_generator = DefaultBoxGenerator([[2, 3]] * 6, min_ratio=0.2, max_ratio=0.95)
        channels = detection.retrieve_out_channels(self.backbone, (320, 320))
        per_cell = self.anchor_generator.num_anchors_per_location()
        self.head = SSDLiteHead(channels, per_cell, classes, NORM)
        self.classes = classes

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(logits [N, anchors, classes], offsets [N, anchors, 4])."""
        outputs = self.head(list(self.backbone(x).values()))
        return outputs["cls_logits"], outputs["bbox_regression"]

    def detector(self) -> SSD:
        """The whole of torchvision's detector with these weights."""
        return SSD(
            self.backbone, self.anchor_generator, (320, 320), self.classes,
            image_mean=[0.5] * 3, image_std=[0.5] * 3, head=self.head,
        ).eval()  # fmt: skip


def boxes_of(offsets: Tensor) -> Tensor:
    """(left, top, right, bottom) in shares of the picture."""
    generator = DefaultBoxGenerator([[2, 3]] * 6, min_ratio=0.2, max_ratio=0.95)
    images = ImageList(torch.zeros(1, 3, 320, 320), [(320, 320)])
    maps = [torch.zeros(1, 1, cells, cells) for cells in (20, 10, 5, 3, 2, 1)]
    (anchors,) = generator(images, maps)
    coder = detection.BoxCoder(weights=(10.0, 10.0, 5.0, 5.0))
    return torch.stack([coder.decode_single(picture, anchors) for picture in offsets]) / 320
