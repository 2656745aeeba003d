"""Finds the spec from the shapes of a foreign network's convolutions."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network import build
from mobilenetv2.spec import TABLE_2, Classifier, LastChannel, MobileNetV2, Padding, Spec, Stage

PUBLISHED_WIDTHS = (1.0, 0.75, 0.5, 0.35, 1.4, 1.3, 0.25, 0.1, 1.1, 1.2)
OTHER_WIDTHS = tuple(hundredths / 100 for hundredths in range(5, 401))

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

    A width of the paper is preferred; then any multiple of 0.01; then a literal stage table,
    which holds networks of another depth (timm's "110d") exactly.

    Raises:
        CheckpointError: the shapes are not those of a MobileNetV2, with what they look like.
    """
    weights = {name: shape for name, shape in shapes.items() if name.endswith(".weight")}
    classes = _channels(weights, "logits")
    if _blocks(weights) == sum(stage.repeats for stage in TABLE_2):
        for width in dict.fromkeys(PUBLISHED_WIDTHS + OTHER_WIDTHS):
            rules: tuple[LastChannel, ...] = ("paper", "scaled")
            for rule in rules:
                backbone = MobileNetV2(last_channel=rule)
                spec = _spec(backbone, classes, width, conventions)
                if _fits(spec, weights):
                    return spec
    spec = _spec(_literal(weights), classes, 1.0, conventions)
    if _fits(spec, weights):
        return spec
    raise CheckpointError(_explain(spec, weights))


def _spec(backbone: MobileNetV2, classes: int, width: float, conventions: Conventions) -> Spec:
    return Spec(
        backbone=backbone,
        head=Classifier(classes),
        width=width,
        size=conventions.size,
        padding=conventions.padding,
        batch_norm_epsilon=conventions.batch_norm_epsilon,
    )


def _fits(spec: Spec, weights: Shapes) -> bool:
    convs = build(replace(spec, size=(32, 32))).convs
    return {f"{conv.name}.weight": conv.weight_shape for conv in convs} == weights


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

    Strides cannot be seen in shapes: a stage begins where channels change, and the n-th stage
    strides as the n-th row of Table 2 does.
    """
    rows: list[tuple[int, int]] = []
    repeats: list[int] = []
    for index in range(_blocks(weights)):
        channels = _channels(weights, f"block{index}.project")
        expansion = 1
        if f"block{index}.expand.weight" in weights:
            out, inner, *_ = weights[f"block{index}.expand.weight"]
            expansion = max(1, out // max(1, inner))
        if rows and rows[-1] == (expansion, channels):
            repeats[-1] += 1
        else:
            rows.append((expansion, channels))
            repeats.append(1)
    if len(rows) != len(TABLE_2):
        raise CheckpointError(
            f"a MobileNetV2 has {len(TABLE_2)} stages of bottlenecks, the file has {len(rows)}: "
            f"(expansion, channels) {rows}"
        )
    stages = tuple(
        Stage(expansion, channels, repeat, row.stride)
        for (expansion, channels), repeat, row in zip(rows, repeats, TABLE_2, strict=True)
    )
    return MobileNetV2(
        stages=stages,
        stem_channels=_channels(weights, "stem"),
        last_channels=_channels(weights, "last"),
    )


def _explain(nearest: Spec, weights: Shapes) -> str:
    expected = {f"{conv.name}.weight": conv.weight_shape for conv in build(nearest).convs}
    differences = [
        f"{name}: MobileNetV2 has {expected.get(name, 'nothing')}, "
        f"the file {weights.get(name, 'nothing')}"
        for name in (*expected, *(name for name in weights if name not in expected))
        if expected.get(name) != weights.get(name)
    ]
    return (
        "not a MobileNetV2 classifier of any width: "
        f"{len(differences)} weights differ from the nearest, first " + "; ".join(differences[:3])
    )
