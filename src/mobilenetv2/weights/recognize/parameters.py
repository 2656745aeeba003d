"""What a traced file is made of: its integers where it can be run in them, else its floats."""

from dataclasses import dataclass, replace

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.weights.checkpoint import Weights
from mobilenetv2.weights.quantized import DequantizedWeights, Quantization
from mobilenetv2.weights.recognize.folded import folded_weights
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.trace import Trace

LOGITS = "logits"


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Weights of a spec's graph; where there are integers, the weights are read from them."""

    spec: Spec
    weights: Weights
    quantization: Quantization | None = None
    notes: tuple[str, ...] = ()


def read_parameters(network: ForeignNetwork, spec: Spec, trace: Trace) -> Parameters:
    """The integers of a file, or its floats and a note why they are not integers.

    Raises:
        CheckpointError: numbers that are not finite.
    """
    if network.integers is None:
        return Parameters(spec, folded_weights(trace))
    graph = build(spec)
    try:
        quantization = network.integers(graph, trace.by_node)
        weights = DequantizedWeights(graph, quantization)
    except CheckpointError as error:
        note = f"read as floats, as it cannot be run in integers: {error}"
        return Parameters(spec, folded_weights(trace), None, (note,))
    return Parameters(spec, weights, quantization, ("kept in integers of 8 bits",))


def without_background(parameters: Parameters) -> Parameters:
    """A classifier without its first class."""
    spec = replace(parameters.spec, head=Classifier(parameters.spec.head.classes - 1))
    if parameters.quantization is None:
        weights = dict(parameters.weights)
        weights |= {name: weights[name][1:] for name in (f"{LOGITS}.weight", f"{LOGITS}.bias")}
        return replace(parameters, spec=spec, weights=weights)
    convs = dict(parameters.quantization.convs)
    convs[LOGITS] = convs[LOGITS].channels(slice(1, None))
    quantization = Quantization(parameters.quantization.activations, convs)
    kept = DequantizedWeights(build(spec), quantization)
    return replace(parameters, spec=spec, weights=kept, quantization=quantization)
