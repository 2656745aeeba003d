"""A file that says which network it holds: believed as far as its layers bear it out.

Files that we export name every tensor as the node that it belongs to, so that no layer has to be
guessed at, and any network that can be built comes back.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

import numpy as np

from mobilenetv2.errors import CheckpointError, GraphError
from mobilenetv2.network.build import build
from mobilenetv2.network.graph import Graph
from mobilenetv2.network.spec import SSD, Classifier, DeepLab, Embedding, Head, Spec, SSDLite
from mobilenetv2.preprocessing import Preprocessing
from mobilenetv2.weights.assemble import labels_for
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance, describe
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.quantized import Affine
from mobilenetv2.weights.recognize.class_names import Labels
from mobilenetv2.weights.recognize.differences import differences
from mobilenetv2.weights.recognize.feed import Feed, Input, on_grid
from mobilenetv2.weights.recognize.layers import Layer, Picture, Unknown, ancestry
from mobilenetv2.weights.recognize.network import Described, ForeignNetwork
from mobilenetv2.weights.recognize.parameters import read_parameters
from mobilenetv2.weights.recognize.trace import Task, Trace

HALF = 128
"""Between uint8 and int8."""


def trace_described(
    described: Described, outputs: tuple[Layer, ...], find: Callable[[], Trace]
) -> Trace:
    """The file's layers under our node names, seen to compute what its description says.

    Args:
        described: the description.
        outputs: the file's.
        find: the way to trace a file without names, for those that another tool wrote anew.

    Raises:
        CheckpointError: the file computes something else; names the first differences.
    """
    spec = described.exported.description.spec
    try:
        graph = build(spec)
    except GraphError as error:
        raise CheckpointError(
            f"metadata describes a network that cannot be built: {error}"
        ) from error
    if not spec.folded:
        raise CheckpointError(
            "metadata describes a network with batch norms, but exported files have them folded"
        )
    trace = _by_name(described, graph) or replace(find(), decisions=())
    found = [*_input(trace.picture, spec), *differences(graph, trace, described.ranges)]
    found += _outputs(graph, trace, outputs)
    if found:
        raise CheckpointError(
            f"the file's metadata says {describe(spec)}, but its layers compute something else: "
            f"{len(found)} things differ, first: {'; '.join(found[:3])}. It was changed after it "
            "was exported: export it again, or remove its metadata to have it read without"
        )
    return trace


def read_described(
    network: ForeignNetwork, described: Described, trace: Trace, labels: Labels | None
) -> Foreign:
    """The checkpoint that a file was exported from; its numbers are the file's own.

    Args:
        network: the file.
        described: what it says of itself.
        trace: from `trace_described`.
        labels: one a class, instead of the file's own.

    Raises:
        CheckpointError: numbers or labels that do not fit, or integers that are not ours any more.
    """
    said, in_integers = described.exported.description, described.exported.in_integers
    parameters = read_parameters(network, said.spec, trace)
    quantization = parameters.quantization
    if in_integers and quantization is None:
        raise CheckpointError(
            "the file's metadata says a network in integers, but "
            + "; ".join(parameters.notes or ("it holds none",))
            + ". It was changed after it was exported: export it again"
        )
    notes: tuple[str, ...] = (f"the file says what it is: {describe(said.spec)}, {said.license}",)
    preprocessing, metrics = said.preprocessing, said.metrics
    if network.integers is not None and in_integers is False:
        if quantization is not None:
            preprocessing = on_grid(preprocessing, quantization.activations["input"])
        metrics = ()
        notes += ("quantised by another tool after its export: the metrics it had are left out",)
    checkpoint = Checkpoint(
        spec=parameters.spec,
        weights=parameters.weights,
        preprocessing=preprocessing,
        labels=said.labels if labels is None else labels_for(labels, said.spec.head),
        provenance=_came_back(said.provenance, network.format),
        license=said.license,
        metrics=metrics,
        recipe=said.recipe,
        quantization=quantization,
    )
    end = _strange_end(network.layers)
    unproved = f"the file ends in {end}, which is compared when it is exported" if end else ""
    runtime = None if end else network.runtime
    return Foreign(checkpoint, network.format, (*notes, *parameters.notes), runtime, unproved)


def feed_described(
    source: Input, picture: Picture, preprocessing: Preprocessing, stored: Affine | None
) -> Feed:
    """How pixels reach the file's input so that the network sees what `preprocessing` says.

    Args:
        source: the file's input tensor.
        picture: what the file does with it before its first layer.
        preprocessing: of the checkpoint.
        stored: what the integers of the first map stand for, where they are known.
    """
    gain = 1 / (255 * np.array(preprocessing.std))
    offset = -np.array(preprocessing.mean) / np.array(preprocessing.std)
    if source.dtype in ("uint8", "int8") and stored is not None:
        shift = HALF if source.dtype == "int8" else 0
        gain, offset = gain / stored.scale, offset / stored.scale + (stored.zero_point - shift)
    else:
        gain, offset = gain / picture.gain, (offset - picture.offset) / picture.gain
    return Feed(source.dtype, source.axes, gain, offset)


def _by_name(described: Described, graph: Graph) -> Trace | None:
    """None where a name is missing: another tool has given names of its own."""
    layers = {node.name: described.layers.get(node.name) for node in graph.nodes}
    picture = layers.pop(graph.input.name)
    found = {name: layer for name, layer in layers.items() if layer is not None}
    if not isinstance(picture, Picture) or len(found) < len(layers):
        return None
    spec = described.exported.description.spec
    return Trace(_task(spec.head), picture, found, lambda *_: spec)


def _input(picture: Picture, spec: Spec) -> list[str]:
    if picture.shape[:2] == spec.size:
        return []
    return [f"input: size: the metadata has {spec.size}, the file {tuple(picture.shape[:2])}"]


def _outputs(graph: Graph, trace: Trace, outputs: tuple[Layer, ...]) -> list[str]:
    """Maps that the description calls outputs and that no output of the file is made from."""
    used = {id(layer) for layer in ancestry(outputs)}
    return [
        f"{name}: no output of the file is made from it"
        for name in graph.outputs
        if name in trace.layers and id(trace.layers[name]) not in used
    ]


def _came_back(provenance: Provenance, form: str) -> Provenance:
    step = f"exported, and read back from {form}"
    if provenance.history[-1:] == (step,):
        return provenance
    return replace(provenance, history=(*provenance.history, step))


def _strange_end(outputs: tuple[Layer, ...]) -> str:
    """An operation behind our maps that cannot be done here; empty where there is none."""
    unknown = (layer for layer in outputs if isinstance(layer, Unknown))
    return next((layer.operation for layer in unknown), "")


def _task(head: Head) -> Task:
    match head:
        case Classifier():
            return "classifier"
        case SSD() | SSDLite():
            return "detector"
        case DeepLab():
            return "segmenter"
        case Embedding():
            return "feature extractor"
        case _:
            assert_never(head)
