"""The numpy runner of floats or of integers: what they mean."""

from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.engine.runner import Runner
from mobilenetv2.network.graph import Graph
from mobilenetv2.weights.checkpoint import Weights
from mobilenetv2.weights.quantized import Quantization


def oracle(graph: Graph, numbers: Weights | Quantization) -> Runner:
    """What a network's numbers mean, on `graph`: at its own size or another."""
    if isinstance(numbers, Quantization):
        return integer_reference_runner(graph, numbers)
    return reference_runner(graph, numbers)
