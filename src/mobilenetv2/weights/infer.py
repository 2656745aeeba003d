"""Finds the spec from the shapes of a foreign network's convolutions."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, groupby, product
from math import ceil

from mobilenetv2.errors import CheckpointError, SpecError
from mobilenetv2.network.build import V1_ROWS, build
from mobilenetv2.network.spec import (
    TABLE_2,
    Backbone,
    Classifier,
    Embedding,
    Head,
    Hidden,
    HiddenActivation,
    LastChannel,
    MobileNetV1,
    MobileNetV2,
    Padding,
    Scores,
    Spec,
    Stage,
    round_channels,
)
from mobilenetv2.weights.checkpoint import describe

PUBLISHED_WIDTHS = (1.0, 0.75, 0.5, 0.35, 1.4, 1.3, 0.25, 0.1, 1.1, 1.2)
V1_WIDTHS = (1.0, 0.75, 0.5, 0.25)
V1_MARK = "block0.pointwise.weight"
"""A layer that only MobileNetV1 has."""
RULES: tuple[LastChannel, ...] = ("paper", "scaled")

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Conventions:
    """What shapes do not tell: input size, padding, and batch norm epsilon (None: folded)."""

    size: tuple[int, int]
    padding: Padding
    batch_norm_epsilon: float | None


def infer_classifier(
    shapes: Shapes,
    conventions: Conventions,
    activation: HiddenActivation = "relu",
    scores: Scores = "softmax",
) -> Spec:
    """The MobileNetV2 classifier whose convolution weights have these shapes.

    Args:
        shapes: `<node>.weight` -> [out, in / groups, height, width], under our own node names
            (`stem`, `block0.depthwise` ... `last`, perhaps `hidden`, `logits`); other arrays are
            ignored.
        conventions: what the caller knows from elsewhere.
        activation: of a hidden layer.
        scores: how logits become scores.

    A width of the paper is preferred; then the shortest decimal; then a literal stage table,
    which holds networks of another depth (timm's "110d") or rounding exactly.

    Raises:
        CheckpointError: the shapes are not those of a MobileNetV2, with what they look like.
    """
    weights = weights_of(shapes)
    channels = shape_of(weights, "hidden")[0] if "hidden.weight" in weights else None
    hidden = None if channels is None else Hidden(channels, activation)
    head = Classifier(shape_of(weights, "logits")[0], hidden, scores)

    def specs(backbone: Backbone, width: float) -> tuple[Spec]:
        return (spec_of(backbone, width, head, conventions),)

    return fit(weights, specs, "classifier")


def infer_extractor(shapes: Shapes, conventions: Conventions) -> Spec:
    """As `infer_classifier`, of a network that ends in its features.

    Raises:
        CheckpointError: the shapes are not those of a MobileNetV2, with what they look like.
    """

    def specs(backbone: Backbone, width: float) -> tuple[Spec]:
        return (spec_of(backbone, width, Embedding(), conventions),)

    return fit(weights_of(shapes), specs, "feature extractor")


def weights_of(shapes: Shapes) -> Shapes:
    """The convolutions' weights alone."""
    return {name: shape for name, shape in shapes.items() if name.endswith(".weight")}


def shape_of(weights: Shapes, node: str) -> tuple[int, ...]:
    """The four dimensions of a node's weight.

    Raises:
        CheckpointError: there is none, or it has another rank.
    """
    shape = weights.get(f"{node}.weight")
    if shape is None or len(shape) != 4:
        raise CheckpointError(
            f"a MobileNetV2 needs a four-dimensional weight for {node!r}, got {shape}; "
            f"the file has {len(weights)} convolutions, beginning {list(weights)[:3]}"
        )
    return shape


def spec_of(backbone: Backbone, width: float, head: Head, conventions: Conventions) -> Spec:
    """A network of output stride 32 under these conventions."""
    return Spec(
        backbone=backbone,
        head=head,
        width=width,
        size=conventions.size,
        padding=conventions.padding,
        batch_norm_epsilon=conventions.batch_norm_epsilon,
    )


def fit(weights: Shapes, specs: Callable[[Backbone, float], Sequence[Spec]], what: str) -> Spec:
    """The first network whose weights have these shapes, over all widths and rules.

    Args:
        weights: as `weights_of` gives them.
        specs: the candidates on a backbone of some width.
        what: the kind of network, for messages.

    Raises:
        CheckpointError: none fits; names the nearest and the first weights that differ.
        SpecError: a candidate's head breaks a rule.
    """
    shape_of(weights, "stem")
    if V1_MARK in weights:
        return _fit_v1(weights, specs, what)
    published = [spec for width in PUBLISHED_WIDTHS for spec in specs(MobileNetV2(), width)]
    others = (
        spec for backbone, width in _other_backbones(weights) for spec in specs(backbone, width)
    )
    try:
        exact = _literal(weights)
        literal = [*specs(exact, 1.0), *specs(replace(exact, divisor=1), 1.0)]
    except SpecError:  # channel counts that no network of this package could have
        literal = []
    # Each candidate is built to compare its shapes, which takes milliseconds; fifty are spared
    # where another number of blocks rules Table 2 out.
    deep = _blocks(weights) == sum(stage.repeats for stage in TABLE_2)
    for spec in chain(published, others, literal) if deep else literal:
        if _expected(spec) == weights:
            return spec
    near = [*published, *literal] if deep else literal or published
    raise CheckpointError(_explain(near, weights, what))


def _fit_v1(weights: Shapes, specs: Callable[[Backbone, float], Sequence[Spec]], what: str) -> Spec:
    """As `fit`, on a MobileNetV1, whose channels are cut and not rounded."""
    last = shape_of(weights, f"block{len(V1_ROWS) - 1}.pointwise")[0]
    widths = (*V1_WIDTHS, last / V1_ROWS[-1][0])
    candidates = [spec for width in widths for spec in specs(MobileNetV1(), width)]
    for spec in candidates:
        if _expected(spec) == weights:
            return spec
    raise CheckpointError(_explain(candidates, weights, what))


def _expected(spec: Spec) -> Shapes:
    convs = build(replace(spec, size=(32, 32))).convs
    return {f"{conv.name}.weight": conv.weight_shape for conv in convs}


def _other_backbones(weights: Shapes) -> Iterator[tuple[MobileNetV2, float]]:
    """Table 2 under other rules than the paper's, the likeliest first."""
    for width in PUBLISHED_WIDTHS:
        yield MobileNetV2(last_channel="scaled"), width
    # TensorFlow's DeepLab rounds to multiples of 8 at width 1 only.
    for width, rule in product(PUBLISHED_WIDTHS, RULES):
        yield MobileNetV2(last_channel=rule, divisor=1), width
    for width, rule in product(_likely_widths(weights), RULES):
        yield MobileNetV2(last_channel=rule), width


def _likely_widths(weights: Shapes) -> Iterator[float]:
    """Widths that give Table 2's channels in the file, shortest decimals first.

    Of widths that round to the same network the first stands for all: building each to compare
    its shapes would take seconds.
    """
    ends = accumulate(stage.repeats for stage in TABLE_2)
    nodes = ("stem", *(f"block{end - 1}.project" for end in ends))
    found = [weights.get(f"{node}.weight", (0,))[0] for node in nodes]
    rows = (32, *(stage.channels for stage in TABLE_2))
    # Rounding to a multiple of 8 moves 320 channels by less than 8; the rest need not be tried.
    low, high = max(0, found[-1] - 8) / 320, (found[-1] + 8) / 320
    last_channels: set[int] = set()
    for parts in (100, 1000, 10000):
        for step in range(max(1, ceil(low * parts)), int(high * parts) + 1):
            width = step / parts
            last = round_channels(1280 * width)
            fits = all(round_channels(c * width) == f for c, f in zip(rows, found, strict=True))
            if fits and last not in last_channels:
                last_channels.add(last)
                yield width


def _blocks(weights: Shapes) -> int:
    names = (name for name in weights if name.startswith("block"))
    return sum(name.endswith(".depthwise.weight") for name in names)


def _literal(weights: Shapes) -> MobileNetV2:
    """A stage table that says exactly what the shapes say, at width 1.

    Strides cannot be seen in shapes. With as many blocks as Table 2 the stages are its own;
    with more or fewer, a stage begins where channels change, and the n-th strides as its n-th row.
    """
    rows = [_row(weights, index) for index in range(_blocks(weights))]
    repeats = [stage.repeats for stage in TABLE_2]
    if len(rows) != sum(repeats):
        repeats = [len(list(equal)) for _, equal in groupby(rows)]
    first = list(accumulate(repeats, initial=0))
    stages = tuple(
        Stage(*rows[start], repeat, row.stride)
        for start, repeat, row in zip(first, repeats, TABLE_2, strict=False)
    )
    stem = shape_of(weights, "stem")[0]
    last = shape_of(weights, "last")[0] if "last.weight" in weights else 1280
    channels = (stem, last, *(stage.channels for stage in stages))
    return MobileNetV2(
        stages=stages or TABLE_2,
        stem_channels=stem,
        last_channels=last,
        divisor=8 if all(number % 8 == 0 for number in channels) else 1,
    )


def _row(weights: Shapes, index: int) -> tuple[int, int]:
    """(expansion, channels) of one bottleneck."""
    expansion = 1
    if f"block{index}.expand.weight" in weights:
        out, inner = shape_of(weights, f"block{index}.expand")[:2]
        expansion = round(out / max(1, inner))
    return expansion, shape_of(weights, f"block{index}.project")[0]


def _explain(candidates: Sequence[Spec], weights: Shapes, what: str) -> str:
    def agreement(spec: Spec) -> int:
        return sum(weights.get(name) == shape for name, shape in _expected(spec).items())

    nearest = max(candidates, key=agreement)
    expected = _expected(nearest)
    differences = [
        f"{name}: {expected.get(name, 'nothing')} there, {weights.get(name, 'nothing')} in the file"
        for name in (*expected, *(name for name in weights if name not in expected))
        if expected.get(name) != weights.get(name)
    ]
    return (
        f"not a {type(nearest.backbone).__name__} {what} of any width. Nearest is "
        f"{describe(nearest)}: "
        f"{len(differences)} of {len(expected)} weights differ, first " + "; ".join(differences[:3])
    )
