"""Finds the backbone: from its last map back to the picture, every layer with the paper's name."""

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import V1_ROWS
from mobilenetv2.weights.recognize.layers import Convolution, Layer, Picture, Sum
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.resemblance import resemblance
from mobilenetv2.weights.recognize.words import kind


def trace_backbone(
    end: Layer, network: ForeignNetwork, *, with_last: bool
) -> tuple[Picture, dict[str, Layer]]:
    """The picture, and the layers from the stem to `end` by the names of our nodes.

    Args:
        end: the last map.
        network: what it is part of, for messages.
        with_last: whether the 1x1 convolution after the bottlenecks is there; segmenters leave
            it out.

    Raises:
        CheckpointError: the layers are not in the order of a MobileNetV2, with what they look like.
    """
    picture, trunk, sums = _walk(end, network)
    layers: dict[str, Layer] = {**_name(trunk, network, with_last)}
    names = {id(layer): name for name, layer in layers.items()}
    for layer, branch in sums:
        layers[names[id(branch)].replace(".project", ".add")] = layer
    return picture, layers


def _walk(
    layer: Layer, network: ForeignNetwork
) -> tuple[Picture, list[Convolution], list[tuple[Sum, Convolution]]]:
    """From the last map back to the picture: convolutions in the order they run, and shortcuts."""
    trunk: list[Convolution] = []
    sums: list[tuple[Sum, Convolution]] = []
    while not isinstance(layer, Picture):
        if isinstance(layer, Sum):
            branch = _branch(layer)
            if branch is None:
                raise CheckpointError(
                    f"the addition {layer.tensor!r} is no shortcut around a bottleneck; "
                    + resemblance(network)
                )
            sums.append((layer, branch))
            layer = branch
        if not isinstance(layer, Convolution):
            raise CheckpointError(
                "between the picture and its last map a MobileNetV2 has "
                f"convolutions and shortcuts, this file has {kind(layer)} ({layer.tensor!r}); "
                + resemblance(network)
            )
        trunk.append(layer)
        layer = layer.source
    return layer, trunk[::-1], sums


def _branch(layer: Sum) -> Convolution | None:
    """The side of a shortcut that went through the bottleneck and comes from the other side."""
    for branch, shortcut in ((layer.first, layer.second), (layer.second, layer.first)):
        step: Layer = branch
        for _ in range(3):
            if not isinstance(step, Convolution):
                break
            step = step.source
            if step is shortcut and isinstance(branch, Convolution):
                return branch
    return None


def _name(
    trunk: list[Convolution], network: ForeignNetwork, with_last: bool
) -> dict[str, Convolution]:
    """stem, then bottlenecks of [expand,] depthwise and project, then last."""
    if len(trunk) < 4:
        raise CheckpointError(
            f"a MobileNetV2 has 52 convolutions before its classifier, this file {len(trunk)}; "
            + resemblance(network)
        )
    if _is_v1(trunk):
        return _name_v1(trunk)
    named = {"stem": trunk[0]}
    index, block = 1, 0
    end = len(trunk) - with_last
    while index < end:
        parts = (
            ["depthwise", "project"]
            if trunk[index].depthwise
            else ["expand", "depthwise", "project"]
        )
        layers = trunk[index : min(index + len(parts), end)]
        kinds = [layer.depthwise for layer in layers]
        if kinds != [part == "depthwise" for part in parts]:
            raise CheckpointError(
                f"bottleneck {block} should be an expanding 1x1, a depthwise 3x3 and a projecting "
                f"1x1 convolution; this file has {', '.join(map(kind, layers))}, "
                f"beginning at {layers[0].tensor!r}; " + resemblance(network)
            )
        named |= {f"block{block}.{part}": layer for part, layer in zip(parts, layers, strict=True)}
        index, block = index + len(parts), block + 1
    return named | {"last": trunk[-1]} if with_last else named


def _is_v1(trunk: list[Convolution]) -> bool:
    """Whether depthwise and 1x1 convolutions take turns; MobileNetV2 expands in block 1."""
    turns = [layer.depthwise for layer in trunk[1:]]
    return len(trunk) == 1 + 2 * len(V1_ROWS) and turns == [True, False] * len(V1_ROWS)


def _name_v1(trunk: list[Convolution]) -> dict[str, Convolution]:
    named = {"stem": trunk[0]}
    for place, layer in enumerate(trunk[1:]):
        named[f"block{place // 2}.{'pointwise' if place % 2 else 'depthwise'}"] = layer
    return named
