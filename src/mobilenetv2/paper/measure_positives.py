"""Makes figure 7's record: a trained and an untrained network run on real pictures."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.reference import activate, convolve, evaluate_node
from mobilenetv2.errors import CheckpointError, DatasetError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import BatchNorm, Conv, Graph
from mobilenetv2.network.spec import Classifier, MobileNetV2, Spec
from mobilenetv2.paper.positives import PositiveChannels, PositivesFigure
from mobilenetv2.tasks.image import decode, prepare
from mobilenetv2.weights.checkpoint import Array, Checkpoint

BATCH = 16
"""Pictures at a time; at the start they are also what batch norm takes its statistics from."""

DEVIATION = 0.09
"""Of the first weights: TF-slim's truncated normal."""

Normalize = Callable[[Conv, Array], Array]


@dataclass(slots=True)
class _Tally:
    """Counts of one layer so far."""

    channels: int
    least: int = np.iinfo(np.int64).max
    most: int = 0
    total: int = 0
    positions: int = 0

    def add(self, values: Array) -> None:
        positive: npt.NDArray[np.int64] = np.count_nonzero(values > 0, axis=-1)
        self.least = min(self.least, int(positive.min()))
        self.most = max(self.most, int(positive.max()))
        self.total += int(positive.sum())
        self.positions += positive.size


def measure_positives(
    checkpoint: Checkpoint,
    name: str,
    pictures: Sequence[Path],
    dataset: str,
    *,
    seed: int = 0,
    advance: Callable[[], None] | None = None,
) -> PositivesFigure:
    """Run both networks over the pictures and count.

    Args:
        checkpoint: a trained MobileNetV2 classifier.
        name: of its file, for the record.
        pictures: files, any number.
        dataset: their name, for the record.
        seed: of the untrained weights.
        advance: called once a picture.

    Raises:
        CheckpointError: not a MobileNetV2 classifier.
        DatasetError: no picture.
        ImageError: a picture cannot be read.
    """
    spec = checkpoint.spec
    if not (isinstance(spec.backbone, MobileNetV2) and isinstance(spec.head, Classifier)):
        raise CheckpointError(
            "figure 7 is of a MobileNetV2 classifier, got weights with a "
            f"{type(spec.backbone).__name__} and a {type(spec.head).__name__} head"
        )
    if not pictures:
        raise DatasetError(f"figure 7 is counted on at least one picture, {dataset} has none")
    trained, start = build(spec), build(_untrained(spec))
    weights = first_weights(start, seed)
    known, fresh = _tallies(trained), _tallies(start)
    for batch in _batches(pictures, checkpoint):
        _walk(trained, batch, known, lambda node, x: evaluate_node(node, [x], checkpoint.weights))
        _walk(start, batch, fresh, lambda node, x: _by_batch(node, x, weights))
        if advance:
            for _ in batch:
                advance()
    return PositivesFigure(
        weights=name,
        pictures=dataset,
        count=len(pictures),
        size=spec.size[0],
        at_start=_result(fresh),
        trained=_result(known),
    )


def first_weights(graph: Graph, seed: int) -> dict[str, Array]:
    """Kernels from TF-slim's truncated normal (deviation 0.09, cut at two of them)."""
    random = np.random.default_rng(seed)
    weights = {}
    for conv in graph.convs:
        values = random.normal(size=2 * prod(conv.weight_shape))
        kept = values[np.abs(values) < 2][: prod(conv.weight_shape)]
        kernel = (DEVIATION * kept).reshape(conv.weight_shape)
        weights[f"{conv.name}.weight"] = kernel.astype(np.float32)
    return weights


def _untrained(spec: Spec) -> Spec:
    return Spec(
        backbone=spec.backbone, head=spec.head, width=spec.width, size=spec.size,
        padding=spec.padding,
    )  # fmt: skip


def _by_batch(node: Conv, source: Array, weights: dict[str, Array]) -> Array:
    """Normalized by the batch's own mean and variance, gamma 1 and beta 0."""
    values = convolve(node, source, weights)
    if isinstance(node.norm, BatchNorm):
        mean, variance = values.mean((0, 1, 2)), values.var((0, 1, 2))
        values = (values - mean) / np.sqrt(variance + np.float32(node.norm.epsilon))
    return activate(values, node.activation)


def _walk(graph: Graph, batch: Array, tallies: dict[str, _Tally], run: Normalize) -> None:
    maps: dict[str, Array] = {}
    for node in graph.nodes:
        if node.name == "pool":
            return
        sources = [maps[source] for source in node.sources]
        if isinstance(node, Conv):
            maps[node.name] = run(node, sources[0])
            if node.name in tallies:
                tallies[node.name].add(maps[node.name])
        else:
            maps[node.name] = evaluate_node(node, sources or [batch], {})


def _tallies(graph: Graph) -> dict[str, _Tally]:
    return {
        conv.name: _Tally(conv.shape.channels) for conv in graph.convs if conv.activation == "relu6"
    }


def _result(tallies: dict[str, _Tally]) -> tuple[PositiveChannels, ...]:
    return tuple(
        PositiveChannels(name, t.channels, t.least, round(t.total / t.positions, 2), t.most)
        for name, t in tallies.items()
    )


def _batches(pictures: Sequence[Path], checkpoint: Checkpoint) -> Iterator[Array]:
    for first in range(0, len(pictures), BATCH):
        chosen = pictures[first : first + BATCH]
        yield np.stack([prepare(decode(path), checkpoint.preprocessing) for path in chosen])
