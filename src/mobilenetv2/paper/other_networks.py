"""The networks that the paper compares with and does not build: counted from their own layouts.

VGG-16 SSD (arXiv 1512.02325), YOLOv2 (arXiv 1612.08242) and ShuffleNet (arXiv 1707.01083) as rows
of convolutions, for Tables 3, 4 and 6 alone: nothing else here can build or run them.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Convolution:
    """What counting needs of a square convolution."""

    side: int
    """Of the map it puts out, in pixels."""
    kernel: int
    inputs: int
    outputs: int
    groups: int = 1

    @property
    def kernels(self) -> int:
        """How many weights, biases left out."""
        return self.kernel**2 * self.inputs * self.outputs // self.groups


@dataclass(frozen=True, slots=True)
class Count:
    """What a network costs."""

    madds: int
    parameters: int
    """Kernels and one bias a channel."""


def count(convolutions: Iterator[Convolution]) -> Count:
    """Sums over all convolutions."""
    rows = list(convolutions)
    return Count(
        sum(row.side**2 * row.kernels for row in rows),
        sum(row.kernels + row.outputs for row in rows),
    )


def vgg_ssd(side: int, classes: int = 81) -> Iterator[Convolution]:
    """SSD300 or SSD512 on VGG-16, `classes` with the background."""
    at, channels = side, 3
    # conv1_1 .. conv4_3; the third pooling rounds up (75 to 38), as in the Caffe layout.
    for depth, width in ((2, 64), (2, 128), (3, 256), (3, 512)):
        for _ in range(depth):
            yield Convolution(at, 3, channels, width)
            channels = width
        if width < 512:
            at = at // 2 if width < 256 else -(-at // 2)
    maps = [(at, 512)]
    at //= 2
    for kernel, width in ((3, 512), (3, 512), (3, 512), (3, 1024), (1, 1024)):
        yield Convolution(at, kernel, channels, width)
        channels = width
    maps.append((at, 1024))
    sides = (10, 5, 3, 1) if side == 300 else (16, 8, 4, 2, 1)
    for index, smaller in enumerate(sides):
        squeezed, width = (256, 512) if index == 0 else (128, 256)
        yield Convolution(at, 1, channels, squeezed)
        kernel = 4 if (side, smaller) == (512, 1) else 3
        yield Convolution(smaller, kernel, squeezed, width)
        at, channels = smaller, width
        maps.append((at, width))
    six = len(maps) - 3
    for (at, width), anchors in zip(maps, (4, *[6] * six, 4, 4), strict=True):
        yield Convolution(at, 3, width, anchors * (classes + 4))


_DARKNET = (
    ((3, 32),),
    ((3, 64),),
    ((3, 128), (1, 64), (3, 128)),
    ((3, 256), (1, 128), (3, 256)),
    ((3, 512), (1, 256), (3, 512), (1, 256), (3, 512)),
    ((3, 1024), (1, 512), (3, 1024), (1, 512), (3, 1024), (3, 1024), (3, 1024)),
)
"""(kernel, channels) between one pooling and the next."""


def yolo_v2(
    side: int, classes: int = 80, *, squeezed_passthrough: bool = True
) -> Iterator[Convolution]:
    """YOLOv2 with its passthrough from the 26x26 map.

    `squeezed_passthrough` False is the first release: the 512 channels go through whole, four
    pixels stacked into 2048 channels, instead of being squeezed to 64 before.
    """
    at, channels = side, 3
    for stage in _DARKNET:
        for kernel, width in stage:
            yield Convolution(at, kernel, channels, width)
            channels = width
        at //= 2
    at = side // 32
    passed = 64 if squeezed_passthrough else 512
    if squeezed_passthrough:
        yield Convolution(2 * at, 1, 512, passed)
    yield Convolution(at, 3, 1024 + 4 * passed, 1024)
    yield Convolution(at, 1, 1024, 5 * (classes + 5))


SHUFFLENET_WIDTHS = {2: (200, 400, 800), 3: (240, 480, 960)}
"""Channels of the stages at 28, 14 and 7 pixels, by number of groups, at scale 1."""


def shufflenet(scale: float, groups: int = 3, *, stem: int = 24) -> Iterator[Convolution]:
    """ShuffleNet v1 at 224 pixels with 1000 classes."""
    yield Convolution(112, 3, 3, stem)
    at, channels = 56, stem
    for stage, width in enumerate(int(base * scale) for base in SHUFFLENET_WIDTHS[groups]):
        for unit in range(4 if stage != 1 else 8):
            inner = width // 4
            first = stage == unit == 0
            yield Convolution(at, 1, channels, inner, 1 if first else groups)
            at = at // 2 if unit == 0 else at
            yield Convolution(at, 3, inner, inner, inner)
            # A unit that strides is joined with its pooled input instead of added to it.
            yield Convolution(at, 1, inner, width - channels if unit == 0 else width, groups)
            channels = width
    yield Convolution(1, 1, channels, 1000)
