"""Case files for the native test programs: `native/tests/case_file.h` says what is in them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mobilenetv2.engine.integer_reference import evaluate_integer_node, quantize
from mobilenetv2.engine.lower import lower
from mobilenetv2.engine.program import Program
from mobilenetv2.engine.reference import evaluate_node, random_weights
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import Classifier, DeepLab, MobileNetV2, Spec, SSDLite, Stage
from mobilenetv2.weights.quantized import Quantization
from tests.engine.every_kind import every_kind
from tests.engine.integers import random_quantization
from tests.engine.one_part import block_of, in_one_part

Maps = dict[str, npt.NDArray[np.generic]]

HEADS = [
    Spec(
        width=0.1, size=(33, 49), head=DeepLab(5, channels=12, aspp_rates=(6, 12)), output_stride=16
    ),
    Spec(width=0.1, size=(33, 33), head=DeepLab(3, channels=8), output_stride=8),
    Spec(width=0.1, size=(48, 64), head=SSDLite(3)),
]
"""Dilated, pooled and separable convolutions, as small as they come."""


def head_graphs() -> list[Graph]:
    """The graphs of `HEADS`, and one with every kind of step."""
    return [every_kind(13, 10, 9), *(_graph_of(spec) for spec in HEADS)]


def random_graph(seed: int) -> Graph:
    """A small classifier with odd channels, sizes and strides: what tiles do not divide by."""
    random = np.random.default_rng(seed)
    stages = tuple(
        Stage(
            expansion=int(random.choice([1, 2, 3, 6, 9])),
            channels=int(random.integers(1, 50)),
            repeats=int(random.integers(1, 3)),
            stride=int(random.integers(1, 3)),
        )
        for _ in range(random.integers(1, 4))
    )
    backbone = MobileNetV2(
        stages=stages,
        stem_channels=int(random.integers(1, 40)),
        last_channels=int(random.integers(1, 70)),
        divisor=1,
    )
    size = (int(random.integers(5, 50)), int(random.integers(5, 50)))
    padding = "tensorflow" if seed % 2 else "torch"
    head = Classifier(int(random.integers(1, 60)))
    return _graph_of(Spec(backbone=backbone, size=size, padding=padding, head=head))


def _graph_of(spec: Spec) -> Graph:
    return build(replace(spec, batch_norm_epsilon=None))


def write_cases(folder: Path, graphs: Sequence[Graph]) -> list[Path]:
    """For each graph a float32, an int8 and a uint8 program with their answers."""
    folder.mkdir(exist_ok=True)
    paths = []
    for number, graph in enumerate(graphs):
        image = np.random.default_rng(number).normal(size=graph.input.shape).astype(np.float32)
        signed = _with_zero_points(random_quantization(graph, number, np.int8), number)
        unsigned = random_quantization(graph, number, np.uint8)
        for name, (program, maps) in {
            "float32": _float_case(graph, image, number),
            "int8": _integer_case(graph, image, signed),
            "uint8": _integer_case(graph, image, unsigned),
        }.items():
            path = folder / f"{number}-{name}.case"
            path.write_bytes(_joined(program, image, maps))
            paths.append(path)
    return paths


def _float_case(graph: Graph, image: npt.NDArray[np.float32], seed: int) -> tuple[Program, Maps]:
    weights = random_weights(graph, seed)
    maps: Maps = {}
    for node in graph.nodes:
        sources = [maps[source] for source in node.sources] or [image[None]]
        maps[node.name] = evaluate_node(node, sources, weights)
    return lower(graph, weights), maps


def _integer_case(
    graph: Graph, image: npt.NDArray[np.float32], numbers: Quantization
) -> tuple[Program, Maps]:
    maps: Maps = {}
    for node in graph.nodes:
        sources = [maps[source] for source in node.sources]
        given = [quantize(image[None], numbers.activations[node.name])]
        maps[node.name] = evaluate_integer_node(node, sources or given, numbers)
    return lower(graph, numbers, _same_bytes(lower(graph, numbers))), maps


def _same_bytes(program: Program) -> npt.NDArray[np.float32]:
    """A table of pixels by which each byte of a picture stands for itself."""
    (tensor,) = (tensor for tensor in program.tensors if tensor.name == program.input)
    values = (np.arange(256) - tensor.zero_point) * tensor.scale
    return np.tile(values.astype(np.float32), (3, 1))


def _with_zero_points(numbers: Quantization, seed: int) -> Quantization:
    """Every other network: signed weights with a zero point, which no byte holds the rest of."""
    if seed % 2 == 0:
        return numbers
    random = np.random.default_rng(seed)
    convs = {
        name: replace(
            conv,
            zero_point=random.integers(-128, 128, conv.zero_point.shape).astype(np.int32),
            scale=conv.scale / np.float32(2),
        )
        for name, conv in numbers.convs.items()
    }
    return Quantization(numbers.activations, convs)


def _joined(program: Program, image: npt.NDArray[np.float32], maps: Maps) -> bytes:
    words = np.array(program.words(), np.int64)
    block = block_of(in_one_part(program))
    parts = [np.array([len(words), len(block)], np.int64).tobytes(), words.tobytes()]
    parts += [block.tobytes(), image.tobytes()]
    parts += [np.ascontiguousarray(maps[step.target]).tobytes() for step in program.steps]
    return b"".join(part + bytes(-len(part) % 8) for part in parts)
