"""A network's nodes one by one in numpy, for machines on which no engine is built."""

from collections.abc import Mapping, Sequence

from mobilenetv2.engine.integer_reference import dequantize, evaluate_integer_node, quantize
from mobilenetv2.engine.reference import evaluate_node
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Input, Node
from mobilenetv2.weights.checkpoint import Array, Checkpoint


class ReferenceRunner:
    """What `NativeRunner.run_steps` does, with a node for a step."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Of floats, or of integers where the checkpoint has some."""
        self._checkpoint = checkpoint
        self._nodes = nodes_of(checkpoint)

    def run_steps(
        self, first: int, end: int, given: Mapping[str, Array], taken: Sequence[str]
    ) -> dict[str, Array]:
        """Real numbers in, real numbers out, all [height, width, channels]."""
        quantization = self._checkpoint.quantization
        nodes = self._nodes[first:end]
        if quantization is None:
            reals = {name: values[None] for name, values in given.items()}
            for node in nodes:
                sources = [reals[name] for name in node.sources]
                reals[node.name] = evaluate_node(node, sources, self._checkpoint.weights)
            return {name: reals[name][0] for name in taken}
        affines = quantization.activations
        stored = {name: quantize(values[None], affines[name]) for name, values in given.items()}
        for node in nodes:
            parts = [stored[name] for name in node.sources]
            stored[node.name] = evaluate_integer_node(node, parts, quantization)
        return {name: dequantize(stored[name], affines[name])[0] for name in taken}


def nodes_of(checkpoint: Checkpoint) -> tuple[Node, ...]:
    """All but the input."""
    nodes = build(checkpoint.spec).nodes
    return tuple(node for node in nodes if not isinstance(node, Input))
