"""The numpy runner of a checkpoint, in floats or in integers as it is kept."""

from mobilenetv2.engine.integer_reference import integer_reference_runner
from mobilenetv2.engine.reference import reference_runner
from mobilenetv2.engine.runner import Runner
from mobilenetv2.graph import Graph
from mobilenetv2.weights.checkpoint import Checkpoint


def oracle(graph: Graph, checkpoint: Checkpoint) -> Runner:
    """What the checkpoint means, on `graph`: its own network, at its own size or another."""
    if checkpoint.quantization is not None:
        return integer_reference_runner(graph, checkpoint.quantization)
    return reference_runner(graph, checkpoint.weights)
