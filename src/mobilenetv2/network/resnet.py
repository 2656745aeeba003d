"""ResNet-101 as DeepLab uses it: the last two rows of Table 7, for counting.

Its root is three 3x3 convolutions instead of one 7x7, and a stage strides in its last unit:
only that variant has the 58.16M parameters which the paper prints.
"""

from mobilenetv2.network.builder import Builder
from mobilenetv2.network.dilation import Dilator
from mobilenetv2.network.heads import Taps
from mobilenetv2.network.spec import ResNet101, Spec

ROWS = ((64, 3, 2), (128, 4, 2), (256, 23, 2), (512, 3, 1))
"""(bottleneck channels, units, stride of the last unit); a unit puts out four times as many."""


def resnet_101(builder: Builder, backbone: ResNet101, spec: Spec) -> Taps:
    """Root, max pool, 33 bottleneck units."""
    trunk = builder.conv("root0", builder.input, 64, kernel=3, stride=2, activation="relu")
    trunk = builder.conv("root1", trunk, 64, kernel=3, activation="relu")
    trunk = builder.conv("root2", trunk, 128, kernel=3, activation="relu")
    trunk = builder.max_pool("root.pool", trunk, kernel=3, stride=2)
    dilator = Dilator(spec.output_stride, reached=4)
    index = 0
    for channels, units, last_stride in ROWS:
        for unit in range(units):
            stride, dilation = dilator.step(last_stride if unit == units - 1 else 1)
            grid = backbone.multi_grid[unit] if (channels, units) == ROWS[-1][:2] else 1
            trunk = _unit(builder, f"block{index}", trunk, channels, stride, dilation * grid)
            index += 1
    return Taps(last=trunk, trunk=trunk, middle=None)


def _unit(
    builder: Builder, name: str, source: str, channels: int, stride: int, dilation: int
) -> str:
    reduced = builder.conv(f"{name}.reduce", source, channels, activation="relu")
    filtered = builder.conv(
        f"{name}.conv", reduced, channels,
        kernel=3, stride=stride, dilation=dilation, activation="relu",
    )  # fmt: skip
    restored = builder.conv(f"{name}.restore", filtered, 4 * channels, activation="none")
    shortcut = source
    if builder.shape(source).channels != 4 * channels:
        shortcut = builder.conv(
            f"{name}.shortcut", source, 4 * channels, stride=stride, activation="none"
        )
    elif stride > 1:
        shortcut = builder.max_pool(f"{name}.subsample", source, kernel=1, stride=stride)
    return builder.add(f"{name}.add", restored, shortcut, "relu")
