"""Finds the spec from the shapes of a foreign network's convolutions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain, groupby
from math import ceil

from mobilenetv2.errors import CheckpointError, SpecError
from mobilenetv2.network import build
from mobilenetv2.spec import (
    TABLE_2,
    Classifier,
    LastChannel,
    MobileNetV2,
    Padding,
    Spec,
    Stage,
    round_channels,
)
from mobilenetv2.weights.checkpoint import describe

PUBLISHED_WIDTHS = (1.0, 0.75, 0.5, 0.35, 1.4, 1.3, 0.25, 0.1, 1.1, 1.2)
RULES: tuple[LastChannel, ...] = ("paper", "scaled")

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Conventions:
    """What shapes do not tell: input size, padding, and batch norm epsilon (None: folded)."""

    size: tuple[int, int]
    padding: Padding
    batch_norm_epsilon: float | None


def infer_classifier(shapes: Shapes, conventions: Conventions) -> Spec:
    """The MobileNetV2 classifier whose convolution weights have these shapes.

    Args:
        shapes: `<node>.weight` -> [out, in / groups, height, width], under our own node names
            (`stem`, `block0.depthwise` ... `last`, `logits`); other arrays are ignored.
        conventions: what the caller knows from elsewhere.

    A width of the paper is preferred; then the shortest decimal; then a literal stage table,
    which holds networks of another depth (timm's "110d") or rounding exactly.

    Raises:
        CheckpointError: the shapes are not those of a MobileNetV2, with what they look like.
    """
    weights = {name: shape for name, shape in shapes.items() if name.endswith(".weight")}
    classes = _channels(weights, "logits")
    published = [_spec(MobileNetV2(), classes, width, conventions) for width in PUBLISHED_WIDTHS]
    others = (
        _spec(MobileNetV2(last_channel=rule), classes, width, conventions)
        for width in (*PUBLISHED_WIDTHS, *_likely_widths(weights))
        for rule in RULES
    )
    try:
        literal = [_spec(_literal(weights), classes, 1.0, conventions)]
    except SpecError:  # channel counts that no network of this package could have
        literal = []
    for spec in chain(published, others, literal):
        if _expected(spec) == weights:
            return spec
    raise CheckpointError(_explain([*published, *literal], weights))


def _spec(backbone: MobileNetV2, classes: int, width: float, conventions: Conventions) -> Spec:
    return Spec(
        backbone=backbone,
        head=Classifier(classes),
        width=width,
        size=conventions.size,
        padding=conventions.padding,
        batch_norm_epsilon=conventions.batch_norm_epsilon,
    )


def _expected(spec: Spec) -> Shapes:
    convs = build(replace(spec, size=(32, 32))).convs
    return {f"{conv.name}.weight": conv.weight_shape for conv in convs}


def _likely_widths(weights: Shapes) -> Iterator[float]:
    """Widths that give the stem's and the last bottleneck's channels, shortest decimals first."""
    stem = _channels(weights, "stem")
    trunk = _channels(weights, f"block{_blocks(weights) - 1}.project")
    # Rounding to a multiple of 8 moves 320 channels by less than 8; the rest need not be tried.
    low, high = max(0, trunk - 8) / 320, (trunk + 8) / 320
    for parts in (100, 1000, 10000):
        for step in range(max(1, ceil(low * parts)), int(high * parts) + 1):
            width = step / parts
            if round_channels(320 * width) == trunk and round_channels(32 * width) == stem:
                yield width


def _blocks(weights: Shapes) -> int:
    return sum(name.endswith(".depthwise.weight") for name in weights)


def _channels(weights: Shapes, node: str) -> int:
    shape = weights.get(f"{node}.weight")
    if shape is None or len(shape) != 4:
        raise CheckpointError(
            f"a MobileNetV2 classifier needs a four-dimensional weight for {node!r}, got {shape}; "
            f"the file has {len(weights)} convolutions, beginning {list(weights)[:3]}"
        )
    return shape[0]


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
    return MobileNetV2(
        stages=stages or TABLE_2,
        stem_channels=_channels(weights, "stem"),
        last_channels=_channels(weights, "last"),
    )


def _row(weights: Shapes, index: int) -> tuple[int, int]:
    """(expansion, channels) of one bottleneck."""
    expansion = 1
    if f"block{index}.expand.weight" in weights:
        out = _channels(weights, f"block{index}.expand")
        inner = weights[f"block{index}.expand.weight"][1]
        expansion = round(out / max(1, inner))
    return expansion, _channels(weights, f"block{index}.project")


def _explain(candidates: Sequence[Spec], weights: Shapes) -> str:
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
        f"not a MobileNetV2 classifier of any width. Nearest is {describe(nearest)}: "
        f"{len(differences)} of {len(expected)} weights differ, first " + "; ".join(differences[:3])
    )
