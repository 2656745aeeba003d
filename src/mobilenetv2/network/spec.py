"""A network as a value, in the paper's words. `network.build` turns a `Spec` into a `Graph`."""

from dataclasses import dataclass, field, replace
from math import isfinite
from typing import ClassVar, Literal, assert_never

from mobilenetv2.network.anchors import Anchors, tensorflow_anchors
from mobilenetv2.network.rules import UNSAID_BY_DEFAULT, one_of, require, within

Padding = Literal["tensorflow", "torch"]
LastChannel = Literal["paper", "scaled"]
Shortcut = Literal["bottleneck", "expansion", "none"]
BottleneckActivation = Literal["none", "relu6"]
Tap = Literal["expansion", "output"]
Scores = Literal["softmax", "sigmoid"]
HiddenActivation = Literal["relu", "relu6"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A row of Table 2: `repeats` bottlenecks, of which the first alone has the stride."""

    expansion: int
    channels: int
    repeats: int
    stride: int


TABLE_2 = (
    Stage(1, 16, 1, 1),
    Stage(6, 24, 2, 2),
    Stage(6, 32, 3, 2),
    Stage(6, 64, 4, 2),
    Stage(6, 96, 3, 1),
    Stage(6, 160, 3, 2),
    Stage(6, 320, 1, 1),
)
"""The seven bottleneck rows of the paper's Table 2."""


@dataclass(frozen=True, slots=True)
class MobileNetV2:
    """The paper's backbone, with the switches of its ablations (sections 3.2, 6.4, figure 6).

    `last_channel` "paper" keeps the last 1x1 convolution at 1280 for widths below one
    (section 4); "scaled" lets it shrink with the rest. `shortcut` "expansion" connects the
    expanded tensors of neighbouring blocks where their shapes agree.
    """

    stages: tuple[Stage, ...] = TABLE_2
    stem_channels: int = 32
    last_channels: int = 1280
    last_channel: LastChannel = "paper"
    bottleneck_activation: BottleneckActivation = "none"
    shortcut: Shortcut = "bottleneck"
    divisor: int = 8
    """Channels are rounded to its multiples; 1 where a network has other numbers."""


MOST_STAGES = 64
"""Table 2 has 7; thousands take minutes to build and 10 kB to describe."""


@dataclass(frozen=True, slots=True)
class MobileNetV1:
    """Thirteen depthwise separable convolutions (arXiv 1704.04861), the paper's base line."""


@dataclass(frozen=True, slots=True)
class ResNet101:
    """DeepLab's ResNet-101 (three 3x3 convolutions as its root), for counting Table 7.

    `multi_grid` multiplies the dilation of the last stage's three units (DeepLabv3's own choice;
    with it TensorFlow's way of counting gives the 81.0B that the paper prints).
    """

    multi_grid: tuple[int, int, int] = (1, 2, 4)


Backbone = MobileNetV2 | MobileNetV1 | ResNet101


@dataclass(frozen=True, slots=True)
class Hidden:
    """A layer between pooling and logits, as heads trained on top of a network often have one."""

    channels: int
    activation: HiddenActivation = "relu"


@dataclass(frozen=True, slots=True)
class Classifier:
    """Global average pooling and one 1x1 convolution with a bias (last rows of Table 2)."""

    classes: int = 1000
    hidden: Hidden | None = None
    """The paper has none; classifiers of others may."""
    scores: Scores = field(default="softmax", metadata=UNSAID_BY_DEFAULT)
    """With "sigmoid" each label is scored by itself: a picture has none, one or several."""

    @property
    def multi_label(self) -> bool:
        """Whether any number of labels may hold of a picture."""
        return self.scores == "sigmoid"

    def __repr__(self) -> str:
        # Digests of runs go over it, older ones than the choice of scores.
        scores = f", scores={self.scores!r}" if self.multi_label else ""
        return f"Classifier(classes={self.classes!r}, hidden={self.hidden!r}{scores})"


@dataclass(frozen=True, slots=True)
class SSD:
    """Plain SSD: full convolutions in the extra layers and the predictors (Table 5).

    `classes` leaves the background out; the network predicts one more than that, the background
    first. Every feature map, from the tap on, has its own predictor kernel and anchors.
    """

    classes: int = 80
    extra_channels: tuple[int, ...] = (512, 256, 256, 128)
    predictor_kernels: tuple[int, ...] = (3,) * 6
    """1 or 3, for each map."""
    anchors: Anchors = field(default_factory=tensorflow_anchors)
    tap: Tap = "expansion"
    """The first map: "expansion", that of the first block at stride 32 (section 6.2), or
    "output", that of the last block at stride 16."""
    scores: Scores = "softmax"
    """How class logits become scores; with "sigmoid" the background's are ignored."""
    box_scales: tuple[float, float, float, float] = (10.0, 10.0, 5.0, 5.0)
    """What (y, x, height, width) offsets are divided by when boxes are decoded."""


@dataclass(frozen=True, slots=True)
class SSDLite:
    """SSD with every regular convolution made separable (section 6.2); fields as in `SSD`.

    With `extra_expansions`, one a layer, the extra layers are inverted residuals that expand by
    these factors instead (0.2 shrinks), as some public PyTorch networks have them.
    """

    classes: int = 80
    extra_channels: tuple[int, ...] = (512, 256, 256, 128)
    predictor_kernels: tuple[int, ...] = (3,) * 6
    anchors: Anchors = field(default_factory=tensorflow_anchors)
    tap: Tap = "expansion"
    scores: Scores = "softmax"
    box_scales: tuple[float, float, float, float] = (10.0, 10.0, 5.0, 5.0)
    extra_expansions: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class DeepLab:
    """Mobile DeepLabv3 (section 6.3): image pooling, a 1x1 branch and, optionally, ASPP.

    An empty `aspp_rates` is the published head; (6, 12, 18) at output stride 16 and
    (12, 24, 36) at 8 add the three atrous 3x3 branches. `classes` counts the background.
    """

    classes: int = 21
    aspp_rates: tuple[int, ...] = ()
    channels: int = 256
    batch_norm_epsilon: float = 1e-5


@dataclass(frozen=True, slots=True)
class Embedding:
    """Global average pooling alone: what a classifier would judge by is all that comes out."""

    classes: ClassVar[int] = 0


Head = Classifier | SSD | SSDLite | DeepLab | Embedding


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything that decides what a network computes, weights aside.

    Args:
        width: the width multiplier, any positive number (section 4).
        size: (height, width) of the input in pixels.
        output_stride: input pixels per pixel of the last map; what would stride further is
            dilated instead. A classifier uses 32, Mobile DeepLabv3 16 or 8.
        padding: "tensorflow" pads at the end when it must (SAME), "torch" on both sides.
        batch_norm_epsilon: as trained (TensorFlow 1e-3, torch 1e-5), or None for a network
            whose batch norms are folded into its convolutions' weights and biases.

    Raises:
        SpecError: a value outside its range, with the rule.
    """

    backbone: Backbone = field(default_factory=MobileNetV2)
    head: Head = field(default_factory=Classifier)
    width: float = 1.0
    size: tuple[int, int] = (224, 224)
    output_stride: int = 32
    padding: Padding = "tensorflow"
    batch_norm_epsilon: float | None = 1e-3

    def __post_init__(self) -> None:
        _check(self)

    @property
    def folded(self) -> bool:
        """Whether the batch norms are folded into weights and biases."""
        return self.batch_norm_epsilon is None


def with_expansion(backbone: MobileNetV2, expansion: int) -> MobileNetV2:
    """The same backbone with another expansion factor, 1 to 10, in all stages but the first."""
    first, *rest = backbone.stages
    return replace(backbone, stages=(first, *(replace(s, expansion=expansion) for s in rest)))


def round_channels(channels: float, divisor: int = 8) -> int:
    """The nearest multiple of `divisor`, never less than 90 % of `channels` (TF-slim's rule)."""
    rounded = max(divisor, int(channels + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * channels else rounded


def _check(spec: Spec) -> None:
    require(isfinite(spec.width) and 0 < spec.width <= 64, "width must be in (0, 64]", spec.width)
    pair = len(spec.size) == 2 and all(1 <= side <= 65536 for side in spec.size)
    require(pair, "size must be (height, width), each from 1 to 65536 pixels", spec.size)
    stride = spec.output_stride
    require(stride in (8, 16, 32), "output_stride must be 8, 16 or 32", stride)
    one_of(spec.padding, ("tensorflow", "torch"), "padding")
    epsilon = spec.batch_norm_epsilon
    rule = "batch_norm_epsilon must be in (0, 1), or None when folded"
    require(epsilon is None or 0 < epsilon < 1, rule, epsilon)
    _check_head(spec.head)
    if isinstance(spec.backbone, MobileNetV2):
        _check_mobilenet_v2(spec.backbone)
    if isinstance(spec.backbone, ResNet101):
        within(spec.backbone.multi_grid, 4096, "multi_grid")


def _check_mobilenet_v2(backbone: MobileNetV2) -> None:
    count = len(backbone.stages)
    rule = f"a backbone needs at least one stage, at most {MOST_STAGES}"
    require(1 <= count <= MOST_STAGES, rule, count)
    for stage in backbone.stages:
        require(1 <= stage.expansion <= 64, "an expansion factor must be 1 to 64", stage)
        require(stage.stride in (1, 2), "a stage's stride must be 1 or 2", stage)
        require(1 <= stage.repeats <= 64, "a stage has 1 to 64 bottlenecks", stage)
        require(1 <= stage.channels <= 65536, "a stage has 1 to 65536 channels", stage)
    channels = (backbone.stem_channels, backbone.last_channels)
    within(channels, 65536, "stem_channels and last_channels")
    within((backbone.divisor,), 256, "divisor")
    one_of(backbone.last_channel, ("paper", "scaled"), "last_channel")
    one_of(backbone.bottleneck_activation, ("none", "relu6"), "bottleneck_activation")
    one_of(backbone.shortcut, ("bottleneck", "expansion", "none"), "shortcut")


def _check_head(head: Head) -> None:
    if isinstance(head, Embedding):
        return
    require(1 <= head.classes <= 1_000_000, "a head has 1 to 1,000,000 classes", head.classes)
    match head:
        case DeepLab():
            within(head.aspp_rates, 4096, "aspp_rates")
            within((head.channels,), 65536, "a DeepLab's channels")
            epsilon = head.batch_norm_epsilon
            require(0 < epsilon < 1, "a head's batch_norm_epsilon must be in (0, 1)", epsilon)
        case SSD() | SSDLite():
            _check_detector(head)
        case Classifier():
            one_of(head.scores, ("softmax", "sigmoid"), "scores")
            if head.hidden is not None:
                channels, activation = head.hidden.channels, head.hidden.activation
                require(1 <= channels <= 65536, "a hidden layer has 1 to 65536 channels", channels)
                one_of(activation, ("relu", "relu6"), "a hidden layer's activation")
        case _:
            assert_never(head)


def _check_detector(head: SSD | SSDLite) -> None:
    maps = 2 + len(head.extra_channels)
    within(head.extra_channels, 65536, "extra_channels")
    rule = f"predictor_kernels must hold a 1 or a 3 for each of {maps} maps"
    fitting = len(head.predictor_kernels) == maps and set(head.predictor_kernels) <= {1, 3}
    require(fitting, rule, head.predictor_kernels)
    shapes = len(head.anchors.shapes)
    require(shapes == maps, f"anchors must hold shapes for each of {maps} maps", shapes)
    one_of(head.tap, ("expansion", "output"), "tap")
    one_of(head.scores, ("softmax", "sigmoid"), "scores")
    rule = "box_scales must be positive, from 1e-6 to 1e6"
    require(all(1e-6 <= scale <= 1e6 for scale in head.box_scales), rule, head.box_scales)
    expansions = head.extra_expansions if isinstance(head, SSDLite) else None
    require(
        expansions is None
        or (
            len(expansions) == len(head.extra_channels)
            and all(isfinite(factor) and 0 < factor <= 64 for factor in expansions)
        ),
        "extra_expansions must hold a factor in (0, 64] for each extra layer",
        expansions,
    )
