"""What every node means, in numpy, float32, NHWC. The oracle of all other backends."""

from collections.abc import Mapping
from math import prod
from typing import TypeVar, assert_never

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.runner import Images, Runner
from mobilenetv2.network.graph import (
    Activation,
    Add,
    BatchNorm,
    Concat,
    Conv,
    Graph,
    Input,
    Node,
    Pads,
    Pool,
    Resize,
)
from mobilenetv2.weights.checkpoint import Array, Weights

Real = TypeVar("Real", np.float32, np.float64)
Number = TypeVar("Number", bound=np.generic)


def reference_runner(graph: Graph, weights: Weights) -> Runner:
    """A runner that evaluates one node after the other and forgets each map after its last use."""
    last_reader = {source: node.name for node in graph.nodes for source in node.sources}
    expected = graph.input.shape

    def run(images: Images) -> dict[str, Array]:
        if images.ndim != 4 or images.shape[1:] != expected:
            raise ValueError(
                f"images must be [N, {expected.height}, {expected.width}, 3], got {images.shape}"
            )
        maps: dict[str, Array] = {}
        for node in graph.nodes:
            sources = [maps[source] for source in node.sources]
            given = [images.astype(np.float32, copy=False)]
            maps[node.name] = evaluate_node(node, sources or given, weights)
            for source in set(node.sources):
                if last_reader[source] == node.name and source not in graph.outputs:
                    del maps[source]
        return {name: maps[name] for name in graph.outputs}

    return run


def evaluate_node(node: Node, sources: list[Array], weights: Weights) -> Array:
    """The map of one node from its sources' maps, all float32 [N, height, width, channels]."""
    match node:
        case Input():
            return sources[0].astype(np.float32, copy=False)
        case Conv():
            return activate(
                normalize(node, convolve(node, sources[0], weights), weights), node.activation
            )
        case Add():
            return activate(sources[0] + sources[1], node.activation)
        case Pool():
            return pool(node, sources[0])
        case Resize():
            return resize(node, sources[0])
        case Concat():
            return np.concatenate(sources, axis=3)
        case _:
            assert_never(node)


def convolve(
    node: Conv, source: npt.NDArray[Real], weights: Mapping[str, npt.NDArray[Real]]
) -> npt.NDArray[Real]:
    """Multiply every shifted view of the padded map by its kernel tap, and add up."""
    weight = weights[f"{node.name}.weight"]
    padded = pad(source, node.pads)
    total: npt.NDArray[Real] | None = None
    for row in range(node.kernel[0]):
        for column in range(node.kernel[1]):
            view = window(padded, node, row * node.dilation, column * node.dilation)
            term = _tap(view, weight[:, :, row, column], node)
            total = term if total is None else np.add(total, term, out=total)
    if total is None:
        raise ValueError(f"{node.name} has an empty kernel {node.kernel}")
    return total


def _tap(view: npt.NDArray[Real], tap: npt.NDArray[Real], node: Conv) -> npt.NDArray[Real]:
    """One kernel position: [N, H, W, in] with [out, in / groups] gives [N, H, W, out]."""
    if node.depthwise:
        return view * tap[:, 0]
    if node.groups == 1:
        # One matrix product over all pixels: BLAS sees a single large problem.
        flat = np.ascontiguousarray(view).reshape(-1, node.in_channels) @ tap.T
        return flat.reshape(*view.shape[:3], -1)
    inputs = np.split(view, node.groups, axis=3)
    kernels = np.split(tap, node.groups, axis=0)
    return np.concatenate([x @ k.T for x, k in zip(inputs, kernels, strict=True)], axis=3)


def window(
    padded: npt.NDArray[Number], node: Conv | Pool, top: int, left: int
) -> npt.NDArray[Number]:
    """All pixels that one kernel position meets, [N, output height, output width, channels]."""
    height, width, _ = node.shape
    return padded[
        :,
        top : top + (height - 1) * node.stride + 1 : node.stride,
        left : left + (width - 1) * node.stride + 1 : node.stride,
    ]


def normalize(node: Conv, values: Array, weights: Weights) -> Array:
    """Batch norm with the running statistics, or the bias. Changes `values` in place."""
    if not isinstance(node.norm, BatchNorm):
        values += weights[f"{node.name}.bias"]
        return values
    gamma, beta, mean, variance = (
        weights[f"{node.name}.{part}"] for part in ("gamma", "beta", "mean", "variance")
    )
    scale = gamma / np.sqrt(variance + np.float32(node.norm.epsilon))
    values *= scale
    values += beta - mean * scale
    return values


def activate(values: Array, activation: Activation) -> Array:
    """The activation, in place."""
    match activation:
        case "none":
            return values
        case "relu":
            return np.maximum(values, 0, out=values)
        case "relu6":
            return np.clip(values, 0, 6, out=values)
        case _:
            assert_never(activation)


def pad(source: npt.NDArray[Number], pads: Pads, value: float = 0.0) -> npt.NDArray[Number]:
    """The map with a border of `value`."""
    if not any(pads):
        return source
    borders = ((0, 0), (pads.top, pads.bottom), (pads.left, pads.right), (0, 0))
    return np.pad(source, borders, constant_values=value)


def pool(node: Pool, source: Array) -> Array:
    """The mean or maximum of every window; what was padded is no part of it."""
    if node.kind == "average" and node.kernel == source.shape[1:3] and not any(node.pads):
        mean: Array = source.mean(axis=(1, 2), keepdims=True)
        return mean
    average = node.kind == "average"
    padded = pad(source, node.pads, 0.0 if average else -np.inf)
    offsets = [(y, x) for y in range(node.kernel[0]) for x in range(node.kernel[1])]
    views = [window(padded, node, y, x) for y, x in offsets]
    if not average:
        largest: Array = np.maximum.reduce(views)
        return largest
    ones = pad(np.ones((1, *source.shape[1:3], 1), np.float32), node.pads)
    count: Array = np.add.reduce([window(ones, node, y, x) for y, x in offsets])
    total: Array = np.add.reduce(views)
    return total / count


def resize(node: Resize, source: Array) -> Array:
    """Bilinear interpolation, one axis after the other."""
    rows = _interpolate(source, 1, node.shape.height, node.alignment == "corners")
    return _interpolate(rows, 2, node.shape.width, node.alignment == "corners")


def interpolation(
    length: int, size: int, corners: bool
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Array]:
    """Of each of `size` places along an axis of `length`: both neighbors, share of the second."""
    if corners:
        step = (length - 1) / (size - 1) if size > 1 else 0.0
        positions = np.arange(size) * step
    else:
        positions = (np.arange(size) + 0.5) * (length / size) - 0.5
    positions = np.clip(positions, 0, length - 1)
    low = np.minimum(positions.astype(np.intp), length - 1)
    return low, np.minimum(low + 1, length - 1), (positions - low).astype(np.float32)


def _interpolate(source: Array, axis: int, size: int, corners: bool) -> Array:
    low, high, fraction = interpolation(source.shape[axis], size, corners)
    shape = [1, 1, 1, 1]
    shape[axis] = size
    below, above = np.take(source, low, axis), np.take(source, high, axis)
    blended: Array = below + (above - below) * fraction.reshape(shape)
    return blended


def random_weights(graph: Graph, seed: int) -> dict[str, Array]:
    """He-scaled weights and lively batch norm statistics, for tests and demonstrations."""
    random = np.random.default_rng(seed)
    weights: dict[str, Array] = {}
    for name, shape in graph.parameter_shapes.items():
        if name.endswith(".weight"):
            values = random.normal(0, (2 / prod(shape[1:])) ** 0.5, shape)
        elif name.endswith((".gamma", ".variance")):
            values = random.uniform(0.5, 1.5, shape)
        else:
            values = random.normal(0, 0.1, shape)
        weights[name] = values.astype(np.float32)
    return weights
