"""From a foreign classifier to a checkpoint: spec, folded weights, preprocessing, labels."""

from dataclasses import dataclass, replace

import numpy as np

from mobilenetv2.errors import CheckpointError, GraphError, SpecError
from mobilenetv2.labels import fit_labels
from mobilenetv2.network import build
from mobilenetv2.spec import TABLE_2, Classifier, MobileNetV2, Padding, Spec
from mobilenetv2.weights.assemble import BACKGROUND, TF_CLASSES
from mobilenetv2.weights.checkpoint import Array, Checkpoint, Provenance
from mobilenetv2.weights.foreign import Foreign
from mobilenetv2.weights.infer import Conventions, infer_classifier
from mobilenetv2.weights.neutral.feed import Feed, resolve
from mobilenetv2.weights.neutral.layers import Convolution
from mobilenetv2.weights.neutral.network import ForeignNetwork
from mobilenetv2.weights.neutral.trace import Trace, differences, trace_classifier


@dataclass(frozen=True, slots=True, eq=False)
class ImportedClassifier:
    """A foreign classifier and all that a proof needs to run the original beside it."""

    foreign: Foreign
    network: ForeignNetwork
    trace: Trace
    feed: Feed


def import_classifier(
    network: ForeignNetwork, file_name: str, sha256: str, labels: tuple[str, ...] | None
) -> ImportedClassifier:
    """Check a foreign network layer by layer against ours, and take its weights.

    Args:
        network: the translated file.
        file_name: for the provenance.
        sha256: of the file, for the provenance.
        labels: as for `read_tflite`.

    Raises:
        CheckpointError: not a MobileNetV2 classifier; the first layers that differ, and what the
            file looks like.
    """
    trace = trace_classifier(network)
    try:
        spec = _fit(trace)
        feed, preprocessing, reason = resolve(network.input, trace.picture, spec.padding)
    except (SpecError, GraphError) as error:
        raise CheckpointError(f"not a MobileNetV2 classifier that can be built: {error}") from error
    weights = _weights(trace)
    notes = [_found(spec), reason]
    classes = spec.head.classes
    if classes == TF_CLASSES and not _all_classes_named(labels):
        classes -= 1
        for part in ("weight", "bias"):
            weights[f"logits.{part}"] = weights[f"logits.{part}"][1:]
        spec = replace(spec, head=Classifier(classes))
        notes.append("1001 outputs: class 0, the background, dropped")
    labels, where = _labels(labels, network, classes)
    notes += [where, *network.notes]
    author = f", by {network.author}" if network.author else ""
    checkpoint = Checkpoint(
        spec=spec,
        weights=weights,
        preprocessing=preprocessing,
        labels=labels,
        provenance=Provenance(
            f"{file_name} ({network.format}){author}", sha256, tuple(notes[2:-1])
        ),
        license=network.license,
    )
    return ImportedClassifier(
        Foreign(checkpoint, network.format, tuple(notes), network.runtime), network, trace, feed
    )


def _fit(trace: Trace) -> Spec:
    """The spec whose graph does what the file does, in the padding convention that fits."""
    shapes = {f"{name}.weight": layer.weight.shape for name, layer in trace.convolutions.items()}
    size = trace.picture.shape[:2]
    conventions: tuple[Padding, ...] = ("tensorflow", "torch")
    attempts: list[tuple[list[str], Spec]] = []
    for padding in conventions:
        spec = infer_classifier(shapes, Conventions(size, padding, None))
        found = differences(build(spec), trace)
        if not found:
            return spec
        attempts.append((found, spec))
    found, spec = min(attempts, key=lambda attempt: len(attempt[0]))
    raise CheckpointError(
        f"the weights are those of a MobileNetV2 {spec.width:g}, but {len(found)} things differ "
        f"between it and what the file computes, first: {'; '.join(found[:3])}"
    )


def _weights(trace: Trace) -> dict[str, Array]:
    weights: dict[str, Array] = {}
    for name, layer in trace.convolutions.items():
        weights[f"{name}.weight"] = effective_weight(layer)
        weights[f"{name}.bias"] = layer.bias.astype(np.float32)
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"{name} must hold finite numbers only; the file is corrupt")
    return weights


def effective_weight(layer: Convolution) -> Array:
    """[out, in / groups, height, width], everything that scales the output multiplied in."""
    if (layer.gain == 1).all():
        return np.ascontiguousarray(layer.weight, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = layer.weight.astype(np.float64) * layer.gain[:, None, None, None]
        return np.ascontiguousarray(scaled, np.float32)


def _found(spec: Spec) -> str:
    height, width = spec.size
    paper = isinstance(spec.backbone, MobileNetV2) and spec.backbone.stages == TABLE_2
    name = f"MobileNetV2 {spec.width:g}" if paper else "MobileNetV2 with stages of its own"
    return (
        f"{name} at {height}x{width}, {spec.head.classes} outputs, {spec.padding} padding, "
        "batch norm folded"
    )


def _all_classes_named(labels: tuple[str, ...] | None) -> bool:
    """Whether the labels given make class 0 a class like the others."""
    if labels is None or len(labels) != TF_CLASSES:
        return False
    return labels[0].lower() not in BACKGROUND


def _labels(
    given: tuple[str, ...] | None, network: ForeignNetwork, classes: int
) -> tuple[tuple[str, ...], str]:
    """One label a class, and a note where they come from."""
    if given is not None:
        return fit_labels(given, classes), "labels: as given"
    if network.labels is None:
        return fit_labels(None, classes), "labels: none in the file"
    try:
        return fit_labels(network.labels, classes), "labels: packed in the file"
    except CheckpointError:
        return fit_labels(None, classes), (
            f"labels: the {len(network.labels)} packed in the file do not fit {classes} classes"
        )
