"""What a traced file is made of: its integers where it can be run in them, else its floats."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mobilenetv2.errors import CheckpointError
from mobilenetv2.network.build import build
from mobilenetv2.network.spec import Embedding, Spec
from mobilenetv2.weights.assemble import with_zero_row
from mobilenetv2.weights.checkpoint import Weights
from mobilenetv2.weights.quantized import DequantizedWeights, IntegerConv, Quantization
from mobilenetv2.weights.recognize.folded import folded_weights
from mobilenetv2.weights.recognize.network import ForeignNetwork
from mobilenetv2.weights.recognize.trace import Trace

LOGITS = "logits"
STEM = "stem"


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
    classes = parameters.spec.head.classes - 1
    if parameters.quantization is None:
        weights = dict(parameters.weights)
        weights |= {name: weights[name][1:] for name in (f"{LOGITS}.weight", f"{LOGITS}.bias")}
        return _with_classes(parameters, classes, weights)
    convs = dict(parameters.quantization.convs)
    convs[LOGITS] = convs[LOGITS].channels(slice(1, None))
    return _with_integers(parameters, classes, convs)


def as_two_classes(parameters: Parameters) -> Parameters:
    """A classifier of one output z with a class in front whose logit is 0.

    softmax([0, z])[1] = sigmoid(z), in integers as well: a weight of zero points gives the zero
    point of the logits.
    """
    if parameters.quantization is None:
        return _with_classes(parameters, 2, with_zero_row(parameters.weights))
    convs = dict(parameters.quantization.convs)
    convs[LOGITS] = convs[LOGITS].behind_zero()
    return _with_integers(parameters, 2, convs)


def with_red_first(parameters: Parameters) -> Parameters:
    """A network that reads blue, green and red as one that reads red, green and blue."""
    if parameters.quantization is None:
        weights = dict(parameters.weights)
        weights[f"{STEM}.weight"] = weights[f"{STEM}.weight"][:, ::-1].copy()
        return replace(parameters, weights=weights)
    convs = dict(parameters.quantization.convs)
    convs[STEM] = replace(convs[STEM], weight=convs[STEM].weight[:, ::-1].copy())
    return _of_integers(parameters, parameters.spec, convs)


def _with_classes(parameters: Parameters, classes: int, weights: Weights) -> Parameters:
    return replace(parameters, spec=_counted(parameters.spec, classes), weights=weights)


def _with_integers(
    parameters: Parameters, classes: int, convs: Mapping[str, IntegerConv]
) -> Parameters:
    return _of_integers(parameters, _counted(parameters.spec, classes), convs)


def _of_integers(
    parameters: Parameters, spec: Spec, convs: Mapping[str, IntegerConv]
) -> Parameters:
    if parameters.quantization is None:
        raise ValueError("only a quantised network has integers")
    quantization = Quantization(parameters.quantization.activations, convs)
    kept = DequantizedWeights(build(spec), quantization)
    return replace(parameters, spec=spec, weights=kept, quantization=quantization)


def _counted(spec: Spec, classes: int) -> Spec:
    if isinstance(spec.head, Embedding):
        raise ValueError("a feature extractor has no classes to count")
    return replace(spec, head=replace(spec.head, classes=classes))
