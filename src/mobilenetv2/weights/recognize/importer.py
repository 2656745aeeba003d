"""From a foreign network to a checkpoint: spec, folded weights, preprocessing, labels."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import assert_never

import numpy as np

from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.network.spec import Classifier, Spec
from mobilenetv2.preprocessing import Fit
from mobilenetv2.weights.assemble import BACKGROUND, TF_CLASSES, TWO_CLASSES
from mobilenetv2.weights.assumed_fit import assumed_fit
from mobilenetv2.weights.budget import read_bounded
from mobilenetv2.weights.checkpoint import Checkpoint, Provenance
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.recognize.answers import with_one_answer
from mobilenetv2.weights.recognize.class_names import Labels, class_names
from mobilenetv2.weights.recognize.described import feed_described, read_described, trace_described
from mobilenetv2.weights.recognize.feed import Feed, on_grid, resolve
from mobilenetv2.weights.recognize.fit import fit_spec, in_words
from mobilenetv2.weights.recognize.layers import (
    ArgMax,
    Concat,
    Picture,
    Resize,
    ancestry,
    sources,
)
from mobilenetv2.weights.recognize.network import Described, ForeignNetwork
from mobilenetv2.weights.recognize.parameters import (
    as_two_classes,
    read_parameters,
    with_red_first,
    without_background,
)
from mobilenetv2.weights.recognize.trace import Task, Trace
from mobilenetv2.weights.recognize.trace_classifier import trace_classifier
from mobilenetv2.weights.recognize.trace_detector import trace_detector
from mobilenetv2.weights.recognize.trace_extractor import ends_in_features, trace_extractor
from mobilenetv2.weights.recognize.trace_segmenter import trace_segmenter

DROPPED = "1001 outputs: class 0, the background, dropped"


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A foreign network and all that a proof needs to run the original beside it."""

    foreign: Foreign
    network: ForeignNetwork
    trace: Trace
    feed: Feed


def import_file(
    path: Path, labels: Labels | None, translate: Callable[[bytes, Path], ForeignNetwork]
) -> Imported:
    """Read a file, translate it, and import what it holds.

    Args:
        path: the file.
        labels: one a class, or one more with the background first; None for the file's own or
            well-known ones.
        translate: from the file's bytes and the folder it lies in.

    Raises:
        CheckpointError: as `import_network`, with the path in front.
    """
    data = read_bounded(path)
    try:
        # Scales of a corrupt file overflow; what comes of it is refused as not finite.
        with np.errstate(all="ignore"):
            network = translate(data, path.parent)
            return import_network(network, path.name, sha256(data).hexdigest(), labels)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error


def import_network(
    network: ForeignNetwork, file_name: str, digest: str, labels: Labels | None
) -> Imported:
    """Check a foreign network layer by layer against ours, and take its weights.

    Args:
        network: the translated file.
        file_name: for the provenance.
        digest: sha256 of the file, for the provenance.
        labels: as for `import_file`.

    Raises:
        CheckpointError: no MobileNetV2 with a head of ours; the first layers that differ, and
            what the file looks like.
    """
    if network.described is not None:
        return _import_described(network, network.described, labels)
    network, left = with_one_answer(network)
    trace = _trace(network)
    try:
        spec = fit_spec(trace, network.ranges)
        feed, preprocessing, reason = resolve(network.input, trace.picture, spec.padding)
    except (SpecError, GraphError) as error:
        raise CheckpointError(
            f"not a MobileNetV2 {trace.task} that can be built: {error}"
        ) from error
    found, decisions = in_words(spec), (*left, *trace.decisions)
    fit, assumed = _fit(trace.task, spec)
    parameters = read_parameters(network, spec, trace)
    if feed.blue_first:
        parameters = with_red_first(parameters)
    if _has_background(spec, labels):
        parameters = without_background(parameters)
        decisions = (*decisions, DROPPED)
    if isinstance(spec.head, Classifier) and spec.head.classes == 1:
        parameters = as_two_classes(parameters)
        decisions = (*decisions, TWO_CLASSES)
    names, where = class_names(labels, network, parameters.spec.head)
    quantization = parameters.quantization
    if quantization is not None:
        preprocessing = on_grid(preprocessing, quantization.activations["input"])
        feed = feed.giving(preprocessing, trace.picture)
    author = f", by {network.author}" if network.author else ""
    checkpoint = Checkpoint(
        spec=parameters.spec,
        weights=parameters.weights,
        preprocessing=replace(preprocessing, fit=fit),
        labels=names,
        provenance=Provenance(
            f"{file_name} ({network.format}){author}", digest, (reason, *assumed, *decisions)
        ),
        license=network.license,
        quantization=quantization,
    )
    notes = (found, reason, *assumed, *decisions, *parameters.notes, where, *network.notes)
    foreign = Foreign(checkpoint, network.format, notes, network.runtime, network.unproved)
    return Imported(foreign, network, trace, feed)


def _import_described(
    network: ForeignNetwork, described: Described, labels: Labels | None
) -> Imported:
    trace = trace_described(described, network.layers, lambda: _trace(network))
    foreign = read_described(network, described, trace, labels)
    checkpoint = foreign.checkpoint
    integers = checkpoint.quantization
    stored = None if integers is None else integers.activations["input"]
    feed = feed_described(network.input, trace.picture, checkpoint.preprocessing, stored)
    return Imported(foreign, network, trace, feed)


def _trace(network: ForeignNetwork) -> Trace:
    match _task(network):
        case "classifier":
            return trace_classifier(network)
        case "feature extractor":
            return trace_extractor(network)
        case "detector":
            return trace_detector(network)
        case "segmenter":
            return trace_segmenter(network)
        case task:
            assert_never(task)


def _task(network: ForeignNetwork) -> Task:
    """What a file is for: detectors have more than one output, segmenters join or resize maps."""
    if len(network.outputs) > 1:
        return "detector"
    layers = ancestry(network.layers)
    joined = any(
        isinstance(layer, Concat | Resize | ArgMax) and not isinstance(sources(layer)[0], Picture)
        for layer in layers
    )
    if joined:
        return "segmenter"
    return "feature extractor" if ends_in_features(network.layers[0]) else "classifier"


def _fit(task: Task, spec: Spec) -> tuple[Fit, tuple[str, ...]]:
    """How each kind of network is trained to see a picture, and what of that is assumed."""
    match task:
        case "classifier" if isinstance(spec.head, Classifier) and spec.padding == "tensorflow":
            fit, assumed = assumed_fit(spec.head.classes)
            return fit, (assumed,)
        case "classifier" | "feature extractor":
            return "crop", ()
        case "detector":
            return "squash", ()
        case "segmenter":
            return "pad", ()
        case _:
            assert_never(task)


def _has_background(spec: Spec, labels: Labels | None) -> bool:
    """Whether class 0 of a classifier is the background, unless the labels make it a class."""
    if not isinstance(spec.head, Classifier) or spec.head.classes != TF_CLASSES:
        return False
    if spec.head.multi_label:
        return False
    named = labels is not None and len(labels) == TF_CLASSES
    return not named or labels is None or labels[0].lower() in BACKGROUND
