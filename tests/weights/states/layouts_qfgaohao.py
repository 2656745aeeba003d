"""A network with the names and the arithmetic that qfgaohao/pytorch-ssd publishes as mb2-ssd-lite.

Written anew from the published layout, to stand for files made by that repository; it shares
nothing with the package under test.
"""

import torch
from torch import Tensor, nn

TABLE = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
         (6, 320, 1, 1))  # fmt: skip
EXTRAS = ((1280, 512, 0.2), (512, 256, 0.25), (256, 256, 0.5), (256, 64, 0.25))
PRIORS = ((19, 16, 60, 105), (10, 32, 105, 150), (5, 64, 150, 195), (3, 100, 195, 240),
          (2, 150, 240, 285), (1, 300, 285, 330))  # fmt: skip
"""Cells a side, pixels a cell, side of the small square, side of the next map's."""


def unit(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs)]


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, ratio: float) -> None:
        super().__init__()
        self.shortcut = stride == 1 and inputs == outputs
        inner = round(inputs * ratio)
        expand = [*unit(inputs, inner, 1), nn.ReLU6()] if ratio != 1 else []
        depthwise = [*unit(inner, inner, 3, stride, inner), nn.ReLU6()]
        self.conv = nn.Sequential(*expand, *depthwise, *unit(inner, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.shortcut else self.conv(x)


def separable(inputs: int, outputs: int) -> nn.Sequential:
    """The convolution before the batch norm has a bias, as in the published layout."""
    depthwise = nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs)
    return nn.Sequential(
        depthwise, nn.BatchNorm2d(inputs), nn.ReLU6(), nn.Conv2d(inputs, outputs, 1)
    )


class Mb2SsdLite(nn.Module):
    """`classes` counts the background, which is class 0."""

    def __init__(self, classes: int, width: float = 1.0) -> None:
        super().__init__()
        self.classes = classes
        channels = int(32 * width)
        layers: list[nn.Module] = [nn.Sequential(*unit(3, channels, 3, 2), nn.ReLU6())]
        for expansion, wide, repeats, stride in TABLE:
            for repeat in range(repeats):
                layers.append(
                    Bottleneck(channels, int(wide * width), stride if repeat == 0 else 1, expansion)
                )
                channels = int(wide * width)
        layers.append(nn.Sequential(*unit(channels, 1280, 1), nn.ReLU6()))
        self.base_net = nn.Sequential(*layers)
        self.extras = nn.ModuleList(Bottleneck(i, o, 2, ratio) for i, o, ratio in EXTRAS)
        sources = (round(576 * width), 1280, 512, 256, 256)

        def headers(numbers: int) -> nn.ModuleList:
            plain = nn.Conv2d(64, 6 * numbers, 1)
            return nn.ModuleList([*(separable(wide, 6 * numbers) for wide in sources), plain])

        self.classification_headers = headers(classes)
        self.regression_headers = headers(4)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(logits [N, anchors, classes], offsets [N, anchors, 4])."""
        maps = []
        for layer in self.base_net[:14]:
            x = layer(x)
        maps.append(self.base_net[14].conv[:3](x))
        for layer in self.base_net[14:]:
            x = layer(x)
        maps.append(x)
        for layer in self.extras:
            x = layer(x)
            maps.append(x)

        def flat(heads: nn.ModuleList, numbers: int) -> Tensor:
            outputs = (head(x).permute(0, 2, 3, 1) for head, x in zip(heads, maps, strict=True))
            return torch.cat([out.reshape(len(out), -1, numbers) for out in outputs], 1)

        return flat(self.classification_headers, self.classes), flat(self.regression_headers, 4)


def priors() -> Tensor:
    """(x, y, width, height) in shares of 300 pixels, all cut to 0..1."""
    found = []
    for cells, pixels, small, following in PRIORS:
        large = (small * following) ** 0.5
        for row in range(cells):
            for column in range(cells):
                center = ((column + 0.5) * pixels, (row + 0.5) * pixels)
                found += [(*center, small, small), (*center, large, large)]
                for ratio in (2, 3):
                    long, short = small * ratio**0.5, small / ratio**0.5
                    found += [(*center, long, short), (*center, short, long)]
    return (torch.tensor(found) / 300).clamp(0, 1)


def boxes_of(offsets: Tensor) -> Tensor:
    """(left, top, right, bottom) in shares of the picture."""
    anchors = priors()
    centers = offsets[..., :2] * 0.1 * anchors[:, 2:] + anchors[:, :2]
    half = torch.exp(offsets[..., 2:] * 0.2) * anchors[:, 2:] / 2
    return torch.cat([centers - half, centers + half], -1)
