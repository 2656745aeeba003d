"""Finds a Mobile DeepLabv3 in layers of any format."""

from dataclasses import dataclass
from functools import partial
from math import prod
from typing import assert_never

from mobilenetv2.errors import CheckpointError
from mobilenetv2.weights.infer_segmenter import infer_segmenter
from mobilenetv2.weights.recognize.backbone import trace_backbone
from mobilenetv2.weights.recognize.layers import (
    ArgMax,
    Average,
    Concat,
    Convolution,
    Layer,
    Resize,
    Softmax,
)
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.resemblance import resemblance
from mobilenetv2.weights.recognize.trace import Trace, refuse_unknown
from mobilenetv2.weights.recognize.words import kind


def trace_segmenter(network: ForeignNetwork) -> Trace:
    """Walk from the output back to the picture.

    What stands behind the logits (resizing them to the picture, the largest class) is no part
    of our graph; it is kept as a decision where it differs from what this package does later.

    Raises:
        CheckpointError: the layers are not in the order of a Mobile DeepLabv3, with what the file
            looks like.
    """
    if len(network.outputs) != 1:
        raise CheckpointError(
            f"a segmenter has one output, this file has {len(network.outputs)}; "
            + resemblance(network)
        )
    refuse_unknown(network, "segmenter")
    logits, decisions = _peel(network.layers[0])
    head = _head(logits, network)
    trunk = head.pool.source
    picture, layers = trace_backbone(trunk, network, with_last=False)
    stride = prod(layer.stride[0] for layer in layers.values() if isinstance(layer, Convolution))
    if stride not in (8, 16, 32):
        raise CheckpointError(
            f"a segmenter's output stride must be 8, 16 or 32, this file's is {stride}"
        )
    rates = tuple(layer.dilation[0] for name, layer in head.branches.items() if "atrous" in name)
    layers |= {
        "aspp.pool": head.pool,
        "aspp.image": head.image,
        "aspp.resize": head.resize,
        **head.branches,
        "aspp.concat": head.concat,
        "aspp.project": head.project,
        "logits": head.logits,
    }
    infer = partial(infer_segmenter, output_stride=stride, aspp_rates=rates)
    return Trace("segmenter", picture, layers, infer, decisions)


@dataclass(frozen=True, slots=True, eq=False)
class _Head:
    pool: Average
    image: Convolution
    resize: Layer
    branches: dict[str, Convolution]
    concat: Concat
    project: Convolution
    logits: Convolution


def _peel(output: Layer) -> tuple[Layer, tuple[str, ...]]:
    """The logits behind what is done with them, and how they are resized."""
    decisions: list[str] = []
    while isinstance(output, ArgMax | Softmax | Resize):
        match output:
            case Resize() if output.alignment != "corners":
                decisions.append(
                    f"the file resizes its logits with {output.alignment.replace('_', ' ')} "
                    "alignment, masks made here align the corners: their edges may differ"
                )
            case ArgMax() | Softmax() | Resize():
                pass
            case _:
                assert_never(output)
        output = output.source
    return output, tuple(decisions)


def _head(logits: Layer, network: ForeignNetwork) -> _Head:
    """Logits from a projection of joined branches, one of which is the mean of the map.

    Raises:
        CheckpointError: names the part that is something else.
    """
    project = logits.source if isinstance(logits, Convolution) else logits
    concat = project.source if isinstance(project, Convolution) else project
    if not isinstance(logits, Convolution) or not isinstance(project, Convolution):
        raise _no_head("ends in two 1x1 convolutions", logits, network)
    if not isinstance(concat, Concat):
        raise _no_head("joins an image branch and a 1x1 branch", concat, network)
    pooled = [part for part in concat.parts if _pooled(part) is not None]
    others = [part for part in concat.parts if isinstance(part, Convolution)]
    found = _pooled(pooled[0]) if len(pooled) == 1 else None
    if found is None or len(others) != len(concat.parts) - 1:
        strange = [part for part in concat.parts if not isinstance(part, Convolution)]
        raise _no_head(
            "joins one branch of the mean over the map and convolutions",
            strange[0] if strange else concat, network,
        )  # fmt: skip
    image, pool = found
    points = [part for part in others if part.weight.shape[2:] == (1, 1)]
    atrous = [part for part in others if part.weight.shape[2:] != (1, 1)]
    if len(points) != 1:
        raise _no_head("joins exactly one 1x1 branch", concat, network)
    branches = {"aspp.point": points[0]} | {
        f"aspp.atrous{index}": part for index, part in enumerate(atrous)
    }
    return _Head(pool, image, pooled[0], branches, concat, project, logits)


def _pooled(part: Layer) -> tuple[Convolution, Average] | None:
    """The convolution and the mean behind the image branch; None where it is another branch."""
    if not isinstance(part, Resize) or not isinstance(part.source, Convolution):
        return None
    image = part.source
    return (image, image.source) if isinstance(image.source, Average) else None


def _no_head(rule: str, layer: Layer, network: ForeignNetwork) -> CheckpointError:
    return CheckpointError(
        f"Mobile DeepLabv3 {rule}, this file has {kind(layer)} ({layer.tensor!r}) there; "
        + resemblance(network)
    )
