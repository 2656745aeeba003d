"""A network with the names and the arithmetic of mmdetection's ssdlite_mobilenetv2 configuration.

Written anew from the published layout, to stand for files made by mmdetection; it shares nothing
with the package under test.
"""

import math

import torch
from torch import Tensor, nn

TABLE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
         (6, 320, 1, 1))  # fmt: skip
EXTRAS = (512, 256, 256, 128)
STRIDES = (16, 32, 64, 107, 160, 320)
SMALLEST = (48, 100, 150, 202, 253, 304)
LARGEST = (100, 150, 202, 253, 304, 320)


def eights(channels: float) -> int:
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


class ConvModule(nn.Module):
    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1,
        active: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.conv = nn.Conv2d(
            inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False
        )
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)
        self.activate = nn.ReLU6() if active else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.activate(self.bn(self.conv(x)))


class InvertedResidual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = inputs * expansion
        self.shortcut = stride == 1 and inputs == outputs
        if expansion != 1:
            self.expand_conv = ConvModule(inputs, inner, 1)
        self.depthwise_conv = ConvModule(inner, inner, 3, stride, inner)
        self.linear_conv = ConvModule(inner, outputs, 1, active=False)

    def forward(self, x: Tensor) -> Tensor:
        out = self.expand_conv(x) if hasattr(self, "expand_conv") else x
        out = self.linear_conv(self.depthwise_conv(out))
        return x + out if self.shortcut else out


class DepthwiseSeparable(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.depthwise_conv = ConvModule(inputs, inputs, 3, stride, inputs)
        self.pointwise_conv = ConvModule(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise_conv(self.depthwise_conv(x))


class Backbone(nn.Module):
    def __init__(self, width: float) -> None:
        super().__init__()
        channels = eights(32 * width)
        self.conv1 = ConvModule(3, channels, 3, 2)
        for number, (expansion, wide, repeats, stride) in enumerate(TABLE, 1):
            blocks = []
            for repeat in range(repeats):
                step = stride if repeat == 0 else 1
                blocks.append(InvertedResidual(channels, eights(wide * width), step, expansion))
                channels = eights(wide * width)
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
        self.conv2 = ConvModule(channels, 1280, 1)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Outputs 4 and 7 of the list that begins with layer1's: layer5's and conv2's."""
        x = self.conv1(x)
        outputs = []
        for name in (*(f"layer{number}" for number in range(1, 8)), "conv2"):
            x = getattr(self, name)(x)
            outputs.append(x)
        return [outputs[4], outputs[7]]


class Neck(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        inputs = (1280, *EXTRAS)
        self.extra_layers = nn.ModuleList(
            nn.Sequential(ConvModule(i, o // 2, 1), DepthwiseSeparable(o // 2, o, 2))
            for i, o in zip(inputs, EXTRAS, strict=False)
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        for layer in self.extra_layers:
            maps = [*maps, layer(maps[-1])]
        return maps


class BoxHead(nn.Module):
    def __init__(self, channels: tuple[int, ...], classes: int) -> None:
        super().__init__()

        def convs(numbers: int) -> nn.ModuleList:
            return nn.ModuleList(
                nn.Sequential(ConvModule(c, c, 3, groups=c), nn.Conv2d(c, 6 * numbers, 1))
                for c in channels
            )

        self.cls_convs = convs(classes + 1)
        self.reg_convs = convs(4)


class SsdliteMobileNetV2(nn.Module):
    """`classes` without the background, whose logit comes last."""

    def __init__(self, classes: int, width: float = 1.0) -> None:
        super().__init__()
        self.classes = classes
        self.backbone = Backbone(width)
        self.neck = Neck()
        self.bbox_head = BoxHead((eights(96 * width), 1280, *EXTRAS), classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(logits [N, anchors, classes + 1], offsets [N, anchors, 4])."""
        maps = self.neck(self.backbone(x))

        def flat(heads: nn.ModuleList, numbers: int) -> Tensor:
            outputs = (head(x).permute(0, 2, 3, 1) for head, x in zip(heads, maps, strict=True))
            return torch.cat([out.reshape(len(out), -1, numbers) for out in outputs], 1)

        head = self.bbox_head
        return flat(head.cls_convs, self.classes + 1), flat(head.reg_convs, 4)


def anchors() -> Tensor:
    """(left, top, right, bottom) in pixels of 320."""
    found = []
    for cells, stride, small, large in zip(
        (20, 10, 5, 3, 2, 1), STRIDES, SMALLEST, LARGEST, strict=True
    ):
        middle = small * math.sqrt(large / small)
        # Ratios are height over width.
        sides = [(small, small), (middle, middle)]
        sides += [(small / math.sqrt(r), small * math.sqrt(r)) for r in (1 / 2, 2, 1 / 3, 3)]
        for row in range(cells):
            for column in range(cells):
                x, y = (column + 0.5) * stride, (row + 0.5) * stride
                found += [(x - w / 2, y - h / 2, x + w / 2, y + h / 2) for w, h in sides]
    return torch.tensor(found)


def boxes_of(offsets: Tensor) -> Tensor:
    """(left, top, right, bottom) in shares of the picture, before they are cut at its border."""
    boxes = anchors()
    centers, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    scaled = offsets * torch.tensor([0.1, 0.1, 0.2, 0.2])
    limit = abs(math.log(16 / 1000))
    moved = centers + scaled[..., :2] * sides
    half = scaled[..., 2:].clamp(-limit, limit).exp() * sides / 2
    return torch.cat([moved - half, moved + half], -1) / 320
