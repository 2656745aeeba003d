"""What two ports allow: instructions of every step with AVX-512 VNNI, and their time at least.

    python benchmarks/ports.py MODEL [--peak 472]

Vectors of 64 bytes go through two ports of an Intel core, for products as for all that scales,
shuffles and packs. Counted as `native/simd/vnni_*.h` have them; loads and stores have their own
ports. `--peak` is what `benchmark --steps` prints, in G multiply-adds a second.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from mobilenetv2.benchmark.steps import layers_of
from mobilenetv2.engine.lower import lower
from mobilenetv2.model import load_checkpoint
from mobilenetv2.network.build import build
from mobilenetv2.network.count import analyze
from mobilenetv2.network.graph import Conv, Graph
from mobilenetv2.weights.fold import fold_checkpoint

LANES, PANEL, GROUP = 16, 48, 4
"""Sums of a vector, channels of a panel, numbers that one instruction multiplies for each sum."""

PACKED = {0: (0.0, 0.0, 0.0), 1: (0.5, 0.25, 0.25), 2: (1.0, 0.5, 0.5), 3: (1.5, 1.0, 1.0)}
"""Of a pixel's whole vectors in a panel: packings to words, to bytes, permutations."""


@dataclass(slots=True)
class Instructions:
    """Of a step, or of a part of one."""

    products: float = 0
    endings: float = 0
    depthwise_products: float = 0
    depthwise_rest: float = 0

    def __iter__(self) -> Iterator[float]:
        """In the order of the table."""
        return iter((self.products, self.endings, self.depthwise_products, self.depthwise_rest))

    def add(self, other: "Instructions") -> None:
        """Another part's."""
        self.products += other.products
        self.endings += other.endings
        self.depthwise_products += other.depthwise_products
        self.depthwise_rest += other.depthwise_rest


def of_depthwise(pixels: int, channels: int, stride: int) -> Instructions:
    """A column is 8 shuffles, and where the stride is 2 an output has two of its own."""
    whole, left = divmod(channels, 4 * LANES)
    vectors = pixels * (whole + (1 if left > 2 * LANES else 0.5 if left else 0))
    return Instructions(
        depthwise_products=12 * vectors, depthwise_rest=(8 * stride + 8 + 3) * vectors
    )


def of_product(pixels: int, numbers: int, channels: int, lifted: bool, adds: bool) -> Instructions:
    """A matrix product whose sums are scaled by 2 instructions where they are lifted, else by 3."""
    products = endings = 0.0
    for begin in range(0, channels, PANEL):
        whole, half = divmod(min(PANEL, channels - begin), LANES)
        vectors = whole + bool(half)
        products += ceil(numbers / GROUP) * vectors
        endings += (2 if lifted else 3) * vectors
        for words, to_bytes, moved in (PACKED[whole], PACKED[1 if half else 0]):
            endings += words * (1 if lifted else 2) + to_bytes * (1 if lifted else 3) + moved
        if adds:  # two clamps, two products of 2, two sums, a shift, a row's bytes to numbers
            endings += 10 * vectors + bool(whole) + bool(half)
    return Instructions(products=pixels * products, endings=pixels * endings)


def of_layer(graph: Graph, conv: Conv, adds: bool) -> Instructions:
    """A convolution's; `adds`: a shortcut follows."""
    pixels, channels = conv.shape.height * conv.shape.width, conv.shape.channels
    if conv.depthwise:
        return of_depthwise(pixels, channels, conv.stride)
    rows, columns = conv.kernel
    inside = graph.by_name[conv.source].shape.channels
    numbers = rows * GROUP * ceil(columns * inside / GROUP)
    return of_product(pixels, numbers, channels, conv.activation != "none", adds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--peak", type=float, default=472.0)
    asked = parser.parse_args()
    checkpoint = fold_checkpoint(load_checkpoint(asked.model))
    graph = build(checkpoint.spec)
    costs = {layer.name: layer.madds for layer in analyze(checkpoint.spec).layers}
    a_second = 2 * asked.peak * 1e9 / (2 * 4 * LANES)
    print("step               at the peak  products  endings  depthwise  its rest  bound, us")
    sums, whole = Instructions(), 0
    for step in lower(graph, checkpoint.numbers).steps:
        found, names = Instructions(), layers_of(step)
        for name in names:
            conv = graph.by_name[name]
            if isinstance(conv, Conv):
                last = name == names[-1] and step.target != name
                found.add(of_layer(graph, conv, last and conv.activation == "none"))
        madds = sum(costs[name] for name in names)
        sums.add(found)
        whole += madds
        print_row(step.target, madds, found, asked.peak, a_second)
    print_row("all steps", whole, sums, asked.peak, a_second)


def print_row(name: str, madds: int, found: Instructions, peak: float, a_second: float) -> None:
    """One step in microseconds."""
    least = madds / (peak * 1e3)
    parts = [count / a_second * 1e6 for count in found]
    row = "".join(f"{part:10.1f}" for part in parts)
    print(f"{name:18}{least:10.1f}{row}{sum(parts):10.1f}  {100 * least / sum(parts):3.0f} %")


if __name__ == "__main__":
    main()
